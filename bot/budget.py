"""The month's counted calls, and what is left out when they run short.

DingTalk's standard edition gives an organisation 5 000 counted calls a month for all its applications
(open.dingtalk.com, "Call limits"). A fifth is kept for urgent matters; the rest has to last for the month's
remaining days.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from zoneinfo import ZoneInfo

MONTHS = ZoneInfo("Asia/Shanghai")
"""Where the platform's month begins."""
RESERVE = 0.2
"""The share kept for urgent matters."""
SHORT, VERY_SHORT = 0.75, 0.5
"""What is left for each remaining day, against an even share: below these less is sent."""


class Level(IntEnum):
    """How much is sent, by what is left; each level includes the one before."""

    FULL = 0
    AS_TEXT = 1
    """Previews, lists and choices are text: an answer then goes by the free reply address."""
    ONE_POST = 2
    """A group hears its custom robot, which is not counted, or one card instead of one a section."""
    URGENT = 3
    """Urgent matters, answers to people, and what has to be told to a teacher; nothing else."""


def level(used: int, limit: int, now: datetime) -> Level:
    """What may be sent.

    Args:
        used: Counted calls in this month so far.
        limit: What the month allows.
        now: UTC.
    """
    here = now.astimezone(MONTHS)
    days = calendar.monthrange(here.year, here.month)[1]
    usable = limit * (1 - RESERVE)
    left = usable - used
    if left <= 0:
        return Level.URGENT
    share = (left / (days - here.day + 1)) / (usable / days)
    if share < VERY_SHORT:
        return Level.ONE_POST
    return Level.AS_TEXT if share < SHORT else Level.FULL


def month_of(now: datetime) -> str:
    """The platform's month as ``YYYY-MM``."""
    return now.astimezone(MONTHS).strftime("%Y-%m")


class Budget:
    """What each app has used of its month, held in memory and set from the database now and then.

    Args:
        limits: The month's calls per app name.
    """

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = dict(limits)
        self._month = ""
        self._used: dict[str, int] = {}

    def known(self, app: str, month: str, used: int) -> None:
        """What the database says; other replicas and earlier runs are in it.

        Asked before midnight and answered after it, it is of a month that is over.
        """
        if month < self._month:
            return
        self._turn(month)
        self._used[app] = max(used, self._used.get(app, 0))

    def spent(self, app: str, now: datetime) -> None:
        """One more counted call."""
        self._turn(month_of(now))
        self._used[app] = self._used.get(app, 0) + 1

    def level(self, app: str, now: datetime) -> Level:
        """How much this app may send now (UTC); an app without a limit sends everything."""
        limit = self._limits.get(app)
        if limit is None:
            return Level.FULL
        used = self._used.get(app, 0) if month_of(now) == self._month else 0
        return level(used, limit, now)

    def _turn(self, month: str) -> None:
        if month != self._month:
            self._month = month
            self._used.clear()
