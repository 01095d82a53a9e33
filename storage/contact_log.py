"""家校联系簿: every contact between school and family is one record, its words sealed under the child."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Column, Index, Row, Select, String, Table, insert, select

from storage import access, classes, pupils
from storage.access import Actor, Denied, System
from storage.columns import Id, Sealed, UtcDateTime
from storage.engine import Db
from storage.metadata import metadata
from storage.people import TEACHING, roles

Form = Literal[
    "message", "call", "home_visit", "school_visit", "walk_in", "letter", "meeting", "video", "talk"
]
Direction = Literal["to_school", "to_family"]

contact_log = Table(
    "contact_log",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("pupil_id", Id),
    Column("who_id", Id, nullable=False),
    Column("with_id", Id),
    Column("form", String(16), nullable=False),
    Column("direction", String(16), nullable=False),
    Column("content", Sealed, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "pupil_id", "at"),
    Index(None, "class_id", "at"),
)

_CONTENT = "contact_log.content"


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact.

    Args:
        id: The row.
        class_id: The child's class at that time.
        pupil_id: The child; None when it concerned no particular one.
        who_id: Who wrote, called or came.
        with_id: To whom; None when not known yet.
        form: How.
        direction: From which side it came.
        content: The words.
        at: When, UTC.
    """

    id: str
    class_id: str
    pupil_id: str | None
    who_id: str
    with_id: str | None
    form: str
    direction: str
    content: str
    at: datetime


def record(
    db: Db,
    new_id: Callable[[], str],
    now: datetime,
    school_id: str,
    class_id: str,
    pupil_id: str | None,
    who_person_id: str,
    with_person_id: str | None,
    form: Form,
    direction: Direction,
    content: str,
) -> str:
    """Keep one contact and return its id. Sealed under the child, or the class where there is none."""
    row_id = new_id()
    row = {
        "id": row_id,
        "school_id": school_id,
        "class_id": class_id,
        "pupil_id": pupil_id,
        "who_id": who_person_id,
        "with_id": with_person_id,
        "form": form,
        "direction": direction,
        "content": db.seal(_subject(class_id, pupil_id), _CONTENT, row_id, content),
        "at": now,
    }
    db.conn.execute(insert(contact_log), row)
    return row_id


def timeline(
    db: Db,
    actor: Actor,
    pupil_id: str,
    *,
    reason: str = "timeline",
    before: datetime | None = None,
    limit: int = 50,
    now: datetime | None = None,
) -> tuple[Contact, ...] | Denied:
    """One child's contacts, newest first.

    A guardian sees only what he or she took part in: parents who live apart do not read each other.
    """
    pupil = access.access_pupil(db, actor, pupil_id, reason, now=now)
    if isinstance(pupil, Denied):
        return pupil
    table = contact_log.c
    found = select(contact_log).where(table.pupil_id == pupil_id)
    if not isinstance(actor, System) and _only_guardian(db, actor, pupil.class_id):
        found = found.where((table.who_id == actor) | (table.with_id == actor))
    return _read(db, found, before, limit)


def search(
    db: Db,
    actor: Actor,
    class_id: str,
    words: str,
    *,
    since: datetime,
    reason: str = "search",
    limit: int = 50,
    now: datetime | None = None,
) -> tuple[Contact, ...] | Denied:
    """Contacts of a class since a moment (UTC) whose text contains ``words``, newest first.

    The texts are sealed: the rows are narrowed by class and time, opened, and then looked through.
    """
    allowed = access.access_class_pupils(db, actor, class_id, reason, now=now)
    if isinstance(allowed, Denied):
        return allowed
    table = contact_log.c
    found = select(contact_log).where((table.class_id == class_id) & (table.at >= since))
    hits: list[Contact] = []
    for row in db.conn.execute(found.order_by(table.at.desc(), table.id.desc())):
        contact = _contact(db, row)
        if words in contact.content:
            hits.append(contact)
        if len(hits) == limit:
            break
    return tuple(hits)


def told_families(db: Db, actor: System, class_id: str, since: datetime) -> dict[str, list[str]]:
    """By child, what its family was told since a moment (UTC), oldest first; for the service's own work.

    Args:
        db: The open unit.
        actor: Which part of the service; a person reads the timeline instead.
        class_id: The children's class.
        since: From when.
    """
    table = contact_log.c
    here = (table.class_id == class_id) & (table.at >= since) & (table.direction == "to_family")
    found = select(contact_log).where(here & table.pupil_id.is_not(None)).order_by(table.at, table.id)
    said: dict[str, list[str]] = {}
    for row in db.conn.execute(found):
        contact = _contact(db, row)
        if contact.pupil_id is not None:
            told = said.setdefault(contact.pupil_id, [])
            if contact.content not in told:  # both parents were told: it is one thing
                told.append(contact.content)
    return said


def _only_guardian(db: Db, person_id: str, class_id: str) -> bool:
    school = (*TEACHING, "counsellor")
    held = roles(db, person_id)
    return not any(role.kind in school and role.class_id in (None, class_id) for role in held)


def _read(
    db: Db, found: Select[*tuple[Any, ...]], before: datetime | None, limit: int
) -> tuple[Contact, ...]:
    table = contact_log.c
    if before is not None:
        found = found.where(table.at < before)
    rows = db.conn.execute(found.order_by(table.at.desc(), table.id.desc()).limit(limit))
    return tuple(_contact(db, row) for row in rows)


def _subject(class_id: str, pupil_id: str | None) -> str:
    return classes.subject(class_id) if pupil_id is None else pupils.subject(pupil_id)


def _contact(db: Db, row: Row[*tuple[Any, ...]]) -> Contact:
    content = db.open(_subject(row.class_id, row.pupil_id), _CONTENT, row.id, row.content)
    return Contact(
        row.id,
        row.class_id,
        row.pupil_id,
        row.who_id,
        row.with_id,
        row.form,
        row.direction,
        content,
        row.at,
    )
