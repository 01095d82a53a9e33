"""Revision 0003: one-time codes of template cards, and what was uploaded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make what is new."""
    op.create_table(
        "card_codes",
        sa.Column("id", sa.String(length=32), nullable=False, comment="the outbox row that made the card"),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_card_codes"),
    )
    op.create_index("ix_card_codes_at", "card_codes", ["at"])
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("app", sa.String(length=64), nullable=False),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="SHA-256 of kind, name and bytes, keyed"
        ),
        sa.Column("media_id", sa.String(length=255), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
        sa.UniqueConstraint("app", "digest", name="uq_uploads_app_digest"),
    )
    op.create_index("ix_uploads_at", "uploads", ["at"])


def drop() -> None:
    """Take it away again."""
    op.drop_table("uploads")
    op.drop_table("card_codes")
