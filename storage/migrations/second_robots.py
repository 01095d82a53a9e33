"""Revision 0002: custom robots of class groups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make what is new."""
    op.create_table(
        "group_robots",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_group_robots"),
        sa.UniqueConstraint("class_id", name="uq_group_robots_class_id"),
    )


def drop() -> None:
    """Take it away again."""
    op.drop_table("group_robots")
