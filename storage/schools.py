"""Schools, their terms and their own exceptions to the calendar."""

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
    Row,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    insert,
    select,
)

from config.school_calendar import DayOverride, SchoolCalendar, Term
from storage.columns import Id, Sealed
from storage.engine import Db
from storage.metadata import metadata

schools = Table(
    "schools",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("tz", String(64), nullable=False),
    Column("duty_phone", Sealed, nullable=False),
    Column("corp", String(128), nullable=False, unique=True),
)

terms_table = Table(
    "terms",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("name", String(100), nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Index(None, "school_id", "first"),
)

day_overrides = Table(
    "day_overrides",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("day", Date, nullable=False),
    Column("school", Boolean, nullable=False),
    Column("note", String(200), nullable=False),
    UniqueConstraint("school_id", "day"),
)

_DUTY_PHONE = "schools.duty_phone"


@dataclass(frozen=True, slots=True)
class School:
    """One school.

    Args:
        id: The row.
        name: Its name as people read it.
        tz: IANA name of its time zone; every local time of the school is in it.
        duty_phone: The number parents are shown in an emergency; empty if none was given.
        corp: The platform's organisation (DingTalk ``corpId``).
    """

    id: str
    name: str
    tz: str
    duty_phone: str
    corp: str


def subject(school_id: str) -> str:
    """Whose key seals what belongs to the whole school."""
    return f"school:{school_id}"


def add(
    db: Db,
    new_id: Callable[[], str],
    *,
    name: str,
    tz: str = "Asia/Shanghai",
    duty_phone: str = "",
    corp: str,
) -> School:
    """Add a school; its corp must not belong to another one."""
    school = School(new_id(), name, tz, duty_phone, corp)
    sealed = db.seal(subject(school.id), _DUTY_PHONE, school.id, duty_phone)
    db.conn.execute(
        insert(schools), {"id": school.id, "name": name, "tz": tz, "duty_phone": sealed, "corp": corp}
    )
    return school


_BY_ID = select(schools).where(schools.c.id == bindparam("id"))
_BY_CORP = select(schools).where(schools.c.corp == bindparam("corp"))
_TERMS = (
    select(terms_table.c.name, terms_table.c.first, terms_table.c.last)
    .where(terms_table.c.school_id == bindparam("id"))
    .order_by(terms_table.c.first)
)
_OVERRIDES = (
    select(day_overrides.c.day, day_overrides.c.school, day_overrides.c.note)
    .where(day_overrides.c.school_id == bindparam("id"))
    .order_by(day_overrides.c.day)
)
_ALL = select(schools).order_by(schools.c.id)


def get(db: Db, school_id: str) -> School | None:
    """The school with this id."""
    row = db.conn.execute(_BY_ID, {"id": school_id}).one_or_none()
    return None if row is None else _school(db, row)


def by_corp(db: Db, corp: str) -> School | None:
    """The school that uses this organisation of the platform."""
    row = db.conn.execute(_BY_CORP, {"corp": corp}).one_or_none()
    return None if row is None else _school(db, row)


def all_schools(db: Db) -> tuple[School, ...]:
    """Every school of the installation, oldest first."""
    return tuple(_school(db, row) for row in db.conn.execute(_ALL))


def add_term(
    db: Db, new_id: Callable[[], str], school_id: str, *, name: str, first: date, last: date
) -> None:
    """Add a term; both days belong to it.

    Raises:
        ValueError: The term ends before it begins.
    """
    db.memo.pop(("calendar", school_id), None)
    if last < first:
        raise ValueError("a term cannot end before it begins")
    row = {"id": new_id(), "school_id": school_id, "name": name, "first": first, "last": last}
    db.conn.execute(insert(terms_table), row)


def terms(db: Db, school_id: str) -> tuple[Term, ...]:
    """The school's terms in order."""
    return tuple(Term(*row) for row in db.conn.execute(_TERMS, {"id": school_id}))


def set_override(
    db: Db, new_id: Callable[[], str], school_id: str, *, day: date, school: bool, note: str = ""
) -> None:
    """Say for one day whether there is school, whatever the calendar says; the last word counts."""
    db.memo.pop(("calendar", school_id), None)
    here = (day_overrides.c.school_id == school_id) & (day_overrides.c.day == day)
    db.conn.execute(day_overrides.delete().where(here))
    row = {"id": new_id(), "school_id": school_id, "day": day, "school": school, "note": note}
    db.conn.execute(insert(day_overrides), row)


def overrides(db: Db, school_id: str) -> tuple[DayOverride, ...]:
    """The school's own exceptions in order."""
    return tuple(DayOverride(*row) for row in db.conn.execute(_OVERRIDES, {"id": school_id}))


def calendar(db: Db, school: School) -> SchoolCalendar:
    """The school's days as pure answers; read once in a unit."""
    known = ("calendar", school.id)
    if known not in db.memo:
        db.memo[known] = SchoolCalendar(school.tz, terms(db, school.id), overrides(db, school.id))
    found: SchoolCalendar = db.memo[known]
    return found


def _school(db: Db, row: Row[*tuple[Any, ...]]) -> School:
    phone = db.open(subject(row.id), _DUTY_PHONE, row.id, row.duty_phone)
    return School(row.id, row.name, row.tz, phone, row.corp)
