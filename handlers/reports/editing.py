"""The draft before the class teacher: shown with numbers, changed by words."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import guard
from handlers.context import Ctx
from handlers.guard.texts import reason
from handlers.reply import Act, Audience, Button, Reply, Thing
from handlers.reports import publishing, rules, texts
from handlers.reports.publishing import OPEN, THING
from storage import reports
from storage.classes import SchoolClass
from storage.reports import Item, Report


def card(ctx: Ctx, of: SchoolClass, report: Report, to: Audience, *, asked: bool) -> list[Act]:
    """The draft with what there is to decide.

    Args:
        asked: The teacher has asked for it; else there is also a way never to be shown one again.
    """
    if report.state == "published":
        return [Reply(to, texts.published(report.period, publishing.days(ctx, report)))]
    if report.state == "queued":
        return [Reply(to, texts.handed(report.period))]
    chosen = report.state == "chosen"
    at = publishing.moment(ctx, of) if chosen else None
    auto = publishing.when(ctx, at) if at is not None else ""
    lines = publishing.numbered(report)
    text = texts.card(of.name, report.period, publishing.days(ctx, report), lines, auto=auto)
    buttons = [] if chosen else [Button(texts.SEND, "send")]
    buttons.append(Button(texts.NOT_NOW, "skip"))
    if not asked and not chosen:
        buttons.append(Button(texts.NEVER, "never"))
    title = texts.LABEL[report.period]
    thing = Thing(THING, report.id)
    return [Reply(to, text, title=title, buttons=tuple(buttons), thing=thing, arrival="must")]


def reword(ctx: Ctx, of: SchoolClass, report: Report, number: int, text: str) -> str:
    """Other words for a line; the echo, or why not."""
    items = list(rules.in_order(report.items))
    stopped = _stopped(ctx, of, report, text)
    if stopped or not 0 < number <= len(items):
        return stopped or texts.no_such(report.period, len(items))
    items[number - 1] = Item(items[number - 1].part, text)
    reports.reword(ctx.db, report, items)
    return texts.changed(report.period, number, text)


def remove(ctx: Ctx, report: Report, number: int) -> str:
    """A line less; the echo."""
    items = list(rules.in_order(report.items))
    if report.state not in OPEN:
        return texts.handed(report.period)
    if not 0 < number <= len(items):
        return texts.no_such(report.period, len(items))
    gone = items.pop(number - 1)
    reports.reword(ctx.db, report, items)
    return texts.removed(report.period, gone.text)


def add(ctx: Ctx, of: SchoolClass, report: Report, text: str) -> str:
    """A line more, among the news; the echo, or why not."""
    stopped = _stopped(ctx, of, report, text)
    if stopped:
        return stopped
    if len(report.items) >= rules.MOST:
        return texts.too_many(report.period, rules.MOST)
    items = rules.in_order([*report.items, Item("news", text)])
    reports.reword(ctx.db, report, items)
    return texts.added(report.period, _place(items, text), text)


def _place(items: Sequence[Item], text: str) -> int:
    return max(number for number, one in enumerate(items, 1) if one.text == text)


def _stopped(ctx: Ctx, of: SchoolClass, report: Report, text: str) -> str:
    """Why a line cannot stand there; empty if it can."""
    if report.state not in OPEN:
        return texts.handed(report.period)
    if len(text) > rules.LONGEST:
        return texts.too_long(len(text), rules.LONGEST)
    verdict = guard.look(ctx, of.id, text)
    return texts.stopped(reason(verdict)) if verdict.verdict == "block" else ""
