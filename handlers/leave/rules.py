"""The rules of leave, pure: which days are meant, when a teacher may be rung, what is no request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal

from config.school_calendar import SchoolCalendar
from handlers.language.dates import When, when
from handlers.leave.words import (
    AFTERNOON,
    ANSWER,
    ASIDE,
    ASKS,
    AWAY,
    BOTH,
    HALF,
    MORNINGS,
    NEW,
    OR,
    PERSONAL,
    RETURNS,
    SICK,
    STOPPED,
    UNTIL,
    WEEKS,
)
from storage.leave import Part, Reason

MORNING, EVENING = time(7), time(18)
"""Local. Between them a teacher may be rung about the day; at the first the day's list is sent."""
LISTS = (MORNING, time(7, 5))
"""The second finds what was written down in the very moment of the first; nearly always nothing."""
_WEEK = 7
_MOST = 40
"""School days; what is longer is talked about, not noted."""


@dataclass(frozen=True, slots=True)
class Days:
    """School days, in order, at least one."""

    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Unsure:
    """It has to be asked which day is meant; these may be proposed."""

    proposals: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class No:
    """Not a day one can be away from school.

    Args:
        why: ``past`` · ``over`` (school is out for today) · ``free`` (no school that day) · ``long`` ·
            ``unknown`` (no term is set, so nobody knows).
        day: The day in question.
    """

    why: Literal["past", "over", "free", "long", "unknown"]
    day: date


def may_ring(calendar: SchoolCalendar, local: datetime) -> bool:
    """Whether a teacher may be told right now: on a school day between seven and six."""
    return calendar.is_school_day(local.date()) and MORNING <= local.time() < EVENING


def next_ring(calendar: SchoolCalendar, local: datetime) -> datetime | None:
    """The next moment (UTC) from which a teacher may be told; None if no school day is known."""
    today = local.date()
    if calendar.is_school_day(today) and local.time() < MORNING:
        return calendar.at(today, MORNING)
    day = calendar.next_school_day(today)
    return None if day is None else calendar.at(day, MORNING)


def asks(words: str) -> bool:
    """Whether the words ask rather than tell: 「发烧了要请假吗」 is for the teacher."""
    return ASKS.search(words) is not None


def stops_something(words: str) -> bool:
    """Whether something is to stop, but not school: 「明天的牛奶不订了」 is for the teacher."""
    return STOPPED.search(words) is not None and not AWAY.search(words)


def answers(words: str) -> bool:
    """Whether words may answer what the symptoms are; anything else is a message of its own."""
    return len(words) <= 60 and not asks(words) and bool(ANSWER.search(words)) and not NEW.search(words)


def means_all(words: str) -> bool:
    """Whether all of a family's children are meant."""
    return BOTH.search(words) is not None


def days_of(
    words: str, slots: Mapping[str, str], calendar: SchoolCalendar, local: datetime, dismissal: time
) -> Days | Unsure | No:
    """Which school days somebody is away.

    Args:
        words: As they came.
        slots: What was understood: ``days`` (how many), ``date`` (several are joined by ``|``).
        calendar: The school's days.
        local: The moment they were said, in the school's zone.
        dismissal: When school is out; after it a leave without a day is not for today.
    """
    text = ASIDE.sub("", words)
    said = when(text, local)
    today, count = local.date(), _count(slots)
    if said.start is None:
        return _no_day(slots, said, calendar, local, dismissal) or _from(calendar, local, today, words, count)
    first = _day(said.start)
    if said.ambiguous:
        several = sorted({first, *(_day(each) for each in said.alt)})
        if "|" in slots.get("date", "") and not OR.search(text):
            return _kept(calendar, local, several)
        # Only the hour is unsure, or it is the day's name alone: then the next day of that name is meant.
        if len(several) > 1 and not (slots.get("date", "").startswith("NEXT-") and several[0] > today):
            return Unsure(tuple(day for day in several if day >= today))
        first = several[0]
    if said.end is not None:
        return _span(calendar, local, first, _day(said.end), count)
    if UNTIL.search(text):
        return _school_days(calendar, local, today, first, 0)
    return _from(calendar, local, first, words, count)


def _no_day(
    slots: Mapping[str, str], said: When, calendar: SchoolCalendar, local: datetime, dismissal: time
) -> Days | Unsure | No | None:
    """What is meant where no first day is named; None for today."""
    today = local.date()
    if slots.get("date") == "VACATION":
        return No("free", today)
    if "invalid_date" in said.flags or said.ambiguous:
        return Unsure()
    if said.end is not None:
        return _school_days(calendar, local, today, _day(said.end), 0)
    if calendar.is_school_day(today) and local.time() < dismissal:
        return None
    proposed = calendar.next_school_day(today)
    return Unsure((proposed,) if proposed else ())


def exactly(calendar: SchoolCalendar, local: datetime, day: date) -> Days | No:
    """A day that was asked about, looked at again now."""
    return _kept(calendar, local, [day])


def names_a_day(words: str, local: datetime) -> bool:
    """Whether words name a day at all."""
    return when(words, local).start is not None


def open_from(local: datetime) -> date:
    """The first day that is not over yet."""
    return local.date() if local.time() < EVENING else local.date() + timedelta(days=1)


def _span(
    calendar: SchoolCalendar, local: datetime, first: date, last: date, count: int
) -> Days | Unsure | No:
    if 0 < count < (last - first).days + 1 - 2:  # 「下周请假两天」: which two?
        return Unsure()
    return _school_days(calendar, local, first, last, 0)


def _from(calendar: SchoolCalendar, local: datetime, first: date, words: str, count: int) -> Days | No:
    """So many days from one on: weeks by the calendar, days as school days."""
    if count >= _WEEK and count % _WEEK == 0 and WEEKS.search(words):
        return _school_days(calendar, local, first, first + timedelta(days=count - 1), 0)
    return _school_days(calendar, local, first, None, count)


def _school_days(
    calendar: SchoolCalendar, local: datetime, first: date, last: date | None, count: int
) -> Days | No:
    """From one day to another, or so many school days; what is no school day is passed over."""
    if last is not None:
        if (last - first).days > 3 * _MOST:
            return No("long", first)
        return _kept(
            calendar, local, [first + timedelta(days=n) for n in range(max((last - first).days, 0) + 1)]
        )
    found = [first]
    while len(found) < min(count, _MOST + 1):
        following = calendar.next_school_day(found[-1])
        if following is None:
            break
        found.append(following)
    return _kept(calendar, local, found)


def _kept(calendar: SchoolCalendar, local: datetime, days: Sequence[date]) -> Days | No:
    today = local.date()
    ahead = [day for day in days if day >= today]
    if not ahead:
        return No("past", days[-1])
    open_yet = [day for day in ahead if day > today or local.time() < EVENING]
    if not open_yet:
        return No("over", today)
    school = tuple(day for day in open_yet if calendar.is_school_day(day))
    if not school:
        unknown = calendar.day(open_yet[0]).reason == "no_term"
        return No("unknown" if unknown else "free", open_yet[0])
    return No("long", school[0]) if len(school) > _MOST else Days(school)


def _day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _count(slots: Mapping[str, str]) -> int:
    try:
        return int(float(slots.get("days", "0")))
    except ValueError:
        return 0


def part_of(words: str, slots: Mapping[str, str]) -> Part:
    """Which half of the day; empty for the whole."""
    if RETURNS.search(words):
        return "am"
    if not HALF.search(words) and slots.get("days") != "0.5":
        return ""
    morning, afternoon = bool(MORNINGS.search(words)), AFTERNOON in words
    if morning == afternoon:
        return "half"
    return "am" if morning else "pm"


def reason_of(words: str, slots: Mapping[str, str]) -> Reason:
    """病假 or 事假, where it is said."""
    if PERSONAL in words:
        return "personal"
    if SICK in words or slots.get("reason") == "sick" or slots.get("symptom"):
        return "sick"
    return "personal" if slots.get("reason") in ("personal", "bereavement") else ""


def clock_of(slots: Mapping[str, str]) -> str:
    """When a late child comes, ``HH:MM``; empty where it is not said.

    「晚到半小时」 says no time of day: from what hour it is counted, nobody knows.
    """
    clock = slots.get("time", "")
    return clock if re.fullmatch(r"(?:[01]\d|2[0-3]):[0-5]\d", clock) else ""


def runs(days: Sequence[date], calendar: SchoolCalendar) -> list[tuple[date, date]]:
    """Days as spans: what lies on both sides of a weekend is one span."""
    starts = [days[0], *(b for a, b in pairwise(days) if calendar.next_school_day(a) != b)]
    ends = [*(a for a, b in pairwise(days) if calendar.next_school_day(a) != b), days[-1]]
    return list(zip(starts, ends, strict=True))
