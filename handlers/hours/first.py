"""The first list shows a teacher what the hours are for: now is the moment to ask whether they suit."""

from __future__ import annotations

from datetime import timedelta

from handlers.context import Ctx
from handlers.hours import texts
from handlers.hours.windows import of_teacher, place
from handlers.reply import Act, Reply, ToPerson
from storage import preferences

_ASKED = "windows.asked"
"""The preference of a person that keeps it from being asked twice."""
_LIFE = timedelta(hours=2)


def asked_once(ctx: Ctx, person_id: str) -> list[Act]:
    """One question in a teacher's first window; none of who has chosen already."""
    hours, at = of_teacher(ctx, person_id), place(ctx, person_id)
    in_window = at is not None and at.now is not None
    if hours.chosen or not in_window or preferences.get(ctx.db, "person", person_id, _ASKED):
        return []
    preferences.put(ctx.db, ctx.new_id, ctx.now, "person", person_id, _ASKED, "1", by=None)
    return [Reply(ToPerson(person_id), texts.do_they_suit(hours), deadline=ctx.now + _LIFE)]
