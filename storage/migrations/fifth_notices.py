"""Revision 0005: notices, and what each guardian answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make what is new."""
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column("author_id", sa.String(length=32), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False, comment="seen confirm sign opinion"),
        sa.Column(
            "both", sa.Boolean(), nullable=False, comment="each guardian answers, not one for the family"
        ),
        sa.Column("urgent", sa.Boolean(), nullable=False, comment="each family was told at once, in private"),
        sa.Column("text", sa.LargeBinary(), nullable=True, comment="blanked when it is over"),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="grows with the words; answers belong to one"
        ),
        sa.Column("rounds", sa.SmallInteger(), nullable=False, comment="private reminders so far"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "settled_at",
            sa.BigInteger(),
            nullable=True,
            comment="every family has answered, and the teacher knows",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
    )
    op.create_index("ix_notices_class_id_state", "notices", ["class_id", "state"])
    op.create_index("ix_notices_created_at", "notices", ["created_at"])
    op.create_table(
        "notice_answers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("notice_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("pupil_id", sa.String(length=32), nullable=False),
        sa.Column("guardian_id", sa.String(length=32), nullable=False),
        sa.Column(
            "word", sa.String(length=12), nullable=False, comment="seen confirmed agreed disagreed said"
        ),
        sa.Column("body", sa.LargeBinary(), nullable=True, comment="the signature and own words"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notice_answers"),
    )
    op.create_index("ix_notice_answers_notice_id_pupil_id", "notice_answers", ["notice_id", "pupil_id"])
    op.create_index("ix_notice_answers_at", "notice_answers", ["at"])


def drop() -> None:
    """Take it away again."""
    op.drop_table("notice_answers")
    op.drop_table("notices")
