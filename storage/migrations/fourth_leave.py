"""Revision 0004: who is away, late, or fetched by somebody else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make what is new."""
    op.create_table(
        "leaves",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column("pupil_id", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False, comment="leave late pickup"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "part", sa.String(length=4), nullable=False, comment="am pm half, or empty for the whole day"
        ),
        sa.Column("reason", sa.String(length=8), nullable=False, comment="sick personal, or empty"),
        sa.Column("clock", sa.String(length=5), nullable=False, comment="HH:MM local, when the child comes"),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("by_id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=True, comment="the teacher has read of it"),
        sa.Column(
            "told_at", sa.BigInteger(), nullable=True, comment="not to stand in the day's list any more"
        ),
        sa.Column(
            "seen_at", sa.BigInteger(), nullable=True, comment="the teacher said so, and the family knows"
        ),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_leaves"),
        sa.UniqueConstraint("pupil_id", "day", "what", name="uq_leaves_pupil_id_day_what"),
    )
    op.create_index("ix_leaves_class_id_day", "leaves", ["class_id", "day"])
    op.create_index("ix_leaves_request_id", "leaves", ["request_id"])
    op.create_index("ix_leaves_day", "leaves", ["day"])


def drop() -> None:
    """Take it away again."""
    op.drop_table("leaves")
