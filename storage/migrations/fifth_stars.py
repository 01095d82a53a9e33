"""Revision 0005: weekly stars."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make what is new."""
    op.create_table(
        "stars",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column("week", sa.Date(), nullable=False, comment="its Monday"),
        sa.Column("pupil_id", sa.String(length=32), nullable=False),
        sa.Column("dimension", sa.String(length=16), nullable=False),
        sa.Column("deed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False, comment="proposed chosen published dropped"),
        sa.Column("by_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stars"),
        sa.UniqueConstraint(
            "class_id", "week", "pupil_id", "dimension", name="uq_stars_class_id_week_pupil_id_dimension"
        ),
    )
    op.create_index("ix_stars_at", "stars", ["at"])


def drop() -> None:
    """Take it away again."""
    op.drop_table("stars")
