"""The floor: nothing of ours comes into the group; its teacher gets words and picture in private."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from handlers.broadcast import texts
from handlers.context import Ctx
from handlers.reply import Act, Button, Drawn, Kept, Reply, Thing, ToPerson
from storage import numbers, people, schedule, tasks
from storage.classes import SchoolClass
from storage.tasks import Section, Task

NAME = KIND = "broadcast"
LOOK = "broadcast.look"
MOST_NUDGES = 3
_SOON = (1, 3, 6, 10, 15, 20, 30, 45, 60)
"""Minutes after which it is looked whether the teacher has confirmed; later every quarter of an hour."""
_LATER = timedelta(minutes=15)
_NUDGES = (timedelta(minutes=20), timedelta(minutes=60))
_LAST_NUDGE = time(20, 0)
_APART = timedelta(minutes=20)
_BEFORE: tuple[tasks.State, ...] = (
    "queued", "asked", "stopping", "by_hand", "taking", "taken", "dropped",
)  # fmt: skip
_WAKE = time(7, 0)
_CLOSING = time(21, 0)


def hand_over(ctx: Ctx, of: SchoolClass, task: Task, sections: Sequence[Section], why: str = "") -> list[Act]:
    """Words to copy as a message of their own, the pictures to forward, and a card to say that it is done."""
    teacher = people.class_teacher(ctx.db, of.id)
    if teacher is None:
        return []
    fresh = {"laid": task.version, "task_id": None, "asked_at": ctx.now}
    tasks.set_state(ctx.db, task.id, _BEFORE, "by_hand", **fresh)
    plan_look(ctx, task.id, ctx.now)
    to, thing = ToPerson(teacher.id), Thing(KIND, task.id)
    words = texts.merged([section.text for section in sections])
    drawn = [Drawn(*section.picture) for section in sections if section.picture]
    pictures = [Reply(to, "", file=picture, owner=NAME) for picture in drawn]
    pictures += [Reply(to, "", file=Kept(photo), owner=NAME) for one in sections for photo in one.photos]
    buttons = (Button(texts.POSTED, "posted"), Button(texts.NOT_TODAY, "skip"))
    card = Reply(
        to,
        texts.by_hand(of.name, why, picture=bool(pictures)),
        buttons=buttons,
        thing=thing,
        arrival="must",
        owner=NAME,
    )
    return [Reply(to, words, owner=NAME), *pictures, card]


def close(ctx: Ctx, task_id: str) -> None:
    """Nothing is asked any more."""
    numbers.close(ctx.db, KIND, task_id)
    schedule.cancel(ctx.db, LOOK, task_id)


def plan_look(ctx: Ctx, task_id: str, since: datetime) -> None:
    """Plan the next look: soon at first, then every quarter of an hour, the last at 21:00."""
    soon = (since + timedelta(minutes=n) for n in _SOON)
    at = next((each for each in soon if each > ctx.now), _quarter(ctx.now))
    closing = ctx.calendar.at(ctx.local.date(), _CLOSING)
    # A minute is what makes an occurrence unique, so it is due at one's beginning.
    at = min(at, closing) if ctx.now < closing else _quarter(ctx.now)
    whole = at.replace(second=0, microsecond=0)
    at = whole if whole > ctx.now else whole + timedelta(minutes=1)
    local = at.astimezone(ctx.local.tzinfo)
    moment = f"{local:%Y-%m-%dT%H:%M}"
    planned = schedule.plan(ctx.db, ctx.new_id(), ctx.school.id, NAME, LOOK, task_id, moment, at)
    if not planned:
        schedule.revive(ctx.db, LOOK, task_id, moment)


def _quarter(now: datetime) -> datetime:
    """The next quarter of an hour on the clock, so that 20:00 is one of the looks."""
    return now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % _LATER + _LATER


def nudge_due(task: Task, now: datetime, local: datetime) -> bool:
    """Whether the teacher is to be reminded now.

    Args:
        task: What waits, with how often the teacher was reminded.
        now: UTC.
        local: The same in the school's zone.
    """
    if task.asked_at is None or task.nudges >= MOST_NUDGES or not _WAKE <= local.time() < _CLOSING:
        return False
    times = [task.asked_at + after for after in _NUDGES]
    last = now + (datetime.combine(local.date(), _LAST_NUDGE) - local.replace(tzinfo=None))
    if all(abs(last - other) >= _APART for other in (task.asked_at, *times)) and last > task.asked_at:
        times.append(last)
    passed = sum(1 for each in times if each <= now)
    return passed > task.nudges
