"""When a class's digest is shown, sent and closed: occurrences, their late rules, and changed times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from handlers.context import Ctx
from handlers.digest import nudging, posting, rules, setting_texts
from handlers.digest.desks import DISMISSAL, Desk, on_hold, sheet, times, who
from handlers.language.say import say_time
from handlers.reply import Act, Reply, ToPerson
from storage import classes, people, preferences, schedule
from storage.classes import SchoolClass
from storage.schedule import Occurrence

PREVIEW, SEND, CLOSE = "digest.preview", "digest.send", "digest.close"
FEATURE = "digest"


def plan_day(ctx: Ctx, of: SchoolClass, day: date, *, after: datetime | None = None) -> None:
    """Plan a class's digest of one local day; nothing on days without school.

    Args:
        ctx: A job's, or that of whoever changed the times.
        of: The class.
        day: The local day.
        after: Leave out what would be due before this moment (UTC): a changed time never acts backwards.
    """
    if not ctx.calendar.is_school_day(day):
        return
    plan = times(ctx, of.id, day)
    moments = [(PREVIEW, plan.preview), (SEND, plan.send), (CLOSE, rules.CLOSING)]
    if plan.preview > nudging.AT:
        moments.insert(0, (nudging.KIND, nudging.AT))
    for kind, clock in moments:
        _plan(ctx, of.id, kind, day, clock, after)


def _plan(ctx: Ctx, class_id: str, kind: str, day: date, clock: time, after: datetime | None) -> None:
    due_at = ctx.calendar.at(day, clock)
    if after is not None and due_at <= after:
        return
    local_time = f"{day.isoformat()}T{clock:%H:%M}"
    planned = schedule.plan(ctx.db, ctx.new_id(), ctx.school.id, FEATURE, kind, class_id, local_time, due_at)
    if not planned:
        schedule.revive(ctx.db, kind, class_id, local_time)


def replan(ctx: Ctx, of: SchoolClass) -> None:
    """The class's times have changed: today's and tomorrow's occurrences follow."""
    schedule.cancel(ctx.db, PREVIEW, of.id)
    schedule.cancel(ctx.db, SEND, of.id)
    schedule.cancel(ctx.db, nudging.KIND, of.id)
    today = ctx.local.date()
    plan_day(ctx, of, today, after=ctx.now)
    plan_day(ctx, of, today + timedelta(days=1))


def due(ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
    """Act on an occurrence, early or late."""
    of = classes.get(ctx.db, occurrence.subject_id)
    if of is None:
        return []
    day = date.fromisoformat(occurrence.local_time[:10])
    # After 21:00 a digest is of no use in the group, whatever was missed: it is dropped and said so.
    over = ctx.local.date() != day or ctx.local.time() >= rules.CLOSING
    if over or occurrence.kind == CLOSE:
        return posting.drop(ctx, of, sheet(ctx, of, day).digest) if over else []
    if occurrence.kind == nudging.KIND:
        return nudging.due(ctx, of, day)
    return _preview(ctx, of, day) if occurrence.kind == PREVIEW else _send(ctx, of, day)


def _preview(ctx: Ctx, of: SchoolClass, day: date) -> list[Reply]:
    its = sheet(ctx, of, day)
    teacher = people.class_teacher(ctx.db, of.id)
    if teacher is None or not its.notes or its.state not in ("draft", "approved"):
        return []
    plan = times(ctx, of.id, day)
    # Late, and it goes out by itself at once: a preview after the fact would only confuse.
    if plan.auto and ctx.local.time() >= plan.send and not on_hold(ctx, of.id, day):
        return []
    return [posting.preview(ctx, Desk(of, True), its, ToPerson(teacher.id))]


def _send(ctx: Ctx, of: SchoolClass, day: date) -> Sequence[Act]:
    its = sheet(ctx, of, day)
    if not its.notes or its.state not in ("draft", "approved"):
        return []
    if not times(ctx, of.id, day).auto or on_hold(ctx, of.id, day):
        return []
    made = posting.publish(ctx, its)
    return posting.tell_teacher(ctx, of.id, made) if isinstance(made, str) else made


def set_times(ctx: Ctx, desk: Desk, slots: dict[str, str]) -> str:
    """「速递改到17:20发」, 「自动发」, 「不要自动发」: kept with history, effective at once, echoed."""
    if "ask" in slots:
        plan = times(ctx, desk.of.id)
        sent = setting_texts.send_line(say_time(plan.send), classes.way(desk.of.group_chat), auto=plan.auto)
        return setting_texts.times_now(desk.of.name, say_time(plan.preview), sent)
    if "follow" in slots:
        return _follow(ctx, desk)
    if "nudge" in slots:
        return nudging.switch(ctx, desk.of.id, on=slots["nudge"] == "on")
    if "auto" in slots:
        return _set_auto(ctx, desk, slots["auto"] == "on")
    clock = rules.parse_time(slots.get("time", ""))
    if clock is None:
        return setting_texts.TIME_OUT_OF_RANGE
    if "dismissal" in slots:
        return _set_dismissal(ctx, desk, slots["dismissal"], clock)
    changed = rules.changed_times(times(ctx, desk.of.id), slots.get("what", "send"), clock)
    if not rules.allowed_times(changed):
        return setting_texts.TIME_OUT_OF_RANGE
    _put(ctx, desk, "digest.preview", f"{changed.preview:%H:%M}")
    _put(ctx, desk, "digest.send", f"{changed.send:%H:%M}")
    replan(ctx, desk.of)
    return setting_texts.times_set(
        desk.of.name,
        say_time(changed.preview),
        setting_texts.send_line_set(
            say_time(changed.send), classes.way(desk.of.group_chat), auto=changed.auto
        ),
        _since(ctx, desk.of, changed),
    )


def _set_dismissal(ctx: Ctx, desk: Desk, weekdays: str, clock: time) -> str:
    """When school is out, on some weekdays or all; the digest follows unless it has a time of its own."""
    plan = rules.changed_times(times(ctx, desk.of.id), "send", rules.shifted(clock, rules.LEAD))
    if not rules.allowed_times(plan):
        return setting_texts.TIME_OUT_OF_RANGE
    for key in [f"{DISMISSAL}.{day}" for day in weekdays] or [DISMISSAL]:
        _put(ctx, desk, key, f"{clock:%H:%M}")
    replan(ctx, desk.of)
    own = bool(preferences.get(ctx.db, "class", desk.of.id, "digest.send", ""))
    sent = say_time(times(ctx, desk.of.id).send if own else plan.send)
    return setting_texts.dismissal_set(desk.of.name, weekdays, say_time(clock), sent, own=own)


def _follow(ctx: Ctx, desk: Desk) -> str:
    """No time of its own any more: twenty minutes after that day's dismissal."""
    for key in ("digest.send", "digest.preview"):
        _put(ctx, desk, key, "")
    replan(ctx, desk.of)
    plan = times(ctx, desk.of.id)
    return setting_texts.follows(desk.of.name, say_time(plan.preview), say_time(plan.send))


def _since(ctx: Ctx, of: SchoolClass, changed: rules.Times) -> str:
    local = ctx.local
    open_today = sheet(ctx, of, local.date()).state in ("draft", "approved", "failed")
    today = open_today and ctx.calendar.is_school_day(local.date()) and local.time() < changed.send
    return setting_texts.FROM_TODAY if today else setting_texts.FROM_NEXT


def _set_auto(ctx: Ctx, desk: Desk, on: bool) -> str:
    _put(ctx, desk, "digest.auto", "true" if on else "false")
    if on and on_hold(ctx, desk.of.id, ctx.local.date()):
        _put(ctx, desk, "digest.hold", "")
    plan = times(ctx, desk.of.id)
    way = classes.way(desk.of.group_chat)
    return (
        setting_texts.auto_on(desk.of.name, say_time(plan.send), way)
        if on
        else setting_texts.auto_off(desk.of.name)
    )


def _put(ctx: Ctx, desk: Desk, key: str, value: str) -> None:
    preferences.put(ctx.db, ctx.new_id, ctx.now, "class", desk.of.id, key, value, who(ctx) or None)
