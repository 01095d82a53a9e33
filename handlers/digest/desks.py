"""The classes a teacher works for, and the words that say which one is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from handlers.context import Ctx
from handlers.digest import rules, texts
from storage import classes, digests, people, preferences, tasks
from storage.classes import SchoolClass
from storage.digests import Digest, Note

DISMISSAL = "dismissal"
"""A class's preference; with ``.1`` to ``.7`` behind it, that weekday's."""
TEACHING = ("teacher", "deputy", "co_teacher")


@dataclass(frozen=True, slots=True)
class Desk:
    """A class of the person who writes; ``decides`` is true for its class teacher."""

    of: SchoolClass
    decides: bool


def desks(ctx: Ctx) -> tuple[Desk, ...]:
    """The person's classes by grade and number."""
    kinds: dict[str, set[str]] = {}
    for role in ctx.roles:
        if role.kind in TEACHING and role.class_id:
            kinds.setdefault(role.class_id, set()).add(role.kind)
    found = [classes.get(ctx.db, class_id) for class_id in kinds]
    mine = [Desk(one, "teacher" in kinds[one.id]) for one in found if one is not None]
    return tuple(sorted(mine, key=lambda desk: (desk.of.grade or 0, desk.of.number or 0, desk.of.name)))


def who(ctx: Ctx) -> str:
    """The writer's id; empty for a job."""
    return ctx.person.id if ctx.person else ""


def teaches(ctx: Ctx) -> bool:
    """Whether the writer teaches any class."""
    return any(role.kind in TEACHING and role.class_id for role in ctx.roles)


def named(ctx: Ctx, words: str, mine: Sequence[Desk]) -> list[Desk] | str:
    """The desks a class slot means, or the name that is none of the person's classes."""
    if words == "*":
        return list(mine)
    found: list[Desk] = []
    for name in words.split("|"):
        meant = _class_id(ctx, name, mine)
        if meant is None:
            return name
        found += [desk for desk in mine if desk.of.id == meant]
    return found


def _class_id(ctx: Ctx, name: str, mine: Sequence[Desk]) -> str | None:
    exact = classes.by_name(ctx.db, ctx.school.id, name)
    if exact is not None:
        return exact.id if any(desk.of.id == exact.id for desk in mine) else None
    # 「2班」 is enough for somebody who teaches one class with that number.
    digits = name.rstrip(texts.CLASS_SUFFIX)
    same = [desk.of.id for desk in mine if digits.isdigit() and desk.of.number == int(digits)]
    return same[0] if len(same) == 1 else None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A class's digest of one day with its notes; ``digest`` is None when nothing was ever said."""

    of: SchoolClass
    day: date
    digest: Digest | None
    notes: tuple[Note, ...]

    @property
    def state(self) -> str:
        return self.digest.state if self.digest else "draft"


def sheet(ctx: Ctx, of: SchoolClass, day: date) -> Sheet:
    """A class's digest of a local day."""
    digest = digests.for_day(ctx.db, of.id, day)
    return Sheet(of, day, digest, digests.notes(ctx.db, digest.id) if digest else ())


def today(ctx: Ctx, of: SchoolClass) -> Sheet:
    """Today's."""
    return sheet(ctx, of, ctx.local.date())


def current(ctx: Ctx, of: SchoolClass) -> Sheet:
    """The digest notes go into now: what 「第2条」 is about."""
    now_sheet = today(ctx, of)
    target = rules.target_day(ctx.calendar, ctx.local, now_sheet.state)
    if target is None or target.day == now_sheet.day:
        return now_sheet
    return sheet(ctx, of, target.day)


def teacher_name(ctx: Ctx, class_id: str) -> str:
    """The class teacher's name as people say it."""
    teacher = people.class_teacher(ctx.db, class_id)
    return teacher.name if teacher else texts.CLASS_TEACHER


def times(ctx: Ctx, class_id: str, day: date | None = None) -> rules.Times:
    """The class's times on a local day, today if None.

    As set, else 20 minutes after that weekday's dismissal with the preview at dismissal.
    """

    def setting(key: str) -> str:
        return preferences.get(ctx.db, "class", class_id, key, "")

    dismissal = dismissed(ctx, class_id, day or ctx.local.date())
    send = rules.parse_time(setting("digest.send")) or rules.shifted(dismissal, rules.LEAD)
    preview = rules.parse_time(setting("digest.preview")) or rules.shifted(send, -rules.LEAD)
    return rules.Times(preview, send, setting("digest.auto") == "true")


def dismissed(ctx: Ctx, class_id: str, day: date) -> time:
    """When school is out on a local day: as set for the weekday, for the class, or usual."""
    keys = (f"{DISMISSAL}.{day.isoweekday()}", DISMISSAL)
    kept = (rules.parse_time(preferences.get(ctx.db, "class", class_id, key, "")) for key in keys)
    return next((clock for clock in kept if clock is not None), time(16, 30))


def on_hold(ctx: Ctx, class_id: str, day: date) -> bool:
    """Whether the teacher said 「先别发」 for that day."""
    return preferences.get(ctx.db, "class", class_id, "digest.hold", "") == day.isoformat()


def along(ctx: Ctx, class_id: str) -> datetime | None:
    """When something goes out beside the class's next digest, UTC; None if no school day is known."""
    local, day = ctx.local, ctx.local.date()
    over = local.time() >= times(ctx, class_id).send or _spent(ctx, class_id, day)
    if over or not ctx.calendar.is_school_day(day):
        following = ctx.calendar.next_school_day(day)
        if following is None:
            return None
        day = following
    # A minute before the digest, so that both lie in one message.
    return ctx.calendar.at(day, times(ctx, class_id, day).send) - timedelta(minutes=1)


def _spent(ctx: Ctx, class_id: str, day: date) -> bool:
    """Whether the day's one message, where a teacher confirms it, is in the group already."""
    task = tasks.for_day(ctx.db, class_id, day)
    return task is not None and task.state == "sent"
