"""Weekly and monthly reports as a feature: 「周报」, a draft on the last day at noon, one tap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Literal

from handlers.context import Ctx
from handlers.digest.asking import own_classes
from handlers.digest.desks import Desk, desks, named, teaches
from handlers.feature import Check
from handlers.language import Reading
from handlers.language.people import class_mentions
from handlers.language.times import number_of
from handlers.message import Message
from handlers.reply import Act, Asker, Choice, Outcome, Reply, Subject, ToPerson
from handlers.reports import composing, editing, publishing, rules, texts, words
from handlers.reports.publishing import NAME, POST, THING
from storage import classes, people, preferences, reports, schedule
from storage.classes import SchoolClass
from storage.engine import Db
from storage.reports import Period, Report, State
from storage.schedule import Occurrence

CARD, OFF, AUTO = "reports.card", "off", "auto"
"""The occurrence, and the class's preference: never shown, or posted by itself."""
AT = time(12, 10)
_PUBLISHED: tuple[State, ...] = ("published",)

What = Literal["show", "picture", "print", "send", "skip", "off", "auto", "ask", "remove", "reword", "add"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a class teacher wants of a report.

    Args:
        last: The one before is meant.
        number: Which line, counted from 1.
        text: New words.
    """

    of: SchoolClass
    what: What
    period: Period = "week"
    last: bool = False
    number: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A family wants to read the last one."""

    period: Period


@dataclass(frozen=True, slots=True)
class NotTheirs:
    """Somebody who is no class teacher asks for one."""


class Reports:
    """See the module."""

    name = NAME
    checks: Mapping[str, Check] = {}

    def __init__(self) -> None:
        self.checks = {THING: _wanted}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """A line about a report; nothing else is looked at."""
        _, line = class_mentions(reading.raw.strip())
        if message.chat.kind != "private" or message.attachments or reading.danger is not None:
            return None
        found = _said(line) if words.PERIOD.search(line) else None
        if found is None:
            return None
        if teaches(ctx):
            mine = desks(ctx)
            meant = named(ctx, reading.slots["class"], mine) if "class" in reading.slots else mine
            deciding = [desk.of for desk in meant if isinstance(desk, Desk) and desk.decides]
            return _of(ctx, deciding, found) if deciding else NotTheirs()
        family = any(role.kind == "guardian" for role in ctx.roles)
        return Asked(found.period) if family and found.what in ("show", "picture") else None

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Show, change, send or set."""
        match match:
            case NotTheirs():
                return [Reply(Asker(), texts.ONLY_TEACHER)]
            case Asked(period):
                return [Reply(Asker(), _read(ctx, of, period)) for of in own_classes(ctx)]
            case Wish(of, "off" | "auto" | "ask" as how):
                return [Reply(Asker(), _set(ctx, of, how))]
            case Wish():
                return _with_report(ctx, match)
            case _:
                return []

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """A button under the draft: only the class teacher decides."""
        report = reports.get(ctx.db, choice.thing.id)
        of = classes.get(ctx.db, report.class_id) if report else None
        if report is None or of is None:
            return [Reply(Asker(), texts.GONE)]
        if not any(desk.of.id == of.id and desk.decides for desk in desks(ctx)):
            return [Reply(Asker(), texts.ONLY_TEACHER)]
        if choice.action == "never":
            return [Reply(Asker(), _set(ctx, of, "off"))]
        return (
            publishing.skip(ctx, report)
            if choice.action == "skip"
            else publishing.choose(ctx, of, report, Asker())
        )

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """What became of the post, or of a file."""
        return publishing.outcome(ctx, outcome)

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """Noon of the last day, or the moment it goes out."""
        planned = date.fromisoformat(occurrence.local_time[:10])
        if occurrence.kind == POST:
            report = reports.get(ctx.db, occurrence.subject_id)
            of = classes.get(ctx.db, report.class_id) if report else None
            return publishing.due(ctx, of, report, planned) if report and of else []
        of = classes.get(ctx.db, occurrence.subject_id)
        return _noon(ctx, of) if of is not None and planned == ctx.local.date() else []


def plan_day(ctx: Ctx, of: SchoolClass, day: date) -> None:
    """On the last school day of a week or month the draft is shown; who begins later is not asked then."""
    at = ctx.calendar.at(day, AT)
    if at > ctx.now and rules.ending(ctx.calendar, day) is not None:
        schedule.plan(
            ctx.db, ctx.new_id(), ctx.school.id, NAME, CARD, of.id, f"{day.isoformat()}T{AT:%H:%M}", at
        )


def _noon(ctx: Ctx, of: SchoolClass) -> list[Act]:
    day, teacher = ctx.local.date(), people.class_teacher(ctx.db, of.id)
    period = rules.ending(ctx.calendar, day)
    how = preferences.get(ctx.db, "class", of.id, CARD, "")
    if teacher is None or period is None or how == OFF:
        return []
    if composing.published_days(ctx, of, period, day) < rules.ENOUGH or (how != AUTO and _let_lie(ctx, of)):
        return []
    report = composing.draft(ctx, of, period, day)
    if report is None or report.state not in ("draft", "dropped"):
        return []
    if how == AUTO and publishing.choose(ctx, of, report, ToPerson(teacher.id)):
        report = reports.get(ctx.db, report.id) or report
    return editing.card(ctx, of, report, ToPerson(teacher.id), asked=False)


def _let_lie(ctx: Ctx, of: SchoolClass) -> bool:
    """Whether the last one that was shown was not sent: who wants none is not asked a second time."""
    last = reports.latest(ctx.db, of.id, None, ("draft", "chosen", "queued", "published", "dropped"))
    this_week = rules.days_of("week", ctx.local.date())[0]
    return last is not None and last.state in ("draft", "dropped") and last.last < this_week


def _wanted(db: Db, subject: Subject) -> bool:
    report = reports.get(db, subject.id)
    if report is None or report.state != "queued" or report.version != subject.version:
        return False
    return composing.still_agreed(db, report)


@dataclass(frozen=True, slots=True)
class _Said:
    """A line about a report, before it is known which class is meant."""

    what: What
    period: Period
    last: bool = False
    number: int = 0
    text: str = ""


def _said(line: str) -> _Said | None:
    named = words.PERIOD.search(line)
    period: Period = "month" if named is not None and named["month"] else "week"
    plain: tuple[tuple[What, object], ...] = (
        ("off", words.OFF.fullmatch(line)),
        ("ask", words.ASKING.fullmatch(line)),
        ("auto", words.AUTO.fullmatch(line)),
        ("skip", words.SKIP.fullmatch(line)),
        ("send", words.PUBLISH.fullmatch(line)),
    )
    what = next((what for what, hit in plain if hit), None)
    if what is not None:
        return _Said(what, period)
    return _shown(line, period) or _changed(line, period)


def _shown(line: str, period: Period) -> _Said | None:
    for what, pattern in (("show", words.SHOW), ("picture", words.PICTURE), ("print", words.PRINT)):
        found = pattern.fullmatch(line)
        if found is not None:
            asked: What = "show" if what == "show" else "picture" if what == "picture" else "print"
            return _Said(asked, period, last=bool(found["last"]))
    return None


def _changed(line: str, period: Period) -> _Said | None:
    if found := words.REWORD.fullmatch(line):
        return _Said("reword", period, number=number_of(found["number"]) or 0, text=found["text"].strip())
    if found := words.REMOVE.fullmatch(line):
        return _Said("remove", period, number=number_of(found["number"]) or 0)
    if found := words.ADD.fullmatch(line):
        return _Said("add", period, text=found["text"].strip())
    return None


def _of(ctx: Ctx, mine: Sequence[SchoolClass], said: _Said) -> Wish:
    """The class that is meant: of several the one whose draft is open."""
    waiting = [of for of in mine if reports.latest(ctx.db, of.id, said.period, ("draft", "chosen"))]
    of = waiting[0] if said.what not in ("show", "picture", "print") and waiting else mine[0]
    return Wish(of, said.what, said.period, said.last, said.number, said.text)


def _with_report(ctx: Ctx, wish: Wish) -> list[Act]:
    """Do what is wanted with the report it is about."""
    if wish.what in ("show", "picture", "print"):
        report = _meant(ctx, wish)
        if report is None:
            return [Reply(Asker(), texts.nothing(wish.period))]
        if wish.what == "show":
            return editing.card(ctx, wish.of, report, Asker(), asked=True)
        return [publishing.file(ctx, wish.of, report, picture=wish.what == "picture")]
    report = reports.latest(ctx.db, wish.of.id, wish.period, ("draft", "chosen", "queued", "dropped"))
    if report is None:
        return [Reply(Asker(), texts.no_draft(wish.period))]
    match wish.what:
        case "send":
            return publishing.choose(ctx, wish.of, report, Asker())
        case "skip":
            return publishing.skip(ctx, report)
        case "reword":
            return [Reply(Asker(), editing.reword(ctx, wish.of, report, wish.number, wish.text))]
        case "remove":
            return [Reply(Asker(), editing.remove(ctx, report, wish.number))]
        case _:
            return [Reply(Asker(), editing.add(ctx, wish.of, report, wish.text))]


def _meant(ctx: Ctx, wish: Wish) -> Report | None:
    """This week's or month's; the one before where it is named, or where this one has nothing yet."""
    today = ctx.local.date()
    before = rules.days_of(wish.period, today)[0] - timedelta(days=1)
    if wish.last:
        return composing.draft(ctx, wish.of, wish.period, before)
    this = composing.draft(ctx, wish.of, wish.period, today)
    return this or composing.draft(ctx, wish.of, wish.period, before)


def _read(ctx: Ctx, of: SchoolClass, period: Period) -> str:
    """The last one a class has read, for its families."""
    report = reports.latest(ctx.db, of.id, period, _PUBLISHED)
    return texts.none_yet(of.name, period) if report is None else publishing.said(ctx, of, report)


def _set(ctx: Ctx, of: SchoolClass, how: str) -> str:
    value = {"off": OFF, "auto": AUTO}.get(how, "")
    by = ctx.person.id if ctx.person else None
    preferences.put(ctx.db, ctx.new_id, ctx.now, "class", of.id, CARD, value, by)
    return {"off": texts.OFF, "auto": texts.AUTO}.get(how, texts.ASKED)


FEATURE = Reports()
