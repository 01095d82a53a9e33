"""Numbers for everything a person can answer: they run through, per person and local day.

An open number stays with its thing, even over midnight; a closed one is not given again that day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    Row,
    String,
    Table,
    UniqueConstraint,
    select,
    update,
)

from storage.columns import Id, Sealed
from storage.engine import Db
from storage.metadata import metadata
from storage.people import school_of, subject
from storage.rows import insert_ignore

numbers = Table(
    "numbers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("person_id", Id, nullable=False),
    Column("day", Date, nullable=False),
    Column("n", Integer, nullable=False),
    Column("feature", String(32), nullable=False),
    Column("thing_kind", String(32), nullable=False),
    Column("thing_id", Id, nullable=False),
    Column("action", String(64), nullable=False),
    Column("label", Sealed, nullable=False),
    Column("closed", Boolean, nullable=False),
    UniqueConstraint("person_id", "day", "n"),
    Index(None, "person_id", "closed", "n"),
    Index(None, "thing_kind", "thing_id", "person_id"),
)

_LABEL = "numbers.label"


@dataclass(frozen=True, slots=True)
class Given:
    """One number somebody was given.

    Args:
        person_id: Who.
        day: On which local day.
        n: The number.
        feature: Whose thing it is.
        thing_kind: What it belongs to.
        thing_id: Which one.
        action: What answering does.
        label: What the person read beside it.
        closed: Whether answering is too late.
    """

    person_id: str
    day: date
    n: int
    feature: str
    thing_kind: str
    thing_id: str
    action: str
    label: str
    closed: bool


def give(
    db: Db,
    new_id: Callable[[], str],
    day: date,
    person_id: str,
    feature: str,
    thing_kind: str,
    thing_id: str,
    action: str,
    label: str,
) -> int:
    """A number for one answer to one thing; while it is open, the same answer keeps its number.

    Raises:
        ValueError: No such person.
    """
    open_already = _open_number(db, person_id, thing_kind, thing_id, action)
    if open_already is not None:
        return open_already
    school_id = school_of(db, person_id)
    if school_id is None:
        raise ValueError("no such person")
    row_id = new_id()
    row = {
        "id": row_id,
        "school_id": school_id,
        "person_id": person_id,
        "day": day,
        "feature": feature,
        "thing_kind": thing_kind,
        "thing_id": thing_id,
        "action": action,
        "label": db.seal(subject(person_id), _LABEL, row_id, label),
        "closed": False,
    }
    while True:
        n = _next(db, person_id, day)
        # Another unit may take the number between the look and the insert: the key decides.
        if insert_ignore(db, numbers, row | {"n": n}):
            return n


def find(db: Db, person_id: str, day: date, n: int) -> Given | None:
    """What a number means to this person: today's, else one still open from before."""
    table = numbers.c
    mine = (table.person_id == person_id) & (table.n == n)
    today = db.conn.execute(select(numbers).where(mine & (table.day == day))).one_or_none()
    if today is not None:
        return _given(db, today)
    older = select(numbers).where(mine & table.closed.is_(False)).order_by(table.day.desc()).limit(1)
    row = db.conn.execute(older).one_or_none()
    return None if row is None else _given(db, row)


def open_of(db: Db, person_id: str) -> tuple[Given, ...]:
    """Everything the person can still answer, oldest first."""
    table = numbers.c
    found = select(numbers).where((table.person_id == person_id) & table.closed.is_(False))
    return tuple(_given(db, row) for row in db.conn.execute(found.order_by(table.day, table.n)))


def close(db: Db, thing_kind: str, thing_id: str, person_id: str | None = None) -> int:
    """Close a thing's numbers, for everybody or one person; returns how many were open."""
    table = numbers.c
    here = (table.thing_kind == thing_kind) & (table.thing_id == thing_id) & table.closed.is_(False)
    if person_id is not None:
        here &= table.person_id == person_id
    return db.conn.execute(update(numbers).where(here).values(closed=True)).rowcount


def _open_number(db: Db, person_id: str, thing_kind: str, thing_id: str, action: str) -> int | None:
    table = numbers.c
    here = (table.thing_kind == thing_kind) & (table.thing_id == thing_id) & (table.person_id == person_id)
    found = select(table.n).where(here & (table.action == action) & table.closed.is_(False))
    number: int | None = db.conn.execute(found.order_by(table.day.desc()).limit(1)).scalar_one_or_none()
    return number


def _next(db: Db, person_id: str, day: date) -> int:
    """One more than today's last, passing over numbers still open from earlier days."""
    table = numbers.c
    last = select(table.n).where((table.person_id == person_id) & (table.day == day))
    n = (db.conn.execute(last.order_by(table.n.desc()).limit(1)).scalar_one_or_none() or 0) + 1
    ahead = (table.person_id == person_id) & table.closed.is_(False) & (table.n >= n)
    still_open = select(table.n).where(ahead)
    taken = set(db.conn.execute(still_open).scalars())
    while n in taken:
        n += 1
    return n


def _given(db: Db, row: Row[*tuple[Any, ...]]) -> Given:
    label = db.open(subject(row.person_id), _LABEL, row.id, row.label)
    return Given(
        row.person_id,
        row.day,
        row.n,
        row.feature,
        row.thing_kind,
        row.thing_id,
        row.action,
        label,
        bool(row.closed),
    )
