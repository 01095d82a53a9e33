"""A teacher's windows as they come: when one opens, one list; when the hours change, what waits follows."""

from __future__ import annotations

from handlers.context import Ctx
from handlers.hours.first import asked_once
from handlers.hours.windows import place
from handlers.relay import closing, holding
from handlers.relay import waiting_texts as said
from handlers.relay.families import Listener, listening
from handlers.relay.listing import listing, ready
from handlers.reply import Act, Asker, ToPerson
from storage import waiting
from storage.schedule import Occurrence


def due(ctx: Ctx, occurrence: Occurrence) -> list[Act]:
    """Act on one occurrence of a teacher's windows, early or late."""
    to = listening(ctx, occurrence.subject_id)
    if to is None:
        return []
    match occurrence.kind:
        case holding.OPEN:
            shown = _opened(ctx, to)
            return [*shown, *asked_once(ctx, to.person.id)] if shown else []
        case holding.CLOSING:
            return closing.closing(ctx, to, occurrence.due_at + holding.BEFORE_CLOSING)
        case holding.MISSED:
            return closing.missed(ctx, to, occurrence.due_at)
        case _:
            return []


def _opened(ctx: Ctx, to: Listener) -> list[Act]:
    due_now = ready(ctx, to.person.id)
    at = place(ctx, to.person.id)
    if at is not None and at.now is None:
        # Medicine is looked at before the windows; what else is due now has overslept its own.
        late = [row for row in due_now if not (row.need == waiting.FIRST and holding.seen_now(ctx))]
        due_now = [row for row in due_now if row not in late]
        return [
            *closing.moved(ctx, to, late, at, said.overslept),
            *listing(ctx, to, ToPerson(to.person.id), due_now),
        ]
    return listing(ctx, to, ToPerson(to.person.id), due_now)


def changed(ctx: Ctx, to: Listener) -> list[Act]:
    """The teacher's windows have changed: what waits follows, and who waits longer now is told."""
    at = place(ctx, to.person.id)
    rows = [row for row in waiting.of_teacher(ctx.db, to.person.id) if row.state == waiting.HELD]
    if at is None or not rows:
        return []
    if at.now is not None:
        return listing(ctx, to, Asker(), rows)
    later = [row for row in rows if row.promised is not None and row.promised < at.until]
    sooner = [row for row in rows if row not in later]
    waiting.put_off(ctx.db, [row.id for row in sooner], at.opens_at)
    holding.knock(ctx, holding.OPEN, to.person.id, at.opens_at)
    return closing.moved(ctx, to, later, at, said.moved)
