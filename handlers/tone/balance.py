"""Families that for four weeks have heard of concerns only: shown to their class teacher, and to nobody else.

Nothing is counted for a child or a teacher; what good there was, was it only in the digest, is enough.
"""

from __future__ import annotations

from datetime import time, timedelta

from handlers.context import Ctx
from handlers.digest.compose import roster
from handlers.reply import Act, Asker, Button, Reply, Thing, ToPerson
from handlers.stars.rules import is_last_school_day
from handlers.tone import texts
from handlers.tone.rules import only_concern
from storage import contact_log, digests, people, preferences, schedule, stars
from storage.access import System
from storage.classes import SchoolClass

KIND, OFF, THING = "tone.balance", "off", "tone_balance"
"""The occurrence, and the class's preference; what the button belongs to."""
AT = time(12, 20)
_WEEKS = timedelta(weeks=4)
_SELF = System("tone")
_NAMES = 10


def names(ctx: Ctx, of: SchoolClass) -> list[str]:
    """The children whose families heard of nothing good for four weeks."""
    told = contact_log.told_families(ctx.db, _SELF, of.id, ctx.now - _WEEKS)
    concerned = {pupil_id for pupil_id, said in told.items() if only_concern(said)}
    if not concerned:
        return []
    concerned -= _praised(ctx, of)
    return [name for pupil_id, name in roster(ctx, of.id) if pupil_id in concerned]


def _praised(ctx: Ctx, of: SchoolClass) -> set[str]:
    """The children of whom the class or their family read something good."""
    since = ctx.local.date() - _WEEKS
    found = set(stars.published_since(ctx.db, of.id, since))
    for shown in digests.published(ctx.db, of.id, since):
        notes = digests.notes(ctx.db, shown.digest_id)
        found |= {pupil_id for note in notes if note.kind == "praise" for pupil_id in note.pupil_ids}
    return found


def asked(ctx: Ctx, of: SchoolClass) -> Reply:
    """「哪些家庭只听到问题」."""
    found = names(ctx, of)
    return Reply(Asker(), texts.only_concern(of.name, found[:_NAMES]) if found else texts.NOBODY)


def plan_day(ctx: Ctx, of: SchoolClass) -> None:
    """On the week's last school day, after what is decided then."""
    day = ctx.local.date()
    at = ctx.calendar.at(day, AT)
    if at > ctx.now and is_last_school_day(ctx.calendar, day):
        local = f"{day.isoformat()}T{AT:%H:%M}"
        schedule.plan(ctx.db, ctx.new_id(), ctx.school.id, "tone", KIND, of.id, local, at)


def due(ctx: Ctx, of: SchoolClass, local_time: str) -> list[Act]:
    """Nothing is said where there is nobody."""
    teacher = people.class_teacher(ctx.db, of.id)
    off = preferences.get(ctx.db, "class", of.id, KIND, "") == OFF
    if teacher is None or off or local_time[:10] != ctx.local.date().isoformat():
        return []
    found = names(ctx, of)
    if not found:
        return []
    text = texts.only_concern(of.name, found[:_NAMES])
    later = (Button(texts.LATER, OFF),)
    return [Reply(ToPerson(teacher.id), text, buttons=later, thing=Thing(THING, of.id))]


def stop(ctx: Ctx, of: SchoolClass) -> Reply:
    """「以后不提醒」."""
    by = ctx.person.id if ctx.person else None
    preferences.put(ctx.db, ctx.new_id, ctx.now, "class", of.id, KIND, OFF, by)
    return Reply(Asker(), texts.NOT_REMINDED)
