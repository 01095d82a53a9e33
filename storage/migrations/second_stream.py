"""Revision 0002: leases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make what is new."""
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False, comment="grows with every owner"),
        sa.Column("until", sa.BigInteger(), nullable=False, comment="on the database's real clock"),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )


def drop() -> None:
    """Take it away again."""
    op.drop_table("leases")
