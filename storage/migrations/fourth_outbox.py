"""Revision 0004: what somebody in danger waits for overtakes everything else in the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

_OPEN = sa.text("state IN ('new', 'sending')")


def create() -> None:
    """Add the rank, and let the indexes begin with it."""
    # What waits now waits in its turn.
    added = sa.Column(
        "rank", sa.SmallInteger(), nullable=False, server_default="1", comment="0 overtakes what has 1"
    )
    with op.batch_alter_table("outbox") as table:
        table.add_column(added)
    with op.batch_alter_table("outbox") as table:
        table.alter_column("rank", server_default=None)
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index("ix_outbox_due", "outbox", ["state", "rank", "due_at", "id"])
    op.drop_index("ix_outbox_lane", "outbox")
    _lane(["lane", "state", "rank", "id"])


def drop() -> None:
    """Take it away again."""
    op.drop_index("ix_outbox_lane", "outbox")
    op.drop_index("ix_outbox_due", "outbox")
    with op.batch_alter_table("outbox") as table:
        table.drop_column("rank")
    op.create_index("ix_outbox_due", "outbox", ["state", "due_at", "id"])
    _lane(["lane", "id"])


def _lane(columns: list[str]) -> None:
    op.create_index("ix_outbox_lane", "outbox", columns, sqlite_where=_OPEN, postgresql_where=_OPEN)
