"""Who is away, comes late or is fetched by somebody else: one row per child, school day and kind.

What the family says of it (symptoms, who fetches) is sealed under the child's key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    Index,
    Row,
    String,
    Table,
    UniqueConstraint,
    delete,
    select,
    update,
)

from storage import pupils
from storage.columns import Id, Sealed, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata

What = Literal["leave", "late", "pickup"]
Part = Literal["", "am", "pm", "half"]
Reason = Literal["", "sick", "personal"]

leaves = Table(
    "leaves",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("pupil_id", Id, nullable=False),
    Column("what", String(8), nullable=False, comment="leave late pickup"),
    Column("day", Date, nullable=False),
    Column("part", String(4), nullable=False, comment="am pm half, or empty for the whole day"),
    Column("reason", String(8), nullable=False, comment="sick personal, or empty"),
    Column("clock", String(5), nullable=False, comment="HH:MM local, when the child comes"),
    Column("note", Sealed, nullable=True),
    Column("by_id", Id, nullable=False),
    Column("request_id", Id, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("known_at", UtcDateTime, nullable=True, comment="the teacher has read of it"),
    Column("told_at", UtcDateTime, nullable=True, comment="not to stand in the day's list any more"),
    Column("seen_at", UtcDateTime, nullable=True, comment="the teacher said so, and the family knows"),
    Column("cancelled_at", UtcDateTime, nullable=True),
    UniqueConstraint("pupil_id", "day", "what"),
    Index(None, "class_id", "day"),
    Index(None, "request_id"),
    Index(None, "day"),
)

_NOTE = "leaves.note"


@dataclass(frozen=True, slots=True)
class Leave:
    """One child on one day.

    Args:
        id: The row.
        what: Away, late, or fetched by somebody else.
        day: The local school day.
        part: Half of the day, or the whole.
        reason: Illness, a private matter, or not said.
        clock: When a late child comes, local ``HH:MM``, or empty.
        note: Symptoms, or who fetches; empty if nothing was said or it was forgotten.
        by_id: Who said so.
        request_id: The same for all days asked for in one go.
        known_at: When the teacher was told of it in any way, UTC.
        told_at: When the teacher was told for this very day, UTC.
        seen_at: When the teacher acknowledged it, UTC.
        cancelled_at: When it was taken back, UTC.
    """

    id: str
    class_id: str
    pupil_id: str
    what: What
    day: date
    part: Part
    reason: Reason
    clock: str
    note: str
    by_id: str
    request_id: str
    known_at: datetime | None
    told_at: datetime | None
    seen_at: datetime | None
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request says of each of its days."""

    what: What
    part: Part = ""
    reason: Reason = ""
    clock: str = ""
    note: str = ""


def put(
    db: Db,
    new_id: Callable[[], str],
    now: datetime,
    pupil: pupils.Pupil,
    day: date,
    asked: Asked,
    *,
    by: str,
    request_id: str,
) -> Leave:
    """Write one day down. The same child, day and kind again is brought up to date, never doubled."""
    key = {"pupil_id": pupil.id, "day": day, "what": asked.what}
    told = {"told_at": None, "seen_at": None, "cancelled_at": None}
    said = {"by_id": by, "request_id": request_id, "at": now, "part": asked.part, "clock": asked.clock}
    row_id = new_id()
    row = {"id": row_id, "school_id": pupil.school_id, "class_id": pupil.class_id, **key, **said, **told}
    row |= {"reason": asked.reason, "note": _sealed(db, pupil.id, row_id, asked.note)}
    if not insert_ignore(db, leaves, row):
        row_id = str(
            db.conn.execute(select(leaves.c.id).where(_same(pupil.id, day, asked.what))).scalar_one()
        )
        # What the teacher has once read of stays known: taking it back must be told.
        again = said | told | {"reason": asked.reason, "note": _sealed(db, pupil.id, row_id, asked.note)}
        db.conn.execute(update(leaves).where(leaves.c.id == row_id).values(again))
    found = get(db, row_id)
    if found is None:
        raise LookupError("a row was written and is not there")
    return found


def get(db: Db, row_id: str) -> Leave | None:
    """The row with this id."""
    return next(iter(_read(db, leaves.c.id == row_id)), None)


def of_day(db: Db, class_id: str, day: date) -> tuple[Leave, ...]:
    """What holds for a class on a day, in the order it was said."""
    return _read(db, (leaves.c.class_id == class_id) & (leaves.c.day == day) & _HOLDS)


def of_request(db: Db, request_id: str) -> tuple[Leave, ...]:
    """The days of one request, cancelled ones too."""
    return _read(db, leaves.c.request_id == request_id)


def coming(db: Db, pupil_id: str, since: date, what: What = "leave") -> tuple[Leave, ...]:
    """What holds for a child from a local day on."""
    here = (leaves.c.pupil_id == pupil_id) & (leaves.c.day >= since) & (leaves.c.what == what)
    return _read(db, here & _HOLDS)


def unseen(db: Db, class_id: str, since: date) -> tuple[Leave, ...]:
    """What the teacher has been told of from a local day on and has not acknowledged."""
    here = (leaves.c.class_id == class_id) & (leaves.c.day >= since) & _HOLDS
    return _read(db, here & leaves.c.known_at.is_not(None) & leaves.c.seen_at.is_(None))


def known(db: Db, now: datetime, ids: Iterable[str]) -> None:
    """The teacher reads of these."""
    db.conn.execute(update(leaves).where(leaves.c.id.in_(list(ids))).values(known_at=now))


def told(db: Db, now: datetime, ids: Iterable[str]) -> None:
    """The teacher reads of these for their very day: they stand in no later list."""
    db.conn.execute(update(leaves).where(leaves.c.id.in_(list(ids))).values(known_at=now, told_at=now))


def seen(db: Db, now: datetime, request_id: str) -> bool:
    """The teacher has acknowledged a request; False if that was said before or nothing of it holds."""
    here = (leaves.c.request_id == request_id) & leaves.c.seen_at.is_(None) & _HOLDS
    return db.conn.execute(update(leaves).where(here).values(seen_at=now)).rowcount > 0


def cancel(db: Db, now: datetime, ids: Iterable[str]) -> None:
    """Take days back."""
    db.conn.execute(update(leaves).where(leaves.c.id.in_(list(ids)) & _HOLDS).values(cancelled_at=now))


def annotate(db: Db, request_id: str, note: str) -> tuple[Leave, ...]:
    """Add what a family says later to each day that holds; returns them as they are now."""
    for row in of_request(db, request_id):
        if row.cancelled_at is None:
            sealed = _sealed(db, row.pupil_id, row.id, "，".join(filter(None, (row.note, note))))
            db.conn.execute(update(leaves).where(leaves.c.id == row.id).values(note=sealed))
    return tuple(row for row in of_request(db, request_id) if row.cancelled_at is None)


def forget(db: Db, school_id: str, *, rows_before: date, notes_before: date) -> int:
    """Drop a school's rows of days before one date, and blank what was said of days before another."""
    mine = leaves.c.school_id == school_id
    blank = mine & (leaves.c.day < notes_before) & leaves.c.note.is_not(None)
    db.conn.execute(update(leaves).where(blank).values(note=None))
    return db.conn.execute(delete(leaves).where(mine & (leaves.c.day < rows_before))).rowcount


_HOLDS = leaves.c.cancelled_at.is_(None)


def _same(pupil_id: str, day: date, what: What) -> ColumnElement[bool]:
    return (leaves.c.pupil_id == pupil_id) & (leaves.c.day == day) & (leaves.c.what == what)


def _sealed(db: Db, pupil_id: str, row_id: str, note: str) -> bytes | None:
    return db.seal(pupils.subject(pupil_id), _NOTE, row_id, note) if note else None


def _read(db: Db, here: ColumnElement[bool]) -> tuple[Leave, ...]:
    rows = db.conn.execute(select(leaves).where(here).order_by(leaves.c.day, leaves.c.at, leaves.c.id))
    return tuple(_leave(db, row) for row in rows)


def _leave(db: Db, row: Row[*tuple[Any, ...]]) -> Leave:
    note = db.open(pupils.subject(row.pupil_id), _NOTE, row.id, row.note) if row.note else ""
    return Leave(
        row.id,
        row.class_id,
        row.pupil_id,
        row.what,
        row.day,
        row.part,
        row.reason,
        row.clock,
        note,
        row.by_id,
        row.request_id,
        row.known_at,
        row.told_at,
        row.seen_at,
        row.cancelled_at,
    )
