"""What a parent asks about the digest: answered from what was published, with the date, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from handlers.context import Ctx
from handlers.digest import rules, searching, texts
from handlers.digest.compose import roster
from handlers.digest.desks import teacher_name
from handlers.language import Reading
from handlers.language.say import say_day, say_short_day
from handlers.language.times import resolve_day
from storage import access, classes, digests
from storage.classes import SchoolClass

_LOOK_BACK = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Answer:
    """What can be said; ``open`` when it does not answer the question, so a teacher may be asked."""

    text: str
    open: bool


def own_classes(ctx: Ctx) -> list[SchoolClass]:
    """The classes of the writer's children."""
    ids = (
        dict.fromkeys(child.class_id for child in access.children_of(ctx.db, ctx.person.id))
        if ctx.person
        else {}
    )
    found = [classes.get(ctx.db, class_id) for class_id in ids]
    return [one for one in found if one is not None]


def answer(ctx: Ctx, of: Sequence[SchoolClass], reading: Reading) -> Answer:
    """Answer 「明天带什么」, 「今天的速递再发我一遍」, 「秋游的通知」, for one or several classes."""
    answers = [(one, _look(ctx, one, reading)) for one in of]
    if len(answers) == 1:
        return answers[0][1]
    text = "\n".join(texts.for_class(one.name, said.text) for one, said in answers)
    return Answer(text, all(said.open for _one, said in answers))


def _look(ctx: Ctx, of: SchoolClass, reading: Reading) -> Answer:
    today = ctx.local.date()
    named = resolve_day(reading.slots.get("date", ""), today)
    match reading.intent:
        case "ask_reminder":
            return _reminders(ctx, of, named or today)
        case "search_digest":
            return Answer(*searching.topic(ctx, of, reading.slots["topic"]))
        case "ask_praise":
            return Answer(*searching.praise(ctx, of, named))
        case _:
            return _digest(ctx, of, named or today)


def _reminders(ctx: Ctx, of: SchoolClass, asked: date) -> Answer:
    today = ctx.local.date()
    day = rules.asked_day(ctx.calendar, asked)
    relative = texts.RELATIVE.get((asked - today).days, "")
    if day is None:
        return Answer(texts.free_day(relative, say_day(asked), "") + texts.NO_FOLLOWING, True)
    head = "" if day == asked else texts.free_day(relative, say_day(asked), say_day(day))
    relative = relative if day == asked else ""
    target = say_day(day)
    for shown in digests.published(ctx.db, of.id, day - _LOOK_BACK):
        if shown.day >= day or ctx.calendar.next_school_day(shown.day) != day:
            continue
        items = shown.sections.get("reminder", ())
        its_day = say_short_day(shown.day)
        if not items:
            return Answer(head + texts.no_reminders(target, its_day, relative), True)
        # The answer begins with the date; a reminder that does so too need not say it twice.
        said = [item.removeprefix(texts.dated(target)).lstrip(texts.CLAUSE_STARTS) for item in items]
        return Answer(head + texts.reminders(target, said, its_day, relative), False)
    return Answer(head + texts.not_published(target, relative), True)


def _digest(ctx: Ctx, of: SchoolClass, day: date) -> Answer:
    for shown in digests.published(ctx.db, of.id, day):
        if shown.day == day:
            return Answer(shown.text, False)
    return Answer(texts.no_digest(say_day(day)), False)


def names_a_child(ctx: Ctx, of: SchoolClass, text: str) -> bool:
    """Whether words said in the group name a child of the class."""
    return bool(rules.mentions(text, roster(ctx, of.id), given_names=False))


def asked_teacher(ctx: Ctx, of: Sequence[SchoolClass]) -> str:
    """Whom the bot offers to ask."""
    return teacher_name(ctx, of[0].id) if of else texts.CLASS_TEACHER
