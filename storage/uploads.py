"""What was uploaded to a platform and is still there, so that a second try sends the very same bytes."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, UniqueConstraint

from storage.columns import Id, UtcDateTime
from storage.metadata import metadata

uploads = Table(
    "uploads",
    metadata,
    Column("id", Id, primary_key=True),
    Column("app", String(64), nullable=False),
    Column("digest", String(64), nullable=False, comment="SHA-256 of kind, name and bytes, keyed"),
    Column("media_id", String(255), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("app", "digest"),
    Index(None, "at"),
)
