"""Reply windows: what may be set, what is kept, which window comes next."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.school_calendar import DayOverride, SchoolCalendar, Term
from handlers.hours import rules, texts
from handlers.hours.rules import Hours, Span
from handlers.language.message import understood

USUAL = (Span(time(8), time(10)), Span(time(16), time(18)))
FRIDAYS = Hours(USUAL, {5: (Span(time(15), time(16)),)})
TERM = Term("2026–2027 上", date(2026, 9, 1), date(2027, 1, 22))
CALENDAR = SchoolCalendar("Asia/Shanghai", (TERM,))

# now | the window that is open or comes next
COMING = {
    "2026-10-12T07:00": "10-12 8:00–10:00",
    "2026-10-12T08:00": "10-12 8:00–10:00",
    "2026-10-12T09:59": "10-12 8:00–10:00",
    "2026-10-12T10:00": "10-12 16:00–18:00",
    "2026-10-12T18:00": "10-13 8:00–10:00",
    "2026-10-15T23:59": "10-16 15:00–16:00",  # Friday has its own
    "2026-10-16T16:00": "10-19 8:00–10:00",  # over the weekend
    "2026-09-30T19:00": "10-08 8:00–10:00",  # over the holidays
    "2026-10-09T16:30": "10-10 8:00–10:00",  # a Saturday that is worked
    "2027-01-21T19:00": "01-22 15:00–16:00",
    "2027-01-22T19:00": "01-26 10:00–11:00",  # between terms, twice a week
    "2027-01-26T10:30": "01-26 10:00–11:00",
    "2027-01-26T11:00": "01-29 10:00–11:00",
}


@pytest.mark.parametrize("now", COMING)
def test_the_next_window(now: str) -> None:
    local = datetime.fromisoformat(now).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    window = rules.coming(CALENDAR, FRIDAYS, local)
    said = "-" if window is None else f"{window.day:%m-%d} {texts.span(window.span)}"
    assert said == COMING[now]


def test_an_unannounced_year_is_said_to_be_so() -> None:
    calendar = SchoolCalendar("Asia/Shanghai", (Term("2030", date(2030, 2, 18), date(2030, 7, 5)),))
    window = rules.coming(calendar, FRIDAYS, datetime(2030, 3, 4, 12, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert window is not None
    assert not window.confirmed
    assert "没公布" in texts.told("王老师", FRIDAYS, window, is_open=False)


def test_a_day_the_school_has_taken_off_has_no_window() -> None:
    calendar = SchoolCalendar("Asia/Shanghai", (TERM,), (DayOverride(date(2026, 10, 13), False, "运动会"),))
    window = rules.coming(calendar, FRIDAYS, datetime(2026, 10, 12, 19, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert window is not None
    assert window.day == date(2026, 10, 14)


REFUSED = [
    [],
    ["08:00"],
    ["10:00-08:00"],
    ["08:00-08:00"],
    ["08:00-10:00", "09:00-11:00"],
    ["08:00-10:00", "10:00-11:00"],
    ["25:00-26:00"],
    [f"{hour:02d}:00-{hour:02d}:30" for hour in range(8, 13)],
]


@pytest.mark.parametrize("codes", REFUSED, ids=str)
def test_what_is_no_window(codes: list[str]) -> None:
    assert rules.spans_of(codes) is None


def test_windows_are_put_in_order() -> None:
    assert rules.spans_of(["16:00-18:00", "08:00-10:00"]) == USUAL


def test_one_day_changes_alone_and_all_days_end_that() -> None:
    late = (Span(time(19), time(20)),)
    wednesdays = rules.changed(FRIDAYS, (3,), late)
    assert (wednesdays.usual, wednesdays.own) == (USUAL, {5: FRIDAYS.own[5], 3: late})
    assert rules.changed(wednesdays, (), late) == Hours(late, {})


_MINUTES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
_TIMES = st.lists(_MINUTES, min_size=2, max_size=8, unique=True)
_SPANS = _TIMES.map(sorted).map(lambda at: tuple(Span(*at[i : i + 2]) for i in range(0, len(at) - 1, 2)))


@given(_SPANS, st.dictionaries(st.integers(1, 7), _SPANS, max_size=3))
def test_what_is_kept_is_read_back(usual: tuple[Span, ...], own: dict[int, tuple[Span, ...]]) -> None:
    assert rules.read(rules.written(Hours(usual, own))) == Hours(usual, own)


@pytest.mark.parametrize(
    ("said", "spans", "days"),
    [
        ("答复时间改成8点到10点和16点到18点", "08:00-10:00 16:00-18:00", ""),
        ("周五答复时间改成15点到16点", "15:00-16:00", "5"),
        ("我几点答复家长", "", ""),
    ],
)
def test_one_sentence_is_enough(said: str, spans: str, days: str) -> None:
    reading = understood(said, "teacher", "private")
    assert (reading.intent, reading.slots["spans"], reading.slots["days"]) == (
        "set_office_hours",
        spans,
        days,
    )


def test_windows_from_some_day_on_are_not_guessed_at() -> None:
    assert understood("从明天起答复时间改成五点到六点", "teacher", "private").intent == "unclear"


@pytest.mark.parametrize(
    ("today", "slot", "days"),
    [
        ("2026-10-12", "13/14", ["2026-10-13", "2026-10-14"]),
        ("2026-10-12", "12", ["2026-10-12"]),
        ("2026-10-12", "9", ["2026-11-09"]),
        ("2026-10-30", "31/2", ["2026-10-31", "2026-11-01", "2026-11-02"]),
        ("2026-12-30", "2", ["2027-01-02"]),
        ("2027-01-31", "30", ["2027-03-30"]),
        ("2026-10-12", "14/13", None),
        ("2026-10-12", "32", None),
        ("2026-10-12", "0", None),
    ],
)
def test_a_day_of_the_month_is_the_next_of_that_number(today: str, slot: str, days: list[str] | None) -> None:
    found = rules.days_of([slot], date.fromisoformat(today))
    assert (None if found is None else [day.isoformat() for day in found]) == days
