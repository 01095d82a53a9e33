"""From a said hour to a time of the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from handlers.language.dates.numbers import number
from handlers.language.dates.tokens import Token

AFTER_SCHOOL, NOON = time(16, 30), time(12, 0)
_MORNING = ("凌晨", "清晨", "早晨", "早上", "一早", "大清早", "上午", "早", "AM", "am")
_MIDDAY = ("中午", "正午", "午休", "午饭后", "午间")
_AFTERNOON = ("午后", "下午", "傍晚", "PM", "pm")
_ENDS = {
    "上午": time(12, 0),
    "下午": time(18, 0),
    "傍晚": time(19, 30),
    "凌晨": time(6, 0),
    "中午": time(14, 0),
}


@dataclass(frozen=True, slots=True)
class Hour:
    """A time of the day.

    Args:
        at: The time.
        next_day: It belongs to the day after the one that was named: 「晚上12点」.
        other: What a bare 七点 may mean instead.
        wrong: There is no such time.
    """

    at: time = time(0, 0)
    next_day: bool = False
    other: time | None = None
    wrong: bool = False


def hour_of(clock: Token, part: str) -> Hour:
    """The time a clock token stands for.

    Args:
        clock: Of kind ``clock``.
        part: The part of the day said with it, or "".
    """
    hour, minute = number(clock["hour"]), _minute(clock)
    if hour is None or minute is None or hour > 24 or minute > 59 or (hour == 24 and minute):
        return Hour(wrong=True)
    if part:
        return _within(part, hour, minute)
    if hour == 24:
        return Hour(time(0, 0), next_day=True)
    if 1 <= hour <= 6 and not clock["hour"].startswith("0"):
        return Hour(time(hour + 12, minute))
    if 7 <= hour <= 9 and not clock["colon"]:
        return Hour(time(hour, minute), other=time(hour + 12, minute))
    return Hour(time(hour, minute))


def _minute(clock: Token) -> int | None:
    if clock["colon"]:
        return int(clock["colon"])
    if clock["quarter"]:
        return 15 * (number(clock["quarter"]) or 0)
    if clock["half"]:
        return 30
    return number(clock["minute"]) if clock["minute"] else 0


def _within(part: str, hour: int, minute: int) -> Hour:
    """An hour of a named part: 「晚上12点」 is the end of that day, 「下午13点」 is as written."""
    if hour > 12 or hour == 0:
        return Hour(time(hour % 24, minute), next_day=hour == 24)
    if part in _MORNING:
        return Hour(time(0 if hour == 12 and part == "凌晨" else hour, minute))
    if part in _MIDDAY:
        return Hour(time(hour + 12 if hour <= 3 else hour, minute))
    if part in _AFTERNOON:
        return Hour(time(hour % 12 + 12, minute))
    late = hour == 12 or hour <= 4
    return Hour(time(hour % 12 if late else hour + 12, minute), next_day=late)


def end_of(part: str) -> time | None:
    """When a part of the day is over; None where it lasts into the night."""
    if part in _MORNING and part != "凌晨":
        return _ENDS["上午"]
    return _ENDS.get("下午" if part in _AFTERNOON and part != "傍晚" else "中午" if part in _MIDDAY else part)
