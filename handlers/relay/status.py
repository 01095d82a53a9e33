"""What a parent asks after: where the own words are."""

from __future__ import annotations

from datetime import datetime

from handlers.context import Ctx
from handlers.relay import texts
from handlers.relay import waiting_texts as said
from storage import people, waiting
from storage.waiting import Waiting


def status(ctx: Ctx) -> str:
    """「老师看到了吗」: where the parent's own words are."""
    rows = waiting.of_guardian(ctx.db, ctx.person.id) if ctx.person else ()
    rows = tuple(row for row in rows if row.need != waiting.LAST)
    if not rows:
        return said.STATUS_NONE
    return "\n".join(_state(ctx, row) for row in rows[-3:])


def _state(ctx: Ctx, row: Waiting) -> str:
    teacher = people.get(ctx.db, row.teacher_id)
    name = teacher.name if teacher else texts.TEACHER
    if not row.seen:
        return said.status_waits(name, _moment(ctx, row.at), _moment(ctx, row.opens_at))
    promised = row.promised if row.promised is not None and row.promised > ctx.now else None
    return said.status_shown(name, _moment(ctx, row.at), _moment(ctx, promised) if promised else "")


def _moment(ctx: Ctx, moment: datetime) -> str:
    local = moment.astimezone(ctx.local.tzinfo)
    return said.moment(local.date(), local.time(), ctx.local.date())
