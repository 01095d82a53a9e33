"""Revision 0003: the platform's address book, and the phone list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make what is new."""
    op.create_table(
        "book",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("corp", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="class pupil parent"),
        sa.Column("ext_id", sa.String(length=128), nullable=False),
        sa.Column("our_id", sa.String(length=32), nullable=False),
        sa.Column("parent_ext_id", sa.String(length=128), nullable=True, comment="the department it is in"),
        sa.Column("subscribed", sa.Boolean(), nullable=True, comment="parents: follows the notices"),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_book"),
        sa.UniqueConstraint("corp", "kind", "ext_id", name="uq_book_corp_kind_ext_id"),
    )
    op.create_index("ix_book_our_id_kind", "book", ["our_id", "kind"])
    op.create_index("ix_book_corp_parent_ext_id_kind", "book", ["corp", "parent_ext_id", "kind"])
    op.create_table(
        "phone_list",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_phone_list"),
        sa.UniqueConstraint("class_id", "person_id", name="uq_phone_list_class_id_person_id"),
    )
    op.create_index("ix_phone_list_person_id", "phone_list", ["person_id"])


def drop() -> None:
    """Take it away again."""
    op.drop_table("phone_list")
    op.drop_table("book")
