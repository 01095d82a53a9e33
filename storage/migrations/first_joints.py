"""The tables of revision 0001 through which everything comes in and goes out, and the keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

TABLES = (
    "counted_calls",
    "inbox",
    "meta",
    "outbox",
    "schedule",
    "send_log",
    "subject_key",
)


def create() -> None:
    _counted_calls()
    _inbox()
    _meta()
    _outbox()
    _schedule()
    _send_log()
    _subject_key()


def _counted_calls() -> None:
    op.create_table(
        "counted_calls",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("app", sa.String(length=64), nullable=False),
        sa.Column("api", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", "app", "api", name="pk_counted_calls"),
    )


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("conversation", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="message | outcome"),
        sa.Column("payload", sa.LargeBinary(), nullable=True, comment="sealed; blanked after handling"),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("handled_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("key", name="uq_inbox_key"),
    )
    op.create_index(
        "ix_inbox_conversation",
        "inbox",
        ["conversation", "id"],
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )
    op.create_index("ix_inbox_handled_at", "inbox", ["handled_at"])
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["id"],
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )
    op.create_index(
        "ix_inbox_parked",
        "inbox",
        ["handled_at", "id"],
        sqlite_where=sa.text("state = 2"),
        postgresql_where=sa.text("state = 2"),
    )


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=True),
        sa.Column("lane", sa.String(length=255), nullable=False),
        sa.Column("feature", sa.String(length=32), nullable=False),
        sa.Column("thing_kind", sa.String(length=32), nullable=True),
        sa.Column("thing_id", sa.String(length=32), nullable=True),
        sa.Column("to_person", sa.String(length=32), nullable=True),
        sa.Column("to_class", sa.String(length=32), nullable=True),
        sa.Column("sealed_for", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True, comment="sealed; blanked when it is over"),
        sa.Column("buckets", sa.String(length=1000), nullable=False),
        sa.Column("safe", sa.Boolean(), nullable=False, comment="the platform removes duplicates"),
        sa.Column("wants_outcome", sa.Boolean(), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=True),
        sa.Column("subject_id", sa.String(length=32), nullable=True),
        sa.Column("subject_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=True),
        sa.Column(
            "started", sa.Boolean(), nullable=False, comment="tried or held back: keeps its place in the lane"
        ),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(length=80), nullable=True),
        sa.Column("platform_id", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_due", "outbox", ["state", "due_at", "id"])
    op.create_index(
        "ix_outbox_lane",
        "outbox",
        ["lane", "id"],
        sqlite_where=sa.text("state IN ('new', 'sending')"),
        postgresql_where=sa.text("state IN ('new', 'sending')"),
    )
    op.create_index("ix_outbox_state", "outbox", ["state", "done_at"])
    op.create_index("ix_outbox_subject", "outbox", ["subject_kind", "subject_id"])
    op.create_index("ix_outbox_thing", "outbox", ["thing_kind", "thing_id"])


def _schedule() -> None:
    op.create_table(
        "schedule",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("feature", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column(
            "local_time",
            sa.String(length=16),
            nullable=False,
            comment="YYYY-MM-DDTHH:MM in the school's zone",
        ),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_schedule"),
        sa.UniqueConstraint(
            "kind", "subject_id", "local_time", name="uq_schedule_kind_subject_id_local_time"
        ),
    )
    op.create_index(
        "ix_schedule_due",
        "schedule",
        ["due_at", "id"],
        sqlite_where=sa.text("state = 'due'"),
        postgresql_where=sa.text("state = 'due'"),
    )


def _send_log() -> None:
    op.create_table(
        "send_log",
        sa.Column("bucket", sa.String(length=200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_send_log_bucket", "send_log", ["bucket", "at"])


def _subject_key() -> None:
    op.create_table(
        "subject_key",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True, comment="null once destroyed"),
        sa.PrimaryKeyConstraint("subject", name="pk_subject_key"),
    )
