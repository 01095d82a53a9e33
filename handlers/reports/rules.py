"""The rules of reports, pure: which days, which lines, in which order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from config.school_calendar import SchoolCalendar
from handlers.language.say import say_day, say_short_day, say_weekday
from handlers.reports import texts
from storage.reports import PARTS, Item, Part, Period

NEWS, PRAISE, AHEAD = 6, 6, 4
"""So many lines of each; what is read on a phone on Friday evening has to end."""
LONGEST = 80
"""Characters of a line the teacher writes."""
MOST = 20
ENOUGH = 2
"""With fewer digests in a week nobody is asked whether there shall be a report."""
_FAR = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class Told:
    """A line the class has read.

    Args:
        day: The local day it was read on.
        text: The words.
        names: The children it names.
    """

    day: date
    text: str
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Coming:
    """Something on a day to come."""

    day: date
    text: str


def days_of(period: Period, day: date) -> tuple[date, date]:
    """The first and last day of the week (Monday to Sunday) or month a local day lies in."""
    if period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def ending(calendar: SchoolCalendar, day: date) -> Period | None:
    """What ends with this school day: a month, else a week, else nothing."""
    if not calendar.is_school_day(day):
        return None
    following = calendar.next_school_day(day)
    for period in ("month", "week"):
        kind: Period = "month" if period == "month" else "week"
        if following is None or following > days_of(kind, day)[1]:
            return kind
    return None


def news(told: Sequence[Told], period: Period) -> list[Item]:
    """The latest news, in order, each with its day."""
    kept = _once(told)[-NEWS:]
    return [Item("news", texts.on_day(_day(one.day, period), one.text)) for one in kept]


def praise(told: Sequence[Told]) -> list[Item]:
    """Praise for as many children as there is room for, before anybody stands there twice; in order."""
    every, seen = _once(told), set[str]()
    first: list[Told] = []
    for one in every:
        if one.names - seen or not one.names:
            first.append(one)
            seen |= one.names
    again = [one for one in every if one not in first]
    kept = [*first, *again][:PRAISE]
    return [Item("praise", one.text) for one in every if one in kept]


def ahead(coming: Sequence[Coming], last: date, today: date) -> list[Item]:
    """What comes after the days that are told of, the nearest first; nothing twice.

    Args:
        coming: What was said of days to come, in any order.
        last: The last day that is told of.
        today: The local day.
    """
    begin = min(last, today)
    near = {one for one in coming if begin < one.day <= begin + _FAR}
    kept = sorted(near, key=lambda one: (one.day, one.text))[:AHEAD]
    return [Item("ahead", texts.on_day(say_day(one.day), one.text)) for one in kept]


def days_off(calendar: SchoolCalendar, after: date) -> list[Coming]:
    """Working days without school within a week, and weekend days with it."""
    found = []
    for ahead_by in range(1, 8):
        day = after + timedelta(days=ahead_by)
        answer = calendar.day(day)
        if answer.reason in ("vacation", "no_term") or not answer.confirmed:
            continue
        if answer.school == (day.weekday() < 5):
            continue
        found.append(Coming(day, texts.MAKE_UP if answer.school else texts.NO_SCHOOL))
    return found


def merged(before: Sequence[Item], fresh: Sequence[Item]) -> tuple[Item, ...]:
    """What the teacher has changed already, with what came since; in the order of the parts."""
    held = {one.text for one in before}
    both = [*before, *(one for one in fresh if one.text not in held)]
    return in_order(both)


def in_order(items: Collection[Item]) -> tuple[Item, ...]:
    """By part; inside a part as they are."""
    return tuple(sorted(items, key=lambda one: PARTS.index(one.part)))


def parts(items: Sequence[Item]) -> dict[Part, list[str]]:
    """The lines by part, in order; no part without lines."""
    found: dict[Part, list[str]] = {}
    for one in in_order(items):
        found.setdefault(one.part, []).append(one.text)
    return found


def _day(day: date, period: Period) -> str:
    return say_weekday(day) if period == "week" else say_short_day(day)


def _once(told: Sequence[Told]) -> list[Told]:
    """Each text once, the first time it was told."""
    return list({one.text: one for one in reversed(told)}.values())[::-1]
