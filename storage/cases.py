"""Urgent cases: who told of danger, who was asked to help, who took it.

A case's words are sealed under the child's key, or the class's where the child is not known. It is no part
of the contact log: a record of its own, to which every access by a person is an entry of the access log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, Index, Row, SmallInteger, String, Table, Text

from storage import classes, pupils
from storage.columns import Id, Sealed, UtcDateTime
from storage.engine import Db
from storage.metadata import metadata
from storage.sealing import KeyGone

cases = Table(
    "cases",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("pupil_id", Id, nullable=True),
    Column("writer_id", Id, nullable=False),
    Column("role_id", Id, nullable=True, comment="the guardian's tie"),
    Column("intent", String(32), nullable=False),
    Column("category", String(32), nullable=False),
    Column("restricted", Boolean, nullable=False),
    Column("concerned", Text, nullable=False, comment="person ids never told, by comma"),
    Column("words", Sealed, nullable=False),
    Column("round", SmallInteger, nullable=False),
    Column("next_at", UtcDateTime, nullable=True, comment="when the next round is due"),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("taken_by", Id, nullable=True),
    Column("taken_at", UtcDateTime, nullable=True),
    Column("closed_at", UtcDateTime, nullable=True),
    Index(None, "writer_id", "opened_at"),
    Index(None, "pupil_id", "opened_at"),
    Index(None, "next_at"),
)

_WORDS = "cases.words"


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Args:
        pupil_id: The child; None where it is not known which.
        role_id: The guardian's tie to the child; None if a teacher wrote.
        intent: ``urgent_report`` or ``safeguarding_report``.
        restricted: Only the named person and the head are told.
        concerned: Ids of people the words point at; they are never told.
        round: How often help was called, from 1.
        next_at: When help is called again (UTC) unless somebody takes it; None for never.
        taken_by: Who has taken it.
    """

    id: str
    school_id: str
    class_id: str
    pupil_id: str | None
    writer_id: str
    role_id: str | None
    intent: str
    category: str
    restricted: bool
    concerned: tuple[str, ...]
    words: str
    round: int
    next_at: datetime | None
    opened_at: datetime
    taken_by: str | None = None
    taken_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def waiting(self) -> bool:
        """Nobody has taken it, and it is not over."""
        return self.taken_by is None and self.closed_at is None


def open_case(db: Db, case: Case) -> None:
    """Write a new case down."""
    plain = {name: getattr(case, name) for name in Case.__dataclass_fields__}
    values = plain | {"concerned": ",".join(case.concerned), "words": _sealed(db, case, case.words)}
    db.conn.execute(sa.insert(cases).values(values))


def get(db: Db, case_id: str) -> Case | None:
    """The case with this id."""
    row = db.conn.execute(sa.select(cases).where(cases.c.id == case_id)).one_or_none()
    return None if row is None else _case(db, row)


def of_family(db: Db, writer_id: str, pupil_id: str | None, after: datetime) -> tuple[Case, ...]:
    """What this family told of since ``after`` (UTC) and is not over, the newest first."""
    # Two looks, each by its own index, and not one with an OR.
    recent = (cases.c.opened_at > after, cases.c.closed_at.is_(None))
    found = list(db.conn.execute(sa.select(cases).where(cases.c.writer_id == writer_id, *recent)))
    if pupil_id is not None:
        found += db.conn.execute(sa.select(cases).where(cases.c.pupil_id == pupil_id, *recent))
    rows = {row.id: row for row in found}.values()
    newest = sorted(rows, key=lambda row: (row.opened_at, row.id), reverse=True)
    return tuple(_case(db, row) for row in newest)


def add_words(db: Db, case: Case, words: str) -> None:
    """More was said about it."""
    _change(db, case.id, words=_sealed(db, case, f"{case.words}\n{words}"))


def take(db: Db, case_id: str, person_id: str, now: datetime) -> bool:
    """Somebody takes it; False if somebody else was quicker, or it is over."""
    free = (cases.c.taken_by.is_(None), cases.c.closed_at.is_(None))
    return _change(db, case_id, *free, taken_by=person_id, taken_at=now, next_at=None)


def next_round(db: Db, case: Case, next_at: datetime | None) -> bool:
    """Help is called once more; False if another unit has done it, or somebody took it meanwhile."""
    same = (cases.c.round == case.round, cases.c.taken_by.is_(None), cases.c.closed_at.is_(None))
    return _change(db, case.id, *same, round=case.round + 1, next_at=next_at)


def close(db: Db, case_id: str, now: datetime) -> bool:
    """It is over; False if it was before."""
    return _change(db, case_id, cases.c.closed_at.is_(None), closed_at=now, next_at=None)


def overdue(db: Db, school_id: str, before: datetime) -> tuple[Case, ...]:
    """A school's cases whose next call should have come before ``before`` (UTC)."""
    late = sa.select(cases).where(cases.c.next_at < before, cases.c.school_id == school_id)
    return tuple(_case(db, row) for row in db.conn.execute(late.order_by(cases.c.next_at)))


def _change(db: Db, case_id: str, *where: sa.ColumnElement[bool], **values: object) -> bool:
    changed = sa.update(cases).where(cases.c.id == case_id, *where).values(values)
    return db.conn.execute(changed).rowcount == 1


def _subject(case: Case | Row[*tuple[Any, ...]]) -> str:
    return pupils.subject(case.pupil_id) if case.pupil_id else classes.subject(case.class_id)


def _sealed(db: Db, case: Case, words: str) -> bytes:
    return db.seal(_subject(case), _WORDS, case.id, words)


def _case(db: Db, row: Row[*tuple[Any, ...]]) -> Case:
    plain = {name: getattr(row, name) for name in Case.__dataclass_fields__}
    concerned = tuple(filter(None, row.concerned.split(",")))
    try:
        words = db.open(_subject(row), _WORDS, row.id, bytes(row.words))
    except KeyGone:  # the family was erased; that there was a case stays
        words = ""
    return Case(**plain | {"concerned": concerned, "words": words, "restricted": bool(row.restricted)})
