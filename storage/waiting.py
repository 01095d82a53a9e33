"""What families wrote and nobody has answered yet: it waits for the teacher's reply window.

A row is ``held`` until its window has opened and it was shown, then ``shown`` until it is answered, taken
back or said to need no answer. Its words are sealed under the child; the contact log keeps them for good.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    Row,
    SmallInteger,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from storage import pupils
from storage.columns import Id, Sealed, UtcDateTime, is_now
from storage.engine import Db
from storage.metadata import metadata
from storage.sealing import KeyGone

HELD, SHOWN, OVER = "held", "shown", "over"
FIRST, USUAL, LAST = 0, 1, 2
"""How much a message is needed: medicine and allergy, a question, thanks."""

waiting = Table(
    "waiting",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("pupil_id", Id, nullable=False),
    Column("role_id", Id, nullable=False, comment="the tie between guardian and child"),
    Column("guardian_id", Id, nullable=False),
    Column("teacher_id", Id, nullable=False),
    Column("message_id", Id, nullable=False, comment="the message it came as; its media hang there"),
    Column("words", Sealed, nullable=False),
    Column("need", SmallInteger, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("opens_at", UtcDateTime, nullable=False),
    Column("promised", UtcDateTime, comment="the latest time its writer was told; none was, if empty"),
    Column("told", Boolean, nullable=False, comment="whether this row brought its writer the time"),
    Column("missed", SmallInteger, nullable=False, comment="how many promised times have passed"),
    Column("seen", Boolean, nullable=False, comment="whether the teacher was shown it at least once"),
    Column("state", String(8), nullable=False),
    Column("over_at", UtcDateTime),
)
_OPEN = is_now(waiting.c.state, HELD, SHOWN)
Index("ix_waiting_teacher", waiting.c.teacher_id, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_waiting_guardian", waiting.c.guardian_id, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_waiting_message", waiting.c.message_id)
Index("ix_waiting_over_at", waiting.c.over_at)

_WORDS = "waiting.words"
_FIELDS = (
    "id",
    "class_id",
    "pupil_id",
    "role_id",
    "guardian_id",
    "teacher_id",
    "message_id",
    "need",
    "at",
    "opens_at",
    "promised",
    "missed",
    "seen",
    "state",
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One message of a family that is not answered yet; all times UTC.

    Args:
        id: The row.
        class_id: The child's class.
        pupil_id: The child.
        role_id: The tie between guardian and child.
        guardian_id: Who wrote.
        teacher_id: For whom it waits.
        message_id: The message it came as.
        need: :data:`FIRST`, :data:`USUAL` or :data:`LAST`.
        at: When it was written.
        opens_at: When its window opens, or opened.
        promised: The latest time the writer was told, or None.
        missed: How many promised times have passed.
        seen: Whether the teacher was shown it at least once; it may be listed again.
        state: :data:`HELD`, :data:`SHOWN` or :data:`OVER`.
        words: What was said; empty once the family's key is gone.
    """

    id: str
    class_id: str
    pupil_id: str
    role_id: str
    guardian_id: str
    teacher_id: str
    message_id: str
    need: int
    at: datetime
    opens_at: datetime
    promised: datetime | None
    missed: int
    seen: bool
    state: str
    words: str


def keep(
    db: Db,
    new_id: Callable[[], str],
    school_id: str,
    *,
    class_id: str,
    pupil_id: str,
    role_id: str,
    guardian_id: str,
    teacher_id: str,
    message_id: str,
    words: str,
    need: int,
    at: datetime,
    opens_at: datetime,
    promised: datetime | None,
    told: bool,
    state: str,
) -> str:
    """Keep one message until it is answered; see :class:`Waiting`. Returns its id."""
    row_id = new_id()
    row = {
        "id": row_id,
        "school_id": school_id,
        "class_id": class_id,
        "pupil_id": pupil_id,
        "role_id": role_id,
        "guardian_id": guardian_id,
        "teacher_id": teacher_id,
        "message_id": message_id,
        "words": db.seal(pupils.subject(pupil_id), _WORDS, row_id, words),
        "need": need,
        "at": at,
        "opens_at": opens_at,
        "promised": promised,
        "told": told,
        "missed": 0,
        "seen": state == SHOWN,
        "state": state,
    }
    db.conn.execute(insert(waiting), row)
    return row_id


def told(db: Db, guardian_id: str, teacher_id: str, opens_at: datetime) -> bool:
    """Whether the guardian was told already when this teacher's window opens: once per closed period."""
    table = waiting.c
    here = (table.guardian_id == guardian_id) & (table.teacher_id == teacher_id) & _OPEN
    found = select(table.id).where(here & (table.opens_at == opens_at) & table.told).limit(1)
    return db.conn.execute(found).first() is not None


def of_teacher(db: Db, teacher_id: str) -> tuple[Waiting, ...]:
    """Everything that waits for a teacher, oldest first."""
    return _read(db, waiting.c.teacher_id == teacher_id)


def of_guardian(db: Db, guardian_id: str) -> tuple[Waiting, ...]:
    """Everything of one guardian that waits, oldest first."""
    return _read(db, waiting.c.guardian_id == guardian_id)


def is_held(db: Db, message_id: str) -> bool:
    """Whether what came as this message is not to be shown yet."""
    table = waiting.c
    here = (table.message_id == message_id) & (table.state == HELD) & table.seen.is_(False)
    found = select(table.id).where(here).limit(1)
    return db.conn.execute(found).first() is not None


def show(db: Db, ids: Collection[str]) -> int:
    """These have been shown to the teacher now."""
    return _change(db, waiting.c.id.in_(ids), state=SHOWN, seen=True)


def put_off(
    db: Db, ids: Collection[str], opens_at: datetime, promised: datetime | None = None, *, told: bool = False
) -> int:
    """These are shown (again) when a later window opens; ``promised`` only where a new time is told."""
    later: dict[str, object] = {"state": HELD, "opens_at": opens_at}
    if promised is not None:
        later |= {"promised": promised, "told": told}
    return _change(db, waiting.c.id.in_(ids), **later)


def miss(db: Db, ids: Collection[str]) -> int:
    """A promised time has passed for these."""
    return _change(db, waiting.c.id.in_(ids), missed=waiting.c.missed + 1)


def hand_to(db: Db, ids: Collection[str], teacher_id: str) -> int:
    """These wait for somebody else from now on."""
    return _change(db, waiting.c.id.in_(ids), teacher_id=teacher_id)


def finish(db: Db, ids: Collection[str], now: datetime) -> int:
    """These are answered, taken back, or need no answer."""
    return _change(db, waiting.c.id.in_(ids), state=OVER, over_at=now)


def answered(db: Db, guardian_id: str, class_id: str, now: datetime) -> int:
    """A guardian was answered: all that was seen of the child's class is over; what was not stays."""
    table = waiting.c
    here = (table.guardian_id == guardian_id) & (table.class_id == class_id) & table.seen
    return _change(db, here, state=OVER, over_at=now)


def forget(db: Db, before: datetime, oldest: datetime) -> int:
    """Drop what was over before ``before``, and what nobody answered since ``oldest`` (both UTC)."""
    table = waiting.c
    gone = (table.over_at < before) | (table.at < oldest)
    return db.conn.execute(delete(waiting).where(gone)).rowcount


def _change(db: Db, which: ColumnElement[bool], **values: object) -> int:
    return db.conn.execute(update(waiting).where(which & _OPEN).values(**values)).rowcount


def _read(db: Db, which: ColumnElement[bool]) -> tuple[Waiting, ...]:
    found = select(waiting).where(which & _OPEN).order_by(waiting.c.at, waiting.c.id)
    return tuple(_waiting(db, row) for row in db.conn.execute(found))


def _waiting(db: Db, row: Row[*tuple[Any, ...]]) -> Waiting:
    try:
        words = db.open(pupils.subject(row.pupil_id), _WORDS, row.id, row.words)
    except KeyGone:
        words = ""
    return Waiting(**{name: getattr(row, name) for name in _FIELDS}, words=words)
