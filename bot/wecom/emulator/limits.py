"""WeCom's limits as far as its pages give figures (developer.work.weixin.qq.com, path 90454)."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """None switches one off.

    Args:
        api_minute: Calls of one interface.
        debug_minute: Calls with ``debug=1``.
        member_minute: Messages of the app to one member; more are dropped in silence.
        member_hour: The same of an hour.
        webhook_minute: Messages of one webhook robot.
        kf_turn: Messages of ours after each of a customer's.
        group_month: Broadcasts to one group in a month; 0 stands for the days of the month.
    """

    api_minute: int | None = 10_000
    debug_minute: int | None = 5
    member_minute: int | None = 30
    member_hour: int | None = 1_000
    webhook_minute: int | None = 20
    kf_turn: int | None = 5
    group_month: int | None = 0

    def changed(self, given: dict[str, Any]) -> Limits:
        """The same with some of them changed.

        Raises:
            ValueError: Naming the one there is none of.
        """
        names = {field.name for field in fields(self)}
        for name, value in given.items():
            if name not in names:
                raise ValueError(f"there is no limit {name}")
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
                raise ValueError(f"{name} is a whole number or null")
        return replace(self, **given)

    def as_json(self) -> dict[str, Any]:
        """All of them."""
        return asdict(self)


class Window:
    """Counts what happened within a sliding window."""

    def __init__(self, length_ms: int) -> None:
        self._length = length_ms
        self._taken: dict[str, deque[int]] = {}

    def take(self, key: str, now_ms: int, most: int | None) -> bool:
        """Count one more, if there is room."""
        if most is None:
            return True
        taken = self._taken.setdefault(key, deque())
        while taken and taken[0] <= now_ms - self._length:
            taken.popleft()
        if len(taken) >= most:
            return False
        taken.append(now_ms)
        return True
