"""What goes to a class group goes through here: one slot per class, local day and feature.

Where a robot is in the group each section is a post of its own. Where the group's owner has to confirm, the
sections of a day are one message; where nothing of ours can be in the group, its teacher gets words to copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from handlers.broadcast import byhand, texts
from handlers.context import Ctx
from handlers.digest.desks import times
from handlers.guard import gate
from handlers.reply import (
    Act,
    Drawn,
    Kept,
    Outcome,
    OutcomeKind,
    Reply,
    StopSend,
    Subject,
    Tell,
    Thing,
    ToClass,
)
from storage import broadcast, classes, outbox, tasks
from storage.tasks import Section, Task

NAME = KIND = "broadcast"
"""The feature that follows what waits for a teacher, and the kind of such a thing."""
CLOSING = time(21, 0)
_SOON, _SETTLED = timedelta(minutes=2), timedelta(seconds=5)
TAKEN_OUT, SLOT_USED, SKIPPED, NOT_TOLD = "taken_out", "slot_used", "skipped", "not_told"
"""Codes of what is handed on: it is in the group although it was taken back · the day's one message went out
without it · the teacher wants none today · the teacher has not said whether it was copied."""
OPEN: tuple[tasks.State, ...] = ("queued", "asked", "stopping", "by_hand", "taking", "taken")


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture of somebody's, fetched before.

    Args:
        medium_id: The attachment.
        thing: What it is; its feature is asked under this name whether it is still wanted.
        feature: Whose it is.
    """

    medium_id: str
    thing: Thing
    feature: str


@dataclass(frozen=True, slots=True)
class Post:
    """A section a feature hands in.

    Args:
        class_id: For which class.
        day: For which local day.
        feature: Whose it is.
        thing: What it is; its outcome comes back under this name.
        version: The thing's version; a later one withdraws this post.
        title: A card's title, at most 12 characters.
        text: The words.
        deadline: After this (UTC) it is dropped.
        picture: The same to look at, for a group somebody forwards it to.
        photos: What a teacher's hand brings to the group with the words; of several, where the day's one post
            is confirmed, the first. Where a robot posts see :func:`beside`.
    """

    class_id: str
    day: date
    feature: str
    thing: Thing
    version: int
    title: str
    text: str
    deadline: datetime
    picture: Drawn | None = None
    photos: tuple[Photo, ...] = ()


def post(ctx: Ctx, what: Post) -> list[Act] | None:
    """Take the slot and make the group post; None if something else was posted in it today.

    What the guard does not let through is not posted, by no way; its feature hears ``refused``.

    The thing that holds the slot may post again: its feature has made sure that the first try failed.
    """
    stopped = gate.refused(ctx, what.class_id, what.text)
    if stopped:
        outcome = Outcome(ctx.new_id(), "refused", stopped, what.thing, what.text, None, what.class_id)
        return [Tell(what.feature, outcome)]
    of = classes.get(ctx.db, what.class_id)
    if classes.way(of.group_chat if of else None) != "by_itself":
        return _hand_in(ctx, what)
    taken = broadcast.take(
        ctx.db,
        ctx.new_id,
        ctx.now,
        school_id=ctx.school.id,
        class_id=what.class_id,
        day=what.day,
        feature=what.feature,
        thing_id=what.thing.id,
    )
    if not taken and broadcast.holder(ctx.db, what.class_id, what.day, what.feature) != what.thing.id:
        return None
    made = Reply(
        ToClass(what.class_id),
        what.text,
        title=what.title,
        thing=what.thing,
        arrival="must",
        subject=Subject(what.thing.kind, what.thing.id, what.version),
        deadline=what.deadline,
        wants_outcome=True,
    )
    return [made]


def beside(ctx: Ctx, class_id: str, photos: Sequence[Photo], deadline: datetime) -> list[Act]:
    """The photos of a post that is in the group now; where a teacher brings it there, they went with it."""
    of = classes.get(ctx.db, class_id)
    if classes.way(of.group_chat if of else None) != "by_itself":
        return []
    return [
        Reply(
            ToClass(class_id),
            "",
            thing=photo.thing,
            subject=Subject(photo.thing.kind, photo.thing.id),
            deadline=deadline,
            file=Kept(photo.medium_id),
            owner=photo.feature,
        )
        for photo in photos
    ]


def _hand_in(ctx: Ctx, what: Post) -> list[Act] | None:
    """Put a section into the day's one message; None once that is in the group."""
    task = tasks.get_or_create(
        ctx.db, ctx.new_id, school_id=ctx.school.id, class_id=what.class_id, day=what.day
    )
    if task.state == "sent":
        return None
    drawn = what.picture
    picture = (drawn.recipe, drawn.name, dict(drawn.data)) if drawn else None
    photos = tuple(photo.medium_id for photo in what.photos)
    section = Section(what.feature, what.thing.kind, what.thing.id, 0, what.title, what.text, picture, photos)
    tasks.put_section(ctx.db, ctx.new_id, ctx.now, task, section)
    return go_on(ctx, task.id)


def take_out(ctx: Ctx, class_id: str, day: date, feature: str, thing: Thing) -> list[Act] | None:
    """Take back what is not in the group yet.

    Returns:
        What has to be done for it; None if it is too late.
    """
    of = classes.get(ctx.db, class_id)
    if classes.way(of.group_chat if of else None) == "by_itself":
        return [] if outbox.withdraw(ctx.db, thing.kind, thing.id) else None
    task = tasks.for_day(ctx.db, class_id, day)
    if task is None or task.state not in OPEN or not tasks.take_out(ctx.db, task, feature):
        return None
    return go_on(ctx, task.id)


def waits(ctx: Ctx, class_id: str, day: date) -> bool:
    """Whether something of the day waits for the teacher of a class."""
    task = tasks.for_day(ctx.db, class_id, day)
    return task is not None and task.state in OPEN


def go_on(ctx: Ctx, task_id: str) -> list[Act]:
    """The sections have changed: what lies before the teacher is taken back first, then the new goes out."""
    task = tasks.get(ctx.db, task_id)
    if task is None or task.state == "sent":
        return []
    if task.state == "asked":
        return stop(ctx, task)
    if task.state in ("stopping", "taking", "taken"):
        return []  # what becomes of that goes on with what is there then
    if (
        task.state == "queued"
        and not outbox.withdraw(ctx.db, KIND, task.id)
        and tasks.under_way(ctx.db, task)
    ):
        return []  # it is being laid right now; the outcome sees that there is something newer
    return lay(ctx, task)


def stop(ctx: Ctx, task: Task) -> list[Act]:
    """Take back what lies before the teacher."""
    if task.task_id is None or not tasks.set_state(ctx.db, task.id, ("asked", "stopping"), "stopping"):
        return []
    return [StopSend(task.class_id, task.task_id, Thing(KIND, task.id), NAME)]


def lay(ctx: Ctx, task: Task) -> list[Act]:
    """All open sections of the day as one message: to the group, or to the teacher's hands."""
    open_sections = [section for section in tasks.sections(ctx.db, task) if section.wanted]
    of = classes.get(ctx.db, task.class_id)
    if not open_sections or of is None:
        byhand.close(ctx, task.id)
        tasks.set_state(ctx.db, task.id, OPEN, "dropped", task_id=None, done_at=ctx.now)
        return []
    if classes.way(of.group_chat) == "by_hand":
        handed = byhand.hand_over(ctx, of, task, open_sections)
        return handed or [tell(ctx, task, section, "refused", "no_lane") for section in open_sections]
    photos = [photo for section in open_sections for photo in section.photos]
    queued = {"laid": task.version, "task_id": None}
    tasks.set_state(ctx.db, task.id, (*OPEN, "dropped"), "queued", **queued)
    made = Reply(
        ToClass(task.class_id),
        texts.merged([section.text for section in open_sections]),
        title=open_sections[0].title,
        thing=Thing(KIND, task.id),
        arrival="must",
        subject=Subject(KIND, task.id, task.version),
        deadline=ctx.calendar.at(task.day, CLOSING),
        wants_outcome=True,
        file=Kept(photos[0]) if photos else None,
        owner=NAME,
        not_before=_with_the_digest(ctx, task),
    )
    return [made]


def _with_the_digest(ctx: Ctx, task: Task) -> datetime | None:
    """When it is laid before the teacher, UTC; None for now.

    What comes a minute before the digest waits for it: laid twice, the first would be taken back under the
    teacher's thumb.
    """
    sent = ctx.calendar.at(task.day, times(ctx, task.class_id, task.day).send)
    return sent + _SETTLED if timedelta() < sent - ctx.now <= _SOON else None


def tell(ctx: Ctx, task: Task, section: Section, kind: OutcomeKind, code: str) -> Tell:
    """A section's feature hears what became of it."""
    thing = Thing(section.thing_kind, section.thing_id)
    return Tell(section.feature, Outcome(ctx.new_id(), kind, code, thing, "", None, task.class_id))
