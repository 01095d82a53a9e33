"""Which days are school days: terms, weekends, holidays, make-up days (调休) and the school's own rows.

Pure answers from data. Years whose holidays are not announced yet are answered from the weekend
and the statutory days, and marked unconfirmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

Reason = Literal["school", "weekend", "holiday", "makeup", "vacation", "no_term", "override"]

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Term:
    """A term, first and last day included (local dates).

    Raises:
        ValueError: If it ends before it begins.
    """

    name: str
    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a term ends after it begins")


@dataclass(frozen=True, slots=True)
class DayOverride:
    """What the school itself says about one local date; wins over everything else."""

    day: date
    school: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """One local date, answered.

    Args:
        date: The local date.
        school: Whether there is school.
        reason: Why.
        confirmed: False where the year's holidays are not announced yet or no term is known;
            a promise about such a day says so.
    """

    date: date
    school: bool
    reason: Reason
    confirmed: bool


@dataclass(frozen=True, slots=True)
class SchoolCalendar:
    """The days of one school.

    Args:
        tz: The school's time zone, an IANA name.
        terms: The terms known, in any order.
        overrides: The school's own rows; the last one for a date counts.
    """

    tz: str
    terms: tuple[Term, ...] = ()
    overrides: tuple[DayOverride, ...] = ()

    def day(self, d: date) -> Day:
        """What the local date ``d`` is."""
        for row in reversed(self.overrides):
            if row.day == d:
                return Day(d, row.school, "override", True)
        if not self.has_term(d):
            if any(d < term.first for term in self.terms):
                return Day(d, False, "vacation", True)
            return Day(d, False, "no_term", False)
        reason, confirmed = public_day(d)
        return Day(d, reason in ("school", "makeup"), reason, confirmed)

    def is_school_day(self, d: date) -> bool:
        """Whether there is school on the local date ``d``."""
        return self.day(d).school

    def next_school_day(self, d: date) -> date | None:
        """The first school day strictly after the local date ``d``; None if none is known."""
        ends = [term.last for term in self.terms] + [row.day for row in self.overrides if row.school]
        end = max(ends, default=d)
        # Outside every term only the school's own rows can be school days, so a gap costs little.
        while d < end:
            d += timedelta(days=1)
            if self.is_school_day(d):
                return d
        return None

    def has_term(self, d: date) -> bool:
        """Whether the local date ``d`` lies in a known term."""
        return any(term.first <= d <= term.last for term in self.terms)

    def local(self, moment: datetime) -> datetime:
        """The moment (aware) in the school's own time zone.

        Raises:
            ValueError: If ``moment`` is naive.
        """
        if moment.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return moment.astimezone(ZoneInfo(self.tz))

    def at(self, d: date, clock: time) -> datetime:
        """The moment, UTC, when the school's clocks show ``clock`` on the local date ``d``.

        Where the clocks go back the first of the two moments is meant; a time that the clocks
        skip means the moment as much later as they were moved.
        """
        return datetime.combine(d, clock.replace(tzinfo=ZoneInfo(self.tz), fold=0)).astimezone(UTC)


@lru_cache(maxsize=4096)
def public_day(d: date) -> tuple[Reason, bool]:
    """What everybody's calendar says of the local date ``d``, and whether its year is announced."""
    # Imported here: neither package is needed before the first question.
    import chinese_calendar

    weekend = d.weekday() >= _SATURDAY
    try:
        off, holiday = chinese_calendar.get_holiday_detail(d)
    except NotImplementedError:
        if d in _statutory_days(d.year):
            return "holiday", False
        return ("weekend" if weekend else "school"), False
    if off:
        return ("holiday" if holiday else "weekend"), True
    return ("makeup" if weekend else "school"), True


@lru_cache(maxsize=8)
def _statutory_days(year: int) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays("CN", years=year))
