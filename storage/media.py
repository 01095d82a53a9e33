"""Pictures, voices, videos and files that came in: their tickets, and where their bytes lie once fetched.

The bytes are a sealed file outside the database, named by the SHA-256 of what is in it: no name that
anybody chose ever reaches the disk. Without its row, or without its subject's key, such a file is noise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Index, Integer, Row, String, Table, delete, insert, select, update

from storage import people, schools
from storage.columns import Id, Sealed, UtcDateTime
from storage.engine import Db
from storage.metadata import metadata
from storage.sealing import Lock

LIFE = timedelta(hours=2)
"""After this a ticket that brought nothing is given up."""

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
    Column("deadline", UtcDateTime),
    Column("role_id", Id, comment="the tie between guardian and child it is about, once known"),
    Column("sha256", String(64), index=True, comment="of the sealed file, and its name"),
    Column("size", Integer, comment="bytes, unsealed"),
    Column("mime", String(64)),
    Column("code", String(80), comment="why it was given up"),
    Index(None, "person_id", "at"),
    Index(None, "fetched_at", "at"),
    Index(None, "at"),
)

_TICKET, _NAME, _BYTES = "media.ticket", "media.name", "media.bytes"


@dataclass(frozen=True, slots=True)
class Medium:
    """One attachment.

    Args:
        id: The row.
        message_id: The message it came with.
        person_id: Who sent it, if known.
        kind: ``picture``, ``voice``, ``video`` or ``file``; once fetched, what its bytes are.
        ticket: What the platform takes for the bytes; it goes stale.
        name: As its sender called it, or empty; once fetched, a name we made.
        duration_ms: How long it plays, or None.
        at: When it came, UTC.
        deadline: When its ticket is given up, UTC.
        role_id: The tie between guardian and child it is about, or None.
        fetched_at: When its bytes came, UTC, or None.
        sha256: The name of its sealed file, or None.
        size: Its bytes, or None.
        mime: What the bytes are, by their own marks, or None.
        code: Why it was given up, or None.
    """

    id: str
    message_id: str
    person_id: str | None
    kind: str
    ticket: str
    name: str
    duration_ms: int | None
    at: datetime
    deadline: datetime | None = None
    role_id: str | None = None
    fetched_at: datetime | None = None
    sha256: str | None = None
    size: int | None = None
    mime: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What is known of bytes that came.

    Args:
        kind: What they are.
        name: A name we made, with its ending.
        sha256: Of the sealed file.
        size: Bytes, unsealed.
        mime: By their own marks.
    """

    kind: str
    name: str
    sha256: str
    size: int
    mime: str


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
    role_id: str | None = None,
) -> str:
    """Keep an attachment's ticket until it is fetched; returns its id."""
    row_id, owner = new_id(), _owner(school_id, person_id)
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
        "deadline": now + LIFE,
        "role_id": role_id,
    }
    db.conn.execute(insert(media), row)
    return row_id


def get(db: Db, medium_id: str) -> Medium | None:
    """One attachment."""
    row = db.conn.execute(select(media).where(media.c.id == medium_id)).one_or_none()
    return None if row is None else _medium(db, row)


def of_message(db: Db, message_id: str) -> tuple[Medium, ...]:
    """What came with a message, in its order."""
    found = select(media).where(media.c.message_id == message_id).order_by(media.c.id)
    return tuple(_medium(db, row) for row in db.conn.execute(found))


def waiting(db: Db, *, limit: int = 20) -> tuple[Medium, ...]:
    """What is still to be fetched, oldest first."""
    here = media.c.fetched_at.is_(None) & media.c.code.is_(None)
    found = select(media).where(here).order_by(media.c.at).limit(limit)
    return tuple(_medium(db, row) for row in db.conn.execute(found))


def lock_of(db: Db, medium_id: str) -> Lock | None:
    """What seals and opens an attachment's bytes, outside the unit; None if there is no such row.

    Raises:
        storage.sealing.KeyGone: Its subject was erased.
    """
    found = select(media.c.school_id, media.c.person_id).where(media.c.id == medium_id)
    row = db.conn.execute(found).one_or_none()
    return None if row is None else db.lock(_owner(row.school_id, row.person_id), _BYTES, medium_id)


def fetched(db: Db, medium_id: str, got: Fetched, now: datetime) -> bool:
    """The bytes lie in their file; the ticket is thrown away. False if the row is gone or was done before."""
    found = select(media.c.school_id, media.c.person_id).where(media.c.id == medium_id)
    row = db.conn.execute(found).one_or_none()
    if row is None:
        return False
    owner = _owner(row.school_id, row.person_id)
    values = {
        "kind": got.kind,
        "name": db.seal(owner, _NAME, medium_id, got.name),
        "ticket": db.seal(owner, _TICKET, medium_id, ""),
        "sha256": got.sha256,
        "size": got.size,
        "mime": got.mime,
        "fetched_at": now,
        "code": None,
    }
    here = (media.c.id == medium_id) & media.c.fetched_at.is_(None)
    return db.conn.execute(update(media).where(here).values(values)).rowcount == 1


def given_up(db: Db, medium_id: str, code: str) -> bool:
    """It will not be fetched any more. Exactly one of several callers gets True."""
    here = (media.c.id == medium_id) & media.c.fetched_at.is_(None) & media.c.code.is_(None)
    return db.conn.execute(update(media).where(here).values(code=code[:80])).rowcount == 1


def about(db: Db, message_id: str, role_id: str) -> None:
    """Now it is known which child what came with a message is about."""
    db.conn.execute(update(media).where(media.c.message_id == message_id).values(role_id=role_id))


def known_files(db: Db, names: Collection[str]) -> set[str]:
    """Those of the sealed files' names that a row stands for."""
    found = select(media.c.sha256).where(media.c.sha256.in_(list(names)))
    return set(db.conn.execute(found).scalars()) if names else set()


def forget(db: Db, before: datetime) -> None:
    """Drop what came before ``before``; its files go with the next sweep (``bot/media.py``)."""
    db.conn.execute(delete(media).where(media.c.at < before))


def _owner(school_id: str, person_id: str | None) -> str:
    """Whose key seals it: erasing a family takes its pictures along."""
    return people.subject(person_id) if person_id else schools.subject(school_id)


def _medium(db: Db, row: Row[*tuple[Any, ...]]) -> Medium:
    owner = _owner(row.school_id, row.person_id)
    return Medium(
        id=row.id,
        message_id=row.message_id,
        person_id=row.person_id,
        kind=row.kind,
        ticket=db.open(owner, _TICKET, row.id, row.ticket),
        name=db.open(owner, _NAME, row.id, row.name),
        duration_ms=row.duration_ms,
        at=row.at,
        deadline=row.deadline,
        role_id=row.role_id,
        fetched_at=row.fetched_at,
        sha256=row.sha256,
        size=row.size,
        mime=row.mime,
        code=row.code,
    )
