"""The phone list: families no lane reaches, for the teacher who rings them up."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.context import Ctx
from handlers.relay import families
from handlers.reply import Asker, Button, Outcome, Reply, Thing
from handlers.roster import texts
from storage import access, book, classes, people
from storage.book import Call

THING = "phones"
DONE = "done"
_CODES = frozenset(
    [
        "unreachable",
        "no_lane",
        "not_subscribed",
        "40003",
        "40031",
        "40096",
        "43004",
        "60111",
        "81013",
        "84061",
        "84074",
        "92000",
    ]
)
"""This person is not reached that way, today or tomorrow; everything else may pass."""


_UNTOLD = "page."
"""Begins the reason where the words do lie on the page."""


def note(ctx: Ctx, outcome: Outcome) -> None:
    """A guardian could not be reached: on the list with them. Something arrived: off it.

    Words on a page whose notice the platform refused lie there untold: nobody looks for them by chance.
    """
    if outcome.act != "say" or outcome.to_person is None:
        return
    untold = outcome.facts.get("notice", "") if outcome.kind == "sent" else ""
    code = outcome.code if outcome.kind == "refused" else untold
    if outcome.kind == "sent" and not untold:
        book.called(ctx.db, ctx.now, outcome.to_person)
    if code not in _CODES:
        return
    for class_id in _classes(ctx, outcome.to_person):
        book.to_call(
            ctx.db,
            ctx.new_id,
            ctx.now,
            school_id=ctx.school.id,
            class_id=class_id,
            person_id=outcome.to_person,
            reason=f"{_UNTOLD}{code}" if untold else code,
        )


def _classes(ctx: Ctx, person_id: str) -> list[str]:
    """The classes of somebody who is a guardian; none for a teacher, whom others see every day."""
    held = people.roles(ctx.db, person_id)
    if any(role.kind != "guardian" for role in held):
        return []
    return sorted({child.class_id for child in access.children_of(ctx.db, person_id)})


def shown(ctx: Ctx) -> Reply:
    """The list of the writer's classes."""
    lines = [line for call in waiting(ctx) if (line := _line(ctx, call))]
    if ctx.person is None or not lines:
        return Reply(Asker(), texts.NOBODY_CALLED)
    text = texts.phone_list(lines[: texts.MOST_LINES], max(0, len(lines) - texts.MOST_LINES))
    button = Button(texts.CALLED_ALL, DONE)
    return Reply(Asker(), text, buttons=(button,), thing=Thing(THING, ctx.person.id))


def waiting(ctx: Ctx) -> Sequence[Call]:
    """Who of the writer's classes is to be called; who can be reached again is taken off first."""
    found = []
    for call in book.calls(ctx.db, families.taught(ctx)):
        if _reached_again(ctx, call):
            book.called(ctx.db, ctx.now, call.person_id)
        else:
            found.append(call)
    return found


def done(ctx: Ctx) -> Reply:
    """The teacher has called those the list showed."""
    for call in [call for call in waiting(ctx) if _line(ctx, call)][: texts.MOST_LINES]:
        book.called(ctx.db, ctx.now, call.person_id, [call.class_id])
    return shown(ctx) if waiting(ctx) else Reply(Asker(), texts.CALLED)


def _reached_again(ctx: Ctx, call: Call) -> bool:
    if any(entry.subscribed for entry in book.of_ours(ctx.db, "parent", call.person_id)):
        return True
    return not call.reason.startswith(_UNTOLD) and (
        people.identity_of(ctx.db, call.person_id, "page") is not None
    )


def _line(ctx: Ctx, call: Call) -> str:
    """「三(2)班 小明妈妈」; empty for somebody who has left."""
    of = classes.get(ctx.db, call.class_id)
    roles = {role.pupil_id: role.relation for role in people.roles(ctx.db, call.person_id)}
    children = [
        child for child in access.children_of(ctx.db, call.person_id) if child.class_id == call.class_id
    ]
    if of is None or not children:
        return ""
    child = children[0]
    return texts.family(of.name, texts.name_of(child.name, roles.get(child.id) or texts.PARENT))
