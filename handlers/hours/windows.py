"""A teacher's reply windows: what is kept of them, and where a moment stands between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.context import Ctx
from handlers.hours import rules
from handlers.hours.rules import Hours, Window
from storage import preferences

KEY = "windows"
"""The preference of a person that holds them."""
_SHORT = timedelta(minutes=20)
"""What comes later than this before the end of a window is promised for the next one."""


def of_teacher(ctx: Ctx, person_id: str) -> Hours:
    """The windows of a teacher: the own ones, else the usual ones."""
    kept = preferences.get(ctx.db, "person", person_id, KEY)
    return rules.read(kept) if kept else rules.DEFAULT


@dataclass(frozen=True, slots=True)
class Place:
    """Where a moment stands.

    Args:
        now: The window that is open, or None.
        next: The window whose end may be promised: the open one while there is time left, else the next.
        opens_at: When ``next`` opens or has opened, UTC.
        until: When it ends, UTC.
    """

    now: Window | None
    next: Window
    opens_at: datetime
    until: datetime


def place(ctx: Ctx, person_id: str, *, after: Window | None = None) -> Place | None:
    """Where now stands among a teacher's windows; None where no window is known, and nothing can be promised.

    Args:
        ctx: A decision's.
        person_id: The teacher.
        after: A window that does not count any more: what was open in it is put off.
    """
    calendar, local = ctx.calendar, ctx.local
    if not calendar.terms:
        return None
    hours = of_teacher(ctx, person_id)
    found = rules.coming(calendar, hours, local)
    now = found if found is not None and found.holds(local) else None
    if now is not None:
        end = calendar.at(now.day, now.span.end)
        if end - ctx.now < _SHORT or after == now:
            found = rules.coming(calendar, hours, end.astimezone(local.tzinfo))
    if found is None:
        return None
    opens_at = calendar.at(found.day, found.span.start)
    return Place(now, found, opens_at, calendar.at(found.day, found.span.end))
