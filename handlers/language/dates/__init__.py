"""Dates and times as people write them: own parser, because the ready ones are wrong without saying so.

A text is seen from a moment that is given; nothing here asks what time it is. What may mean two things says so.
"""

from __future__ import annotations

from datetime import datetime

from handlers.language.dates.moments import When, all_of, first
from handlers.language.dates.plain import plain
from handlers.language.dates.slots import date_slots

__all__ = ["When", "date_slots", "every", "when"]


def when(text: str, now: datetime) -> When:
    """The moment a text is about.

    Args:
        text: As it came; looked at to its 300th character.
        now: The moment it was said, aware, in the school's time zone.

    Returns:
        A value; ``known`` is false where no time is named. Never raises.
    """
    return first(plain(text), now)


def every(text: str, now: datetime) -> list[When]:
    """All moments of a text, in order; arguments as for :func:`when`."""
    return all_of(plain(text), now)
