"""Who stands in while a teacher does not read: asked first, and only with a yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from handlers.context import Ctx
from storage import preferences

KEY = "away"
"""The preference of a person: days, who was asked to stand in, and what came of it."""
_ASKED, _AGREED = "?", "+"


@dataclass(frozen=True, slots=True)
class Away:
    """Days of a teacher that somebody else may cover.

    Args:
        first: The first local date.
        last: The last one, included.
        deputy_id: Who was asked.
        agreed: Whether that person has said yes.
    """

    first: date
    last: date
    deputy_id: str
    agreed: bool


def of(ctx: Ctx, teacher_id: str) -> Away | None:
    """What was last said of a teacher's days away."""
    kept = preferences.get(ctx.db, "person", teacher_id, KEY)
    if not kept:
        return None
    first, last, mark, deputy_id = kept.split(" ")
    return Away(date.fromisoformat(first), date.fromisoformat(last), deputy_id, mark == _AGREED)


def keep(ctx: Ctx, teacher_id: str, away: Away | None) -> None:
    """Write it down, or that nobody stands in."""
    value = ""
    if away is not None:
        mark = _AGREED if away.agreed else _ASKED
        value = f"{away.first.isoformat()} {away.last.isoformat()} {mark} {away.deputy_id}"
    by = ctx.person.id if ctx.person else None
    preferences.put(ctx.db, ctx.new_id, ctx.now, "person", teacher_id, KEY, value, by)


def stands_in(ctx: Ctx, teacher_id: str, day: date) -> str:
    """Whoever reads in a teacher's place on a local date; empty if nobody does."""
    away = of(ctx, teacher_id)
    covered = away is not None and away.agreed and away.first <= day <= away.last
    return away.deputy_id if away is not None and covered else ""
