"""Photos of a digest: which attachments are to stand beside its words. The bytes are the attachment's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Row, String, Table, UniqueConstraint, delete, select

from storage.columns import Id, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata

digest_photos = Table(
    "digest_photos",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("digest_id", Id, nullable=False),
    Column("medium_id", Id, nullable=False),
    Column("by_id", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("digest_id", "medium_id"),
    Index(None, "at"),
)


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo of one digest.

    Args:
        medium_id: The attachment.
        by_id: Who put it in.
        at: When, UTC.
    """

    id: str
    school_id: str
    class_id: str
    digest_id: str
    medium_id: str
    by_id: str
    at: datetime


def put(db: Db, photo: Photo) -> bool:
    """Put a photo into a digest; False if it is there already."""
    return insert_ignore(
        db, digest_photos, {name: getattr(photo, name) for name in Photo.__dataclass_fields__}
    )


def get(db: Db, photo_id: str) -> Photo | None:
    """The photo with this id."""
    row = db.conn.execute(select(digest_photos).where(digest_photos.c.id == photo_id)).one_or_none()
    return None if row is None else _photo(row)


def of_digest(db: Db, digest_id: str) -> tuple[Photo, ...]:
    """A digest's photos in the order they came."""
    here = select(digest_photos).where(digest_photos.c.digest_id == digest_id)
    return tuple(
        _photo(row) for row in db.conn.execute(here.order_by(digest_photos.c.at, digest_photos.c.id))
    )


def remove(db: Db, digest_id: str) -> int:
    """Take all of a digest's photos out; returns how many there were."""
    return db.conn.execute(delete(digest_photos).where(digest_photos.c.digest_id == digest_id)).rowcount


def remove_medium(db: Db, medium_id: str) -> int:
    """Take an attachment out wherever it stands; returns from how many digests."""
    return db.conn.execute(delete(digest_photos).where(digest_photos.c.medium_id == medium_id)).rowcount


def forget(db: Db, before: datetime) -> None:
    """Drop what came before a moment (UTC); the attachments have a time of their own."""
    db.conn.execute(delete(digest_photos).where(digest_photos.c.at < before))


def new(
    new_id: Callable[[], str],
    school_id: str,
    class_id: str,
    digest_id: str,
    medium_id: str,
    by_id: str,
    now: datetime,
) -> Photo:
    """One that is put in now."""
    return Photo(new_id(), school_id, class_id, digest_id, medium_id, by_id, now)


def _photo(row: Row[*tuple[Any, ...]]) -> Photo:
    return Photo(**{name: getattr(row, name) for name in Photo.__dataclass_fields__})
