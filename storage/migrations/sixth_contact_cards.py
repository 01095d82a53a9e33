"""Revision 0006: contact cards, and who has signed them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make what is new."""
    op.create_table(
        "contact_cards",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column(
            "batch_id",
            sa.String(length=32),
            nullable=False,
            comment="cards that were written and are sent together",
        ),
        sa.Column("pupil_id", sa.String(length=32), nullable=False),
        sa.Column("author_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False, comment="draft sent dropped"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_contact_cards"),
        sa.UniqueConstraint("batch_id", "pupil_id", name="uq_contact_cards_batch_id_pupil_id"),
    )
    op.create_index("ix_contact_cards_class_id_state_day", "contact_cards", ["class_id", "state", "day"])
    op.create_index("ix_contact_cards_pupil_id_state_day", "contact_cards", ["pupil_id", "state", "day"])
    op.create_index("ix_contact_cards_at", "contact_cards", ["at"])
    op.create_table(
        "contact_card_signatures",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("card_id", sa.String(length=32), nullable=False),
        sa.Column("pupil_id", sa.String(length=32), nullable=False),
        sa.Column("guardian_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact_card_signatures"),
        sa.UniqueConstraint("card_id", "guardian_id", name="uq_contact_card_signatures_card_id_guardian_id"),
    )
    op.create_index("ix_contact_card_signatures_at", "contact_card_signatures", ["at"])


def drop() -> None:
    """Take it away again."""
    op.drop_table("contact_card_signatures")
    op.drop_table("contact_cards")
