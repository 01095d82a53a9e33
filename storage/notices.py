"""Notices that must reach every family, and what each guardian answered.

The words are sealed under the class, an answer under the child. Answers are only ever added: the last one
of a guardian counts, the ones before stay as they were given.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    Row,
    SmallInteger,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from storage import classes, pupils
from storage.columns import Id, Sealed, UtcDateTime
from storage.engine import Db
from storage.metadata import metadata

Level = Literal["seen", "confirm", "sign", "opinion"]
State = Literal["draft", "waiting", "queued", "published", "failed", "dropped"]
Word = Literal["seen", "confirmed", "agreed", "disagreed", "said"]

notices = Table(
    "notices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("author_id", Id, nullable=False),
    Column("level", String(8), nullable=False, comment="seen confirm sign opinion"),
    Column("both", Boolean, nullable=False, comment="each guardian answers, not one for the family"),
    Column("urgent", Boolean, nullable=False, comment="each family was told at once, in private"),
    Column("text", Sealed, nullable=True, comment="blanked when it is over"),
    Column("state", String(12), nullable=False),
    Column("version", Integer, nullable=False, comment="grows with the words; answers belong to one"),
    Column("rounds", SmallInteger, nullable=False, comment="private reminders so far"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("published_at", UtcDateTime, nullable=True),
    Column(
        "settled_at", UtcDateTime, nullable=True, comment="every family has answered, and the teacher knows"
    ),
    Index(None, "class_id", "state"),
    Index(None, "created_at"),
)

notice_answers = Table(
    "notice_answers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("notice_id", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("pupil_id", Id, nullable=False),
    Column("guardian_id", Id, nullable=False),
    Column("word", String(12), nullable=False, comment="seen confirmed agreed disagreed said"),
    Column("body", Sealed, nullable=True, comment="the signature and own words"),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "notice_id", "pupil_id"),
    Index(None, "at"),
)

_TEXT, _BODY = "notices.text", "notice_answers.body"


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice to one class.

    Args:
        level: What is wanted: reading, a confirmation, a signature, an opinion.
        both: Whether each guardian of a child has to answer.
        urgent: Whether each family is told at once, in private.
        text: The words; empty once they were forgotten.
        version: Of the words; answers to an earlier one do not count.
        rounds: How many times those who had not answered were reminded.
        published_at: When it was in the group, UTC.
        settled_at: When the teacher was told that nobody is missing, UTC.
    """

    id: str
    school_id: str
    class_id: str
    author_id: str
    level: Level
    both: bool
    urgent: bool
    text: str
    state: State
    version: int
    rounds: int
    created_at: datetime
    published_at: datetime | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one guardian answered for one child.

    Args:
        version: Of the words it answers.
        word: The answer.
        signer: The name given as a signature, or empty.
        said: Own words, or empty.
        digest: SHA-256 of the words that were signed, hexadecimal, or empty.
        at: When, UTC.
    """

    notice_id: str
    version: int
    pupil_id: str
    guardian_id: str
    word: Word
    signer: str
    said: str
    digest: str
    at: datetime


def add(db: Db, notice: Notice) -> None:
    """Write a draft down."""
    row = {name: getattr(notice, name) for name in Notice.__dataclass_fields__}
    row["text"] = _sealed(db, notice.class_id, notice.id, notice.text)
    db.conn.execute(insert(notices), row)


def get(db: Db, notice_id: str) -> Notice | None:
    """The notice with this id."""
    return next(iter(_read(db, notices.c.id == notice_id)), None)


def of_class(db: Db, class_id: str, states: Collection[State], since: datetime) -> tuple[Notice, ...]:
    """A class's notices in some states made since a moment (UTC), newest first."""
    here = (notices.c.class_id == class_id) & notices.c.state.in_(states)
    return _read(db, here & (notices.c.created_at >= since))


def change(
    db: Db, notice: Notice, *, text: str | None = None, level: Level | None = None, both: bool | None = None
) -> None:
    """Bring a notice's words or what it wants up to date; answers to the old ones no longer count."""
    values: dict[str, Any] = {"version": notice.version + 1}
    if text is not None:
        values["text"] = _sealed(db, notice.class_id, notice.id, text)
    values |= {"level": level} if level is not None else {}
    values |= {"both": both} if both is not None else {}
    db.conn.execute(update(notices).where(notices.c.id == notice.id).values(values))


def set_state(db: Db, notice_id: str, before: Sequence[State], after: State, **more: datetime | None) -> bool:
    """Go from one of some states to another; False if it is in none of them."""
    here = (notices.c.id == notice_id) & notices.c.state.in_(before)
    return db.conn.execute(update(notices).where(here).values(state=after, **more)).rowcount == 1


def reminded(db: Db, notice: Notice) -> bool:
    """Count one more round of reminders; False if somebody has just done that."""
    here = (notices.c.id == notice.id) & (notices.c.rounds == notice.rounds)
    return db.conn.execute(update(notices).where(here).values(rounds=notice.rounds + 1)).rowcount == 1


def settle(db: Db, notice_id: str, now: datetime) -> bool:
    """Nobody is missing any more; True once."""
    here = (notices.c.id == notice_id) & notices.c.settled_at.is_(None)
    return db.conn.execute(update(notices).where(here).values(settled_at=now)).rowcount == 1


def answer(db: Db, new_id: Callable[[], str], school_id: str, given: Answer) -> None:
    """Add an answer; the one before stays."""
    row_id = new_id()
    body = {"signer": given.signer, "said": given.said, "digest": given.digest}
    sealed = None
    if any(body.values()):
        words = json.dumps(body, ensure_ascii=False)
        sealed = db.seal(pupils.subject(given.pupil_id), _BODY, row_id, words)
    row = {
        "id": row_id,
        "school_id": school_id,
        "notice_id": given.notice_id,
        "version": given.version,
        "pupil_id": given.pupil_id,
        "guardian_id": given.guardian_id,
        "word": given.word,
        "body": sealed,
        "at": given.at,
    }
    db.conn.execute(insert(notice_answers), row)


def answers(db: Db, notice: Notice) -> dict[tuple[str, str], Answer]:
    """The last answer to a notice's present words, by child and guardian."""
    here = (notice_answers.c.notice_id == notice.id) & (notice_answers.c.version == notice.version)
    rows = db.conn.execute(
        select(notice_answers).where(here).order_by(notice_answers.c.at, notice_answers.c.id)
    )
    return {(row.pupil_id, row.guardian_id): _answer(db, row) for row in rows}


def ever_answered(db: Db, notice_id: str) -> set[tuple[str, str]]:
    """Children and guardians with an answer to any version of the words."""
    here = select(notice_answers.c.pupil_id, notice_answers.c.guardian_id)
    rows = db.conn.execute(here.where(notice_answers.c.notice_id == notice_id))
    return {(row.pupil_id, row.guardian_id) for row in rows}


def forget(db: Db, school_id: str, before: datetime) -> int:
    """Drop a school's notices made before a moment (UTC) with their answers."""
    old = (notices.c.school_id == school_id) & (notices.c.created_at < before)
    gone = select(notices.c.id).where(old)
    db.conn.execute(delete(notice_answers).where(notice_answers.c.notice_id.in_(gone)))
    return db.conn.execute(delete(notices).where(old)).rowcount


def _sealed(db: Db, class_id: str, row_id: str, text: str) -> bytes:
    return db.seal(classes.subject(class_id), _TEXT, row_id, text)


def _read(db: Db, here: ColumnElement[bool]) -> tuple[Notice, ...]:
    rows = db.conn.execute(
        select(notices).where(here).order_by(notices.c.created_at.desc(), notices.c.id.desc())
    )
    return tuple(_notice(db, row) for row in rows)


def _notice(db: Db, row: Row[*tuple[Any, ...]]) -> Notice:
    text = db.open(classes.subject(row.class_id), _TEXT, row.id, row.text) if row.text else ""
    fields = {name: getattr(row, name) for name in Notice.__dataclass_fields__}
    return Notice(**fields | {"text": text})


def _answer(db: Db, row: Row[*tuple[Any, ...]]) -> Answer:
    kept = db.open(pupils.subject(row.pupil_id), _BODY, row.id, row.body) if row.body else "{}"
    body = json.loads(kept)
    return Answer(
        row.notice_id,
        row.version,
        row.pupil_id,
        row.guardian_id,
        row.word,
        body.get("signer", ""),
        body.get("said", ""),
        body.get("digest", ""),
        row.at,
    )
