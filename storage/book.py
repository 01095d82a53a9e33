"""The platform's school address book beside ours, and families only a phone call reaches."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, String, Table, UniqueConstraint

from storage.columns import Id, UtcDateTime
from storage.metadata import metadata

book = Table(
    "book",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("corp", String(64), nullable=False),
    Column("kind", String(16), nullable=False, comment="class pupil parent"),
    Column("ext_id", String(128), nullable=False),
    Column("our_id", Id, nullable=False),
    Column("parent_ext_id", String(128), nullable=True, comment="the department it is in"),
    Column("subscribed", Boolean, nullable=True, comment="parents: follows the notices"),
    Column("seen_at", UtcDateTime, nullable=False),
    UniqueConstraint("corp", "kind", "ext_id"),
    Index(None, "our_id", "kind"),
)

phone_list = Table(
    "phone_list",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("person_id", Id, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime, nullable=True),
    UniqueConstraint("class_id", "person_id"),
)
