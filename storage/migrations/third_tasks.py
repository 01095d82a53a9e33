"""Revision 0003: broadcasts a teacher confirms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make what is new."""
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("laid", sa.Integer(), nullable=False, comment="the version that was last handed over"),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("task_id", sa.String(length=128), nullable=True, comment="the platform's"),
        sa.Column("nudges", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
        sa.UniqueConstraint("class_id", "day", name="uq_tasks_class_id_day"),
    )
    op.create_table(
        "task_sections",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("task_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column("feature", sa.String(length=32), nullable=False),
        sa.Column("thing_kind", sa.String(length=32), nullable=False),
        sa.Column("thing_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True, comment="sealed; empty once taken out"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task_sections"),
        sa.UniqueConstraint("task_id", "feature", name="uq_task_sections_task_id_feature"),
    )
    op.create_index("ix_task_sections_thing_kind_thing_id", "task_sections", ["thing_kind", "thing_id"])


def drop() -> None:
    """Take it away again."""
    op.drop_table("task_sections")
    op.drop_table("tasks")
