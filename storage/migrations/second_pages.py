"""Revision 0002: links, sessions and messages of mobile pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

TABLES = ("page_links", "page_messages", "page_sessions")


def create() -> None:
    """Make what is new."""
    _links()
    _messages()
    _sessions()


def drop() -> None:
    """Take it away again."""
    for table in TABLES:
        op.drop_table(table)


def _links() -> None:
    op.create_table(
        "page_links",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_page_links"),
    )
    op.create_index("ix_page_links_person_id", "page_links", ["person_id"])
    op.create_index("ix_page_links_expires_at", "page_links", ["expires_at"])


def _messages() -> None:
    op.create_table(
        "page_messages",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column(
            "outbox_id",
            sa.String(length=64),
            nullable=False,
            comment="or the form's, for own words",
        ),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True, comment="sealed; blank when it was taken back"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_page_messages"),
        sa.UniqueConstraint("outbox_id", name="uq_page_messages_outbox_id"),
    )
    op.create_index("ix_page_messages_at", "page_messages", ["at"])
    op.create_index("ix_page_messages_person_id_at", "page_messages", ["person_id", "at"])


def _sessions() -> None:
    op.create_table(
        "page_sessions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_page_sessions"),
        sa.UniqueConstraint("hash", name="uq_page_sessions_hash"),
    )
    op.create_index("ix_page_sessions_person_id", "page_sessions", ["person_id"])
    op.create_index("ix_page_sessions_made_at", "page_sessions", ["made_at"])
    op.create_index("ix_page_sessions_used_at", "page_sessions", ["used_at"])
