"""The tables of revision 0001 from identities to terms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

TABLES = (
    "identities",
    "media",
    "numbers",
    "people",
    "preferences",
    "pupils",
    "roles",
    "schools",
    "talks",
    "terms",
)


def create() -> None:
    _identities()
    _media()
    _numbers()
    _people()
    _preferences()
    _pupils()
    _roles()
    _schools()
    _talks()
    _terms()


def _identities() -> None:
    op.create_table(
        "identities",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("corp", sa.String(length=128), nullable=False),
        sa.Column("ext_id", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identities"),
        sa.UniqueConstraint("kind", "corp", "ext_id", name="uq_identities_kind_corp_ext_id"),
        sa.UniqueConstraint("person_id", "kind", name="uq_identities_person_id_kind"),
    )


def _media() -> None:
    op.create_table(
        "media",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("ticket", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_media"),
    )
    op.create_index("ix_media_fetched_at_at", "media", ["fetched_at", "at"])
    op.create_index("ix_media_message_id", "media", ["message_id"])
    op.create_index("ix_media_person_id_at", "media", ["person_id", "at"])


def _numbers() -> None:
    op.create_table(
        "numbers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("feature", sa.String(length=32), nullable=False),
        sa.Column("thing_kind", sa.String(length=32), nullable=False),
        sa.Column("thing_id", sa.String(length=32), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("label", sa.LargeBinary(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_numbers"),
        sa.UniqueConstraint("person_id", "day", "n", name="uq_numbers_person_id_day_n"),
    )
    op.create_index("ix_numbers_person_id_closed_n", "numbers", ["person_id", "closed", "n"])
    op.create_index(
        "ix_numbers_thing_kind_thing_id_person_id", "numbers", ["thing_kind", "thing_id", "person_id"]
    )


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
    )
    op.create_index("ix_people_school_id", "people", ["school_id"])


def _preferences() -> None:
    op.create_table(
        "preferences",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("scope_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(length=32), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("superseded_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_preferences"),
    )
    op.create_index("ix_preferences_scope_scope_id_key_at", "preferences", ["scope", "scope_id", "key", "at"])
    op.create_index(
        "uq_preferences_current",
        "preferences",
        ["scope", "scope_id", "key"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )


def _pupils() -> None:
    op.create_table(
        "pupils",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pupils"),
    )
    op.create_index("ix_pupils_class_id", "pupils", ["class_id"])


def _roles() -> None:
    op.create_table(
        "roles",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("class_id", sa.String(length=32), nullable=True),
        sa.Column("pupil_id", sa.String(length=32), nullable=True),
        sa.Column("relation", sa.String(length=32), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_roles"),
    )
    op.create_index("ix_roles_class_id_kind_ended_at", "roles", ["class_id", "kind", "ended_at"])
    op.create_index("ix_roles_person_id_ended_at", "roles", ["person_id", "ended_at"])
    op.create_index("ix_roles_pupil_id_kind_ended_at", "roles", ["pupil_id", "kind", "ended_at"])
    op.create_index("ix_roles_school_id_kind_ended_at", "roles", ["school_id", "kind", "ended_at"])


def _schools() -> None:
    op.create_table(
        "schools",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("tz", sa.String(length=64), nullable=False),
        sa.Column("duty_phone", sa.LargeBinary(), nullable=False),
        sa.Column("corp", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schools"),
        sa.UniqueConstraint("corp", name="uq_schools_corp"),
    )


def _talks() -> None:
    op.create_table(
        "talks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("chat_key", sa.String(length=255), nullable=False),
        sa.Column("who", sa.String(length=255), nullable=False),
        sa.Column("feature", sa.String(length=32), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_talks"),
        sa.UniqueConstraint("chat_key", "who", name="uq_talks_chat_key_who"),
    )
    op.create_index("ix_talks_expires_at", "talks", ["expires_at"])


def _terms() -> None:
    op.create_table(
        "terms",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_terms"),
    )
    op.create_index("ix_terms_school_id_first", "terms", ["school_id", "first"])
    # ### end Alembic commands ###
