"""Revision 0006: photos of a digest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make what is new."""
    op.create_table(
        "digest_photos",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column("digest_id", sa.String(length=32), nullable=False),
        sa.Column("medium_id", sa.String(length=32), nullable=False),
        sa.Column("by_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_digest_photos"),
        sa.UniqueConstraint("digest_id", "medium_id", name="uq_digest_photos_digest_id_medium_id"),
    )
    op.create_index("ix_digest_photos_at", "digest_photos", ["at"])


def drop() -> None:
    """Take it away again."""
    op.drop_table("digest_photos")
