"""What a teacher asks and says about leave: who is away, a pupil's leave, 「知道了」."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from handlers.context import Ctx
from handlers.language.dates import when
from handlers.leave import recording, rules, telling, texts
from handlers.leave.asking import Said, ask, kept, near
from handlers.message import Message
from handlers.relay.families import listener, taught
from handlers.reply import Act, Asker, Reply, ToPerson
from storage import access, classes, leave, numbers
from storage.access import Denied, Pupil
from storage.leave import Asked, Leave


def listed(ctx: Ctx, said: Said) -> list[Act]:
    """Who is away on a day, today if none is named; every class of the teacher's."""
    found = when(said.words, ctx.local).start
    day = ctx.local.date() if found is None else date(found.year, found.month, found.day)
    out: list[Act] = []
    for class_id in taught(ctx):
        of = classes.get(ctx.db, class_id)
        looked = access.access_class_pupils(ctx.db, _who(ctx), class_id, "leave", now=ctx.now)
        if of is None or isinstance(looked, Denied):
            continue
        rows = leave.of_day(ctx.db, class_id, day)
        out += [Reply(Asker(), text) for text in telling.whole_day(ctx, of, day, rows)]
    return out or [Reply(Asker(), texts.nobody_away(day))]


def _who(ctx: Ctx) -> str:
    return ctx.person.id if ctx.person else ""


def recorded(ctx: Ctx, message: Message, said: Said) -> list[Act]:
    """A teacher writes down that a pupil is away."""
    pupils = _pupils(ctx, said)
    if not pupils:
        return [Reply(Asker(), texts.no_pupil(said.slots.get("child", "")))]
    if len(pupils) > 1:
        labels = [f"{_class_name(ctx, pupil)}{pupil.name}" for pupil in pupils]
        state = kept(said, pupils=[pupil.id for pupil in pupils])
        return [ask(ctx, message, texts.WHICH_CHILD, "pupil", labels, state)]
    return _record(ctx, said, pupils[0])


def _pupils(ctx: Ctx, said: Said) -> list[Pupil]:
    found: list[Pupil] = []
    for class_id in taught(ctx):
        pupils = access.access_class_pupils(ctx.db, telling.SELF, class_id, "leave", now=ctx.now)
        if isinstance(pupils, Denied):
            continue
        if said.pupils:
            found += [pupil for pupil in pupils if pupil.id in said.pupils]
        else:
            found += near(said.slots.get("child", ""), pupils)
    return found


def _class_name(ctx: Ctx, pupil: Pupil) -> str:
    of = classes.get(ctx.db, pupil.class_id)
    return of.name if of else ""


def _record(ctx: Ctx, said: Said, pupil: Pupil) -> list[Act]:
    found = recording.days_for(ctx, said, pupil.class_id)
    if isinstance(found, rules.No):
        return [Reply(Asker(), recording.refused(found, pupil.name))]
    if isinstance(found, rules.Unsure):
        return [Reply(Asker(), texts.which_day(()))]
    before = {row.day: row for row in leave.coming(ctx.db, pupil.id, found.days[0])}
    asked = Asked("leave", rules.part_of(said.words, said.slots), rules.reason_of(said.words, said.slots))
    request, mine = ctx.new_id(), _who(ctx)
    rows = [
        leave.put(ctx.db, ctx.new_id, ctx.now, pupil, day, asked, by=mine, request_id=request)
        for day in found.days
        if day not in before  # what the family has said stands
    ]
    told = _told(ctx, rows, pupil.class_id) if rows else []
    shown = rows or [before[day] for day in found.days]
    what = texts.kind(shown[0].reason, shown[0].part)
    return [Reply(Asker(), texts.teacher_recorded(pupil.name, telling.days_text(ctx, shown), what)), *told]


def _told(ctx: Ctx, rows: Sequence[Leave], class_id: str) -> list[Act]:
    """Who wrote it down is not told of it, but another's day has it in the list or at once."""
    to = listener(ctx, class_id)
    if to is None or to.person.id != _who(ctx):
        return telling.arrange(ctx, rows)[0]
    later = [row for row in rows if row.day > ctx.local.date()]
    leave.told(ctx.db, ctx.now, [row.id for row in rows if row not in later])
    return telling.arrange(ctx, later)[0] if later else []


def approve(ctx: Ctx, message: Message, said: Said) -> list[Act]:
    """「准假」: the family of the one leave that waits for it; of several it is asked which."""
    today = ctx.local.date()
    rows = [row for class_id in taught(ctx) for row in leave.unseen(ctx.db, class_id, today)]
    child = said.slots.get("child", "")
    if child:
        ids = {pupil.id for pupil in _pupils(ctx, said)}
        rows = [row for row in rows if row.pupil_id in ids]
    requests = list(dict.fromkeys(row.request_id for row in rows))
    if not requests:
        return [Reply(Asker(), texts.NOTHING_TO_SEE)]
    if len(requests) == 1:
        return seen(ctx, requests[0])
    groups = [[row for row in rows if row.request_id == request] for request in requests]
    labels = [recording.label(ctx, group) for group in groups]
    return [ask(ctx, message, texts.WHICH_SEEN, "seen", labels, kept(said, requests=requests))]


def seen(ctx: Ctx, request: str) -> list[Act]:
    """The family reads that the teacher has seen it; once, however often it is said."""
    rows = [row for row in leave.of_request(ctx.db, request) if row.cancelled_at is None]
    if not rows or rows[0].class_id not in taught(ctx) or not leave.seen(ctx.db, ctx.now, request):
        return [Reply(Asker(), texts.SEEN_ALREADY)]
    numbers.close(ctx.db, telling.THING, request)
    teacher = ctx.person.name if ctx.person else ""
    if telling.guardian_of(ctx, rows[0], rows[0].by_id) is None:
        return [Reply(Asker(), texts.SEEN_ALREADY)]
    what = telling.line_for_family(ctx, rows)
    told = Reply(ToPerson(rows[0].by_id), texts.seen_by(teacher, what))
    return [Reply(Asker(), texts.told_family(telling.teller(ctx, rows[0]))), told]
