"""The only door to a child's data.

Whoever asks says who they are and why. A look by anybody but the child's own guardian goes into the
access log, in the same unit as the look itself (so the unit must be a writing one). Work the service
does by itself (:class:`System`) is not logged for each read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import exists, select

from storage import access_log, classes, people, pupils
from storage.engine import Db
from storage.people import TEACHING, Person, Role, roles_table
from storage.people import people as people_table
from storage.pupils import Pupil

__all__ = [
    "Actor",
    "Denied",
    "Guardian",
    "Pupil",
    "System",
    "access_class_pupils",
    "access_pupil",
    "access_pupils",
    "bound_guardians",
    "children_of",
    "guardians_of",
]


@dataclass(frozen=True, slots=True)
class System:
    """The service itself, working for a feature: sending a digest needs names, nobody looks at them."""

    feature: str


Actor = str | System
"""A person's id, or the service."""


@dataclass(frozen=True, slots=True)
class Denied:
    """No.

    Args:
        code: ``unknown`` (no such child or class) · ``not_yours`` · ``no_reason``.
    """

    code: Literal["unknown", "not_yours", "no_reason"]


@dataclass(frozen=True, slots=True)
class Guardian:
    """A guardian of one child, and what the child calls them (妈妈)."""

    person: Person
    relation: str


def access_pupil(
    db: Db, actor: Actor, pupil_id: str, reason: str, *, now: datetime | None = None
) -> Pupil | Denied:
    """One child.

    Args:
        db: A writing unit, unless the actor is the service or a guardian.
        actor: Who wants to know.
        pupil_id: Which child.
        reason: Why, in a few words; kept sealed in the log.
        now: The entry's time, UTC; the database's clock if not given.
    """
    pupil = pupils.get(db, pupil_id)
    if pupil is None:
        return Denied("unknown")
    denied = _check(db, actor, pupil.school_id, pupil.class_id, pupil.id, reason)
    if denied is not None:
        return denied
    _note(db, actor, pupil.school_id, ("pupil", pupil.id), reason, now)
    return pupil


def access_pupils(
    db: Db, actor: Actor, pupil_ids: Iterable[str], reason: str, *, now: datetime | None = None
) -> tuple[Pupil, ...] | Denied:
    """Several children, all or none; an entry for each. Unknown ids are left out."""
    found = pupils.several(db, pupil_ids)
    for pupil in found:
        denied = _check(db, actor, pupil.school_id, pupil.class_id, pupil.id, reason)
        if denied is not None:
            return denied
    for pupil in found:
        _note(db, actor, pupil.school_id, ("pupil", pupil.id), reason, now)
    return found


def access_class_pupils(
    db: Db, actor: Actor, class_id: str, reason: str, *, now: datetime | None = None
) -> tuple[Pupil, ...] | Denied:
    """The children of a class; one entry for the whole list."""
    found = classes.get(db, class_id)
    if found is None:
        return Denied("unknown")
    denied = _check(db, actor, found.school_id, class_id, None, reason)
    if denied is not None:
        return denied
    _note(db, actor, found.school_id, ("class", class_id), reason, now)
    return pupils.of_class(db, class_id)


def guardians_of(
    db: Db, actor: Actor, pupil_id: str, reason: str = "guardians", *, now: datetime | None = None
) -> tuple[Guardian, ...] | Denied:
    """A child's guardians, longest first. A guardian may ask for the own child's."""
    pupil = pupils.get(db, pupil_id)
    if pupil is None:
        return Denied("unknown")
    denied = _check(db, actor, pupil.school_id, pupil.class_id, pupil.id, reason)
    if denied is not None:
        return denied
    _note(db, actor, pupil.school_id, ("pupil", pupil.id), reason, now)
    here = (roles_table.c.pupil_id == pupil_id) & (roles_table.c.kind == "guardian")
    found = (
        select(people_table.c.id, people_table.c.school_id, people_table.c.name, roles_table.c.relation)
        .join(roles_table, roles_table.c.person_id == people_table.c.id)
        .where(here & roles_table.c.ended_at.is_(None))
        .order_by(roles_table.c.id)
    )
    return tuple(
        Guardian(people.opened(db, row.id, row.school_id, row.name), row.relation)
        for row in db.conn.execute(found)
    )


def bound_guardians(db: Db, actor: System, pupil_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """By child, the ids of the guardians some platform knows, with what the child calls them.

    For the service's own counting: no name is opened, nobody looks.
    """
    here = roles_table.c.pupil_id.in_(list(pupil_ids)) & (roles_table.c.kind == "guardian")
    known = exists().where(people.identities.c.person_id == roles_table.c.person_id)
    rows = select(roles_table.c.pupil_id, roles_table.c.person_id, roles_table.c.relation).where(
        here & roles_table.c.ended_at.is_(None) & known
    )
    found: dict[str, dict[str, str]] = {}
    for row in db.conn.execute(rows.order_by(roles_table.c.id)):
        found.setdefault(row.pupil_id, {})[row.person_id] = row.relation
    return found


def children_of(db: Db, person_id: str) -> tuple[Pupil, ...]:
    """A guardian's own children; needs no reason and leaves no entry."""
    mine = {role.pupil_id for role in people.roles(db, person_id) if role.kind == "guardian"}
    return pupils.several(db, sorted(pupil_id for pupil_id in mine if pupil_id is not None))


def _check(
    db: Db, actor: Actor, school_id: str, class_id: str, pupil_id: str | None, reason: str
) -> Denied | None:
    if isinstance(actor, System):
        return None
    person = people.get(db, actor)
    if person is None or person.school_id != school_id:
        return Denied("not_yours")
    if not any(_opens(role, class_id, pupil_id) for role in people.roles(db, actor)):
        return Denied("not_yours")
    return None if reason.strip() else Denied("no_reason")


def _opens(role: Role, class_id: str, pupil_id: str | None) -> bool:
    """Deny by default: a class's own teachers, the counsellor, and a guardian for the own child."""
    if role.kind in TEACHING:
        return role.class_id == class_id
    if role.kind == "counsellor":
        return role.class_id in (None, class_id)
    return role.kind == "guardian" and pupil_id is not None and role.pupil_id == pupil_id


def _note(
    db: Db, actor: Actor, school_id: str, what: tuple[str, str], reason: str, now: datetime | None
) -> None:
    if isinstance(actor, System):
        return
    kind, object_id = what
    if kind == "pupil" and any(
        role.kind == "guardian" and role.pupil_id == object_id for role in people.roles(db, actor)
    ):
        return
    access_log.append(
        db,
        school_id=school_id,
        actor_id=actor,
        action="read",
        object_kind=kind,
        object_id=object_id,
        reason=reason,
        at=now,
    )
