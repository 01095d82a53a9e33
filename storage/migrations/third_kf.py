"""Revision 0003: customer service."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make what is new."""
    op.create_table(
        "kf_cursors",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("app", sa.String(length=64), nullable=False),
        sa.Column("kf_id", sa.String(length=64), nullable=False),
        sa.Column("cursor", sa.String(length=255), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kf_cursors"),
        sa.UniqueConstraint("app", "kf_id", name="uq_kf_cursors_app_kf_id"),
    )
    op.create_table(
        "kf_turns",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("app", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("kf_id", sa.String(length=64), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False, comment="when the customer last wrote"),
        sa.Column("used", sa.Integer(), nullable=False, comment="messages of ours since then"),
        sa.PrimaryKeyConstraint("id", name="pk_kf_turns"),
        sa.UniqueConstraint("app", "external_id", "kf_id", name="uq_kf_turns_app_external_id_kf_id"),
    )
    op.create_index("ix_kf_turns_last_at", "kf_turns", ["last_at"])
    op.create_table(
        "kf_ways",
        sa.Column("id", sa.String(length=32), nullable=False, comment="the outbox row"),
        sa.Column("who", sa.String(length=128), nullable=False, comment="whom it is for"),
        sa.Column("way", sa.String(length=8), nullable=False, comment="welcome kf page noticed"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kf_ways"),
    )
    op.create_index("ix_kf_ways_who_at", "kf_ways", ["who", "at"])
    op.create_index("ix_kf_ways_at", "kf_ways", ["at"])


def drop() -> None:
    """Take it away again."""
    op.drop_table("kf_ways")
    op.drop_table("kf_turns")
    op.drop_table("kf_cursors")
