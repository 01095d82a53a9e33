"""Telling the teacher and the school doctor: a list at seven, at once by day, nothing at night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from handlers.context import Ctx
from handlers.leave import rules, texts
from handlers.relay.families import Listener, listener, reachable
from handlers.relay.texts import PARENT
from handlers.reply import Act, Button, Outcome, Reply, Subject, Thing, ToPerson
from storage import access, classes, leave, people, preferences, schedule
from storage.access import Denied, System
from storage.classes import SchoolClass
from storage.leave import Leave
from storage.people import Person
from storage.schedule import Occurrence

FEATURE, LIST = "leave", "leave.list"
THING, THING_LIST = "leave", "leave_list"
CANCELLED = "leave_cancelled"
DOCTOR = "doctor"
"""The school's preference that holds the school doctor's person id."""
SELF = System("leave")
_LINES = 10


def doctor(ctx: Ctx) -> Person | None:
    """The school doctor, if the school has named one whom a message reaches."""
    kept = preferences.get(ctx.db, "school", ctx.school.id, DOCTOR)
    person = people.get(ctx.db, kept) if kept else None
    return person if person is not None and reachable(ctx, person.id) else None


def child_of(ctx: Ctx, row: Leave) -> str:
    """The child's name, for the service's own words."""
    pupil = access.access_pupil(ctx.db, SELF, row.pupil_id, "leave", now=ctx.now)
    return "" if isinstance(pupil, Denied) else pupil.name


def guardian_of(ctx: Ctx, row: Leave, person_id: str) -> str | None:
    """What the child calls a person; None if the person is none of its guardians."""
    found = access.guardians_of(ctx.db, SELF, row.pupil_id, "leave", now=ctx.now)
    if isinstance(found, Denied):
        return None
    return next((each.relation for each in found if each.person.id == person_id), None)


def teller(ctx: Ctx, row: Leave) -> str:
    """「小明妈妈」, or the teacher's name."""
    relation = guardian_of(ctx, row, row.by_id)
    if relation is not None:
        return f"{child_of(ctx, row)}{relation or PARENT}"
    person = people.get(ctx.db, row.by_id)
    return person.name if person else ""


def is_registered(ctx: Ctx, row: Leave) -> bool:
    """Whether somebody who fetches is, by what the child calls them, a guardian we know."""
    found = access.guardians_of(ctx.db, SELF, row.pupil_id, "leave", now=ctx.now)
    return not isinstance(found, Denied) and any(
        each.relation and each.relation in row.note for each in found
    )


def days_text(ctx: Ctx, rows: Sequence[Leave]) -> str:
    """The days of several rows, as spans."""
    return texts.spans(rules.runs(sorted({row.day for row in rows}), ctx.calendar))


def arrange(ctx: Ctx, rows: Sequence[Leave]) -> tuple[list[Act], bool]:
    """See to it that the teacher hears of new rows, now or at seven of each day.

    Returns:
        What is said now, and whether the class's teacher was told at once.
    """
    to = listener(ctx, rows[0].class_id)
    today = [row for row in rows if row.day == ctx.local.date()]
    now = to is not None and bool(today) and rules.may_ring(ctx.calendar, ctx.local)
    for row in rows:
        if not (now and row in today):
            _plan(ctx, row.class_id, row.day)
    if to is None or not now:
        return [], False
    leave.known(ctx.db, ctx.now, [row.id for row in rows])
    leave.told(ctx.db, ctx.now, [row.id for row in today])
    return _singly(ctx, to, rows), True


def _plan(ctx: Ctx, class_id: str, day: date) -> None:
    for clock in rules.LISTS:
        at = f"{day.isoformat()}T{clock:%H:%M}"
        due_at = ctx.calendar.at(day, clock)
        schedule.plan(ctx.db, ctx.new_id(), ctx.school.id, FEATURE, LIST, class_id, at, due_at)


def _evening(ctx: Ctx) -> datetime:
    return ctx.calendar.at(ctx.local.date(), rules.EVENING)


def _singly(ctx: Ctx, to: Listener, rows: Sequence[Leave]) -> list[Act]:
    text = _notice(ctx, to, rows)
    row = rows[0]
    button = Button(texts.SEEN, "seen")
    out: list[Act] = [
        Reply(
            ToPerson(to.person.id),
            text,
            buttons=(button,),
            thing=Thing(THING, row.request_id),
            deadline=_evening(ctx),
            urgent=True,
        )
    ]
    return out + _to_doctor(ctx, to, rows)


def _notice(ctx: Ctx, to: Listener, rows: Sequence[Leave]) -> str:
    row, child, days = rows[0], child_of(ctx, rows[0]), days_text(ctx, rows)
    who = _who(ctx, to, row)
    if row.what == "late":
        return texts.late_notice(who, child, days, texts.late_when(row))
    if row.what == "pickup":
        return texts.pickup_notice(who, child, days, row.note, known=is_registered(ctx, row))
    return texts.notice(who, child, days, texts.kind(row.reason, row.part), row.note)


def _who(ctx: Ctx, to: Listener, row: Leave) -> str:
    of = classes.get(ctx.db, row.class_id)
    return f"{of.name} {teller(ctx, row)}" if to.several and of else teller(ctx, row)


def _to_doctor(ctx: Ctx, to: Listener, rows: Sequence[Leave]) -> list[Act]:
    """Where illness is named the school doctor reads it, too."""
    sick = [row for row in rows if row.what == "leave" and row.reason == "sick"]
    person = doctor(ctx) if sick else None
    of = classes.get(ctx.db, rows[0].class_id)
    if person is None or of is None or person.id == to.person.id:
        return []
    lines = list(dict.fromkeys(texts.line(row, child_of(ctx, row)) for row in sick))
    shown, rest = lines[:_LINES], len(lines[_LINES:])
    text = texts.for_doctor(days_text(ctx, sick), of.name, shown, rest)
    return [Reply(ToPerson(person.id), text, deadline=_evening(ctx))]


def due(ctx: Ctx, occurrence: Occurrence) -> list[Act]:
    """The day's list, also late; after school is out it is dropped, and an empty one is none."""
    of = classes.get(ctx.db, occurrence.subject_id)
    day = date.fromisoformat(occurrence.local_time[:10])
    if of is None or ctx.local.date() != day or not rules.may_ring(ctx.calendar, ctx.local):
        return []
    rows = [row for row in leave.of_day(ctx.db, of.id, day) if row.told_at is None]
    to = listener(ctx, of.id)
    if not rows or to is None:
        return []
    leave.told(ctx.db, ctx.now, [row.id for row in rows])
    text = "\n".join(_lines(ctx, of, day, rows))
    thing = Thing(THING_LIST, of.id)
    out = Reply(ToPerson(to.person.id), text, thing=thing, deadline=_evening(ctx), urgent=True)
    return [out, *_to_doctor(ctx, to, rows)]


def _lines(ctx: Ctx, of: SchoolClass, day: date, rows: Sequence[Leave]) -> list[str]:
    lines = [texts.heading(day, of.name, rows)]
    lines += [line_of(ctx, row) for row in rows[:_LINES]]
    return [*lines, texts.and_more(len(rows) - _LINES)] if len(rows) > _LINES else lines


def whole_day(ctx: Ctx, of: SchoolClass, day: date, rows: Sequence[Leave]) -> list[str]:
    """All of a day's list, as messages of ten lines."""
    head = texts.heading(day, of.name, rows)
    pieces = [rows[at : at + _LINES] for at in range(0, len(rows), _LINES)]
    return ["\n".join([head, *(line_of(ctx, row) for row in piece)]) for piece in pieces]


def line_of(ctx: Ctx, row: Leave) -> str:
    """One child in a list."""
    return texts.line(row, child_of(ctx, row), known=row.what != "pickup" or is_registered(ctx, row))


def told_more(ctx: Ctx, rows: Sequence[Leave], words: str) -> list[Act]:
    """Symptoms came after the teacher had read of the leave: they follow, at once or in the morning."""
    to = listener(ctx, rows[0].class_id)
    if to is None or not any(row.told_at for row in rows):
        return []
    days = days_text(ctx, rows)
    text = texts.more(_who(ctx, to, rows[0]), child_of(ctx, rows[0]), days, words)
    people_told = [to.person.id]
    person = doctor(ctx) if rows[0].reason == "sick" else None
    if person is not None and person.id != to.person.id:
        people_told.append(person.id)
    return [Reply(ToPerson(each), text, not_before=not_at_night(ctx)) for each in people_told]


def taken_back(ctx: Ctx, rows: Sequence[Leave]) -> list[Act]:
    """Whoever has read of days that were taken back hears so; at night not before the morning."""
    told = [row for row in rows if row.known_at]
    to = listener(ctx, rows[0].class_id) if told else None
    if to is None:
        return []
    row, child, days = told[0], child_of(ctx, told[0]), days_text(ctx, told)
    text = texts.back(_who(ctx, to, row), child, days)
    person = doctor(ctx) if row.reason == "sick" else None
    readers = dict.fromkeys([to.person.id, *([person.id] if person else [])])
    subject, later = Subject(CANCELLED, row.id), not_at_night(ctx)
    return [Reply(ToPerson(each), text, not_before=later, subject=subject, urgent=True) for each in readers]


def not_at_night(ctx: Ctx) -> datetime | None:
    """When something may be said at the earliest (UTC); None for now."""
    if rules.may_ring(ctx.calendar, ctx.local):
        return None
    return rules.next_ring(ctx.calendar, ctx.local) or ctx.now + timedelta(hours=12)


def outcome(ctx: Ctx, result: Outcome) -> list[Act]:
    """A notice that did not reach the teacher: the family has to phone."""
    if result.thing is None or result.kind not in ("refused", "expired"):
        return []
    if result.thing.kind == THING:
        rows = [row for row in leave.of_request(ctx.db, result.thing.id) if row.cancelled_at is None]
        return _phone(ctx, rows[:1])
    if result.thing.kind == THING_LIST:
        today = leave.of_day(ctx.db, result.thing.id, ctx.local.date())
        return _phone(ctx, [row for row in today if row.told_at and not row.seen_at])
    return []


def _phone(ctx: Ctx, rows: Sequence[Leave]) -> list[Act]:
    phone = ctx.school.duty_phone
    told = [
        (row.by_id, texts.not_told(line_for_family(ctx, [row]), phone))
        for row in rows
        if guardian_of(ctx, row, row.by_id) is not None
    ]
    return [Reply(ToPerson(person_id), text, urgent=True) for person_id, text in told]


def line_for_family(ctx: Ctx, rows: Sequence[Leave]) -> str:
    """A request as a family reads it."""
    row, child, days = rows[0], child_of(ctx, rows[0]), days_text(ctx, rows)
    if row.what == "late":
        return texts.seen_late(child, days)
    if row.what == "pickup":
        return texts.seen_pickup(child, days, row.note)
    return texts.seen_leave(child, days, texts.kind(row.reason, row.part))
