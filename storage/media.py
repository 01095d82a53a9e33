"""Pictures, voices, videos and files that came in and wait to be fetched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, Row, String, Table, insert, select

from storage import schools
from storage.columns import Id, Sealed, UtcDateTime
from storage.engine import Db
from storage.metadata import metadata

media = Table(
    "media",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("message_id", Id, nullable=False, index=True),
    Column("person_id", Id),
    Column("kind", String(16), nullable=False),
    Column("ticket", Sealed, nullable=False),
    Column("name", Sealed, nullable=False),
    Column("duration_ms", Integer),
    Column("at", UtcDateTime, nullable=False),
    Column("fetched_at", UtcDateTime),
    Index(None, "person_id", "at"),
    Index(None, "fetched_at", "at"),
)

_TICKET, _NAME = "media.ticket", "media.name"


@dataclass(frozen=True, slots=True)
class Medium:
    """One attachment as the platform named it.

    Args:
        id: The row.
        message_id: The message it came with.
        person_id: Who sent it, if known.
        kind: ``picture``, ``voice``, ``video`` or ``file``.
        ticket: What the platform takes for the bytes; it goes stale.
        name: The file's name, or empty.
        duration_ms: How long it plays, or None.
        at: When it came, UTC.
    """

    id: str
    message_id: str
    person_id: str | None
    kind: str
    ticket: str
    name: str
    duration_ms: int | None
    at: datetime


def remember(
    db: Db,
    new_id: Callable[[], str],
    now: datetime,
    *,
    school_id: str,
    message_id: str,
    person_id: str | None,
    kind: str,
    ticket: str,
    name: str = "",
    duration_ms: int | None = None,
) -> str:
    """Keep an attachment's ticket until it is fetched; returns its id."""
    row_id, owner = new_id(), schools.subject(school_id)
    row = {
        "id": row_id,
        "school_id": school_id,
        "message_id": message_id,
        "person_id": person_id,
        "kind": kind,
        "ticket": db.seal(owner, _TICKET, row_id, ticket),
        "name": db.seal(owner, _NAME, row_id, name),
        "duration_ms": duration_ms,
        "at": now,
        "fetched_at": None,
    }
    db.conn.execute(insert(media), row)
    return row_id


def of_message(db: Db, message_id: str) -> tuple[Medium, ...]:
    """What came with a message."""
    found = select(media).where(media.c.message_id == message_id).order_by(media.c.id)
    return tuple(_medium(db, row) for row in db.conn.execute(found))


def waiting(db: Db, *, limit: int = 20) -> tuple[Medium, ...]:
    """What is still to be fetched, oldest first."""
    found = select(media).where(media.c.fetched_at.is_(None)).order_by(media.c.at).limit(limit)
    return tuple(_medium(db, row) for row in db.conn.execute(found))


def _medium(db: Db, row: Row[*tuple[Any, ...]]) -> Medium:
    owner = schools.subject(row.school_id)
    ticket = db.open(owner, _TICKET, row.id, row.ticket)
    name = db.open(owner, _NAME, row.id, row.name)
    return Medium(row.id, row.message_id, row.person_id, row.kind, ticket, name, row.duration_ms, row.at)
