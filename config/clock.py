"""The only code that asks what time it is (beside ids, which carry the real time)."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the outer layers ask; rules get ``now`` as an argument and never see a clock."""

    def now(self) -> datetime:
        """The moment, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow, for time-outs."""
        ...


def real_now() -> datetime:
    """The host's real time, aware, UTC. For leases and log lines; decisions use a :class:`Clock`."""
    return datetime.now(UTC)


def real_ms() -> int:
    """The host's real time in ms since 1970, UTC."""
    return time.time_ns() // 1_000_000


class SystemClock:
    """The host's own clock."""

    def now(self) -> datetime:
        """The moment, aware, UTC."""
        return real_now()

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return time.monotonic()


class MovableClock:
    """A clock that can be set forward and runs on in real time from there. Safe to share between threads.

    Args:
        start: Its first moment; any aware time.

    Raises:
        ValueError: If ``start`` is naive.
    """

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._set_to = _aware(start)
        self._set_at = time.monotonic()

    def now(self) -> datetime:
        """The moment, aware, UTC."""
        with self._lock:
            return self._now()

    def monotonic(self) -> float:
        """Real seconds: time-outs do not jump when the clock is moved."""
        return time.monotonic()

    def move_to(self, when: datetime) -> None:
        """Set the clock; it runs on from ``when``.

        Args:
            when: The new moment; any aware time.

        Raises:
            ValueError: If that would go back, or ``when`` is naive. The clock is then as it was.
        """
        target = _aware(when)
        with self._lock:
            now = self._now()
            if target < now:
                raise ValueError(
                    f"the clock never goes back: it is {now.isoformat()}, not {target.isoformat()}"
                )
            self._set_to = target
            self._set_at = time.monotonic()

    def _now(self) -> datetime:
        return self._set_to + timedelta(seconds=time.monotonic() - self._set_at)


def _aware(when: datetime) -> datetime:
    if when.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return when.astimezone(UTC)
