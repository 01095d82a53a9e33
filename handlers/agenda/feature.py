"""「这周群里发什么」: what was posted to the class, what went together, and what is planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from handlers.agenda import texts, words
from handlers.context import Ctx
from handlers.digest.desks import desks, teaches, times, today
from handlers.feature import Check
from handlers.language import Reading
from handlers.language.say import say_day, say_time
from handlers.message import Message
from handlers.reply import Act, Asker, Choice, Outcome, Reply
from storage import broadcast, classes, notices, reports, schedule, tasks
from storage.classes import SchoolClass
from storage.notices import State as NoticeState
from storage.reports import State as ReportState
from storage.schedule import Occurrence

NAME = "agenda"
_AHEAD = timedelta(days=8)
_WAITING: tuple[NoticeState, ...] = ("waiting",)
_CHOSEN: tuple[ReportState, ...] = ("chosen",)
_KINDS = {"notice.post": "notices", "stars.post": "stars", "report.post": "reports"}
"""The occurrences that bring something to a group, and whose it is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A class teacher asks."""

    classes: tuple[SchoolClass, ...]


class Agenda:
    """See the module."""

    name = NAME
    checks: Mapping[str, Check] = {}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """A teacher, in private."""
        if (
            message.chat.kind != "private"
            or not teaches(ctx)
            or not words.ASKED.fullmatch(reading.raw.strip())
        ):
            return None
        return Asked(tuple(desk.of for desk in desks(ctx)))

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """One answer for each class."""
        mine = match.classes if isinstance(match, Asked) else ()
        return [Reply(Asker(), _agenda(ctx, of)) for of in mine]

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """Nothing is asked here."""
        return []

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """Nothing hangs on it."""
        return []

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """Nothing is planned here."""
        return []


def _agenda(ctx: Ctx, of: SchoolClass) -> str:
    day = ctx.local.date()
    monday = day - timedelta(days=day.weekday())
    merged = classes.way(of.group_chat) != "by_itself"
    posted = _merged(ctx, of, monday, day) if merged else broadcast.of_days(ctx.db, of.id, monday, day)
    done = [
        texts.line(say_day(one), [texts.NAMES.get(name, name) for name in names], merged=merged)
        for one, names in posted.items()
    ]
    return texts.agenda(of.name, done, _coming(ctx, of, merged=merged))


def _merged(ctx: Ctx, of: SchoolClass, first: date, last: date) -> dict[date, list[str]]:
    """By day, what went in the one message its teacher confirmed."""
    sent = [task for task in tasks.of_days(ctx.db, of.id, first, last) if task.state == "sent"]
    return {task.day: tasks.features(ctx.db, task) for task in sent}


def _coming(ctx: Ctx, of: SchoolClass, *, merged: bool) -> list[str]:
    """What is planned, by its moment; what waits for a word of the teacher says so."""
    found: dict[datetime, list[str]] = {}
    for at, name in sorted(_planned(ctx, of, merged=merged)):
        found.setdefault(at, []).append(name)
    lines = []
    for at, names in found.items():
        local = at.astimezone(ctx.local.tzinfo)
        by_hand = names == [texts.NAMES["digest"]] and not times(ctx, of.id).auto
        hint = texts.BY_YOU if by_hand else texts.CONFIRM if merged else ""
        lines.append(texts.coming(say_day(local.date()), say_time(local), names, hint))
    return lines


def _planned(ctx: Ctx, of: SchoolClass, *, merged: bool) -> Iterator[tuple[datetime, str]]:
    its = today(ctx, of)
    at = ctx.calendar.at(its.day, times(ctx, of.id, its.day).send)
    noted = bool(its.notes) and its.state in ("draft", "approved") and at > ctx.now
    if noted:
        yield at, texts.NAMES["digest"]
    waiting = notices.of_class(ctx.db, of.id, _WAITING, ctx.now - timedelta(days=30))
    report = reports.latest(ctx.db, of.id, None, _CHOSEN)
    things = [of.id, *(row.id for row in waiting), *([report.id] if report else [])]
    for kind, due_at in schedule.planned(ctx.db, tuple(_KINDS), things, ctx.now + _AHEAD):
        name = texts.NAMES[_KINDS[kind]]
        if kind == "report.post" and report is not None and report.period == "month":
            name = texts.OF_MONTH
        # A minute apart only so that both lie in one message.
        beside = noted and merged and timedelta() < at - due_at <= timedelta(minutes=1)
        yield at if beside else due_at, name


FEATURE = Agenda()
