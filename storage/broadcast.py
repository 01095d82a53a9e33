"""The class-broadcast slot: what a feature may post to a class group, at most once a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import Column, Date, String, Table, UniqueConstraint, delete, select

from storage.columns import Id, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata

broadcast_slots = Table(
    "broadcast_slots",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("day", Date, nullable=False),
    Column("feature", String(32), nullable=False),
    Column("thing_id", Id, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("class_id", "day", "feature"),
)


def take(
    db: Db,
    new_id: Callable[[], str],
    now: datetime,
    *,
    school_id: str,
    class_id: str,
    day: date,
    feature: str,
    thing_id: str,
) -> bool:
    """Take the feature's place in the class's broadcast of that local day; exactly one taker gets True."""
    row = {
        "id": new_id(),
        "school_id": school_id,
        "class_id": class_id,
        "day": day,
        "feature": feature,
        "thing_id": thing_id,
        "at": now,
    }
    return insert_ignore(db, broadcast_slots, row)


def holder(db: Db, class_id: str, day: date, feature: str) -> str | None:
    """What took the place, or None."""
    table = broadcast_slots.c
    here = (table.class_id == class_id) & (table.day == day) & (table.feature == feature)
    found: str | None = db.conn.execute(select(table.thing_id).where(here)).scalar_one_or_none()
    return found


def of_days(db: Db, class_id: str, first: date, last: date) -> dict[date, list[str]]:
    """By local day, whose posts went to a class's group, in order."""
    table = broadcast_slots.c
    here = (table.class_id == class_id) & table.day.between(first, last)
    found: dict[date, list[str]] = {}
    rows = db.conn.execute(
        select(table.day, table.feature).where(here).order_by(table.day, table.at, table.id)
    )
    for day, feature in rows:
        found.setdefault(day, []).append(feature)
    return found


def release(db: Db, class_id: str, day: date, feature: str, thing_id: str) -> bool:
    """Give the place back, for a thing that was certainly not posted."""
    table = broadcast_slots.c
    here = (table.class_id == class_id) & (table.day == day) & (table.feature == feature)
    return db.conn.execute(delete(broadcast_slots).where(here & (table.thing_id == thing_id))).rowcount == 1
