"""Somebody else fetches the child: asked first, told to the teacher, never allowed by us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from handlers.context import Ctx
from handlers.language.say import say_day
from handlers.leave import asking, recording, rules, telling, texts
from handlers.leave.asking import Said
from handlers.message import Message
from handlers.relay.families import Family, listener, mine, reachable
from handlers.relay.texts import PARENT
from handlers.reply import Act, Asker, Reply, ToPerson
from storage import access
from storage.access import Denied


def question(ctx: Ctx, message: Message, said: Said, families: Sequence[Family], day: date) -> Act:
    """Said back in full: nobody is told before the yes."""
    person = said.slots["person"].replace("|", "、")
    if person in texts.SELF_WORDS:
        person = families[0].role.relation or PARENT
    pupils = tuple(family.pupil_id for family in families)
    whole = replace(said, pupils=pupils, day=day.isoformat())
    text = texts.pickup_question(texts.children([family.child for family in families]), say_day(day), person)
    state = asking.kept(whole, person=person)
    return asking.ask(ctx, message, text, "pickup", (texts.YES, texts.NO), state)


def agreed(ctx: Ctx, state: Mapping[str, object], said: Said) -> list[Act]:
    """It is right: the teacher is told, and whoever else has the child."""
    out: list[Act] = []
    for family in mine(ctx):
        if family.pupil_id in said.pupils:
            out += _one(ctx, said, family, str(state["person"]))
    return out or [Reply(Asker(), texts.TALK_OVER)]


def _one(ctx: Ctx, said: Said, family: Family, person: str) -> list[Act]:
    found = recording.days_for(ctx, said, family.of.id)
    to = listener(ctx, family.of.id)
    if not isinstance(found, rules.Days):
        return [Reply(Asker(), texts.TALK_OVER)]
    if to is None:
        return [Reply(Asker(), texts.nobody(ctx.school.duty_phone))]
    told, at_once = recording.fetched(ctx, family, found.days[0], person)
    words = (say_day(found.days[0]), person, family.child, to.person.name)
    receipt = Reply(Asker(), texts.pickup_told(*words, at_once=at_once))
    return [receipt, *told, *_other_guardians(ctx, family, found.days[0], person, to.person.name)]


def _other_guardians(ctx: Ctx, family: Family, day: date, person: str, teacher: str) -> list[Act]:
    """Parents who live apart both know: a short fact, and not at night."""
    found = access.guardians_of(ctx.db, telling.SELF, family.pupil_id, "leave", now=ctx.now)
    if isinstance(found, Denied):
        return []
    text = texts.pickup_for_other(family.name, family.child, say_day(day), person, teacher)
    later = telling.not_at_night(ctx)
    others = [each.person.id for each in found if each.person.id != family.guardian.id]
    return [Reply(ToPerson(each), text, not_before=later) for each in others if reachable(ctx, each)]
