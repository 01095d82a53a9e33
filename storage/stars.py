"""Weekly stars 每周之星: who is proposed, chosen and was published, with the deed in words.

A deed is sealed under its child. Nothing is counted here but whether a child has been one at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
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

State = Literal["proposed", "chosen", "published", "dropped"]

stars = Table(
    "stars",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("week", Date, nullable=False, comment="its Monday"),
    Column("pupil_id", Id, nullable=False),
    Column("dimension", String(16), nullable=False),
    Column("deed", Sealed, nullable=False),
    Column("state", String(12), nullable=False, comment="proposed chosen published dropped"),
    Column("by_id", Id, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("class_id", "week", "pupil_id", "dimension"),
    Index(None, "at"),
)

_DEED = "stars.deed"


@dataclass(frozen=True, slots=True)
class Star:
    """One child in one dimension of one week.

    Args:
        week: The local Monday.
        dimension: 「进步」, 「劳动」, …
        deed: What the child did, in words; may be empty.
        by_id: Who proposed it.
        at: When, UTC.
    """

    id: str
    school_id: str
    class_id: str
    week: date
    pupil_id: str
    dimension: str
    deed: str
    state: State
    by_id: str
    at: datetime


def propose(db: Db, star: Star) -> str:
    """Write one down; the same child and dimension again takes the new deed. Returns the row's id."""
    row = {name: getattr(star, name) for name in Star.__dataclass_fields__}
    row["deed"] = _sealed(db, star.pupil_id, star.id, star.deed)
    if insert_ignore(db, stars, row):
        return star.id
    here = (stars.c.class_id == star.class_id) & (stars.c.week == star.week)
    here &= (stars.c.pupil_id == star.pupil_id) & (stars.c.dimension == star.dimension)
    row_id = str(db.conn.execute(select(stars.c.id).where(here)).scalar_one())
    again: dict[str, Any] = {"by_id": star.by_id, "state": star.state}
    if star.deed:
        again["deed"] = _sealed(db, star.pupil_id, row_id, star.deed)
    db.conn.execute(
        update(stars).where((stars.c.id == row_id) & (stars.c.state != "published")).values(again)
    )
    return row_id


def reword(db: Db, star: Star, deed: str) -> None:
    """Other words for the deed."""
    sealed = _sealed(db, star.pupil_id, star.id, deed)
    db.conn.execute(update(stars).where(stars.c.id == star.id).values(deed=sealed))


def of_week(db: Db, class_id: str, week: date, states: Collection[State]) -> tuple[Star, ...]:
    """A class's stars of a week in some states, in the order they were proposed."""
    here = (stars.c.class_id == class_id) & (stars.c.week == week) & stars.c.state.in_(states)
    return _read(db, here)


def get(db: Db, star_id: str) -> Star | None:
    """The star with this id."""
    return next(iter(_read(db, stars.c.id == star_id)), None)


def chosen(db: Db, class_id: str) -> tuple[Star, ...]:
    """What waits to be posted to a class, of whatever week."""
    return _read(db, (stars.c.class_id == class_id) & (stars.c.state == "chosen"))


def set_state(db: Db, ids: Iterable[str], before: Collection[State], after: State) -> int:
    """Bring several to another state; returns how many were in one of those before."""
    here = stars.c.id.in_(list(ids)) & stars.c.state.in_(before)
    return db.conn.execute(update(stars).where(here).values(state=after)).rowcount


def published_since(db: Db, class_id: str, since: date) -> tuple[str, ...]:
    """The children of a class's published stars since a local Monday, one entry per star."""
    here = (stars.c.class_id == class_id) & (stars.c.week >= since) & (stars.c.state == "published")
    return tuple(db.conn.execute(select(stars.c.pupil_id).where(here)).scalars())


def forget(db: Db, school_id: str, before: datetime) -> int:
    """Drop a school's stars proposed before a moment (UTC)."""
    old = (stars.c.school_id == school_id) & (stars.c.at < before)
    return db.conn.execute(delete(stars).where(old)).rowcount


def new(
    new_id: Callable[[], str],
    school_id: str,
    class_id: str,
    week: date,
    pupil_id: str,
    dimension: str,
    deed: str,
    by: str,
    now: datetime,
) -> Star:
    """One that is proposed now."""
    return Star(new_id(), school_id, class_id, week, pupil_id, dimension, deed, "proposed", by, now)


def _sealed(db: Db, pupil_id: str, row_id: str, deed: str) -> bytes:
    return db.seal(pupils.subject(pupil_id), _DEED, row_id, deed)


def _read(db: Db, here: ColumnElement[bool]) -> tuple[Star, ...]:
    rows = db.conn.execute(select(stars).where(here).order_by(stars.c.at, stars.c.id))
    return tuple(_star(db, row) for row in rows)


def _star(db: Db, row: Row[*tuple[Any, ...]]) -> Star:
    fields = {name: getattr(row, name) for name in Star.__dataclass_fields__}
    deed = db.open(pupils.subject(row.pupil_id), _DEED, row.id, row.deed)
    return Star(**fields | {"deed": deed})
