"""Broadcasts a teacher has to confirm: one a class and day, put together from the features' sections."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, String, Table, UniqueConstraint

from storage.columns import Id, Sealed, UtcDateTime
from storage.metadata import metadata

tasks = Table(
    "tasks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("day", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(12), nullable=False, comment="queued asked by_hand sent dropped"),
    Column("task_id", String(128), nullable=True, comment="the platform's"),
    Column("nudges", Integer, nullable=False),
    Column("asked_at", UtcDateTime, nullable=True),
    Column("done_at", UtcDateTime, nullable=True),
    UniqueConstraint("class_id", "day"),
)

sections = Table(
    "task_sections",
    metadata,
    Column("id", Id, primary_key=True),
    Column("task_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("feature", String(32), nullable=False),
    Column("thing_kind", String(32), nullable=False),
    Column("thing_id", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("title", String(64), nullable=False),
    Column("text", Sealed, nullable=True),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("task_id", "feature"),
    Index(None, "thing_kind", "thing_id"),
)
