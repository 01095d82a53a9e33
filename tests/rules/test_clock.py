"""The clocks: real, and movable but never back."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from config.clock import Clock, MovableClock, SystemClock, real_ms, real_now

START = datetime(2026, 10, 12, 7, 0, tzinfo=timezone(timedelta(hours=8)))


def test_the_system_clock_is_aware_and_real() -> None:
    clock: Clock = SystemClock()
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.monotonic() <= time.monotonic()


def test_real_time_in_ms_agrees_with_real_time() -> None:
    assert abs(real_now().timestamp() * 1000 - real_ms()) < 1000


def test_a_movable_clock_starts_where_told_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.clock.time.monotonic", lambda: 100.0)
    clock = MovableClock(START)
    assert clock.now() == START
    assert clock.now().utcoffset() == timedelta(0)


def test_a_movable_clock_runs_on_from_the_moment_set(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [100.0]
    monkeypatch.setattr("config.clock.time.monotonic", lambda: seconds[0])
    clock = MovableClock(START)
    seconds[0] += 2.5
    assert clock.now() == START + timedelta(seconds=2.5)
    clock.move_to(START + timedelta(hours=9))
    assert clock.now() == START + timedelta(hours=9)
    seconds[0] += 1
    assert clock.now() == START + timedelta(hours=9, seconds=1)


def test_moving_does_not_touch_time_outs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.clock.time.monotonic", lambda: 100.0)
    clock = MovableClock(START)
    clock.move_to(START + timedelta(days=30))
    assert clock.monotonic() == 100.0


def test_a_movable_clock_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [100.0]
    monkeypatch.setattr("config.clock.time.monotonic", lambda: seconds[0])
    clock = MovableClock(START)
    seconds[0] += 10
    with pytest.raises(ValueError, match="never goes back"):
        clock.move_to(START + timedelta(seconds=9))
    assert clock.now() == START + timedelta(seconds=10)
    clock.move_to(START + timedelta(seconds=10))


@pytest.mark.parametrize("naive", [datetime(2026, 10, 12, 7, 0)])  # noqa: DTZ001
def test_a_naive_moment_is_refused(naive: datetime) -> None:
    with pytest.raises(ValueError, match="time zone"):
        MovableClock(naive)
    clock = MovableClock(START)
    with pytest.raises(ValueError, match="time zone"):
        clock.move_to(naive)
