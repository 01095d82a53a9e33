"""Before a window closes, what is still open; after it, what was missed; 顺延: another time for all of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.context import Ctx
from handlers.hours.windows import Place, place
from handlers.language.say import say_time
from handlers.relay import holding
from handlers.relay import waiting_texts as said
from handlers.relay.families import Listener
from handlers.relay.listing import PAGE, line_of, lines_of, shown
from handlers.reply import Act, Asker, Button, Reply, Thing, ToPerson
from storage import numbers, waiting
from storage.waiting import Waiting

OFF, PUT_OFF = "relay_off", "put_off"
"""The choice under what is still open: another time."""


def _still_open(ctx: Ctx, teacher_id: str, promised: datetime) -> list[Waiting]:
    rows = waiting.of_teacher(ctx.db, teacher_id)
    return [
        row
        for row in rows
        if row.need != waiting.LAST and row.promised is not None and row.promised <= promised
    ]


def closing(ctx: Ctx, to: Listener, end: datetime) -> list[Act]:
    """What is still open of what was promised until ``end`` (UTC)."""
    lines = lines_of(ctx, _still_open(ctx, to.person.id, end))
    if not lines or ctx.now >= end:  # late: what is missed by now is told as such
        return []
    at = _next(ctx, to.person.id)
    listed = [line_of(ctx, to, one) for one in lines[:PAGE]]
    shown(ctx, lines[:PAGE])
    text = said.closing(listed, len(lines) - len(listed), say_time(_local(ctx, end)), _after(ctx, at))
    return [_with_put_off(ctx, to, text, at)]


def missed(ctx: Ctx, to: Listener, end: datetime) -> list[Act]:
    """What was promised until ``end`` (UTC) and not answered."""
    rows = _still_open(ctx, to.person.id, end)
    at = _next(ctx, to.person.id)
    if not rows or at is None:
        return []
    waiting.miss(ctx.db, [row.id for row in rows])
    # First a word to the teacher alone, then one to the parent; after that only the lists go on.
    once, again = ([row for row in rows if row.missed == misses] for misses in (0, 1))
    told = moved(ctx, to, again, at, said.late)
    waiting.put_off(ctx.db, [row.id for row in rows if row not in again], at.opens_at)
    holding.knock(ctx, holding.OPEN, to.person.id, at.opens_at)
    holding.watch(ctx, to.person.id, at.until)
    names = [one.family.name for one in lines_of(ctx, once)]
    if not names or ctx.now - end > holding.BEFORE_CLOSING:  # overslept: nobody is rung up for it later
        return told
    text = said.missed(names, say_time(_local(ctx, end)), _after(ctx, at))
    return [*told, _with_put_off(ctx, to, text, at)]


def _next(ctx: Ctx, teacher_id: str) -> Place | None:
    """The window after the one that is open now."""
    at = place(ctx, teacher_id)
    return place(ctx, teacher_id, after=at.now) if at is not None and at.now is not None else at


def _with_put_off(ctx: Ctx, to: Listener, text: str, at: Place | None) -> Reply:
    numbers.close(ctx.db, OFF, to.person.id)  # one such choice at a time
    if at is None:
        return Reply(ToPerson(to.person.id), text)
    button = Button(said.PUT_OFF, PUT_OFF)
    return Reply(ToPerson(to.person.id), text, buttons=(button,), thing=Thing(OFF, to.person.id))


def put_off(ctx: Ctx, to: Listener) -> list[Act]:
    """顺延: every family that waits hears a new time, and is listed again when it comes."""
    numbers.close(ctx.db, OFF, to.person.id)
    at = _next(ctx, to.person.id)
    if at is None:
        return [Reply(Asker(), said.NO_WINDOW)]
    rows = [row for row in _still_open(ctx, to.person.id, at.until) if row.promised != at.until]
    if not rows:
        return [Reply(Asker(), said.NOTHING_OPEN)]
    told = moved(ctx, to, rows, at, said.moved)
    return [Reply(Asker(), said.put_off_done(len(told), _after(ctx, at))), *told]


def moved(ctx: Ctx, to: Listener, rows: Sequence[Waiting], at: Place, how: said.Moved) -> list[Act]:
    """Put off, and tell each writer once."""
    if not rows:
        return []
    waiting.put_off(ctx.db, [row.id for row in rows], at.opens_at, at.until, told=True)
    holding.knock(ctx, holding.OPEN, to.person.id, at.opens_at)
    holding.watch(ctx, to.person.id, at.until)
    text = how(to.person.name, at.next, ctx.local.date())
    asking = dict.fromkeys(row.guardian_id for row in rows if row.need != waiting.LAST)
    return [Reply(ToPerson(guardian), text, deadline=at.until, urgent=True) for guardian in asking]


def _after(ctx: Ctx, at: Place | None) -> str:
    return said.span(at.next, ctx.local.date()) if at is not None else ""


def _local(ctx: Ctx, moment: datetime) -> datetime:
    return moment.astimezone(ctx.local.tzinfo)
