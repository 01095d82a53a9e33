"""Looking for what was published: a topic, or the own child's praise. Never a guess, always with the date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from handlers.context import Ctx
from handlers.digest import rules
from handlers.digest import search_texts as texts
from handlers.digest.compose import roster
from handlers.language.clean import fold
from handlers.language.say import say_day
from storage import access, digests
from storage.classes import SchoolClass

_TERM = timedelta(days=150)
_WEEK = timedelta(days=7)
_MOST = 3


def topic(ctx: Ctx, of: SchoolClass, words: str) -> tuple[str, bool]:
    """What was published about a topic in this class; the text, and whether it leaves the question open."""
    hits = [
        texts.line(say_day(shown.day), item)
        for shown in digests.published(ctx.db, of.id, ctx.local.date() - _TERM)
        for items in shown.sections.values()
        for item in items
        if _has(item, words)
    ]
    if not hits:
        return texts.nothing(words), True
    return texts.found(words, hits[:_MOST], len(hits) - len(hits[:_MOST])), False


def praise(ctx: Ctx, of: SchoolClass, day: date | None) -> tuple[str, bool]:
    """The own children's published praise: of one day, or of the last seven."""
    children = [child for child in access.children_of(ctx.db, _who(ctx)) if child.class_id == of.id]
    told, found = [], False
    for child in children:
        lines = list(_praise_of(ctx, of, (child.id, child.name), day))
        found = found or bool(lines)
        days = say_day(day) if day else texts.last_days(_WEEK.days)
        told.append(texts.praised(lines) if lines else texts.not_praised(child.name, days))
    return "\n".join(told), not found


def good_lately(ctx: Ctx, of: SchoolClass, child: str) -> str:
    """The latest praise published of this child and of no other within two weeks; empty if there is none."""
    everybody, found = roster(ctx, of.id), ""
    for shown in digests.published(ctx.db, of.id, ctx.local.date() - 2 * _WEEK):
        for item in shown.sections.get("praise", ()):
            names = {item[hit.start : hit.end] for hit in rules.mentions(item, everybody, given_names=True)}
            if len(names) == 1 and names <= {child, child[1:]}:
                found = item
    return found


def _praise_of(ctx: Ctx, of: SchoolClass, child: tuple[str, str], day: date | None) -> Iterator[str]:
    for shown in digests.published(ctx.db, of.id, day or ctx.local.date() - _WEEK):
        if day is not None and shown.day != day:
            continue
        for item in shown.sections.get("praise", ()):
            if rules.mentions(item, [child], given_names=True):
                yield texts.line(say_day(shown.day), item)


def _has(item: str, words: str) -> bool:
    """Whether a published line speaks of it, in the same words."""
    return fold(words) in fold(item)


def _who(ctx: Ctx) -> str:
    return ctx.person.id if ctx.person else ""
