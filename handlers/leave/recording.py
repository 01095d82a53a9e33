"""Writing down what a family says: leave, coming late, taking leave back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from handlers.context import Ctx
from handlers.digest.desks import dismissed
from handlers.language.say import say_day
from handlers.leave import rules, telling, texts
from handlers.leave.asking import Said, ask, kept
from handlers.message import Message
from handlers.relay.families import Family, listener
from handlers.reply import Act, Asker, Reply
from storage import access, leave
from storage.access import Denied
from storage.leave import Asked, Leave


def days_for(ctx: Ctx, said: Said, class_id: str) -> rules.Days | rules.Unsure | rules.No:
    """The days a request is about."""
    if said.day:
        return rules.exactly(ctx.calendar, ctx.local, date.fromisoformat(said.day))
    dismissal = dismissed(ctx, class_id, ctx.local.date())
    return rules.days_of(said.words, said.slots, ctx.calendar, ctx.local, dismissal)


def refused(no: rules.No, child: str) -> str:
    """Why a day is none to be away on, kindly."""
    match no.why:
        case "past":
            return texts.past(no.day)
        case "over":
            return texts.over(no.day)
        case "long":
            return texts.LONG
        case _:
            return texts.free(child, no.day)


def away(
    ctx: Ctx, message: Message, said: Said, families: Sequence[Family], days: Sequence[date]
) -> list[Act]:
    """Leave for one or several children, and at most one question about symptoms."""
    out: list[Act] = []
    receipts: list[str] = []
    curious: list[str] = []
    for family in families:
        receipt, open_request, told = _one(ctx, said, family, days)
        receipts.append(receipt)
        out += told
        curious += [open_request] if open_request else []
    text = "\n".join(receipts)
    if not curious:
        return [Reply(Asker(), text), *out]
    state = {"requests": curious}
    return [ask(ctx, message, text + texts.SICK_QUESTION, "symptom", (), state), *out]


def _one(ctx: Ctx, said: Said, family: Family, days: Sequence[date]) -> tuple[str, str, list[Act]]:
    """The receipt, the request whose symptoms may be asked for (or empty), and what is told to others."""
    before = {row.day: row for row in leave.coming(ctx.db, family.pupil_id, days[0])}
    reason, part = rules.reason_of(said.words, said.slots), rules.part_of(said.words, said.slots)
    note = said.slots.get("symptom", "").replace("|", "，") if reason == "sick" else ""
    asked = Asked("leave", part, reason, note=note)
    own = ctx.person.id if ctx.person else ""
    fresh = [day for day in days if day not in before or _differs(before[day], asked, own)]
    if not fresh:
        return _again(ctx, family, [before[day] for day in days], note)
    old = [row for row in before.values() if row.day in days]
    request = old[0].request_id if old else ctx.new_id()
    rows = [_put(ctx, family, day, _merged(before.get(day), asked), request) for day in fresh]
    told, _ = telling.arrange(ctx, rows)
    sick = rows[0].reason == "sick"
    curious = request if sick and not rows[0].note and not any(row.reason == "sick" for row in old) else ""
    return _receipt(ctx, family, rows), curious, told


def _differs(row: Leave, asked: Asked, by: str) -> bool:
    """Whether a second request says something new of a day."""
    part = asked.part != row.part and (bool(asked.part) or row.by_id == by)
    return part or (asked.reason not in ("", row.reason))


def _merged(row: Leave | None, asked: Asked) -> Asked:
    if row is None:
        return asked
    note = row.note if asked.note in row.note else "，".join(filter(None, (row.note, asked.note)))
    return replace(asked, reason=asked.reason or row.reason, note=note)


def _put(ctx: Ctx, family: Family, day: date, asked: Asked, request: str) -> Leave:
    pupil = access.access_pupil(ctx.db, telling.SELF, family.pupil_id, "leave", now=ctx.now)
    if isinstance(pupil, Denied):
        raise LookupError("a family's child is gone")
    by = family.guardian.id
    return leave.put(ctx.db, ctx.new_id, ctx.now, pupil, day, asked, by=by, request_id=request)


def _receipt(ctx: Ctx, family: Family, rows: Sequence[Leave]) -> str:
    to = listener(ctx, family.of.id)
    days, what = telling.days_text(ctx, rows), texts.kind(rows[0].reason, rows[0].part)
    if to is None:
        return texts.recorded_only(family.child, days, what) + texts.nobody(ctx.school.duty_phone)
    doctor = telling.doctor(ctx) is not None
    sick = rows[0].reason == "sick"
    return texts.recorded(family.child, days, what, to.person.name, sick=sick, doctor=doctor)


def _again(ctx: Ctx, family: Family, rows: Sequence[Leave], note: str) -> tuple[str, str, list[Act]]:
    """It stands already, whoever said so; only symptoms may be new."""
    more = note and note not in rows[0].note
    told: list[Act] = []
    if more:
        now = [row for row in leave.annotate(ctx.db, rows[0].request_id, note) if row.day >= rows[0].day]
        told = telling.told_more(ctx, now, note)
    own = rows[0].by_id == family.guardian.id
    by = "" if own else telling.guardian_of(ctx, rows[0], rows[0].by_id) or telling.teller(ctx, rows[0])
    to = listener(ctx, family.of.id)
    if to is None:
        return texts.nobody(ctx.school.duty_phone), "", told
    days, what = telling.days_text(ctx, rows), texts.kind(rows[0].reason, rows[0].part)
    return texts.already(family.child, days, what, by, to.person.name), "", told


def add_symptom(ctx: Ctx, requests: Sequence[str], words: str) -> list[Act]:
    """The answer to the one question about symptoms; () where nothing of the leave holds any more."""
    out: list[Act] = []
    teacher = ""
    for request in requests:
        rows = leave.annotate(ctx.db, request, words)
        to = listener(ctx, rows[0].class_id) if rows else None
        if to is not None:
            teacher = to.person.name
            out += telling.told_more(ctx, rows, words)
    if not teacher:
        return []
    text = texts.thanks_for_symptom(teacher, doctor=telling.doctor(ctx) is not None)
    return [Reply(Asker(), text), *out]


def late(ctx: Ctx, said: Said, family: Family, day: date) -> list[Act]:
    """A child comes late."""
    minutes = said.slots.get("delay_min", "")
    note = texts.delay(minutes) if minutes.isdigit() else ""
    asked = Asked("late", clock=rules.clock_of(said.slots), note=note)
    row = _put(ctx, family, day, asked, ctx.new_id())
    told, at_once = telling.arrange(ctx, [row])
    to = listener(ctx, family.of.id)
    if to is None:
        return [Reply(Asker(), texts.nobody(ctx.school.duty_phone))]
    text = texts.late_recorded(family.child, say_day(day), texts.late_when(row), to.person.name, told=at_once)
    return [Reply(Asker(), text), *told]


def fetched(ctx: Ctx, family: Family, day: date, person: str) -> tuple[list[Act], bool]:
    """Somebody else fetches the child: written down and told; see :func:`telling.arrange`."""
    row = _put(ctx, family, day, Asked("pickup", note=person), ctx.new_id())
    return telling.arrange(ctx, [row])


def cancel(ctx: Ctx, message: Message, said: Said, families: Sequence[Family], *, sure: bool) -> list[Act]:
    """Take leave back: what is coming, or from the named day on; of several, or if unsure, it is asked."""
    since = rules.open_from(ctx.local)
    rows = [row for family in families for row in leave.coming(ctx.db, family.pupil_id, since)]
    named = days_for(ctx, said, families[0].of.id) if said.slots.get("date") else None
    if isinstance(named, rules.Days):
        # 「不请假了，明天来」 names the day of coming back: what stands from then on is over.
        rows = [row for row in rows if row.day >= named.days[0]]
    requests = list(dict.fromkeys(row.request_id for row in rows))
    if not requests:
        return [Reply(Asker(), texts.nothing_to_cancel(families[0].child))]
    if sure and len(requests) == 1:
        return taken_back(ctx, rows)
    groups = [[row for row in rows if row.request_id == request] for request in requests]
    labels = [label(ctx, group) for group in groups]
    ids = [[row.id for row in group] for group in groups]
    return [ask(ctx, message, texts.WHICH_LEAVE, "cancel", labels, kept(said, rows=ids))]


def label(ctx: Ctx, rows: Sequence[Leave]) -> str:
    """A request as a choice."""
    return texts.choice(telling.child_of(ctx, rows[0]), rows[0].day, several=len(rows) > 1)


def taken_back(ctx: Ctx, rows: Sequence[Leave]) -> list[Act]:
    """These days are over, and whoever had read of them is told."""
    holding = [row for row in rows if row.cancelled_at is None]
    if not holding:
        return [Reply(Asker(), texts.TALK_OVER)]
    leave.cancel(ctx.db, ctx.now, [row.id for row in holding])
    told = telling.taken_back(ctx, holding)
    to = listener(ctx, holding[0].class_id)
    child, days = telling.child_of(ctx, holding[0]), telling.days_text(ctx, holding)
    text = texts.cancelled(child, days, to.person.name if to else "", told=bool(told))
    return [Reply(Asker(), text), *told]
