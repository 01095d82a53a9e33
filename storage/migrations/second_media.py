"""Revision 0002: where fetched attachments lie."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

_NEW = ("deadline", "role_id", "sha256", "size", "mime", "code")


def create() -> None:
    """Make what is new."""
    # Tickets kept until now were never fetched, and the platform forgot them within minutes.
    op.execute("DELETE FROM media")
    with op.batch_alter_table("media") as table:
        table.add_column(sa.Column("deadline", sa.BigInteger(), nullable=True))
        table.add_column(
            sa.Column(
                "role_id",
                sa.String(length=32),
                nullable=True,
                comment="the tie between guardian and child it is about, once known",
            )
        )
        table.add_column(
            sa.Column(
                "sha256", sa.String(length=64), nullable=True, comment="of the sealed file, and its name"
            )
        )
        table.add_column(sa.Column("size", sa.Integer(), nullable=True, comment="bytes, unsealed"))
        table.add_column(sa.Column("mime", sa.String(length=64), nullable=True))
        table.add_column(
            sa.Column("code", sa.String(length=80), nullable=True, comment="why it was given up")
        )
    op.create_index("ix_media_at", "media", ["at"])
    op.create_index("ix_media_sha256", "media", ["sha256"])


def drop() -> None:
    """Take it away again."""
    op.drop_index("ix_media_sha256", "media")
    op.drop_index("ix_media_at", "media")
    with op.batch_alter_table("media") as table:
        for name in _NEW:
            table.drop_column(name)
