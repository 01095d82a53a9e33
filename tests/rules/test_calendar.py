"""School days: terms, weekends, holidays, make-up days, the school's own rows, other zones."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.school_calendar import Day, DayOverride, Reason, SchoolCalendar, Term

AUTUMN = Term("2026 autumn", date(2026, 9, 1), date(2027, 1, 22))
SPRING = Term("2027 spring", date(2027, 2, 22), date(2027, 7, 2))
CALENDAR = SchoolCalendar("Asia/Shanghai", (SPRING, AUTUMN))


@pytest.mark.parametrize(
    ("text", "school", "reason"),
    [
        ("2026-10-12", True, "school"),  # a Monday
        ("2026-10-17", False, "weekend"),  # a Saturday
        ("2026-10-18", False, "weekend"),
        ("2026-10-01", False, "holiday"),
        ("2026-10-04", False, "holiday"),  # a Sunday inside the holidays
        ("2026-10-07", False, "holiday"),  # in lieu of the make-up days
        ("2026-09-20", True, "makeup"),  # Sunday, for National Day
        ("2026-10-10", True, "makeup"),  # Saturday, for National Day
        ("2026-09-25", False, "holiday"),  # Mid-Autumn
        ("2026-08-31", False, "vacation"),
    ],
)
def test_announced_days(text: str, school: bool, reason: str) -> None:
    day = date.fromisoformat(text)
    assert CALENDAR.day(day) == Day(day, school, cast(Reason, reason), True)
    assert CALENDAR.is_school_day(day) is school


def test_every_make_up_day_of_2026_is_a_school_day_inside_a_term() -> None:
    whole = SchoolCalendar("Asia/Shanghai", (Term("2026", date(2026, 1, 1), date(2026, 12, 31)),))
    days = (date(2026, 1, 1) + timedelta(days=n) for n in range(365))
    made_up = [day.isoformat() for day in days if whole.day(day).reason == "makeup"]
    assert made_up == ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]


def test_a_make_up_day_outside_every_term_is_no_school_day() -> None:
    calendar = SchoolCalendar("Asia/Shanghai", (AUTUMN,))
    assert calendar.day(date(2026, 2, 14)) == Day(date(2026, 2, 14), False, "vacation", True)


@pytest.mark.parametrize(
    ("text", "school", "reason"),
    [
        ("2027-01-01", False, "holiday"),
        ("2027-01-04", True, "school"),
        ("2027-01-09", False, "weekend"),
        ("2027-06-09", False, "holiday"),
    ],
)
def test_a_year_not_announced_is_unconfirmed(text: str, school: bool, reason: str) -> None:
    day = date.fromisoformat(text)
    assert CALENDAR.day(day) == Day(day, school, cast(Reason, reason), False)


def test_between_terms_is_vacation_and_after_the_last_one_nobody_knows() -> None:
    assert CALENDAR.day(date(2027, 2, 1)) == Day(date(2027, 2, 1), False, "vacation", True)
    assert CALENDAR.day(date(2027, 7, 5)) == Day(date(2027, 7, 5), False, "no_term", False)


def test_without_a_term_no_day_is_a_school_day() -> None:
    bare = SchoolCalendar("Asia/Shanghai")
    assert bare.day(date(2026, 10, 12)) == Day(date(2026, 10, 12), False, "no_term", False)
    assert not bare.has_term(date(2026, 10, 12))
    assert bare.next_school_day(date(2026, 10, 12)) is None


def test_the_school_s_own_rows_win() -> None:
    calendar = SchoolCalendar(
        "Asia/Shanghai",
        (AUTUMN,),
        (
            DayOverride(date(2026, 10, 14), False, "sports day"),
            DayOverride(date(2026, 10, 17), True, "open day"),
            DayOverride(date(2026, 10, 15), False),
            DayOverride(date(2026, 10, 15), True, "taken back"),
            DayOverride(date(2027, 1, 4), True),
        ),
    )
    assert calendar.day(date(2026, 10, 14)) == Day(date(2026, 10, 14), False, "override", True)
    assert calendar.day(date(2026, 10, 17)) == Day(date(2026, 10, 17), True, "override", True)
    assert calendar.is_school_day(date(2026, 10, 15))
    assert calendar.day(date(2027, 1, 4)).confirmed


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-10-12", "2026-10-13"),
        ("2026-10-16", "2026-10-19"),  # over the weekend
        ("2026-09-30", "2026-10-08"),  # over National Day
        ("2026-10-09", "2026-10-10"),  # to the make-up Saturday
        ("2026-06-01", "2026-09-01"),  # to the first term
        ("2027-01-22", "2027-02-22"),  # to the next term
        ("2027-07-02", None),  # no further term is known
    ],
)
def test_the_next_school_day(after: str, expected: str | None) -> None:
    found = CALENDAR.next_school_day(date.fromisoformat(after))
    assert found == (date.fromisoformat(expected) if expected else None)


def test_the_next_school_day_may_be_an_own_row_after_the_last_term() -> None:
    calendar = SchoolCalendar("Asia/Shanghai", (AUTUMN,), (DayOverride(date(2027, 1, 25), True),))
    assert calendar.next_school_day(date(2027, 1, 22)) == date(2027, 1, 25)


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_the_next_school_day_is_the_first_one(day: date) -> None:
    found = CALENDAR.next_school_day(day)
    step = day + timedelta(days=1)
    while step <= SPRING.last and not CALENDAR.is_school_day(step):
        step += timedelta(days=1)
    assert found == (step if step <= SPRING.last else None)


def test_a_leap_day_is_a_day_like_others() -> None:
    calendar = SchoolCalendar("Asia/Shanghai", (Term("2024", date(2024, 2, 26), date(2024, 7, 1)),))
    assert calendar.day(date(2024, 2, 29)) == Day(date(2024, 2, 29), True, "school", True)
    assert calendar.next_school_day(date(2024, 2, 28)) == date(2024, 2, 29)
    assert calendar.next_school_day(date(2024, 2, 29)) == date(2024, 3, 1)


def test_a_year_before_the_data_begins_is_answered_too() -> None:
    calendar = SchoolCalendar("Asia/Shanghai", (Term("old", date(2003, 9, 1), date(2003, 12, 31)),))
    assert calendar.day(date(2003, 10, 1)) == Day(date(2003, 10, 1), False, "holiday", False)


def test_local_times_in_china() -> None:
    assert CALENDAR.at(date(2026, 10, 12), time(16, 30)) == datetime(2026, 10, 12, 8, 30, tzinfo=UTC)
    local = CALENDAR.local(datetime(2026, 10, 12, 16, 30, tzinfo=UTC))
    assert (local.date(), local.time()) == (date(2026, 10, 13), time(0, 30))


@pytest.mark.parametrize(
    ("day", "clock", "utc"),
    [
        ("2026-03-07", "16:30", "2026-03-07T21:30"),  # standard time
        ("2026-03-08", "16:30", "2026-03-08T20:30"),  # the day the clocks go forward
        ("2026-03-08", "02:30", "2026-03-08T07:30"),  # skipped: 3:30 summer time
        ("2026-11-01", "01:30", "2026-11-01T05:30"),  # twice: the first
        ("2026-11-01", "16:30", "2026-11-01T21:30"),  # standard time again
    ],
)
def test_a_zone_that_moves_its_clocks(day: str, clock: str, utc: str) -> None:
    calendar = SchoolCalendar("America/New_York", (AUTUMN,))
    moment = calendar.at(date.fromisoformat(day), time.fromisoformat(clock))
    assert moment == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert moment.utcoffset() == timedelta(0)


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        CALENDAR.local(datetime(2026, 10, 12, 8, 0))  # noqa: DTZ001


def test_a_term_ends_after_it_begins() -> None:
    with pytest.raises(ValueError, match="ends after"):
        Term("wrong", date(2026, 9, 2), date(2026, 9, 1))


def test_the_calendar_packages_load_with_the_first_question_only() -> None:
    code = "import sys, config.school_calendar; print({'chinese_calendar', 'holidays'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
