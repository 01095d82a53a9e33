"""Revision 0004: what waits for a teacher's reply window."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

_OPEN = sa.text("state IN ('held', 'shown')")


def create() -> None:
    """Make what is new."""
    op.create_table(
        "waiting",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column("pupil_id", sa.String(length=32), nullable=False),
        sa.Column(
            "role_id", sa.String(length=32), nullable=False, comment="the tie between guardian and child"
        ),
        sa.Column("guardian_id", sa.String(length=32), nullable=False),
        sa.Column("teacher_id", sa.String(length=32), nullable=False),
        sa.Column(
            "message_id",
            sa.String(length=32),
            nullable=False,
            comment="the message it came as; its media hang there",
        ),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("need", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("opens_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "promised",
            sa.BigInteger(),
            nullable=True,
            comment="the latest time its writer was told; none was, if empty",
        ),
        sa.Column(
            "told", sa.Boolean(), nullable=False, comment="whether this row brought its writer the time"
        ),
        sa.Column("missed", sa.SmallInteger(), nullable=False, comment="how many promised times have passed"),
        sa.Column(
            "seen", sa.Boolean(), nullable=False, comment="whether the teacher was shown it at least once"
        ),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("over_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_waiting"),
    )
    for name, column in (("ix_waiting_teacher", "teacher_id"), ("ix_waiting_guardian", "guardian_id")):
        op.create_index(name, "waiting", [column], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index("ix_waiting_message", "waiting", ["message_id"])
    op.create_index("ix_waiting_over_at", "waiting", ["over_at"])


def drop() -> None:
    """Take it away again."""
    op.drop_table("waiting")
