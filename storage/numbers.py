"""Numbers for everything a person can answer: they run through, per person and local day.

An open number stays with its thing, even over midnight; a closed one is not given again that day.
Each number has a token beside it: what is typed by number is pressed by token. A number is easily
guessed and means something only to whom it was given; a token is not guessed, and is bound to the same
person all the same.
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
    bindparam,
    func,
    select,
    update,
)

from config.ids import new_token
from storage.columns import Id, Sealed
from storage.engine import Db, insert_ignore
from storage.metadata import metadata
from storage.people import people, subject

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
    Column("token", String(32), nullable=False, unique=True),
    UniqueConstraint("person_id", "day", "n"),
    Index(None, "person_id", "closed", "n"),
    Index(None, "thing_kind", "thing_id", "person_id"),
)

_LABEL = "numbers.label"

# Asked with every answer, so built once.
_MINE = numbers.c.person_id == bindparam("person")
_OF_DAY = _MINE & (numbers.c.day == bindparam("day"))
_N = numbers.c.n == bindparam("n")
_OPEN = (
    select(numbers.c.n, numbers.c.token, numbers.c.thing_kind, numbers.c.thing_id, numbers.c.action)
    .where(_MINE & numbers.c.closed.is_(False))
    .order_by(numbers.c.day.desc())
)
_TODAY = select(numbers).where(_OF_DAY & _N)
_EARLIER = (
    select(numbers).where(_MINE & _N & numbers.c.closed.is_(False)).order_by(numbers.c.day.desc()).limit(1)
)
# Locked where units run side by side: of two presses the second sees what the first has closed.
_BY_TOKEN = select(numbers).where(numbers.c.token == bindparam("pressed")).with_for_update()
_LAST = select(
    people.c.school_id, select(func.max(numbers.c.n)).where(_OF_DAY).scalar_subquery().label("last")
).where(people.c.id == bindparam("person"))


@dataclass(frozen=True, slots=True)
class Offer:
    """One choice as it is offered: the number to type, the token a button carries."""

    n: int
    token: str


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
        token: What its button carries: 128 random bits as hex.
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
    token: str


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
    token: Callable[[], str] = new_token,
) -> Offer:
    """A number for one answer to one thing; while it is open, the same answer keeps its number and token.

    Args:
        day: The person's local day; numbers run through on it.
        action: What answering does.
        label: What the person reads beside it.
        token: Makes the token of a new number.

    Raises:
        ValueError: No such person.
    """
    still_open = db.conn.execute(_OPEN, {"person": person_id}).all()
    for held in still_open:
        if (held.thing_kind, held.thing_id, held.action) == (thing_kind, thing_id, action):
            return Offer(int(held.n), held.token)
    busy = {held.n for held in still_open}
    row_id = new_id()
    row = {
        "id": row_id,
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
        place = _next(db, person_id, day, busy) | {"token": token()}
        # Another unit may take the number between the look and the insert: the key decides.
        if insert_ignore(db, numbers, row | place):
            return Offer(place["n"], place["token"])


def find(db: Db, person_id: str, day: date, n: int) -> Given | None:
    """What a number means to this person: today's, else one still open from before."""
    given = {"person": person_id, "day": day, "n": n}
    row = db.conn.execute(_TODAY, given).one_or_none() or db.conn.execute(_EARLIER, given).one_or_none()
    return None if row is None else _given(db, row)


def by_token(db: Db, token: str) -> Given | None:
    """What a button stands for, whoever pressed it: compare ``person_id``."""
    row = db.conn.execute(_BY_TOKEN, {"pressed": token}).one_or_none()
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


def close_one(db: Db, person_id: str, thing_kind: str, thing_id: str, action: str) -> int:
    """Close one answer of a thing, the others stay open; returns 1 if it was open."""
    table = numbers.c
    here = (table.thing_kind == thing_kind) & (table.thing_id == thing_id) & table.closed.is_(False)
    here &= (table.person_id == person_id) & (table.action == action)
    return db.conn.execute(update(numbers).where(here).values(closed=True)).rowcount


def close_before(db: Db, day: date, thing_kind: str | None = None) -> int:
    """Close what was given before a day and never answered, or only that of a kind; returns how many."""
    stale = numbers.c.closed.is_(False) & (numbers.c.day < day)
    if thing_kind is not None:
        stale &= numbers.c.thing_kind == thing_kind
    return db.conn.execute(update(numbers).where(stale).values(closed=True)).rowcount


def _next(db: Db, person_id: str, day: date, busy: set[int]) -> dict[str, Any]:
    """One more than today's last, passing over numbers still open from earlier days; and the school."""
    held = db.conn.execute(_LAST, {"person": person_id, "day": day}).one_or_none()
    if held is None:
        raise ValueError("no such person")
    n = (held.last or 0) + 1
    while n in busy:
        n += 1
    return {"n": n, "school_id": held.school_id}


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
        row.token,
    )
