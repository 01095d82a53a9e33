"""The tables of revision 0001 from the access log to the digests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

TABLES = (
    "access_chain",
    "access_log",
    "broadcast_slots",
    "classes",
    "code_attempts",
    "codes",
    "consents",
    "contact_log",
    "day_overrides",
    "digest_notes",
    "digests",
)


def create() -> None:
    _access_chain()
    _access_log()
    _broadcast_slots()
    _classes()
    _code_attempts()
    _codes()
    _consents()
    _contact_log()
    _day_overrides()
    _digest_notes()
    _digests()


def _access_chain() -> None:
    op.create_table(
        "access_chain",
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("school_id", name="pk_access_chain"),
    )


def _access_log() -> None:
    op.create_table(
        "access_log",
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("object_kind", sa.String(length=16), nullable=False),
        sa.Column("object_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("school_id", "seq", name="pk_access_log"),
    )
    op.create_index(
        "ix_access_log_object_kind_object_id_seq", "access_log", ["object_kind", "object_id", "seq"]
    )


def _broadcast_slots() -> None:
    op.create_table(
        "broadcast_slots",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("feature", sa.String(length=32), nullable=False),
        sa.Column("thing_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_broadcast_slots"),
        sa.UniqueConstraint("class_id", "day", "feature", name="uq_broadcast_slots_class_id_day_feature"),
    )


def _classes() -> None:
    op.create_table(
        "classes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("group_chat", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_classes"),
        sa.UniqueConstraint("group_chat", name="uq_classes_group_chat"),
        sa.UniqueConstraint("school_id", "name", name="uq_classes_school_id_name"),
    )
    op.create_index("ix_classes_school_id_grade_number", "classes", ["school_id", "grade", "number"])


def _code_attempts() -> None:
    op.create_table(
        "code_attempts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("who", sa.LargeBinary(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_code_attempts"),
        sa.UniqueConstraint("who", "n", name="uq_code_attempts_who_n"),
    )
    op.create_index("ix_code_attempts_at", "code_attempts", ["at"])
    op.create_index("ix_code_attempts_who_at", "code_attempts", ["who", "at"])


def _codes() -> None:
    op.create_table(
        "codes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_codes"),
        sa.UniqueConstraint("hash", name="uq_codes_hash"),
    )
    op.create_index("ix_codes_person_id", "codes", ["person_id"])


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("guardian_id", sa.String(length=32), nullable=False),
        sa.Column("pupil_id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("superseded_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index("ix_consents_guardian_id_at", "consents", ["guardian_id", "at"])
    op.create_index("ix_consents_pupil_id_purpose_at", "consents", ["pupil_id", "purpose", "at"])
    op.create_index(
        "uq_consents_current",
        "consents",
        ["pupil_id", "purpose", "guardian_id"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )


def _contact_log() -> None:
    op.create_table(
        "contact_log",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column("pupil_id", sa.String(length=32), nullable=True),
        sa.Column("who_id", sa.String(length=32), nullable=False),
        sa.Column("with_id", sa.String(length=32), nullable=True),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("direction", sa.String(length=16), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact_log"),
    )
    op.create_index("ix_contact_log_class_id_at", "contact_log", ["class_id", "at"])
    op.create_index("ix_contact_log_pupil_id_at", "contact_log", ["pupil_id", "at"])


def _day_overrides() -> None:
    op.create_table(
        "day_overrides",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("school", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_day_overrides"),
        sa.UniqueConstraint("school_id", "day", name="uq_day_overrides_school_id_day"),
    )


def _digest_notes() -> None:
    op.create_table(
        "digest_notes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column("digest_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("pupil_ids", sa.Text(), nullable=False),
        sa.Column("author_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_digest_notes"),
        sa.UniqueConstraint("digest_id", "position", name="uq_digest_notes_digest_id_position"),
    )


def _digests() -> None:
    op.create_table(
        "digests",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("published", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_digests"),
        sa.UniqueConstraint("class_id", "day", name="uq_digests_class_id_day"),
    )
    op.create_index("ix_digests_state_day", "digests", ["state", "day"])
