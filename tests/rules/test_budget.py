"""The month's counted calls: when less is sent, and when all is well again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.budget import Budget, Level, level, month_of


def _at(day: int, month: int = 10) -> datetime:
    return datetime(2026, month, day, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("used", "day", "expected"),
    [
        (0, 1, Level.FULL),
        (500, 1, Level.FULL),  # a heavy first day is no reason to save
        (1_100, 1, Level.AS_TEXT),
        (2_000, 16, Level.FULL),
        (2_700, 16, Level.AS_TEXT),
        (3_100, 16, Level.ONE_POST),
        (3_990, 31, Level.ONE_POST),
        (3_800, 31, Level.FULL),  # what is left is enough for one day
        (4_000, 16, Level.URGENT),
        (4_000, 31, Level.URGENT),
        (9_999, 2, Level.URGENT),
    ],
)
def test_what_is_left_has_to_last_for_the_days_that_are_left(used: int, day: int, expected: Level) -> None:
    assert level(used, 5_000, _at(day)) is expected


def test_a_fifth_is_kept_for_urgent_matters() -> None:
    assert level(3_999, 5_000, _at(31)) is not Level.URGENT
    assert level(4_000, 5_000, _at(31)) is Level.URGENT


def test_a_new_month_begins_at_nothing_in_the_schools_own_time() -> None:
    budget = Budget({"school": 10})
    for _ in range(9):
        budget.spent("school", _at(31))
    assert budget.level("school", _at(31)) is Level.URGENT
    midnight_there = datetime(2026, 10, 31, 16, 0, tzinfo=UTC)
    assert month_of(midnight_there) == "2026-11"
    assert budget.level("school", midnight_there) is Level.FULL


def test_what_the_database_knows_counts_and_never_undoes_what_was_just_spent() -> None:
    budget = Budget({"school": 100})
    budget.known("school", "2026-10", 85)
    assert budget.level("school", _at(20)) is Level.URGENT
    budget.known("school", "2026-10", 3)
    assert budget.level("school", _at(20)) is Level.URGENT


def test_what_was_asked_before_midnight_does_not_undo_the_new_month() -> None:
    budget = Budget({"school": 10})
    for _ in range(9):
        budget.spent("school", _at(1, 11))
    budget.known("school", "2026-10", 3)
    assert budget.level("school", _at(1, 11)) is Level.URGENT


def test_an_app_nobody_limited_sends_everything() -> None:
    budget = Budget({})
    budget.spent("page", _at(1))
    assert budget.level("page", _at(1)) is Level.FULL
