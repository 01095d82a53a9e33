"""Reply windows as a feature: a teacher sets them, for good or for single days; a parent asks for them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from handlers.context import Ctx
from handlers.feature import Check
from handlers.hours import away, rules, texts
from handlers.hours.away import Away
from handlers.hours.rules import Hours, Span
from handlers.hours.windows import KEY, of_teacher
from handlers.language import Reading
from handlers.message import Message
from handlers.relay import opening
from handlers.relay.families import listener, listening, mine, reading_day, taught
from handlers.reply import Act, Asker, Button, Choice, Outcome, Reply, Thing, ToPerson
from handlers.talking import begin
from storage import numbers, people, preferences, talks, waiting
from storage.people import Person
from storage.schedule import Occurrence
from storage.talks import Talk

THING = "hours"
"""A change that waits for a yes; the id is the talk's."""
STANDING_IN = "hours_away"
"""A colleague is asked to stand in; the id is the teacher's."""
_TAKE, _AGREE = "take", "agree"


@dataclass(frozen=True, slots=True)
class Set:
    """A teacher names windows, or asks for the own ones where nothing is named."""

    spans: tuple[str, ...]
    days: tuple[int, ...]
    dates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """A teacher does not read on some days; ``half`` is AM or PM where it is not the whole day."""

    dates: tuple[str, ...]
    half: str
    deputy: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A parent asks; the answers, one for each teacher."""

    answers: tuple[str, ...]


class HoursFeature:
    """See the module."""

    name = "hours"
    checks: Mapping[str, Check] = {}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """A teacher's windows; a parent's question if somebody listens, else nobody could answer it."""
        if message.chat.kind != "private":
            return None
        slots = reading.slots
        dates = tuple(slots.get("dates", "").split())
        if reading.intent == "set_office_hours" and taught(ctx):
            days = tuple(int(day) for day in slots.get("days", "").split())
            return Set(tuple(slots.get("spans", "").split()), days, dates)
        if reading.intent == "set_away" and taught(ctx):
            return Gone(dates, slots.get("half", ""), slots.get("deputy", ""))
        if reading.intent == "ask_office_hours" and not taught(ctx):
            answers = _answers(ctx)
            return Asked(answers) if answers else None
        return None

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Ask for a yes, or answer."""
        match match:
            case Set():
                return [_set(ctx, message, match)]
            case Gone():
                return [_gone(ctx, message, match)]
            case Asked(answers):
                return [Reply(Asker(), "\n".join(answers))]
            case _:
                return []

    def resume(self, ctx: Ctx, message: Message, reading: Reading, talk: Talk) -> Sequence[Act] | None:
        """Yes or no in plain words."""
        if talk.feature != self.name or reading.intent not in ("confirm_yes", "confirm_no"):
            return None
        return _decide(ctx, talk, take=reading.intent == "confirm_yes")

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """The two buttons."""
        if choice.thing.kind == STANDING_IN:
            return _stand_in(ctx, choice.thing.id, agreed=choice.action == _AGREE)
        talk = talks.current(ctx.db, message.talk, _who(ctx), ctx.now)
        if talk is None or talk.id != choice.thing.id:
            return [Reply(Asker(), texts.TALK_OVER)]
        return _decide(ctx, talk, take=choice.action == _TAKE)

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """Nothing hangs on these words."""
        return []

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """Nothing is planned here."""
        return []


def _who(ctx: Ctx) -> str:
    return ctx.person.id if ctx.person else ""


def _answers(ctx: Ctx) -> tuple[str, ...]:
    """One line for each teacher of the writer's children; () where nobody listens for one of them."""
    teachers: dict[str, Person] = {}
    for family in mine(ctx):
        to = listener(ctx, family.of.id)
        if to is None:
            return ()
        teachers[to.person.id] = to.person
    lines = []
    for teacher in teachers.values():
        hours = of_teacher(ctx, teacher.id)
        window = rules.coming(ctx.calendar, hours, ctx.local)
        is_open = window is not None and window.holds(ctx.local)
        lines.append(texts.told(teacher.name, hours, window, is_open=is_open))
    return tuple(lines)


# What a teacher sets


def _set(ctx: Ctx, message: Message, wish: Set) -> Reply:
    current = of_teacher(ctx, _who(ctx))
    spans = rules.spans_of(wish.spans) if wish.spans else ()
    if spans is None:
        return Reply(Asker(), texts.NOT_SPANS)
    if wish.dates:
        return _on_dates(ctx, message, wish.dates, spans, "")
    if not spans:
        return Reply(Asker(), texts.now(current))
    new = rules.changed(current, wish.days, spans)
    return _ask(ctx, message, new, texts.shall_it(new), {"done": texts.taken(new)})


def _gone(ctx: Ctx, message: Message, wish: Gone) -> Reply:
    if not wish.half:
        return _on_dates(ctx, message, wish.dates, (), wish.deputy)
    dates = rules.days_of(wish.dates, ctx.local.date())
    if dates is None or len(dates) > 1:
        return Reply(Asker(), texts.NOT_DAYS)
    before = of_teacher(ctx, _who(ctx)).on(ctx.calendar.day(dates[0]))
    return _on_dates(ctx, message, wish.dates, rules.without_half(before, wish.half), "")


def _on_dates(
    ctx: Ctx, message: Message, named: Sequence[str], spans: tuple[Span, ...], deputy: str
) -> Reply:
    """Windows of single days, or none; ``deputy`` is the colleague to be asked."""
    dates = rules.days_of(named, ctx.local.date())
    if dates is None:
        return Reply(Asker(), texts.NOT_DAYS)
    current = of_teacher(ctx, _who(ctx))
    if all(current.on(ctx.calendar.day(day)) == spans for day in dates):
        return Reply(Asker(), texts.ALREADY_NONE if not spans else texts.now(current))
    new = rules.on_dates(current, dates, spans)
    kept: dict[str, object] = {"done": texts.days_taken(dates, spans)}
    if deputy:
        kept |= {"deputy": deputy, "days": [dates[0].isoformat(), dates[-1].isoformat()]}
    return _ask(ctx, message, new, texts.shall_days(dates, spans, deputy), kept)


def _ask(ctx: Ctx, message: Message, new: Hours, question: str, kept: Mapping[str, object]) -> Reply:
    before = talks.current(ctx.db, message.talk, _who(ctx), ctx.now)
    if before is not None and before.feature == THING:
        numbers.close(ctx.db, THING, before.id)
    talk = begin(ctx, message, THING, {**kept, "hours": rules.written(new)})
    buttons = (Button(texts.TAKE, _TAKE), Button(texts.LEAVE, "leave"))
    return Reply(Asker(), question, buttons=buttons, thing=Thing(THING, talk.id))


def _decide(ctx: Ctx, talk: Talk, *, take: bool) -> list[Act]:
    talks.close(ctx.db, talk.id)
    numbers.close(ctx.db, THING, talk.id)
    if not take:
        return [Reply(Asker(), texts.LEFT)]
    state = json.loads(talk.state)
    preferences.put(ctx.db, ctx.new_id, ctx.now, "person", _who(ctx), KEY, state["hours"], by=_who(ctx))
    told: list[Act] = [Reply(Asker(), state["done"])]
    if "deputy" in state:
        told += _ask_colleague(ctx, state["deputy"], *map(date.fromisoformat, state["days"]))
    to = listening(ctx, _who(ctx))
    return [*told, *(opening.changed(ctx, to) if to is not None else [])]


# Who stands in


def _ask_colleague(ctx: Ctx, named: str, first: date, last: date) -> list[Act]:
    colleagues = [
        person
        for class_id in taught(ctx)
        for person in people.teachers_of_class(ctx.db, class_id)
        if person.id != _who(ctx) and person.name == named
    ]
    if ctx.person is None or not colleagues:
        return [Reply(Asker(), texts.nobody_of_name(named))]
    asked = colleagues[0]
    away.keep(ctx, ctx.person.id, Away(first, last, asked.id, agreed=False))
    buttons = (Button(texts.AGREE, _AGREE), Button(texts.DISAGREE, "disagree"))
    text = texts.will_you(ctx.person.name, _range(first, last))
    numbers.close(ctx.db, STANDING_IN, ctx.person.id)
    return [Reply(ToPerson(asked.id), text, buttons=buttons, thing=Thing(STANDING_IN, ctx.person.id))]


def _stand_in(ctx: Ctx, teacher_id: str, *, agreed: bool) -> list[Act]:
    """The colleague has answered: the teacher hears it, and what waits goes over."""
    numbers.close(ctx.db, STANDING_IN, teacher_id)
    asked, teacher = away.of(ctx, teacher_id), people.get(ctx.db, teacher_id)
    if ctx.person is None or asked is None or teacher is None or asked.deputy_id != ctx.person.id:
        return [Reply(Asker(), texts.TALK_OVER)]
    dates = _range(asked.first, asked.last)
    if not agreed:
        away.keep(ctx, teacher_id, None)
        told = texts.does_not(ctx.person.name, dates)
        return [Reply(Asker(), texts.NEVER_MIND), Reply(ToPerson(teacher_id), told)]
    away.keep(ctx, teacher_id, Away(asked.first, asked.last, asked.deputy_id, agreed=True))
    told = texts.stands_in(ctx.person.name, dates)
    both = [Reply(Asker(), texts.thanks_deputy(teacher.name, dates)), Reply(ToPerson(teacher_id), told)]
    return [*both, *_taken_over(ctx, teacher_id)]


def _taken_over(ctx: Ctx, teacher_id: str) -> list[Act]:
    """What waits already goes to the colleague, if the days away are what it waits for."""
    to = listening(ctx, _who(ctx))
    if to is None or away.stands_in(ctx, teacher_id, reading_day(ctx)) != to.person.id:
        return []
    held = [row.id for row in waiting.of_teacher(ctx.db, teacher_id) if row.state == waiting.HELD]
    waiting.hand_to(ctx.db, held, to.person.id)
    return opening.changed(ctx, to)


def _range(first: date, last: date) -> tuple[date, ...]:
    return tuple(date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1))


FEATURE = HoursFeature()
