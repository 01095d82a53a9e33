"""Phones that are signed in to a person's mobile page. Of the cookie only a keyed hash is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import (
    Column,
    ColumnElement,
    LargeBinary,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from storage import people
from storage.columns import Id, UtcDateTime
from storage.engine import Db
from storage.metadata import metadata

page_sessions = Table(
    "page_sessions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("person_id", Id, nullable=False, index=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("made_at", UtcDateTime, nullable=False, index=True),
    Column("used_at", UtcDateTime, nullable=False, index=True),
    Column("ended_at", UtcDateTime),
)

IDLE = timedelta(days=30)
"""A phone that did not look for so long is asked to sign in again."""
LONGEST = timedelta(days=180)
TOUCH = timedelta(hours=1)
"""How exactly the last use is known: not every look at the page is a write."""

MEMBER_LIFE = timedelta(hours=12)
"""A teacher's session: the platform's login brings a new one by itself."""
Kind = Literal["page", "member"]
"""A guardian's page, or the pages teachers use: a cookie of the one opens nothing of the other."""

_BY_HASH = select(page_sessions).where(
    (page_sessions.c.hash == bindparam("hash")) & page_sessions.c.ended_at.is_(None)
)


@dataclass(frozen=True, slots=True)
class PageSession:
    """One signed-in phone.

    Args:
        id: The row; forms are bound to it.
        school_id: The person's school.
        person_id: Whose page it shows.
        used_at: When it was last noted to be used, UTC.
    """

    id: str
    school_id: str
    person_id: str
    used_at: datetime


def start(
    db: Db, new_id: Callable[[], str], now: datetime, person_id: str, value: str, kind: Kind = "page"
) -> PageSession:
    """Sign a phone in.

    Args:
        value: The cookie: 256 random bits as 64 hex digits.
        kind: What it opens.

    Raises:
        ValueError: No such person, or a cookie that is too short to be safe.
    """
    school_id = people.school_of(db, person_id)
    if school_id is None or len(value) != 64:
        raise ValueError("a session needs an existing person and 64 hex digits")
    session = PageSession(new_id(), school_id, person_id, now)
    row = {
        "id": session.id,
        "school_id": school_id,
        "person_id": person_id,
        "hash": _hash(db, value, kind),
        "made_at": now,
        "used_at": now,
        "ended_at": None,
    }
    db.conn.execute(insert(page_sessions), row)
    return session


def look(db: Db, value: str, now: datetime, kind: Kind = "page") -> PageSession | None:
    """The session of a cookie, if it still holds and its person is still somebody at the school."""
    if len(value) != 64:
        return None
    row = db.conn.execute(_BY_HASH, {"hash": _hash(db, value, kind)}).one_or_none()
    longest = MEMBER_LIFE if kind == "member" else LONGEST
    if row is None or now - row.used_at >= IDLE or now - row.made_at >= longest:
        return None
    if not people.roles(db, row.person_id):
        return None
    return PageSession(row.id, row.school_id, row.person_id, row.used_at)


def touch(db: Db, session_id: str, now: datetime) -> None:
    """Note that it was used just now."""
    here = page_sessions.c.id == session_id
    db.conn.execute(update(page_sessions).where(here).values(used_at=now))


def revoke(db: Db, session_id: str, now: datetime) -> bool:
    """Sign this phone out; False if it was."""
    return _end(db, page_sessions.c.id == session_id, now) == 1


def revoke_all(db: Db, person_id: str, now: datetime) -> int:
    """Sign all of a person's phones out; returns how many."""
    return _end(db, page_sessions.c.person_id == person_id, now)


def forget(db: Db, now: datetime) -> int:
    """Delete what can never be used again; returns how many."""
    table = page_sessions.c
    over = (table.used_at <= now - IDLE) | (table.made_at <= now - LONGEST)
    return db.conn.execute(delete(page_sessions).where(over)).rowcount


def _end(db: Db, which: ColumnElement[bool], now: datetime) -> int:
    here = which & page_sessions.c.ended_at.is_(None)
    return db.conn.execute(update(page_sessions).where(here).values(ended_at=now)).rowcount


def _hash(db: Db, value: str, kind: Kind) -> bytes:
    return db.keyed_hash(f"{kind} session", value)
