"""Who talks to whom: a guardian, a child, its class, the teacher who is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from handlers.context import Ctx
from handlers.hours import away
from handlers.language import names
from handlers.relay import rules, texts
from storage import access, cases, classes, people
from storage.access import Denied, System
from storage.classes import SchoolClass
from storage.people import Person, Role

TEACHING = ("teacher", "deputy", "co_teacher")
_KINDS = ("dingtalk_user", "wecom_member", "wecom_kf", "wecom_parent", "page")
SELF = System("relay")


@dataclass(frozen=True, slots=True)
class Family:
    """One guardian's tie to one child.

    Args:
        role: The guardian's role row; its id stands for this tie.
        guardian: The person.
        pupil_id: The child.
        child: The child's name.
        of: The child's class.
    """

    role: Role
    guardian: Person
    pupil_id: str
    child: str
    of: SchoolClass

    @property
    def name(self) -> str:
        """「小明妈妈」."""
        return texts.guardian(self.child, self.role.relation)


def reachable(ctx: Ctx, person_id: str) -> bool:
    """Whether any platform knows the person."""
    return any(people.identity_of(ctx.db, person_id, kind) is not None for kind in _KINDS)


def mine(ctx: Ctx) -> list[Family]:
    """The writer's own children, oldest tie first."""
    if ctx.person is None:
        return []
    children = {pupil.id: pupil for pupil in access.children_of(ctx.db, ctx.person.id)}
    found = []
    for role in ctx.roles:
        pupil = children.get(role.pupil_id or "")
        of = classes.get(ctx.db, pupil.class_id) if pupil else None
        if role.kind == "guardian" and pupil is not None and of is not None:
            found.append(Family(role, ctx.person, pupil.id, pupil.name, of))
    return found


@dataclass(frozen=True, slots=True)
class Listener:
    """The teacher who gets a parent's words.

    Args:
        person: Who.
        instead_of: The class teacher in whose place, or empty.
        several: Whether the person teaches several classes.
        away: Whether the class teacher has asked for it; else he or she cannot be reached.
    """

    person: Person
    instead_of: str = ""
    several: bool = False
    away: bool = False

    @property
    def why(self) -> str:
        """How a receipt begins where it is not the class teacher: 「王老师这几天不在，」."""
        return texts.instead_of(self.instead_of, away=self.away) if self.instead_of else ""


_LAST_READ = time(18)
"""What comes later is read tomorrow, by whoever reads then."""


def reading_day(ctx: Ctx) -> date:
    """The local date on which words that come now are read."""
    return ctx.local.date() + timedelta(days=ctx.local.time() >= _LAST_READ)


def listener(ctx: Ctx, class_id: str, said: str = "") -> Listener | None:
    """Who gets a parent's words: the class teacher, else who stands in, else the next one on a platform.

    Args:
        ctx: A decision's.
        class_id: The child's class.
        said: The words; a teacher of the class they are addressed to gets them.
    """
    teachers = people.teachers_of_class(ctx.db, class_id)
    named = rules.addressed_teacher(said, [person.name for person in teachers]) if said else None
    if named is not None and reachable(ctx, teachers[named].id):
        teachers = (teachers[named],)
    for at, person in enumerate(teachers):
        if not reachable(ctx, person.id):
            continue
        deputy = listening(ctx, away.stands_in(ctx, person.id, reading_day(ctx)))
        if deputy is not None and reachable(ctx, deputy.person.id):
            return replace(deputy, instead_of=person.name, away=True)
        to = listening(ctx, person.id)
        return None if to is None else replace(to, instead_of=teachers[0].name if at else "")
    return None


def listening(ctx: Ctx, person_id: str) -> Listener | None:
    """A teacher as the one who listens; None if there is no such person any more."""
    person = people.get(ctx.db, person_id) if person_id else None
    if person is None:
        return None
    held = {role.class_id for role in people.roles(ctx.db, person_id) if role.kind in TEACHING}
    return Listener(person, several=len(held) > 1)


_TALKING = timedelta(hours=1)


def alarmed(ctx: Ctx, guardian_id: str) -> bool:
    """Whether the guardian has just told of danger: what is said now belongs to it, at any hour."""
    known = cases.of_family(ctx.db, guardian_id, None, ctx.now - _TALKING)
    return any(not case.restricted for case in known)


def taught(ctx: Ctx) -> list[str]:
    """Ids of the classes the writer teaches."""
    return list(dict.fromkeys(role.class_id for role in ctx.roles if role.kind in TEACHING and role.class_id))


def by_role(ctx: Ctx, guardian_id: str, role_id: str) -> Family | None:
    """The family a number stands for, if the writer teaches that class and the tie still holds."""
    return None if ctx.person is None else _tie(ctx, guardian_id, role_id, ctx.person.id, taught(ctx))


def tie(ctx: Ctx, guardian_id: str, role_id: str) -> Family | None:
    """The family something that came earlier is about, if the tie still holds; for the relay's own work."""
    return _tie(ctx, guardian_id, role_id, SELF, None)


def _tie(
    ctx: Ctx, guardian_id: str, role_id: str, actor: str | System, within: Sequence[str] | None
) -> Family | None:
    role = next((role for role in people.roles(ctx.db, guardian_id) if role.id == role_id), None)
    guardian = people.get(ctx.db, guardian_id)
    if role is None or role.pupil_id is None or guardian is None:
        return None
    pupil = access.access_pupil(ctx.db, actor, role.pupil_id, "reply", now=ctx.now)
    if isinstance(pupil, Denied) or (within is not None and pupil.class_id not in within):
        return None
    of = classes.get(ctx.db, pupil.class_id)
    return None if of is None else Family(role, guardian, pupil.id, pupil.name, of)


def by_name(ctx: Ctx, child: str, relation: str, within: Sequence[str]) -> list[Family]:
    """Families of the writer's classes that 「小明妈妈」 may mean.

    The roster is only matched against, nobody looks at it; the answer itself is a logged look.
    """
    return [
        family
        for of, pupil in _pupils(ctx, within)
        if rules.same_child(child, pupil.name)
        for family in _guardians(ctx, pupil.id, pupil.name, of, relation)
    ]


def near(ctx: Ctx, child: str, relation: str, within: Sequence[str]) -> list[Family]:
    """Families whose child's name sounds like the one said: to be asked about, never picked."""
    pupils = list(_pupils(ctx, within))
    hits = names.match(child, [pupil.name for _, pupil in pupils]).hits
    return [
        family
        for of, pupil in (pupils[at] for at in hits)
        for family in _guardians(ctx, pupil.id, pupil.name, of, relation)
    ]


def _pupils(ctx: Ctx, within: Sequence[str]) -> Iterator[tuple[SchoolClass, access.Pupil]]:
    for class_id in within:
        of = classes.get(ctx.db, class_id)
        pupils = access.access_class_pupils(ctx.db, SELF, class_id, "reply", now=ctx.now)
        if of is not None and not isinstance(pupils, Denied):
            yield from ((of, pupil) for pupil in pupils)


def _guardians(ctx: Ctx, pupil_id: str, child: str, of: SchoolClass, relation: str) -> list[Family]:
    guardians = access.guardians_of(ctx.db, SELF, pupil_id, "reply", now=ctx.now)
    if isinstance(guardians, Denied):
        return []
    found = []
    for guardian in guardians:
        if not rules.same_relation(relation, guardian.relation):
            continue
        held = people.roles(ctx.db, guardian.person.id)
        role = next((role for role in held if role.kind == "guardian" and role.pupil_id == pupil_id), None)
        if role is not None:
            found.append(Family(role, guardian.person, pupil_id, child, of))
    return found
