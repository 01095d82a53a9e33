"""Broadcasts a teacher has to confirm: one a class and day, put together from the features' sections.

A task's ``version`` grows with every change of its sections; ``laid`` is the one that was last handed over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
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
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)

from storage.classes import subject
from storage.columns import Id, Sealed, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata
from storage.outbox import NEW, SENDING, outbox

State = Literal["queued", "asked", "stopping", "by_hand", "taking", "taken", "sent", "dropped"]
"""On its way · before the teacher · being taken back · for the teacher's hand · being taken back for a
page on the group's toolbar · in that page's hands · in the group · over."""

tasks = Table(
    "tasks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("day", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("laid", Integer, nullable=False, comment="the version that was last handed over"),
    Column("state", String(12), nullable=False),
    Column("task_id", String(128), nullable=True, comment="the platform's"),
    Column("nudges", Integer, nullable=False),
    Column("asked_at", UtcDateTime, nullable=True),
    Column("done_at", UtcDateTime, nullable=True),
    UniqueConstraint("class_id", "day"),
)

sections_table = Table(
    "task_sections",
    metadata,
    Column("id", Id, primary_key=True),
    Column("task_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("feature", String(32), nullable=False),
    Column("thing_kind", String(32), nullable=False),
    Column("thing_id", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("title", String(64), nullable=False),
    Column("content", Sealed, nullable=True, comment="sealed; empty once taken out"),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("task_id", "feature"),
    Index(None, "thing_kind", "thing_id"),
)

_CONTENT = "task_sections.content"


@dataclass(frozen=True, slots=True)
class Task:
    """One class's broadcast of one local day.

    Args:
        version: Grows with every change of the sections.
        laid: The version that was last handed over.
        task_id: The platform's id while it lies before the teacher.
        nudges: How often the teacher was reminded.
        asked_at: Since when it has been waiting for the teacher, UTC.
    """

    id: str
    school_id: str
    class_id: str
    day: date
    version: int
    laid: int
    state: State
    task_id: str | None
    nudges: int
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Section:
    """What one feature hands in.

    Args:
        version: The task's version it came with.
        title: A card's title.
        text: The words; empty once taken out or over.
        picture: Recipe, file name and data of the same as a picture, or None.
        photos: Attachments beside the words, by id.
    """

    feature: str
    thing_kind: str
    thing_id: str
    version: int
    title: str
    text: str
    picture: tuple[str, str, dict[str, Any]] | None = None
    photos: tuple[str, ...] = ()

    @property
    def wanted(self) -> bool:
        """Whether it has not been taken out."""
        return bool(self.text)


_TASK = select(*(tasks.c[name] for name in Task.__dataclass_fields__))


def get(db: Db, task_id: str) -> Task | None:
    """The task with this id of ours."""
    row = db.conn.execute(_TASK.where(tasks.c.id == task_id)).one_or_none()
    return None if row is None else Task(*row)


def for_day(db: Db, class_id: str, day: date) -> Task | None:
    """The class's task of that local day, if there was anything to send."""
    here = (tasks.c.class_id == class_id) & (tasks.c.day == day)
    row = db.conn.execute(_TASK.where(here)).one_or_none()
    return None if row is None else Task(*row)


def of_days(db: Db, class_id: str, first: date, last: date) -> tuple[Task, ...]:
    """A class's tasks from one local day to another, in order."""
    here = (tasks.c.class_id == class_id) & tasks.c.day.between(first, last)
    return tuple(Task(*row) for row in db.conn.execute(_TASK.where(here).order_by(tasks.c.day)))


def features(db: Db, task: Task) -> list[str]:
    """Whose sections a broadcast had, in the order they came; their words may be gone."""
    table = sections_table.c
    here = select(table.feature).where(table.task_id == task.id).order_by(table.version)
    return list(db.conn.execute(here).scalars())


def get_or_create(db: Db, new_id: Callable[[], str], *, school_id: str, class_id: str, day: date) -> Task:
    """The class's task of that local day; a new one is empty and ``dropped``, as one without sections is."""
    found = for_day(db, class_id, day)
    while found is None:
        row = {
            "id": new_id(),
            "school_id": school_id,
            "class_id": class_id,
            "day": day,
            "version": 0,
            "laid": 0,
            "state": "dropped",
            "task_id": None,
            "nudges": 0,
            "asked_at": None,
            "done_at": None,
        }
        insert_ignore(db, tasks, row)
        found = for_day(db, class_id, day)
    return found


def put_section(db: Db, new_id: Callable[[], str], now: datetime, task: Task, section: Section) -> int:
    """Put a feature's section in, or a new one in place of its former; returns the task's new version."""
    version = _touch(db, task.id)
    same = (sections_table.c.task_id == task.id) & (sections_table.c.feature == section.feature)
    db.conn.execute(delete(sections_table).where(same))
    row_id = new_id()
    said = {"text": section.text, "picture": section.picture, "photos": section.photos}
    held = json.dumps(said, ensure_ascii=False)
    row = {
        "id": row_id,
        "task_id": task.id,
        "class_id": task.class_id,
        "feature": section.feature,
        "thing_kind": section.thing_kind,
        "thing_id": section.thing_id,
        "version": version,
        "title": section.title,
        "content": db.seal(subject(task.class_id), _CONTENT, row_id, held),
        "at": now,
    }
    db.conn.execute(insert(sections_table), row)
    return version


def take_out(db: Db, task: Task, feature: str) -> bool:
    """Take a feature's section out; it is remembered that there was one. False if there is none."""
    wanted = sections_table.c.content.is_not(None)
    same = (sections_table.c.task_id == task.id) & (sections_table.c.feature == feature) & wanted
    if db.conn.execute(update(sections_table).where(same).values(content=None)).rowcount != 1:
        return False
    _touch(db, task.id)
    return True


def sections(db: Db, task: Task) -> tuple[Section, ...]:
    """The sections in the order they came, those taken out too."""
    here = sections_table.c.task_id == task.id
    found = db.conn.execute(select(sections_table).where(here).order_by(sections_table.c.version))
    return tuple(_section(db, row) for row in found)


def set_state(db: Db, task_id: str, from_states: Collection[State], to: State, /, **values: Any) -> bool:
    """Move a task on. Exactly one of several callers gets True; who comes too late gets False."""
    here = (tasks.c.id == task_id) & tasks.c.state.in_(list(from_states))
    return db.conn.execute(update(tasks).where(here).values(state=to, **values)).rowcount == 1


def nudged(db: Db, task: Task) -> bool:
    """Count a reminder; False if somebody else has counted it."""
    here = (tasks.c.id == task.id) & (tasks.c.nudges == task.nudges)
    return db.conn.execute(update(tasks).where(here).values(nudges=task.nudges + 1)).rowcount == 1


def blank(db: Db, task: Task) -> None:
    """It is over: the words are not needed any more."""
    db.conn.execute(update(sections_table).where(sections_table.c.task_id == task.id).values(content=None))


def forget(db: Db, before: date) -> int:
    """Delete the broadcasts of days before that one, whatever became of them; returns how many."""
    old = tasks.c.day < before
    here = sections_table.c.task_id.in_(select(tasks.c.id).where(old))
    db.conn.execute(delete(sections_table).where(here))
    return db.conn.execute(delete(tasks).where(old)).rowcount


def version_of(db: Db, outbox_id: str) -> int | None:
    """Which version a row of the outbox was to lay; None if it is no such row, or forgotten."""
    mine = (outbox.c.id == outbox_id, outbox.c.subject_kind == "broadcast")
    version: int | None = db.conn.execute(select(outbox.c.subject_version).where(*mine)).scalar_one_or_none()
    return version


def under_way(db: Db, task: Task) -> bool:
    """Whether a post of it is queued or being sent."""
    about = (outbox.c.subject_kind == "broadcast", outbox.c.subject_id == task.id)
    open_row = select(outbox.c.id).where(*about, outbox.c.state.in_([NEW, SENDING])).limit(1)
    return db.conn.execute(open_row).first() is not None


def _touch(db: Db, task_id: str) -> int:
    db.conn.execute(update(tasks).where(tasks.c.id == task_id).values(version=tasks.c.version + 1))
    version: int = db.conn.execute(select(tasks.c.version).where(tasks.c.id == task_id)).scalar_one()
    return version


def _section(db: Db, row: Row[*tuple[Any, ...]]) -> Section:
    held: dict[str, Any] = {}
    if row.content is not None:
        held = json.loads(db.open(subject(row.class_id), _CONTENT, row.id, row.content))
    picture = held.get("picture")
    return Section(
        row.feature,
        row.thing_kind,
        row.thing_id,
        row.version,
        row.title,
        held.get("text", ""),
        (picture[0], picture[1], picture[2]) if picture else None,
        tuple(held.get("photos", ())),
    )
