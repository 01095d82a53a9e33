"""Adults: who they are on the platforms and what they are at school."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import (
    BindParameter,
    Column,
    Index,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from storage.columns import Id, Sealed, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata

RoleKind = Literal["teacher", "co_teacher", "deputy", "guardian", "delegate", "counsellor", "admin"]
ROLE_KINDS: tuple[RoleKind, ...] = (
    "teacher",
    "co_teacher",
    "deputy",
    "guardian",
    "delegate",
    "counsellor",
    "admin",
)
# The order in which the teachers of a class are asked: the class teacher first.
TEACHING: tuple[RoleKind, ...] = ("teacher", "deputy", "co_teacher")

people = Table(
    "people",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False, index=True),
    Column("name", Sealed, nullable=False),
)

identities = Table(
    "identities",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("person_id", Id, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("corp", String(128), nullable=False),
    Column("ext_id", String(128), nullable=False),
    UniqueConstraint("kind", "corp", "ext_id"),
    UniqueConstraint("person_id", "kind"),
)

roles_table = Table(
    "roles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("person_id", Id, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("class_id", Id),
    Column("pupil_id", Id),
    Column("relation", String(32), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index(None, "person_id", "ended_at"),
    Index(None, "class_id", "kind", "ended_at"),
    Index(None, "pupil_id", "kind", "ended_at"),
    Index(None, "school_id", "kind", "ended_at"),
)

NAME = "people.name"


class Identity(NamedTuple):
    """Who somebody is on a platform: the name space, the organisation, the id inside it."""

    kind: str
    corp: str
    id: str


@dataclass(frozen=True, slots=True)
class Person:
    """One adult of a school."""

    id: str
    school_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Role:
    """What a person is at school, looked up when used.

    Args:
        id: The row.
        person_id: Whose role it is.
        kind: One of :data:`ROLE_KINDS`; ``teacher`` is the class teacher.
        class_id: The class it holds for; None for the whole school.
        pupil_id: The child, for guardians.
        relation: What the child calls the guardian (妈妈); empty otherwise.
    """

    id: str
    person_id: str
    kind: RoleKind
    class_id: str | None
    pupil_id: str | None
    relation: str


_ROLE = select(
    roles_table.c.id,
    roles_table.c.person_id,
    roles_table.c.kind,
    roles_table.c.class_id,
    roles_table.c.pupil_id,
    roles_table.c.relation,
).where(roles_table.c.ended_at.is_(None))
_PERSON = select(people.c.id, people.c.school_id, people.c.name)
_HELD = (
    select(people.c.id, people.c.school_id, people.c.name, roles_table.c.kind)
    .join(roles_table, roles_table.c.person_id == people.c.id)
    .where(roles_table.c.ended_at.is_(None))
    .order_by(roles_table.c.id)
)
# Asked with every message, so built once.
_ID: BindParameter[str] = bindparam("id")
_KIND: BindParameter[str] = bindparam("kind")
_BY_ID = _PERSON.where(people.c.id == _ID)
_SCHOOL_OF = select(people.c.school_id).where(people.c.id == _ID)
_BY_IDENTITY = _PERSON.join(identities, identities.c.person_id == people.c.id).where(
    (identities.c.kind == _KIND)
    & (identities.c.corp == bindparam("corp"))
    & (identities.c.ext_id == bindparam("ext_id"))
)
_IDENTITY_OF = select(identities.c.kind, identities.c.corp, identities.c.ext_id).where(
    (identities.c.person_id == _ID) & (identities.c.kind == _KIND)
)
_ROLES_OF = _ROLE.where(roles_table.c.person_id == _ID).order_by(roles_table.c.id)
_ROLE_BY_ID = _ROLE.where(roles_table.c.id == _ID)
_TEACHING = _HELD.where((roles_table.c.class_id == _ID) & roles_table.c.kind.in_(TEACHING))
_WITH_ROLE = _HELD.where((roles_table.c.class_id == _ID) & (roles_table.c.kind == _KIND))


def subject(person_id: str) -> str:
    """Whose key seals what belongs to this person."""
    return f"person:{person_id}"


def add(db: Db, new_id: Callable[[], str], *, school_id: str, name: str) -> Person:
    """Add a person; the name is sealed under the person's own key."""
    person = Person(new_id(), school_id, name)
    db.conn.execute(insert(people), values(db, person))
    return person


def values(db: Db, person: Person) -> dict[str, object]:
    """The row of a person, the name sealed."""
    sealed = db.seal(subject(person.id), NAME, person.id, person.name)
    return {"id": person.id, "school_id": person.school_id, "name": sealed}


def get(db: Db, person_id: str) -> Person | None:
    """The person with this id."""
    row = db.conn.execute(_BY_ID, {"id": person_id}).one_or_none()
    return None if row is None else opened(db, row.id, row.school_id, row.name)


def school_of(db: Db, person_id: str) -> str | None:
    """The person's school, without opening the name."""
    school_id: str | None = db.conn.execute(_SCHOOL_OF, {"id": person_id}).scalar_one_or_none()
    return school_id


def by_identity(db: Db, kind: str, corp: str, ext_id: str) -> Person | None:
    """Who this is, if somebody bound that identity."""
    row = db.conn.execute(_BY_IDENTITY, {"kind": kind, "corp": corp, "ext_id": ext_id}).one_or_none()
    return None if row is None else opened(db, row.id, row.school_id, row.name)


def identity_of(db: Db, person_id: str, kind: str) -> Identity | None:
    """How the person is reached in that name space."""
    known = (f"identity:{kind}", person_id)
    if known not in db.memo:
        row = db.conn.execute(_IDENTITY_OF, {"id": person_id, "kind": kind}).one_or_none()
        db.memo[known] = None if row is None else Identity(*row)
    found: Identity | None = db.memo[known]
    return found


def attach_identity(
    db: Db, new_id: Callable[[], str], *, person_id: str, kind: str, corp: str, ext_id: str
) -> bool:
    """Bind an identity to a person.

    Returns:
        True if it is the person's now (also if it was before); False if it is somebody else's, the person
        already has another of that kind, or there is no such person.
    """
    school_id = school_of(db, person_id)
    if school_id is None:
        return False
    row = {
        "id": new_id(),
        "school_id": school_id,
        "person_id": person_id,
        "kind": kind,
        "corp": corp,
        "ext_id": ext_id,
    }
    db.memo.clear()
    return insert_ignore(db, identities, row) or identity_of(db, person_id, kind) == (kind, corp, ext_id)


def detach(db: Db, kind: str, corp: str, ext_id: str) -> bool:
    """Forget an identity; False if nobody had it."""
    here = (identities.c.kind == kind) & (identities.c.corp == corp) & (identities.c.ext_id == ext_id)
    db.memo.clear()
    return db.conn.execute(delete(identities).where(here)).rowcount == 1


def add_role(
    db: Db,
    new_id: Callable[[], str],
    now: datetime,
    *,
    person_id: str,
    kind: RoleKind,
    class_id: str | None = None,
    pupil_id: str | None = None,
    relation: str = "",
) -> Role:
    """Give a person a role from now on.

    Raises:
        ValueError: No such person, or no such kind of role.
    """
    school_id = school_of(db, person_id)
    if school_id is None or kind not in ROLE_KINDS:
        raise ValueError("a role needs an existing person and a known kind")
    role = Role(new_id(), person_id, kind, class_id, pupil_id, relation)
    db.conn.execute(insert(roles_table), role_values(role, school_id, now))
    db.memo.clear()
    return role


def role_values(role: Role, school_id: str, now: datetime) -> dict[str, object]:
    """The row of a role that begins now."""
    return {
        "id": role.id,
        "school_id": school_id,
        "person_id": role.person_id,
        "kind": role.kind,
        "class_id": role.class_id,
        "pupil_id": role.pupil_id,
        "relation": role.relation,
        "since": now,
        "ended_at": None,
    }


def end_role(db: Db, now: datetime, role_id: str) -> bool:
    """End a role; the row stays. False if it had ended or never was."""
    here = (roles_table.c.id == role_id) & roles_table.c.ended_at.is_(None)
    db.memo.clear()
    return db.conn.execute(update(roles_table).where(here).values(ended_at=now)).rowcount == 1


def role(db: Db, role_id: str) -> Role | None:
    """One role, if it still holds."""
    row = db.conn.execute(_ROLE_BY_ID, {"id": role_id}).one_or_none()
    return None if row is None else Role(*row)


def roles(db: Db, person_id: str) -> tuple[Role, ...]:
    """What the person is now, in the order the roles were given."""
    known = ("roles", person_id)
    if known not in db.memo:
        db.memo[known] = tuple(Role(*row) for row in db.conn.execute(_ROLES_OF, {"id": person_id}))
    held: tuple[Role, ...] = db.memo[known]
    return held


def teachers_of_class(db: Db, class_id: str) -> tuple[Person, ...]:
    """Everybody who teaches the class: class teacher, deputies, co-teachers; each once."""
    found = db.conn.execute(_TEACHING, {"id": class_id}).all()
    rows = sorted(found, key=lambda row: TEACHING.index(row.kind))
    first = {row.id: row for row in reversed(rows)}
    ordered = dict.fromkeys(row.id for row in rows)
    return tuple(opened(db, i, first[i].school_id, first[i].name) for i in ordered)


def class_teacher(db: Db, class_id: str) -> Person | None:
    """The class teacher (班主任); of several the one who has been it longest."""
    return next(iter(_with_role(db, class_id, "teacher")), None)


def deputies(db: Db, class_id: str) -> tuple[Person, ...]:
    """Who stands in for the class teacher."""
    return _with_role(db, class_id, "deputy")


def admins(db: Db, school_id: str) -> tuple[Person, ...]:
    """The school's administrators."""
    here = (roles_table.c.school_id == school_id) & (roles_table.c.kind == "admin")
    rows = db.conn.execute(_HELD.where(here))
    return tuple(opened(db, row.id, row.school_id, row.name) for row in rows)


def _with_role(db: Db, class_id: str, kind: RoleKind) -> tuple[Person, ...]:
    rows = db.conn.execute(_WITH_ROLE, {"id": class_id, "kind": kind})
    return tuple(opened(db, row.id, row.school_id, row.name) for row in rows)


def opened(db: Db, person_id: str, school_id: str, sealed: bytes) -> Person:
    """A person from a row of the table."""
    return Person(person_id, school_id, db.open(subject(person_id), NAME, person_id, sealed))
