"""What waits on a person's mobile page, and the person's own words as shown back there.

Sealed under the person's key: erasing the person makes it unreadable.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Row,
    String,
    Table,
    bindparam,
    delete,
    select,
    update,
)

from storage import people
from storage.columns import Id, Sealed, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata
from storage.sealing import KeyGone

page_messages = Table(
    "page_messages",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("person_id", Id, nullable=False),
    Column("outbox_id", String(64), nullable=False, unique=True, comment="or the form's, for own words"),
    Column("own", Boolean, nullable=False),
    Column("content", Sealed, comment="sealed; blank when it was taken back"),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("seen_at", UtcDateTime),
    Index(None, "person_id", "at"),
)

KEPT = timedelta(days=90)
_CONTENT = "page_messages.content"
_OF_PERSON = (
    select(page_messages)
    .where((page_messages.c.person_id == bindparam("person")) & page_messages.c.content.is_not(None))
    # Of one millisecond, what was asked stands before what was answered.
    .order_by(page_messages.c.at.desc(), page_messages.c.own.asc(), page_messages.c.id.desc())
    .limit(bindparam("most"))
)
_BY_OUTBOX = select(page_messages).where(page_messages.c.outbox_id == bindparam("outbox_id"))


@dataclass(frozen=True, slots=True)
class PageChoice:
    """A button. ``token`` is the opaque id of the number it stands for."""

    token: str
    label: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class PageMessage:
    """One entry of the page.

    Args:
        id: The row.
        own: The person's own words, not ours.
        title: Its heading, or empty.
        text: The words.
        choices: What can be pressed.
        at: When it was said, UTC.
        seen: Whether the page has shown it before.
        outbox_id: The row that made it.
    """

    id: str
    own: bool
    title: str
    text: str
    choices: tuple[PageChoice, ...]
    at: datetime
    seen: bool
    outbox_id: str


def put(
    db: Db,
    new_id: Callable[[], str],
    now: datetime,
    *,
    person_id: str,
    outbox_id: str,
    text: str,
    title: str = "",
    choices: Sequence[PageChoice] = (),
    own: bool = False,
) -> bool:
    """Lay a message on a person's page, once for each ``outbox_id``.

    Returns:
        False if there is no such person; True also when it lay there already.
    """
    school_id = people.school_of(db, person_id)
    if school_id is None:
        return False
    row_id = new_id()
    row = {
        "id": row_id,
        "school_id": school_id,
        "person_id": person_id,
        "outbox_id": outbox_id,
        "own": own,
        "content": _sealed(db, person_id, row_id, title, text, choices),
        "at": now,
        "seen_at": now if own else None,
    }
    insert_ignore(db, page_messages, row)
    return True


def change(db: Db, outbox_id: str, choices: Sequence[PageChoice]) -> bool:
    """Say anew what can be pressed on a message; False if it is not there."""
    row = db.conn.execute(_BY_OUTBOX, {"outbox_id": outbox_id}).one_or_none()
    held = None if row is None else _message(db, row)
    if row is None or held is None:
        return False
    if held.choices != tuple(choices):
        content = _sealed(db, row.person_id, row.id, held.title, held.text, choices)
        here = page_messages.c.id == row.id
        db.conn.execute(update(page_messages).where(here).values(content=content))
    return True


def take_back(db: Db, row_id: str) -> bool:
    """Remove a message; its key stays, so that a second copy of the same send is still known."""
    here = page_messages.c.id == row_id
    return db.conn.execute(update(page_messages).where(here).values(content=None)).rowcount == 1


def by_outbox(db: Db, outbox_id: str) -> tuple[str, PageMessage] | None:
    """The message an outbox row made, and on whose page it lies; None also when it was taken back."""
    row = db.conn.execute(_BY_OUTBOX, {"outbox_id": outbox_id}).one_or_none()
    held = None if row is None else _message(db, row)
    return None if row is None or held is None else (row.person_id, held)


def of_person(db: Db, person_id: str, *, most: int = 60) -> tuple[PageMessage, ...]:
    """The newest messages of a person's page, oldest of them first."""
    rows = db.conn.execute(_OF_PERSON, {"person": person_id, "most": most}).all()
    opened = (_message(db, row) for row in reversed(rows))
    return tuple(message for message in opened if message is not None)


def seen(db: Db, now: datetime, message_ids: Sequence[str]) -> None:
    """Note what the page has shown."""
    here = page_messages.c.id.in_(message_ids) & page_messages.c.seen_at.is_(None)
    db.conn.execute(update(page_messages).where(here).values(seen_at=now))


def forget(db: Db, before: datetime) -> int:
    """Delete what was said before a moment (UTC); returns how many."""
    return db.conn.execute(delete(page_messages).where(page_messages.c.at < before)).rowcount


def _sealed(
    db: Db, person_id: str, row_id: str, title: str, text: str, choices: Sequence[PageChoice]
) -> bytes:
    kept = {"title": title, "text": text, "choices": [[c.token, c.label, c.enabled] for c in choices]}
    return db.seal(people.subject(person_id), _CONTENT, row_id, json.dumps(kept, ensure_ascii=False))


def _message(db: Db, row: Row[*tuple[Any, ...]]) -> PageMessage | None:
    if row.content is None:
        return None
    try:
        kept = json.loads(db.open(people.subject(row.person_id), _CONTENT, row.id, bytes(row.content)))
    except KeyGone:  # erased: nobody can read it any more
        return None
    choices = tuple(PageChoice(*choice) for choice in kept["choices"])
    shown = row.seen_at is not None
    own = bool(row.own)
    return PageMessage(row.id, own, kept["title"], kept["text"], choices, row.at, shown, row.outbox_id)
