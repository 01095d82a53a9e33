"""Weekly and monthly reports as a feature: 「周报」, a draft on the last day at noon, one tap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from handlers.context import Ctx
from handlers.digest.asking import own_classes
from handlers.digest.desks import Desk, desks, named, teaches
from handlers.feature import Check
from handlers.language import Reading
from handlers.language.people import class_mentions
from handlers.message import Message
from handlers.reply import Act, Asker, Choice, Outcome, Reply, Subject, ToPerson
from handlers.reports import composing, editing, publishing, rules, texts
from handlers.reports.publishing import NAME, POST, THING
from handlers.reports.reading import Said, said
from storage import classes, people, preferences, reports, schedule
from storage.classes import SchoolClass
from storage.engine import Db
from storage.reports import Period, Report, State
from storage.schedule import Occurrence

CARD, OFF, AUTO = "reports.card", "off", "auto"
"""The occurrence, and the class's preference: never shown, or posted by itself."""
AT = time(12, 10)
_PUBLISHED: tuple[State, ...] = ("published",)
_OPEN: tuple[State, ...] = ("draft", "chosen")
_UNPUBLISHED: tuple[State, ...] = ("draft", "chosen", "queued", "dropped")
_LOOKS = ("show", "picture", "print")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a class teacher wants of a report of this class."""

    of: SchoolClass
    said: Said


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
        found = said(line)
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
            case Wish(of, Said("off" | "auto" | "ask" as how)):
                return [Reply(Asker(), _set(ctx, of, how))]
            case Wish(of, wanted):
                return _with_report(ctx, of, wanted)
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


def _of(ctx: Ctx, mine: Sequence[SchoolClass], wanted: Said) -> Wish:
    """The class that is meant: of several the one whose draft is open."""
    waiting = [of for of in mine if reports.latest(ctx.db, of.id, wanted.period, _OPEN)]
    return Wish(waiting[0] if wanted.what not in _LOOKS and waiting else mine[0], wanted)


def _with_report(ctx: Ctx, of: SchoolClass, wanted: Said) -> list[Act]:
    """Do what is wanted with the report it is about."""
    if wanted.what in _LOOKS:
        report = _meant(ctx, of, wanted)
        if report is None:
            return [Reply(Asker(), texts.nothing(wanted.period))]
        if wanted.what == "show":
            return editing.card(ctx, of, report, Asker(), asked=True)
        return [publishing.file(ctx, of, report, picture=wanted.what == "picture")]
    report = reports.latest(ctx.db, of.id, wanted.period, _UNPUBLISHED)
    if report is None:
        return [Reply(Asker(), texts.no_draft(wanted.period))]
    match wanted:
        case Said("send"):
            return publishing.choose(ctx, of, report, Asker())
        case Said("skip"):
            return publishing.skip(ctx, report)
        case Said("reword", number=number, text=text):
            return [Reply(Asker(), editing.reword(ctx, of, report, number, text))]
        case Said("remove", number=number):
            return [Reply(Asker(), editing.remove(ctx, report, number))]
        case _:
            return [Reply(Asker(), editing.add(ctx, of, report, wanted.text))]


def _meant(ctx: Ctx, of: SchoolClass, wanted: Said) -> Report | None:
    """This week's or month's; the one before where it is named, or where this one has nothing yet."""
    today = ctx.local.date()
    before = rules.days_of(wanted.period, today)[0] - timedelta(days=1)
    if wanted.last:
        return composing.draft(ctx, of, wanted.period, before)
    this = composing.draft(ctx, of, wanted.period, today)
    return this or composing.draft(ctx, of, wanted.period, before)


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
