"""Weekly and monthly reports 周报/月报: one per class and period, its lines sealed under the class.

The lines are what the teacher was shown and may have changed; the ``version`` grows with every change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    Index,
    Integer,
    Row,
    String,
    Table,
    UniqueConstraint,
    delete,
    select,
    update,
)

from storage import classes
from storage.columns import Id, Sealed, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata

Period = Literal["week", "month"]
State = Literal["draft", "chosen", "queued", "published", "dropped"]
Part = Literal["news", "praise", "stars", "ahead"]
PARTS: tuple[Part, ...] = ("news", "praise", "stars", "ahead")

reports = Table(
    "reports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("period", String(8), nullable=False, comment="week month"),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("state", String(12), nullable=False, comment="draft chosen queued published dropped"),
    Column("version", Integer, nullable=False),
    Column("lines", Sealed, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("class_id", "period", "first"),
    Index(None, "at"),
)

_LINES = "reports.lines"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a report.

    Args:
        part: Where it stands.
        text: The words, with their day where that matters.
    """

    part: Part
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a class read, or is to read, of a week or a month.

    Args:
        first: The first local day.
        last: The last.
        items: In order; what the teacher counts.
        at: When it was begun, UTC.
    """

    id: str
    school_id: str
    class_id: str
    period: Period
    first: date
    last: date
    state: State
    version: int
    items: tuple[Item, ...]
    at: datetime


def begin(db: Db, report: Report) -> Report:
    """Write a draft down; the one that is there already stays as it is and is returned."""
    row = {name: getattr(report, name) for name in Report.__dataclass_fields__ if name != "items"}
    row["lines"] = _sealed(db, report.class_id, report.id, report.items)
    if insert_ignore(db, reports, row):
        return report
    found = of_period(db, report.class_id, report.period, report.first)
    return report if found is None else found


def get(db: Db, report_id: str) -> Report | None:
    """The report with this id."""
    return _one(db, reports.c.id == report_id)


def of_period(db: Db, class_id: str, period: Period, first: date) -> Report | None:
    """A class's report of the week or month that begins then."""
    table = reports.c
    return _one(db, (table.class_id == class_id) & (table.period == period) & (table.first == first))


def latest(db: Db, class_id: str, period: Period | None, states: Collection[State]) -> Report | None:
    """A class's newest report in some states."""
    here = (reports.c.class_id == class_id) & reports.c.state.in_(states)
    return _one(db, here if period is None else here & (reports.c.period == period))


def reword(db: Db, report: Report, items: Collection[Item]) -> None:
    """Other lines, by the teacher: what is composed later is added to them."""
    values = {"lines": _sealed(db, report.class_id, report.id, items), "version": reports.c.version + 1}
    db.conn.execute(update(reports).where(reports.c.id == report.id).values(values))


def refresh(db: Db, report: Report, items: Collection[Item]) -> None:
    """What has come since it was begun; a draft nobody has changed stays one."""
    sealed = _sealed(db, report.class_id, report.id, items)
    db.conn.execute(update(reports).where(reports.c.id == report.id).values(lines=sealed))


def set_state(db: Db, report_id: str, before: Collection[State], after: State) -> bool:
    """Bring it to another state; False if it was in none of those before."""
    here = (reports.c.id == report_id) & reports.c.state.in_(before)
    values = {"state": after, "version": reports.c.version + 1}
    return db.conn.execute(update(reports).where(here).values(values)).rowcount == 1


def forget(db: Db, school_id: str, before: datetime) -> int:
    """Drop a school's reports begun before a moment (UTC)."""
    old = (reports.c.school_id == school_id) & (reports.c.at < before)
    return db.conn.execute(delete(reports).where(old)).rowcount


def new(
    new_id: Callable[[], str],
    school_id: str,
    class_id: str,
    period: Period,
    days: tuple[date, date],
    items: Collection[Item],
    now: datetime,
) -> Report:
    """A draft that is begun now."""
    return Report(new_id(), school_id, class_id, period, *days, "draft", 1, tuple(items), now)


def _one(db: Db, here: ColumnElement[bool]) -> Report | None:
    found = select(reports).where(here).order_by(reports.c.last.desc(), reports.c.at.desc()).limit(1)
    row = db.conn.execute(found).one_or_none()
    return None if row is None else _report(db, row)


def _sealed(db: Db, class_id: str, row_id: str, items: Collection[Item]) -> bytes:
    said = json.dumps([asdict(item) for item in items], ensure_ascii=False)
    return db.seal(classes.subject(class_id), _LINES, row_id, said)


def _report(db: Db, row: Row[*tuple[Any, ...]]) -> Report:
    fields = {name: getattr(row, name) for name in Report.__dataclass_fields__ if name != "items"}
    held = json.loads(db.open(classes.subject(row.class_id), _LINES, row.id, row.lines))
    return Report(**fields, items=tuple(Item(**item) for item in held))
