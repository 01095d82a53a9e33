"""A report goes to the class, as a picture or on paper to whoever asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from handlers import guard
from handlers.broadcast import SKIPPED, Post, post
from handlers.context import Ctx
from handlers.digest.desks import along, teacher_name, times
from handlers.guard.texts import reason
from handlers.language.say import say_day, say_time
from handlers.reply import Act, Asker, Audience, Drawn, Outcome, Reply, Thing, ToPerson
from handlers.reports import composing, rules, texts
from storage import classes, numbers, people, reports, schedule
from storage.classes import SchoolClass
from storage.reports import Item, Part, Report, State

NAME = "reports"
THING, FILE, POST = "report", "report_file", "report.post"
OPEN: tuple[State, ...] = ("draft", "dropped", "chosen")
_CHOSEN: tuple[State, ...] = ("chosen",)
_QUEUED: tuple[State, ...] = ("queued",)
_OUT: tuple[State, ...] = ("chosen", "queued")
_AFTER = timedelta(minutes=6)
"""So long after the digest, where a robot posts: two posts of one minute push each other off the screen."""
_BEHIND = timedelta(seconds=30)
_LATEST = time(20)
_CLOSING = time(21)


def choose(ctx: Ctx, of: SchoolClass, report: Report, to: Audience) -> list[Act]:
    """「放学后发」: said when it goes out."""
    at = moment(ctx, of)
    if at is None or not reports.set_state(ctx.db, report.id, ("draft", "dropped"), "chosen"):
        return [Reply(to, texts.GONE)]
    numbers.close(ctx.db, THING, report.id)
    plan(ctx, report, at)
    return [Reply(to, texts.chosen(report.period, when(ctx, at)))]


def when(ctx: Ctx, at: datetime) -> str:
    """「10月16日（周五）16:56」."""
    local = at.astimezone(ctx.local.tzinfo)
    return texts.moment(say_day(local.date()), say_time(local))


def moment(ctx: Ctx, of: SchoolClass) -> datetime | None:
    """When it goes out, UTC: with the day's one message, else a little after the digest."""
    way = classes.way(of.group_chat)
    if way != "by_itself":
        beside = along(ctx, of.id)
        # Behind the stars of the same minute, whichever of them is quicker.
        return beside + _BEHIND if beside is not None and way == "confirmed" else beside
    today = ctx.local.date()
    sent = times(ctx, of.id).send
    if ctx.calendar.is_school_day(today) and sent <= ctx.local.time() < _LATEST:
        return max(ctx.calendar.at(today, sent) + _AFTER, ctx.now + timedelta(minutes=1))
    beside = along(ctx, of.id)
    return None if beside is None else beside + _AFTER


def plan(ctx: Ctx, report: Report, at: datetime) -> None:
    """Write down that it is to go out."""
    local = at.astimezone(ctx.local.tzinfo).strftime("%Y-%m-%dT%H:%M")
    schedule.plan(ctx.db, ctx.new_id(), ctx.school.id, NAME, POST, report.id, local, at)


def skip(ctx: Ctx, report: Report) -> list[Act]:
    """「这次不发」."""
    if not reports.set_state(ctx.db, report.id, OPEN, "dropped"):
        return [Reply(Asker(), texts.handed(report.period))]
    numbers.close(ctx.db, THING, report.id)
    return [Reply(Asker(), texts.skipped(report.period))]


def days(ctx: Ctx, report: Report) -> str:
    """The school days of the week or month: 「10月12日–10月16日」."""
    first, last = report.first, report.last
    while first < last and not ctx.calendar.is_school_day(first):
        first += timedelta(days=1)
    while last > first and not ctx.calendar.is_school_day(last):
        last -= timedelta(days=1)
    return texts.days(first, last)


def due(ctx: Ctx, of: SchoolClass, report: Report, planned: date) -> list[Act]:
    """The moment has come; what the guard stops or comes too late waits for the teacher."""
    if report.state != "chosen":
        return []
    shown = composing.readable(ctx, of, report)
    text = texts.post(of.name, report.period, days(ctx, report), shown)
    verdict = guard.look(ctx, of.id, text, now=True)
    late = ctx.local.date() != planned or ctx.local.time() >= _CLOSING
    if late or verdict.verdict == "block" or not shown:
        reports.set_state(ctx.db, report.id, _CHOSEN, "draft")
        why = texts.NOT_SENT if late or not shown else texts.stopped(reason(verdict))
        return _to_teacher(ctx, of, why)
    items = [Item(part, text) for part, said in shown.items() for text in said]
    reports.refresh(ctx.db, report, items)  # what the class reads is what is kept
    reports.set_state(ctx.db, report.id, _CHOSEN, "queued")
    queued = reports.get(ctx.db, report.id) or report
    made = Post(
        of.id,
        ctx.local.date(),
        NAME,
        Thing(THING, report.id),
        queued.version,
        texts.title(of.name, report.period),
        text,
        ctx.calendar.at(ctx.local.date(), _CLOSING),
        drawn(ctx, of, report, shown, picture=True),
    )
    acts = post(ctx, made)
    if acts is None:
        reports.set_state(ctx.db, report.id, _OUT, "draft")
        return _to_teacher(ctx, of, texts.NOT_SENT)
    return acts


def _to_teacher(ctx: Ctx, of: SchoolClass, text: str) -> list[Act]:
    found = people.class_teacher(ctx.db, of.id)
    return [Reply(ToPerson(found.id), text, arrival="must")] if found else []


def outcome(ctx: Ctx, result: Outcome) -> list[Act]:
    """What became of the post, or of a picture somebody asked for."""
    if result.thing is not None and result.thing.kind == FILE:
        failed = result.kind in ("refused", "expired") and result.to_person is not None
        return [Reply(ToPerson(result.to_person or ""), texts.NO_FILE)] if failed else []
    report = reports.get(ctx.db, result.thing.id) if result.thing and result.to_class else None
    of = classes.get(ctx.db, report.class_id) if report else None
    if report is None or of is None:
        return []
    if result.kind in ("sent", "unknown"):  # where it may hang, nobody posts it twice
        reports.set_state(ctx.db, report.id, (*_OUT, "draft"), "published")
        return _to_teacher(ctx, of, texts.MAYBE) if result.kind == "unknown" else []
    if result.kind == "withdrawn" and result.code != SKIPPED:
        if not reports.set_state(ctx.db, report.id, _QUEUED, "chosen"):
            return []
        again = reports.get(ctx.db, report.id) or report  # a family has changed its word meanwhile
        return due(ctx, of, again, ctx.local.date())
    reports.set_state(ctx.db, report.id, _OUT, "draft")
    return [] if result.kind == "withdrawn" else _to_teacher(ctx, of, texts.NOT_SENT)


# Pictures and paper


def file(ctx: Ctx, of: SchoolClass, report: Report, *, picture: bool) -> Reply:
    """The report to forward or to print, as everybody may read it."""
    shown = composing.readable(ctx, of, report)
    verdict = guard.look(ctx, of.id, texts.post(of.name, report.period, days(ctx, report), shown))
    if verdict.verdict == "block":
        return Reply(Asker(), texts.stopped(reason(verdict)))
    out = report.state == "published"
    caption = texts.caption(of.name, report.period, days(ctx, report), out=out) if picture else ""
    held = drawn(ctx, of, report, shown, picture=picture)
    return Reply(Asker(), caption, thing=Thing(FILE, report.id), file=held)


def drawn(
    ctx: Ctx, of: SchoolClass, report: Report, shown: Mapping[Part, Sequence[str]], *, picture: bool
) -> Drawn:
    """As a recipe: a long picture, or pages to print."""
    blocks = [
        {"kind": "reminder" if part == "ahead" else part, "title": texts.PART[part], "items": list(said)}
        for part, said in shown.items()
    ]
    data: dict[str, Any] = {
        "label": texts.LABEL[report.period],
        "class": of.name,
        "day": days(ctx, report),
        "teacher": teacher_name(ctx, of.id),
        "blocks": blocks,
    }
    name = texts.file_name(of.name, report.period, days(ctx, report), "png" if picture else "pdf")
    return Drawn("digest" if picture else "sheet", name, data)


def said(ctx: Ctx, of: SchoolClass, report: Report) -> str:
    """What the class has read, for a family that asks."""
    shown = composing.readable(ctx, of, report)
    return texts.post(of.name, report.period, days(ctx, report), shown)


def numbered(report: Report) -> list[tuple[str, str]]:
    """The lines as the teacher counts them: part and words."""
    return [(one.part, one.text) for one in rules.in_order(report.items)]
