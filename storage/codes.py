"""One-time codes that bind an identity to a person. Only a keyed hash of a code is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, UniqueConstraint, func, select, update

from storage import classes, people, pupils
from storage.classes import SchoolClass
from storage.columns import Id, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata
from storage.people import Person
from storage.pupils import Pupil

codes = Table(
    "codes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("person_id", Id, nullable=False, index=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

code_attempts = Table(
    "code_attempts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("who", LargeBinary, nullable=False),
    Column("n", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("who", "n"),
    Index(None, "who", "at"),
)

ATTEMPTS = 5
"""So many codes an identity may try in an hour: at 8 digits that is a guess in 2 000 years."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a code is for.

    Args:
        person: The guardian or teacher.
        pupil: The guardian's child; of several the first on the roster, see ``access.children_of``.
        school_class: The child's class, or the class taught.
        relation: What the child calls the guardian.
        used: Whether the code was used already.
    """

    person: Person
    pupil: Pupil | None
    school_class: SchoolClass | None
    relation: str
    used: bool


def add(db: Db, new_id: Callable[[], str], now: datetime, *, person: Person, code: str) -> bool:
    """Make a code good for a person; False if that code is taken. Earlier unused codes of the person end.

    Raises:
        ValueError: The code is not eight digits.
    """
    earlier = (codes.c.person_id == person.id) & codes.c.used_at.is_(None)
    db.conn.execute(update(codes).where(earlier).values(used_at=now))
    return insert_ignore(db, codes, values(db, new_id(), now, person, code))


def values(db: Db, row_id: str, now: datetime, person: Person, code: str) -> dict[str, object]:
    """The row of a code.

    Raises:
        ValueError: The code is not eight digits.
    """
    if len(code) != 8 or not (code.isascii() and code.isdigit()):
        raise ValueError("a code has eight digits")
    return {
        "id": row_id,
        "school_id": person.school_id,
        "person_id": person.id,
        "hash": _hash(db, code),
        "made_at": now,
        "used_at": None,
    }


def attempt(
    db: Db, new_id: Callable[[], str], now: datetime, kind: str, corp: str, ext_id: str, most: int = ATTEMPTS
) -> bool:
    """Count one try of an identity; False if it has had its five (or so many) in the last hour.

    To be asked before :func:`look`. Who it was is kept only as a keyed hash.
    """
    who = db.keyed_hash("code attempts", f"{kind}\0{corp}\0{ext_id}")
    table = code_attempts.c
    recent = func.count().filter(table.at > now - _HOUR)
    while True:
        found = db.conn.execute(select(recent, func.max(table.n)).where(table.who == who)).one()
        if found[0] >= most:
            return False
        row = {"id": new_id(), "who": who, "n": (found[1] or 0) + 1, "at": now}
        # The key makes tries that come at the same moment count one after the other.
        if insert_ignore(db, code_attempts, row):
            return True


def tried(db: Db, now: datetime, kind: str, corp: str, ext_id: str) -> int:
    """How many tries of an identity count at this moment, without counting one."""
    who = db.keyed_hash("code attempts", f"{kind}\0{corp}\0{ext_id}")
    table = code_attempts.c
    recent = select(func.count()).where((table.who == who) & (table.at > now - _HOUR))
    found: int = db.conn.execute(recent).scalar_one()
    return found


def forget_attempts(db: Db, now: datetime) -> int:
    """Delete tries that no longer count."""
    return db.conn.execute(code_attempts.delete().where(code_attempts.c.at <= now - _HOUR)).rowcount


def look(db: Db, code: str) -> Found | None:
    """Whom the code is for, without using it; None if it is no code of ours."""
    found = select(codes.c.person_id, codes.c.used_at).where(codes.c.hash == _hash(db, code))
    row = db.conn.execute(found).one_or_none()
    person = None if row is None else people.get(db, row.person_id)
    if row is None or person is None:
        return None
    roles = people.roles(db, person.id)
    first = next((role for role in roles if role.kind == "guardian"), next(iter(roles), None))
    pupil = None if first is None or first.pupil_id is None else pupils.get(db, first.pupil_id)
    class_id = pupil.class_id if pupil is not None else first.class_id if first is not None else None
    school_class = None if class_id is None else classes.get(db, class_id)
    relation = "" if first is None else first.relation
    return Found(person, pupil, school_class, relation, row.used_at is not None)


def use(db: Db, code: str, now: datetime) -> bool:
    """Use a code up; of several who try at once exactly one gets True."""
    here = (codes.c.hash == _hash(db, code)) & codes.c.used_at.is_(None)
    return db.conn.execute(update(codes).where(here).values(used_at=now)).rowcount == 1


def _hash(db: Db, code: str) -> bytes:
    return db.keyed_hash("binding code", code)
