"""What is due when: one row per occurrence ``(what, for whom, local time)``, unique.

The ticker only knocks; these rows decide. A row is claimed and closed inside the unit that acts on
it, so a second tick, a late one or one on another machine finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Column, Index, SmallInteger, String, Table, UniqueConstraint

from storage.columns import Id, UtcDateTime, is_now
from storage.engine import Db, insert_ignore
from storage.metadata import metadata

DUE, DONE, CANCELLED, FAILED = "due", "done", "cancelled", "failed"

schedule = Table(
    "schedule",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("feature", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("local_time", String(16), nullable=False, comment="YYYY-MM-DDTHH:MM in the school's zone"),
    Column("due_at", UtcDateTime, nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("done_at", UtcDateTime, nullable=True),
    UniqueConstraint("kind", "subject_id", "local_time"),
)
_WAITING = is_now(schedule.c.state, DUE)
Index("ix_schedule_due", schedule.c.due_at, schedule.c.id, sqlite_where=_WAITING, postgresql_where=_WAITING)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One thing that is to happen once.

    Args:
        local_time: ``YYYY-MM-DDTHH:MM`` in the school's zone; part of what makes it unique.
        due_at: The same moment, UTC.
    """

    id: str
    school_id: str
    feature: str
    kind: str
    subject_id: str
    local_time: str
    due_at: datetime
    state: str
    attempts: int


_FIELDS = tuple(schedule.c[name] for name in Occurrence.__dataclass_fields__)


def plan(
    db: Db,
    new_id: str,
    school_id: str,
    feature: str,
    kind: str,
    subject_id: str,
    local_time: str,
    due_at: datetime,
) -> bool:
    """Plan one occurrence; False if the very same one was planned (or is over) already."""
    return insert_ignore(
        db,
        schedule,
        {
            "id": new_id,
            "school_id": school_id,
            "feature": feature,
            "kind": kind,
            "subject_id": subject_id,
            "local_time": local_time,
            "due_at": due_at,
            "state": DUE,
            "attempts": 0,
        },
    )


def cancel(db: Db, kind: str, subject_id: str, local_time: str | None = None) -> int:
    """Cancel what is still to come: one occurrence, or all of the kind for the subject."""
    matching = [schedule.c.kind == kind, schedule.c.subject_id == subject_id, _WAITING]
    if local_time is not None:
        matching.append(schedule.c.local_time == local_time)
    return db.conn.execute(sa.update(schedule).where(*matching).values(state=CANCELLED)).rowcount


def revive(db: Db, kind: str, subject_id: str, local_time: str) -> bool:
    """Plan a cancelled occurrence again, for example when a time is changed and changed back."""
    same = (schedule.c.kind == kind, schedule.c.subject_id == subject_id, schedule.c.local_time == local_time)
    changed = sa.update(schedule).where(*same, schedule.c.state == CANCELLED).values(state=DUE)
    return db.conn.execute(changed).rowcount == 1


_DUE = (
    sa.select(*_FIELDS)
    .where(_WAITING, schedule.c.due_at <= sa.bindparam("now"))
    .order_by(schedule.c.due_at, schedule.c.id)
    .limit(sa.bindparam("most"))
)


def due(db: Db, now: datetime, limit: int) -> list[Occurrence]:
    """What is due, oldest first; a look only, see :func:`take`."""
    return [Occurrence(*row) for row in db.conn.execute(_DUE, {"now": now, "most": limit})]


_DONE = (
    sa.update(schedule)
    .where(schedule.c.id == sa.bindparam("row"), _WAITING)
    .values(state=DONE, done_at=sa.bindparam("at"))
)


def take(db: Db, occurrence: Occurrence, now: datetime) -> bool:
    """Close the occurrence inside the unit that acts on it; False if it was done or cancelled."""
    return db.conn.execute(_DONE, {"row": occurrence.id, "at": now}).rowcount == 1


def failed(db: Db, occurrence: Occurrence, most: int) -> bool:
    """Count a failed try; after ``most`` of them it is given up. Returns whether it was."""
    attempts = occurrence.attempts + 1
    state = FAILED if attempts >= most else DUE
    row = schedule.c.id == occurrence.id
    # Still due: another replica, or a commit whose answer was lost, may have done it.
    db.conn.execute(sa.update(schedule).where(row, _WAITING).values(attempts=attempts, state=state))
    return state == FAILED


def next_due(db: Db, now: datetime) -> datetime | None:
    """When, after ``now``, the next occurrence is due (UTC)."""
    coming = sa.select(sa.func.min(schedule.c.due_at)).where(_WAITING, schedule.c.due_at > now)
    found: datetime | None = db.conn.execute(coming).scalar_one()
    return found


def planned(
    db: Db, kinds: Collection[str], subject_ids: Collection[str], until: datetime
) -> list[tuple[str, datetime]]:
    """Kind and moment (UTC) of what is still to come for some subjects, the next first; a look only."""
    mine = (schedule.c.kind.in_(kinds), schedule.c.subject_id.in_(subject_ids), _WAITING)
    found = sa.select(schedule.c.kind, schedule.c.due_at).where(*mine, schedule.c.due_at <= until)
    return [(kind, due_at) for kind, due_at in db.conn.execute(found.order_by(schedule.c.due_at))]


def forget(db: Db, before: datetime) -> int:
    """Drop what is over since before ``before``."""
    over = (schedule.c.state != DUE, schedule.c.due_at < before)
    return db.conn.execute(sa.delete(schedule).where(*over)).rowcount
