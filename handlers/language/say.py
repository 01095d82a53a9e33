"""Dates and times as people read them."""

from __future__ import annotations

from datetime import date, datetime, time

_WEEKDAYS = "一二三四五六日"


def say_day(day: date) -> str:
    """A day in full: ``10月14日（周三）``."""
    return f"{say_short_day(day)}（{say_weekday(day)}）"


def say_weekday(day: date) -> str:
    """A day of this week: ``周三``."""
    return f"周{_WEEKDAYS[day.weekday()]}"


def say_short_day(day: date) -> str:
    """A day without its weekday, for headings: ``10月14日``."""
    return f"{day.month}月{day.day}日"


def say_time(moment: time | datetime) -> str:
    """A local time of day in 24 hours: ``8:00``, ``16:50``."""
    return f"{moment.hour}:{moment.minute:02d}"
