"""Late in the evening a teacher's words to a family are offered for the morning."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from handlers.context import Ctx
from handlers.relay import waiting_texts as texts
from handlers.relay.families import Family, alarmed
from storage import waiting

_FROM, _TO = time(21), time(7)
_MORNING = time(7, 30)
_TALKING = timedelta(hours=1)
"""Whoever wrote so lately is awake and waits."""


def is_late(ctx: Ctx, family: Family) -> bool:
    """Whether words to this family should rather wait: it is night, and the family has not just written."""
    if _TO <= ctx.local.time() < _FROM or alarmed(ctx, family.guardian.id):
        return False
    rows = waiting.of_guardian(ctx.db, family.guardian.id)
    return not any(ctx.now - row.at < _TALKING for row in rows)


def morning(ctx: Ctx) -> datetime:
    """The coming 7:30, UTC."""
    local = ctx.local
    ahead = 0 if local.time() < _MORNING else 1
    return ctx.calendar.at(local.date() + timedelta(days=ahead), _MORNING)


def label(ctx: Ctx) -> str:
    """「明早七点半发」."""
    return texts.morning_label(today=ctx.local.time() < _MORNING)
