"""Revision 0006: weekly and monthly reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make what is new."""
    op.create_table(
        "reports",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False, comment="week month"),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column(
            "state", sa.String(length=12), nullable=False, comment="draft chosen queued published dropped"
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint("class_id", "period", "first", name="uq_reports_class_id_period_first"),
    )
    op.create_index("ix_reports_at", "reports", ["at"])


def drop() -> None:
    """Take it away again."""
    op.drop_table("reports")
