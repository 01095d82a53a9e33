"""Reply windows as data, pure: which spans hold on which days, and which window comes next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from config.school_calendar import Day, SchoolCalendar
from handlers.language.times import resolve_day

_CLOCK = r"((?:[01]\d|2[0-3]):[0-5]\d)"
_SPAN = re.compile(rf"{_CLOCK}-{_CLOCK}")
_DAY = re.compile(r"D\+\d{1,2}|NEXT-[1-7]|W\+\d-[1-7]")
_DAY_ALONE = re.compile(r"\d{1,2}")
_MONTH_DAY = re.compile(r"\d{2}-\d{2}")
_LONGEST = 31
"""Days somebody may be away in one go."""
_EVERY = "*"
_REST = "R"
_ISO = len("2026-10-14")
_MOST = 4
_MOST_SINGLE = 60
"""Single dates that are remembered, the latest ones."""
_AHEAD = 40
"""Days in which the next window is looked for; a longer break has windows of its own."""
_BETWEEN_TERMS = ("vacation", "no_term")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From when to when, local time; the end is behind the beginning."""

    start: time
    end: time


USUAL = (Span(time(8), time(10)), Span(time(16), time(18)))
"""Until a teacher says otherwise."""
REST: Mapping[int, tuple[Span, ...]] = {day: (Span(time(10), time(11)),) for day in (2, 5)}
"""Two a week between terms."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Windows of one teacher.

    Args:
        usual: On every school day.
        own: Weekday (Monday 1) → windows of that day instead; none means a day without.
        rest: The same for days between terms (寒暑假).
        single: Windows of one date instead of all others, on any day: an evening once, or none at all.
        chosen: Whether the teacher has set any; the usual ones hold until then.
    """

    usual: tuple[Span, ...]
    own: Mapping[int, tuple[Span, ...]]
    rest: Mapping[int, tuple[Span, ...]] = field(default_factory=lambda: REST)
    single: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    chosen: bool = True

    def on(self, day: Day) -> tuple[Span, ...]:
        """The windows of a day."""
        if day.date in self.single:
            return self.single[day.date]
        weekday = day.date.isoweekday()
        if day.school:
            return self.own.get(weekday, self.usual)
        return self.rest.get(weekday, ()) if day.reason in _BETWEEN_TERMS else ()


@dataclass(frozen=True, slots=True)
class Window:
    """One window on one day.

    Args:
        day: The local date.
        span: From when to when, local time.
        confirmed: False where the year's holidays are not announced yet.
        between_terms: Whether it lies in 寒暑假.
    """

    day: date
    span: Span
    confirmed: bool
    between_terms: bool = False

    def holds(self, local: datetime) -> bool:
        """Whether it is open at a local moment."""
        return self.day == local.date() and self.span.start <= local.time() < self.span.end


def spans_of(codes: Iterable[str]) -> tuple[Span, ...] | None:
    """Windows from 「08:00-10:00」; None where one is none, two overlap, or there are more than four."""
    found = []
    for code in codes:
        hit = _SPAN.fullmatch(code)
        if hit is None:
            return None
        span = Span(time.fromisoformat(hit[1]), time.fromisoformat(hit[2]))
        if span.end <= span.start:
            return None
        found.append(span)
    found.sort()
    apart = all(one.end < other.start for one, other in pairwise(found))
    return tuple(found) if found and apart and len(found) <= _MOST else None


def changed(hours: Hours, days: Sequence[int], spans: tuple[Span, ...]) -> Hours:
    """New windows for some weekdays, or for all of them, which ends what single weekdays had."""
    if not days:
        return replace(hours, usual=spans, own={}, chosen=True)
    return replace(hours, own={**hours.own, **dict.fromkeys(days, spans)}, chosen=True)


def on_dates(hours: Hours, dates: Iterable[date], spans: tuple[Span, ...]) -> Hours:
    """Windows of single dates, or none on them; what was said for dates gone by is dropped with time."""
    kept = sorted({**hours.single, **dict.fromkeys(dates, spans)}.items())[-_MOST_SINGLE:]
    return replace(hours, single=dict(kept), chosen=True)


def days_of(slots: Iterable[str], today: date) -> tuple[date, ...] | None:
    """The dates of ``D+1``, ``W+1-3``, ``NEXT-5``, ``11-25``, ``25`` and ranges; None where one is not clear.

    Args:
        slots: As understanding names them; a range is ``from/to``, both included.
        today: The local date.
    """
    found: set[date] = set()
    for slot in slots:
        ends = [_date(part, today) for part in slot.split("/")]
        first, last = ends[0], ends[-1]
        if first is None or last is None or not today <= first <= last or (last - first).days > _LONGEST:
            return None
        found |= {first + timedelta(days=ahead) for ahead in range((last - first).days + 1)}
    return tuple(sorted(found)) if found else None


def _date(slot: str, today: date) -> date | None:
    if _DAY_ALONE.fullmatch(slot):
        return _next_of_day(int(slot), today)
    if _MONTH_DAY.fullmatch(slot):
        named = (int(slot[:2]), int(slot[3:]))
        try:
            this_year = date(today.year, *named)
            return this_year if this_year >= today else date(today.year + 1, *named)
        except ValueError:
            return None
    return resolve_day(slot, today) if _DAY.fullmatch(slot) else None


def _next_of_day(number: int, today: date) -> date | None:
    """「13号」: this month's while it has not passed, else the next month's that has one."""
    for ahead in range(3):
        month = today.month - 1 + ahead
        with suppress(ValueError):
            found = date(today.year + month // 12, month % 12 + 1, number)
            if found >= today:
                return found
    return None


def without_half(spans: tuple[Span, ...], half: str) -> tuple[Span, ...]:
    """Windows without those of one half of the day, ``AM`` or ``PM``."""
    noon = time(12)
    return tuple(span for span in spans if (span.start < noon) != (half == "AM"))


def written(hours: Hours) -> str:
    """As it is kept: ``*=08:00-10:00,16:00-18:00;5=15:00-16:00;R2=10:00-11:00;2026-10-14=``."""
    rows = {_EVERY: hours.usual, **{str(day): hours.own[day] for day in sorted(hours.own)}}
    rows |= {f"{_REST}{day}": hours.rest[day] for day in sorted(hours.rest)}
    rows |= {day.isoformat(): hours.single[day] for day in sorted(hours.single)}
    return ";".join(
        f"{day}={','.join(f'{span.start:%H:%M}-{span.end:%H:%M}' for span in spans)}"
        for day, spans in rows.items()
    )


def read(kept: str) -> Hours:
    """What :func:`written` wrote; windows alone (``08:00-10:00,16:00-18:00``) hold on every school day."""
    if "=" not in kept:
        kept = f"{_EVERY}={kept}"
    split = (row.partition("=") for row in kept.split(";"))
    rows = {day: spans_of(spans.split(",")) or () for day, _, spans in split}
    return Hours(
        rows.pop(_EVERY, ()),
        {int(day): spans for day, spans in rows.items() if len(day) == 1},
        {int(day[1:]): spans for day, spans in rows.items() if day[0] == _REST} or REST,
        {date.fromisoformat(day): spans for day, spans in rows.items() if len(day) == _ISO},
    )


DEFAULT = Hours(USUAL, {}, REST, chosen=False)


def coming(calendar: SchoolCalendar, hours: Hours, local: datetime) -> Window | None:
    """The window that is open, or else the next one; None if none is known.

    Args:
        calendar: The school's days.
        hours: The teacher's windows.
        local: The moment in the school's zone.
    """
    for ahead in range(_AHEAD):
        day = calendar.day(local.date() + timedelta(days=ahead))
        for span in hours.on(day):
            if ahead or span.end > local.time():
                return Window(day.date, span, day.confirmed, day.reason in _BETWEEN_TERMS)
    return None
