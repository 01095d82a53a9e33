"""What was uploaded to a platform and is still there, so that a second try sends the very same bytes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Column, Index, String, Table, UniqueConstraint, bindparam, delete, select

from storage.columns import Id, UtcDateTime
from storage.engine import Db, insert_ignore
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

LIFE = timedelta(days=2, hours=18)
"""The platform keeps a file for three days (developer.work.weixin.qq.com, path 90253); we leave a margin for
tries that follow."""
_FIND = select(uploads.c.media_id, uploads.c.at).where(
    (uploads.c.app == bindparam("app")) & (uploads.c.digest == bindparam("digest"))
)


def find(db: Db, app: str, digest: str, now: datetime) -> str:
    """The media id of these bytes while it is surely good; else empty."""
    row = db.conn.execute(_FIND, {"app": app, "digest": digest}).one_or_none()
    return "" if row is None or now - row.at > LIFE else row.media_id


def put(db: Db, new_id: Callable[[], str], app: str, digest: str, media_id: str, now: datetime) -> None:
    """Remember an upload; an earlier one of the same bytes is forgotten."""
    here = (uploads.c.app == app) & (uploads.c.digest == digest)
    db.conn.execute(delete(uploads).where(here))
    row = {"id": new_id(), "app": app, "digest": digest, "media_id": media_id, "at": now}
    insert_ignore(db, uploads, row)  # uploaded twice at once: either id is good


def drop(db: Db, app: str, media_id: str) -> None:
    """The platform knows it no longer."""
    db.conn.execute(delete(uploads).where((uploads.c.app == app) & (uploads.c.media_id == media_id)))


def forget(db: Db, now: datetime) -> None:
    """What has run out."""
    db.conn.execute(delete(uploads).where(uploads.c.at < now - LIFE))
