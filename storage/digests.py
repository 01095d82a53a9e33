"""每日速递: one digest per class and day, its notes, and what was published.

A digest's ``version`` grows with every change of its notes and its state: rows in the outbox depend on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import (
    Column,
    Date,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from storage.classes import subject
from storage.columns import Id, Sealed, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata

State = Literal["draft", "approved", "skipped", "queued", "published", "dropped", "failed"]
Kind = Literal["news", "praise", "reminder"]
KINDS: tuple[Kind, ...] = ("news", "praise", "reminder")

digests = Table(
    "digests",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("day", Date, nullable=False),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("published", Sealed),
    UniqueConstraint("class_id", "day"),
    Index(None, "state", "day"),
)

notes_table = Table(
    "digest_notes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("digest_id", Id, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("text", Sealed, nullable=False),
    Column("pupil_ids", Text, nullable=False),
    Column("author_id", Id, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("position", Integer, nullable=False),
    UniqueConstraint("digest_id", "position"),
)

_TEXT, _PUBLISHED = "digest_notes.text", "digests.published"


@dataclass(frozen=True, slots=True)
class Digest:
    """One class's digest of one local day."""

    id: str
    school_id: str
    class_id: str
    day: date
    state: State
    version: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """What a teacher dropped for the digest; ``position`` orders it and is never used twice."""

    id: str
    digest_id: str
    kind: Kind
    text: str
    pupil_ids: tuple[str, ...]
    author_id: str
    at: datetime
    position: int


@dataclass(frozen=True, slots=True)
class Published:
    """What the group was shown: the text as posted, and its notes by kind in that order."""

    digest_id: str
    day: date
    text: str
    sections: Mapping[Kind, tuple[str, ...]]


_DIGEST = select(
    digests.c.id,
    digests.c.school_id,
    digests.c.class_id,
    digests.c.day,
    digests.c.state,
    digests.c.version,
    digests.c.changed_at,
)

_FOR_DAY = _DIGEST.where((digests.c.class_id == bindparam("of")) & (digests.c.day == bindparam("on")))
_NOTES = (
    select(notes_table).where(notes_table.c.digest_id == bindparam("of")).order_by(notes_table.c.position)
)


def get(db: Db, digest_id: str) -> Digest | None:
    """The digest with this id."""
    row = db.conn.execute(_DIGEST.where(digests.c.id == digest_id)).one_or_none()
    return None if row is None else _digest(row)


def for_day(db: Db, class_id: str, day: date) -> Digest | None:
    """The class's digest of that local day, if anything was ever done about it."""
    row = db.conn.execute(_FOR_DAY, {"of": class_id, "on": day}).one_or_none()
    return None if row is None else _digest(row)


def get_or_create(
    db: Db, new_id: Callable[[], str], now: datetime, *, school_id: str, class_id: str, day: date
) -> Digest:
    """The class's digest of that local day; a new one is an empty draft."""
    found = for_day(db, class_id, day)
    while found is None:
        row = {
            "id": new_id(),
            "school_id": school_id,
            "class_id": class_id,
            "day": day,
            "state": "draft",
            "version": 0,
            "changed_at": now,
            "published": None,
        }
        insert_ignore(db, digests, row)
        found = for_day(db, class_id, day)
    return found


def in_state(db: Db, states: Collection[str], *, until: date) -> tuple[Digest, ...]:
    """All digests in one of the states, up to that day, oldest first."""
    here = digests.c.state.in_(list(states)) & (digests.c.day <= until)
    found = _DIGEST.where(here).order_by(digests.c.day, digests.c.id)
    return tuple(_digest(row) for row in db.conn.execute(found))


def set_state(db: Db, digest_id: str, from_states: Collection[str], to: State, now: datetime) -> bool:
    """Move a digest on. Exactly one of several callers gets True; who comes too late gets False."""
    here = (digests.c.id == digest_id) & digests.c.state.in_(list(from_states))
    values = {"state": to, "version": digests.c.version + 1, "changed_at": now}
    return db.conn.execute(update(digests).where(here).values(values)).rowcount == 1


def add_note(
    db: Db,
    new_id: Callable[[], str],
    now: datetime,
    *,
    digest: Digest,
    kind: Kind,
    text: str,
    pupil_ids: Sequence[str] = (),
    author_id: str,
) -> Note:
    """Put a note at the end of a digest."""
    _touch(db, digest.id, now)  # locks the digest, so that no two notes get one position
    last = select(func.max(notes_table.c.position)).where(notes_table.c.digest_id == digest.id)
    position = (db.conn.execute(last).scalar_one() or 0) + 1
    note = Note(new_id(), digest.id, kind, text, tuple(pupil_ids), author_id, now, position)
    row = {
        "id": note.id,
        "school_id": digest.school_id,
        "class_id": digest.class_id,
        "digest_id": digest.id,
        "kind": kind,
        "text": db.seal(subject(digest.class_id), _TEXT, note.id, text),
        "pupil_ids": json.dumps(list(note.pupil_ids)),
        "author_id": author_id,
        "at": now,
        "position": position,
    }
    db.conn.execute(insert(notes_table), row)
    return note


def edit_note(
    db: Db,
    now: datetime,
    note_id: str,
    *,
    text: str | None = None,
    kind: Kind | None = None,
    pupil_ids: Sequence[str] | None = None,
) -> Note | None:
    """Change what is given and keep the rest; None if the note is gone."""
    found = db.conn.execute(select(notes_table).where(notes_table.c.id == note_id)).one_or_none()
    if found is None:
        return None
    values: dict[str, object] = {}
    if text is not None:
        values["text"] = db.seal(subject(found.class_id), _TEXT, note_id, text)
    if kind is not None:
        values["kind"] = kind
    if pupil_ids is not None:
        values["pupil_ids"] = json.dumps(list(pupil_ids))
    if values:
        _touch(db, found.digest_id, now)
        db.conn.execute(update(notes_table).where(notes_table.c.id == note_id).values(values))
    return note(db, note_id)


def remove_note(db: Db, now: datetime, note_id: str) -> bool:
    """Delete a note; False if it was gone."""
    found = db.conn.execute(select(notes_table.c.digest_id).where(notes_table.c.id == note_id))
    digest_id = found.scalar_one_or_none()
    if digest_id is None:
        return False
    _touch(db, digest_id, now)
    return db.conn.execute(delete(notes_table).where(notes_table.c.id == note_id)).rowcount == 1


def note(db: Db, note_id: str) -> Note | None:
    """One note."""
    row = db.conn.execute(select(notes_table).where(notes_table.c.id == note_id)).one_or_none()
    return None if row is None else _note(db, row)


def notes(db: Db, digest_id: str) -> tuple[Note, ...]:
    """The digest's notes in order."""
    return tuple(_note(db, row) for row in db.conn.execute(_NOTES, {"of": digest_id}))


def publish_text(
    db: Db, digest_id: str, text: str, sections: Mapping[Kind, Sequence[str]], now: datetime
) -> bool:
    """Keep what goes to the group, sealed under the class; it counts once the state is ``published``."""
    found = select(digests.c.class_id).where(digests.c.id == digest_id)
    class_id = db.conn.execute(found).scalar_one_or_none()
    if class_id is None:
        return False
    held = json.dumps({"text": text, "sections": {kind: list(said) for kind, said in sections.items()}})
    sealed = db.seal(subject(class_id), _PUBLISHED, digest_id, held)
    values = {"published": sealed, "changed_at": now}
    return db.conn.execute(update(digests).where(digests.c.id == digest_id).values(values)).rowcount == 1


def published(db: Db, class_id: str, since: date) -> tuple[Published, ...]:
    """What the class was shown from that day on, newest first: the only source for parents' questions."""
    table = digests.c
    here = (table.class_id == class_id) & (table.day >= since) & (table.state == "published")
    found = select(table.id, table.day, table.published).where(here & table.published.is_not(None))
    return tuple(_published(db, class_id, row) for row in db.conn.execute(found.order_by(table.day.desc())))


def published_text(db: Db, digest_id: str) -> Published | None:
    """What was kept for one digest, whatever became of it."""
    found = select(digests.c.id, digests.c.day, digests.c.published, digests.c.class_id)
    row = db.conn.execute(found.where(digests.c.id == digest_id)).one_or_none()
    return None if row is None or row.published is None else _published(db, row.class_id, row)


def _touch(db: Db, digest_id: str, now: datetime) -> None:
    values = {"version": digests.c.version + 1, "changed_at": now}
    db.conn.execute(update(digests).where(digests.c.id == digest_id).values(values))


def _digest(row: Row[*tuple[Any, ...]]) -> Digest:
    return Digest(*row)


def _note(db: Db, row: Row[*tuple[Any, ...]]) -> Note:
    text = db.open(subject(row.class_id), _TEXT, row.id, row.text)
    pupil_ids = tuple(json.loads(row.pupil_ids))
    return Note(row.id, row.digest_id, row.kind, text, pupil_ids, row.author_id, row.at, row.position)


def _published(db: Db, class_id: str, row: Row[*tuple[Any, ...]]) -> Published:
    held = json.loads(db.open(subject(class_id), _PUBLISHED, row.id, row.published))
    sections = {kind: tuple(said) for kind, said in held["sections"].items()}
    return Published(row.id, row.day, held["text"], sections)
