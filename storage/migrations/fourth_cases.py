"""Revision 0004: urgent cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make what is new."""
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column("pupil_id", sa.String(length=32), nullable=True),
        sa.Column("writer_id", sa.String(length=32), nullable=False),
        sa.Column("role_id", sa.String(length=32), nullable=True, comment="the guardian's tie"),
        sa.Column("intent", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("concerned", sa.Text(), nullable=False, comment="person ids never told, by comma"),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True, comment="when the next round is due"),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_by", sa.String(length=32), nullable=True),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
    )
    op.create_index("ix_cases_writer_id_opened_at", "cases", ["writer_id", "opened_at"])
    op.create_index("ix_cases_pupil_id_opened_at", "cases", ["pupil_id", "opened_at"])
    op.create_index("ix_cases_next_at", "cases", ["next_at"])


def drop() -> None:
    """Take it away again."""
    op.drop_table("cases")
