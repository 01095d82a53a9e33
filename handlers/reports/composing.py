"""From what the class has read to the lines of a report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from handlers.context import Ctx
from handlers.digest.compose import SELF, agreed, mentioned
from handlers.digest.rules import hide_names, mentions
from handlers.language.dates import every
from handlers.reports import rules, texts, words
from handlers.reports.rules import Coming, Told
from storage import access, consent, digests, notices, reports, stars
from storage.access import Denied
from storage.classes import SchoolClass
from storage.engine import Db
from storage.notices import State as NoticeState
from storage.reports import PARTS, Item, Part, Period, Report

_BEFORE = timedelta(days=21)
"""So far back a day ahead may have been told of."""
_NOON = time(12)
_POSTED: tuple[NoticeState, ...] = ("published",)
_NAMING: tuple[Part, ...] = ("praise", "stars")
"""Where a child's given name alone is a name, and no drink."""
_SHORTEST = 4
"""Characters that are left of a line without its date before it says nothing."""


def lines(ctx: Ctx, of: SchoolClass, period: Period, day: date, since: date | None = None) -> list[Item]:
    """The lines of the week or month a local day lies in, from what was published.

    Args:
        since: Only what was published from that local day on.
    """
    first, last = rules.days_of(period, day)
    told = list(_told(ctx, of, max(first, since or first), last))
    found = rules.news([one for kind, one in told if kind == "news"], period)
    found += rules.praise([one for kind, one in told if kind == "praise"])
    found += _stars_of_month(ctx, of, first, last) if period == "month" else []
    coming = [*_coming(ctx, of, day), *rules.days_off(ctx.calendar, day)]
    return [*found, *rules.ahead(coming, last, ctx.local.date())]


def published_days(ctx: Ctx, of: SchoolClass, period: Period, day: date) -> int:
    """On how many days of the week or month the class has read a digest."""
    first, last = rules.days_of(period, day)
    return sum(one.day <= last for one in digests.published(ctx.db, of.id, first))


def _told(ctx: Ctx, of: SchoolClass, first: date, last: date) -> Iterator[tuple[str, Told]]:
    for shown in reversed(digests.published(ctx.db, of.id, first)):
        if shown.day > last:
            continue
        for kind, said in shown.sections.items():
            for text in said:
                hits = mentioned(ctx, of.id, kind, text)
                names = frozenset(one for hit in hits for one in hit.pupil_ids)
                yield kind, Told(shown.day, text.rstrip("。；; "), names)


def _coming(ctx: Ctx, of: SchoolClass, day: date) -> Iterator[Coming]:
    """The days the class was told of: in reminders, news and notices."""
    since = day - _BEFORE
    for shown in digests.published(ctx.db, of.id, since):
        for kind in ("reminder", "news"):
            for text in shown.sections.get(kind, ()):
                yield from _dated(ctx, text, shown.day)
    begin = ctx.calendar.at(since, time())
    for notice in notices.of_class(ctx.db, of.id, _POSTED, begin):
        if notice.text:
            said = notice.created_at.astimezone(ctx.local.tzinfo).date()
            yield from _dated(ctx, notice.text.split("\n", 1)[0], said)


def _dated(ctx: Ctx, text: str, said: date) -> Iterator[Coming]:
    """The day a line speaks of, with the line; more than one day is nothing to put under one date."""
    noon = datetime.combine(said, _NOON, tzinfo=ctx.local.tzinfo)
    found = [one for one in every(text, noon) if one.start is not None and not one.ambiguous]
    days = {one.start.date() if isinstance(one.start, datetime) else one.start for one in found if one.start}
    if len(days) != 1:
        return
    rest = words.DAY.sub("", text, count=1).strip(words.EDGES)
    yield Coming(days.pop(), rest[: rules.LONGEST] if len(rest) >= _SHORTEST else text[: rules.LONGEST])


def _stars_of_month(ctx: Ctx, of: SchoolClass, first: date, last: date) -> list[Item]:
    """The month's stars, each week on a line."""
    found = []
    monday = rules.days_of("week", first)[0]
    while monday <= last:
        said = stars_of_week(ctx, of, monday)
        if said and first <= monday + timedelta(days=4):
            found.append(Item("stars", said))
        monday += timedelta(days=7)
    return found


def stars_of_week(ctx: Ctx, of: SchoolClass, monday: date) -> str:
    """Who was a star, as everybody may read it; empty if nobody."""
    found = stars.of_week(ctx.db, of.id, monday, ("chosen", "published"))
    ids = [one.pupil_id for one in found]
    pupils = access.access_pupils(ctx.db, SELF, ids, "reports", now=ctx.now) if ids else ()
    names = {} if isinstance(pupils, Denied) else {pupil.id: pupil.name for pupil in pupils}
    states = consent.states(ctx.db, ids, "praise_name") if ids else {}
    said = [
        texts.star(names[one.pupil_id], one.dimension)
        for one in found
        if states.get(one.pupil_id) == "given" and one.pupil_id in names
    ]
    hidden = [
        texts.star(texts.SOMEBODY, one.dimension) for one in found if states.get(one.pupil_id) != "given"
    ]
    return texts.LIST.join([*said, *hidden])


def readable(ctx: Ctx, of: SchoolClass, report: Report) -> dict[Part, list[str]]:
    """The report as everybody may read it now: a family's word that was taken back since holds here, too."""
    shown: dict[Part, list[str]] = {}
    for part, said in rules.parts(report.items).items():
        shown[part] = [_without_names(ctx, of, part, text) for text in said]
    if report.period == "week" and (named := stars_of_week(ctx, of, report.first)):
        shown["stars"] = [named]
    return {part: shown[part] for part in PARTS if part in shown}


def still_agreed(db: Db, report: Report) -> bool:
    """Whether every child a report names may still be named."""
    pupils = access.access_class_pupils(db, SELF, report.class_id, "reports")
    if isinstance(pupils, Denied):
        return True
    everybody = [(pupil.id, pupil.name) for pupil in pupils]
    hits = [
        hit for one in report.items for hit in mentions(one.text, everybody, given_names=one.part in _NAMING)
    ]
    ids = {pupil_id for hit in hits for pupil_id in hit.pupil_ids}
    states = consent.states(db, ids, consent.PRAISE_NAME) if ids else {}
    return all(state == "given" for state in states.values())


def _without_names(ctx: Ctx, of: SchoolClass, part: Part, text: str) -> str:
    kind = "praise" if part in _NAMING else "news"
    hits = mentioned(ctx, of.id, kind, text)
    return hide_names(text, hits, agreed(ctx, hits)) if hits else text


def draft(ctx: Ctx, of: SchoolClass, period: Period, day: date) -> Report | None:
    """The report of a week or month: as the teacher has left it, with what came since; None without lines."""
    first, last = rules.days_of(period, day)
    there = reports.of_period(ctx.db, of.id, period, first)
    if there is not None and there.state not in ("draft", "dropped"):
        return there
    begun = there.at.astimezone(ctx.local.tzinfo).date() if there and there.version > 1 else None
    fresh = lines(ctx, of, period, day, begun)
    if there is None:
        made = reports.new(ctx.new_id, ctx.school.id, of.id, period, (first, last), fresh, ctx.now)
        return reports.begin(ctx.db, made) if any(one.part != "ahead" for one in fresh) else None
    items = rules.merged(there.items, fresh) if begun else tuple(fresh)
    if items != there.items:
        reports.refresh(ctx.db, there, items)
    return reports.get(ctx.db, there.id)
