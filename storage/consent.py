"""What a family agreed to: one row per guardian, child and purpose, with history.

No word means no. As easy to take back as to give. For a child, every guardian counts: one refusal
is a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Boolean, Column, ColumnElement, Index, String, Table, bindparam, select, text, update

from storage import pupils
from storage.columns import Id, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata
from storage.people import roles_table

PRAISE_NAME = "praise_name"
PHOTO = "photo"
State = Literal["given", "refused", "none"]

consents = Table(
    "consents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("guardian_id", Id, nullable=False),
    Column("pupil_id", Id, nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("given", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("superseded_at", UtcDateTime),
    Index(None, "pupil_id", "purpose", "at"),
    Index(None, "guardian_id", "at"),
    Index(
        "uq_consents_current",
        "pupil_id",
        "purpose",
        "guardian_id",
        unique=True,
        sqlite_where=text("superseded_at IS NULL"),
        postgresql_where=text("superseded_at IS NULL"),
    ),
)

_current = consents.c.superseded_at.is_(None)
_STILL_GUARDIAN = (
    select(roles_table.c.id)
    .where((roles_table.c.pupil_id == consents.c.pupil_id) & (roles_table.c.kind == "guardian"))
    .where((roles_table.c.person_id == consents.c.guardian_id) & roles_table.c.ended_at.is_(None))
    .exists()
)
_WORDS = select(consents.c.pupil_id, consents.c.given).where(
    consents.c.pupil_id.in_(bindparam("ids", expanding=True))
    & (consents.c.purpose == bindparam("purpose"))
    & _current
    & _STILL_GUARDIAN
)


@dataclass(frozen=True, slots=True)
class Word:
    """What one guardian said, and until when it held."""

    guardian_id: str
    pupil_id: str
    purpose: str
    given: bool
    at: datetime
    superseded_at: datetime | None


def put(
    db: Db,
    new_id: Callable[[], str],
    now: datetime,
    guardian_id: str,
    pupil_id: str,
    purpose: str,
    given: bool,
) -> None:
    """Keep a guardian's word from now on; it replaces the guardian's own earlier word, not another's.

    Raises:
        ValueError: No such child.
    """
    school_id = pupils.school_of(db, pupil_id)
    if school_id is None:
        raise ValueError("no such pupil")
    here = _of(pupil_id, purpose) & (consents.c.guardian_id == guardian_id) & _current
    row = values(new_id(), now, school_id, guardian_id, pupil_id, purpose, given)
    while db.conn.execute(select(consents.c.given).where(here)).scalar_one_or_none() is not given:
        db.conn.execute(update(consents).where(here).values(superseded_at=now))
        # Two taps at once on two replicas: the later one supersedes the earlier.
        if insert_ignore(db, consents, row):
            return


def values(
    row_id: str, now: datetime, school_id: str, guardian_id: str, pupil_id: str, purpose: str, given: bool
) -> dict[str, object]:
    """The row of a word that holds from now on."""
    return {
        "id": row_id,
        "school_id": school_id,
        "guardian_id": guardian_id,
        "pupil_id": pupil_id,
        "purpose": purpose,
        "given": given,
        "at": now,
        "superseded_at": None,
    }


def state(db: Db, pupil_id: str, purpose: str) -> State:
    """What the family as a whole said. Only words of people who are the child's guardians now count."""
    return states(db, [pupil_id], purpose)[pupil_id]


def states(db: Db, pupil_ids: Iterable[str], purpose: str) -> dict[str, State]:
    """:func:`state` of several children in one query."""
    wanted = list(dict.fromkeys(pupil_ids))
    words: dict[str, list[bool]] = {}
    for pupil_id, given in db.conn.execute(_WORDS, {"ids": wanted, "purpose": purpose}):
        words.setdefault(pupil_id, []).append(given)
    return {pupil_id: _together(words.get(pupil_id, [])) for pupil_id in wanted}


def history(db: Db, pupil_id: str, purpose: str) -> tuple[Word, ...]:
    """Every word ever said for a child and purpose, oldest first."""
    table = consents.c
    found = select(
        table.guardian_id, table.pupil_id, table.purpose, table.given, table.at, table.superseded_at
    )
    rows = db.conn.execute(found.where(_of(pupil_id, purpose)).order_by(table.at, table.id))
    return tuple(Word(*row) for row in rows)


def _together(words: list[bool]) -> State:
    if not words:
        return "none"
    return "given" if all(words) else "refused"


def _of(pupil_id: str, purpose: str) -> ColumnElement[bool]:
    return (consents.c.pupil_id == pupil_id) & (consents.c.purpose == purpose)
