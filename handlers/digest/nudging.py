"""At half past twelve, when nothing has been noted yet: one gentle line to a teacher who usually notes."""

from __future__ import annotations

from datetime import date, time, timedelta

from handlers.context import Ctx
from handlers.digest import setting_texts as texts
from handlers.digest.desks import sheet, times
from handlers.language.say import say_time
from handlers.reply import Act, Asker, Button, Reply, Thing, ToPerson
from storage import digests, people, preferences
from storage.classes import SchoolClass

KIND = "digest.nudge"
"""The occurrence, and the class's preference: ``off`` ends it."""
AT = time(12, 30)
_LATELY = timedelta(days=14)
"""Who has not published a digest for so long is not reminded of one."""
THING, OFF = "digest_nudge", "off"


def due(ctx: Ctx, of: SchoolClass, day: date) -> list[Act]:
    """Only while nothing is there, it is wanted, and there is time left before the preview."""
    its, teacher = sheet(ctx, of, day), people.class_teacher(ctx.db, of.id)
    plan = times(ctx, of.id, day)
    if teacher is None or its.notes or its.state != "draft" or ctx.local.time() >= plan.preview:
        return []
    used = digests.published(ctx.db, of.id, day - _LATELY)
    if not used or preferences.get(ctx.db, "class", of.id, KIND, "") == OFF:
        return []
    return [
        Reply(
            ToPerson(teacher.id),
            texts.nudge(of.name, say_time(plan.preview)),
            buttons=(Button(texts.NO_NUDGES, OFF),),
            thing=Thing(THING, of.id),
            deadline=ctx.calendar.at(day, plan.preview),
        )
    ]


def switch(ctx: Ctx, class_id: str, *, on: bool) -> str:
    """The teacher wants it, or not; the echo."""
    by = ctx.person.id if ctx.person else None
    preferences.put(ctx.db, ctx.new_id, ctx.now, "class", class_id, KIND, "" if on else OFF, by)
    return texts.NUDGED if on else texts.NOT_NUDGED


def pressed(ctx: Ctx, class_id: str) -> list[Act]:
    """The button under the line; only who teaches the class decides."""
    held = any(role.class_id == class_id and role.kind == "teacher" for role in ctx.roles)
    return [Reply(Asker(), switch(ctx, class_id, on=False))] if held else []
