"""Who is told of a case: near first, then wider, never the one it points at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from handlers.context import Ctx
from handlers.relay.families import reachable
from handlers.urgent import texts
from storage import people, preferences
from storage.cases import Case
from storage.people import Person

DUTY, NAMED = "duty", "safeguarding"
"""Preferences of a school: ids of the people at the duty desk, by comma; of the named person."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told, and how the writer hears of them."""

    people: tuple[Person, ...]
    names: tuple[str, ...]


def told(ctx: Ctx, case: Case) -> Told:
    """Everybody told of a case at its present round, who can be reached."""
    named, admins = _of_school(ctx, NAMED), people.admins(ctx.db, ctx.school.id)
    if case.restricted:
        # Whom it concerns is told by nobody else either: colleagues only where the head cannot be reached.
        return _first(ctx, case, (*named, *admins)) or _first(ctx, case, _near(ctx, case)) or Told((), ())
    near = _near(ctx, case)
    if case.intent == "safeguarding_report":
        near = (*near, *(named or admins))
    wide = (*near, *people.teachers_of_class(ctx.db, case.class_id), *admins)
    first = _first(ctx, case, near) if case.round == 1 else None
    return first or _first(ctx, case, wide) or Told((), ())


def responsible(ctx: Ctx, among: Iterable[Person]) -> tuple[Person, ...]:
    """Of these, who has to report: the named person, else the head."""
    at = {person.id for person in _of_school(ctx, NAMED)}
    at = at or {person.id for person in people.admins(ctx.db, ctx.school.id)}
    return tuple(person for person in among if person.id in at)


def everybody(ctx: Ctx, class_id: str) -> dict[str, str]:
    """Ids and names of all who might be told, to see at whom words point."""
    found = (
        *people.teachers_of_class(ctx.db, class_id),
        *people.admins(ctx.db, ctx.school.id),
        *_of_school(ctx, DUTY),
        *_of_school(ctx, NAMED),
    )
    return {person.id: person.name for person in found}


def _near(ctx: Ctx, case: Case) -> tuple[Person, ...]:
    teacher = people.class_teacher(ctx.db, case.class_id)
    first = () if teacher is None else (teacher,)
    return (*first, *people.deputies(ctx.db, case.class_id), *_of_school(ctx, DUTY))


def _of_school(ctx: Ctx, key: str) -> tuple[Person, ...]:
    ids = preferences.get(ctx.db, "school", ctx.school.id, key, "").split(",")
    found = (people.get(ctx.db, one.strip()) for one in ids if one.strip())
    return tuple(person for person in found if person is not None and person.school_id == ctx.school.id)


def _first(ctx: Ctx, case: Case, some: Iterable[Person]) -> Told | None:
    """Of these, each once, who can be reached, has not written it and is not concerned."""
    kept = {
        person.id: person
        for person in some
        if person.id not in (*case.concerned, case.writer_id) and reachable(ctx, person.id)
    }
    if not kept:
        return None
    desk = {person.id for person in _of_school(ctx, DUTY)}
    teaching = {person.id for person in people.teachers_of_class(ctx.db, case.class_id)}
    at_desk = desk - teaching
    names = [person.name for person in kept.values() if person.id not in at_desk]
    if at_desk & set(kept):
        names.append(texts.DUTY)
    return Told(tuple(kept.values()), tuple(names))
