"""Outside the teacher's reply windows words wait; their writer is told once until when an answer comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from handlers.context import Ctx
from handlers.hours.rules import Window
from handlers.hours.windows import place
from handlers.relay import waiting_texts as texts
from handlers.relay.families import Family, Listener
from handlers.reply import Asker, Reply
from storage import contact_log, schedule, waiting

FEATURE = "relay"
OPEN, CLOSING, MISSED = "relay.open", "relay.closing", "relay.missed"
"""A window opens · it closes soon · an answer that was promised has not been given."""
BEFORE_CLOSING = timedelta(minutes=15)
_MORNING, _EVENING = time(7), time(18)
"""On school days medicine and allergy reach a person between these, whatever the windows are."""
_NEEDS = {
    "medication_request": waiting.FIRST,
    "health_info": waiting.FIRST,
    "thanks": waiting.LAST,
    "flattery": waiting.LAST,
    "praise_teacher": waiting.LAST,
    "acknowledge_notice": waiting.LAST,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of a message.

    Args:
        need: How much it is needed, see :mod:`storage.waiting`.
        held: Whether the teacher does not get it yet.
        opens_at: When the teacher gets it, UTC.
        promised: Until when an answer is promised, UTC; None where nothing is.
        window: The window of the promise.
    """

    need: int
    held: bool
    opens_at: datetime
    promised: datetime | None
    window: Window | None


def plan(ctx: Ctx, teacher_id: str, like: str, *, at_once: bool) -> Plan:
    """Whether a message goes to the teacher now; words of danger never come here.

    Args:
        ctx: The parent's.
        teacher_id: Who listens.
        like: What the words are most like, see :class:`handlers.language.Reading`.
        at_once: They belong to something that does not wait.
    """
    need = _NEEDS.get(like, waiting.USUAL)
    at = place(ctx, teacher_id)
    if at is None:
        return Plan(need, False, ctx.now, None, None)
    if at_once or at.now is not None:
        return Plan(need, False, ctx.now, at.until, at.next)
    opens_at = min(at.opens_at, _first_seen(ctx)) if need == waiting.FIRST else at.opens_at
    return Plan(need, opens_at > ctx.now, opens_at, at.until, at.next)


def seen_now(ctx: Ctx) -> bool:
    """Whether medicine and allergy reach a person at this moment, whatever the windows are."""
    return _first_seen(ctx) <= ctx.now


def _first_seen(ctx: Ctx) -> datetime:
    """When somebody at school looks at what cannot wait for a window: now, or at the next 7:00."""
    calendar, local = ctx.calendar, ctx.local
    today = local.date()
    if calendar.is_school_day(today):
        if _MORNING <= local.time() < _EVENING:
            return ctx.now
        if local.time() < _MORNING:
            return calendar.at(today, _MORNING)
    following = calendar.next_school_day(today)
    return calendar.at(following, _MORNING) if following else ctx.now + timedelta(days=3650)


def keep(ctx: Ctx, family: Family, to: Listener, message_id: str, words: str, its: Plan) -> bool:
    """Write down what waits; returns whether its writer is still to be told the time.

    Args:
        ctx: The parent's.
        family: Which child it is about.
        to: Who listens.
        message_id: The message it came as.
        words: What the teacher will read.
        its: From :func:`plan`.
    """
    before = waiting.told(ctx.db, family.guardian.id, to.person.id, its.opens_at) if its.held else True
    waiting.keep(
        ctx.db,
        ctx.new_id,
        ctx.school.id,
        class_id=family.of.id,
        pupil_id=family.pupil_id,
        role_id=family.role.id,
        guardian_id=family.guardian.id,
        teacher_id=to.person.id,
        message_id=message_id,
        words=words,
        need=its.need,
        at=ctx.now,
        opens_at=its.opens_at,
        promised=its.promised,
        told=its.held and not before,
        state=waiting.HELD if its.held else waiting.SHOWN,
    )
    if its.held:
        knock(ctx, OPEN, to.person.id, its.opens_at)
    if its.need != waiting.LAST and its.promised is not None:
        watch(ctx, to.person.id, its.promised)
    return its.held and not before


def log(ctx: Ctx, row: waiting.Waiting) -> None:
    """The contact log knows of words once the teacher has them; what was taken back leaves no trace."""
    contact_log.record(
        ctx.db,
        ctx.new_id,
        row.at,
        ctx.school.id,
        row.class_id,
        row.pupil_id,
        row.guardian_id,
        row.teacher_id,
        "message",
        "to_school",
        row.words,
    )


def watch(ctx: Ctx, teacher_id: str, promised: datetime) -> None:
    """Plan the look at what is still open before a promise ends, and after."""
    knock(ctx, CLOSING, teacher_id, promised - BEFORE_CLOSING)
    knock(ctx, MISSED, teacher_id, promised)


def knock(ctx: Ctx, kind: str, teacher_id: str, due_at: datetime) -> None:
    """Plan one occurrence for a teacher; what is planned already stays."""
    local = due_at.astimezone(ctx.local.tzinfo)
    word = local.strftime("%Y-%m-%dT%H:%M")
    if not schedule.plan(ctx.db, ctx.new_id(), ctx.school.id, FEATURE, kind, teacher_id, word, due_at):
        schedule.revive(ctx.db, kind, teacher_id, word)


def receipt(ctx: Ctx, to: Listener, its: Plan, *, first: bool) -> str:
    """The automatic answer to words that wait; empty where the writer was told already."""
    if its.need == waiting.LAST:
        return texts.brought_along(to.person.name)
    if not first or its.window is None:
        return ""
    return texts.waits(
        to.person.name,
        its.window,
        ctx.school.duty_phone,
        earlier=its.opens_at.astimezone(ctx.local.tzinfo) if its.need == waiting.FIRST else None,
        why=to.why,
    )


def promise(ctx: Ctx, its: Plan) -> str:
    """「今天 18:00 前」 for a receipt inside a window; empty where nothing is promised."""
    if its.window is None or its.need == waiting.LAST:
        return ""
    return texts.until(its.window, ctx.local.date())


def taken_back(ctx: Ctx) -> Reply | None:
    """The last words of a parent that nobody has seen yet are taken out; None where there are none."""
    if ctx.person is None:
        return None
    held = [row for row in waiting.of_guardian(ctx.db, ctx.person.id) if not row.seen]
    if not held:
        return None
    waiting.finish(ctx.db, [held[-1].id], ctx.now)
    return Reply(Asker(), texts.taken_back(held[-1].words))
