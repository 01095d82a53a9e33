"""The class group's toolbar: a page there sends the day's post with one tap, as the teacher's own message.

developer.work.weixin.qq.com, paths 98531 (which group is open) and 98539 (the message). What lies before the
teacher is taken back first: only once the platform has said so is the page told to go on, and only one page.
A page that says nothing more leaves the words in the teacher's hands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from handlers.broadcast import byhand, texts
from handlers.broadcast.ending import finish, floor, over
from handlers.broadcast.post import KIND, NAME, NOT_TOLD, lay, stop
from handlers.context import Ctx
from handlers.digest.desks import desks, times
from handlers.language.say import say_day, say_time
from handlers.message import Event
from handlers.reply import Act, Outcome, StopSend, Thing
from storage import broadcast, classes, people, tasks
from storage.classes import SchoolClass
from storage.engine import Db
from storage.tasks import Task

TAKE, SENT, FAILED = "toolbar_take", "toolbar_sent", "toolbar_failed"
KINDS = (TAKE, SENT, FAILED)
"""Events of our own page: it wants to send · it is in the group · the client refused."""
HELD = timedelta(minutes=2)
"""So long a page may take from being told to go on until it says what came of it."""
_SLOT = "toolbar"
_FREE: tuple[tasks.State, ...] = ("asked", "by_hand")
_ASKED: tuple[tasks.State, ...] = ("asked",)
_TAKING: tuple[tasks.State, ...] = ("taking",)

State = Literal["ready", "pending", "go", "wait", "again", "sent", "by_hand", "nothing"]
"""It may be sent · it is being taken back for this page · this page sends it now · something else goes on
· it was not taken back, and may be tried again · in the group · this page gave it up · there is nothing."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows.

    Args:
        text: Says it.
        task_id: What waits; empty where nothing does.
        version: The version of ``words``.
        words: What would be posted.
    """

    state: State
    text: str
    task_id: str = ""
    version: int = 0
    words: str = ""


def bound(db: Db, chats: Sequence[str]) -> str | None:
    """The key under which the group is a class's; None if it is none's."""
    found = (classes.by_group(db, key) for key in chats)
    return next((each.group_chat for each in found if each is not None), None)


def look(ctx: Ctx, chats: Sequence[str], holder: str = "") -> Shown:
    """What a page in a group shows to the person of ``ctx``.

    Args:
        chats: The keys the group may have.
        holder: The page.
    """
    found = (classes.by_group(ctx.db, key) for key in chats)
    of = next((each for each in found if each is not None), None)
    if of is None or of.school_id != ctx.school.id:
        return Shown("nothing", texts.BAR_UNKNOWN)
    if not _decides(ctx, of):
        return Shown("nothing", texts.BAR_NOT_YOURS)
    task = tasks.for_day(ctx.db, of.id, ctx.local.date())
    return _nothing(ctx, of) if task is None else _shown(ctx, of, task, holder)


def own(ctx: Ctx) -> str:
    """What waits in the classes of the person of ``ctx``, to be copied where no group is open."""
    waiting = []
    for desk in desks(ctx):
        task = tasks.for_day(ctx.db, desk.of.id, ctx.local.date()) if _decides(ctx, desk.of) else None
        shown = _shown(ctx, desk.of, task, "") if task is not None else None
        waiting += [shown.words] if shown is not None and shown.words else []
    return texts.merged(waiting)


def _nothing(ctx: Ctx, of: SchoolClass) -> Shown:
    """Nothing waits; the next preview comes at its time on the next day of school."""
    day, clock = ctx.local.date(), times(ctx, of.id).preview
    today = ctx.calendar.is_school_day(day) and ctx.local.time() < clock
    coming = day if today else ctx.calendar.next_school_day(day)
    return Shown("nothing", texts.bar_nothing(say_day(coming) if coming else "", say_time(clock)))


def _decides(ctx: Ctx, of: SchoolClass) -> bool:
    teacher = people.class_teacher(ctx.db, of.id)
    return teacher is not None and ctx.person is not None and teacher.id == ctx.person.id


def _shown(ctx: Ctx, of: SchoolClass, task: Task, holder: str) -> Shown:
    mine = bool(holder) and _holder(ctx, task) == holder
    match task.state:
        case "sent":
            return Shown("sent", texts.bar_sent(of.name), task.id)
        case "dropped":
            return _nothing(ctx, of)
        case "taken" if mine:
            return Shown("go", texts.BAR_SENDING, task.id, task.laid)
        case "taking" if mine:
            return Shown("pending", texts.BAR_TAKING, task.id)
        case "taking" | "taken":
            return Shown("wait", texts.BAR_ELSEWHERE, task.id)
        case "queued" | "stopping":
            return Shown("wait", texts.BAR_CHANGING, task.id)
    if over(ctx, task):
        return _nothing(ctx, of)
    if mine:
        asked = task.state == "asked"
        return Shown("again" if asked else "by_hand", texts.BAR_REFUSED if asked else texts.BAR_BY_HAND)
    wanted = [section for section in tasks.sections(ctx.db, task) if section.wanted]
    # The picture is in the teacher's chat only where the words are, too.
    picture = task.state == "by_hand" and any(section.picture for section in wanted)
    text = texts.bar_ready(of.name, picture=picture)
    words = texts.merged([section.text for section in wanted])
    return Shown("ready", text, task.id, task.version, words)


def happened(ctx: Ctx, event: Event) -> list[Act]:
    """One of :data:`TAKE`, :data:`SENT`, :data:`FAILED`, as our own page's way in keeps them."""
    facts = event.facts
    task = tasks.get(ctx.db, facts.get("task", ""))
    of = classes.get(ctx.db, task.class_id) if task is not None else None
    if task is None or of is None or task.school_id != ctx.school.id or of.group_chat != facts.get("chat"):
        return []
    teacher = people.class_teacher(ctx.db, of.id)
    if teacher is None or teacher.id != facts.get("person"):
        return []
    holder, version = facts["page"], int(facts["version"])
    if event.kind == TAKE:
        return _take(ctx, task, holder, version)
    if _holder(ctx, task) != holder:
        return []
    if event.kind == SENT:
        return _sent(ctx, task, version)
    return floor(ctx, task, "page_refused") if task.state == "taken" else []


def _take(ctx: Ctx, task: Task, holder: str, version: int) -> list[Act]:
    """The page wants to send what it has shown; if that is what is wanted, nobody else may any more."""
    if task.state not in _FREE or task.version != version or over(ctx, task):
        return []
    if task.state == "by_hand":
        _hold(ctx, task, holder)
        return _give(ctx, task)
    if task.task_id is None or not tasks.set_state(ctx.db, task.id, _ASKED, "taking"):
        return []
    _hold(ctx, task, holder)
    return [StopSend(task.class_id, task.task_id, Thing(KIND, task.id), NAME)]


def freed(ctx: Ctx, task: Task, outcome: Outcome) -> list[Act]:
    """What became of taking it back for a page, or of a look at it meanwhile."""
    state = outcome.facts.get("state") if outcome.kind == "sent" else None
    if state == "sent":
        return finish(ctx, task, "sent")
    if state == "open":
        return [StopSend(task.class_id, task.task_id, Thing(KIND, task.id), NAME)] if task.task_id else []
    if state is not None:
        if over(ctx, task):
            return finish(ctx, task, "expired")
        return lay(ctx, task) if task.version != task.laid else _give(ctx, task)
    if outcome.act != "stop_task":
        return []
    # Nobody knows whether it still lies there: it counts as lying there, and the next look says.
    tasks.set_state(ctx.db, task.id, _TAKING, "asked")
    again = tasks.get(ctx.db, task.id)
    return stop(ctx, again) if again is not None and again.version > again.laid else []


def due(ctx: Ctx, task: Task) -> list[Act]:
    """A look is due at what a page has taken, or is taking."""
    if task.state == "taking":
        if over(ctx, task):
            tasks.set_state(ctx.db, task.id, _TAKING, "stopping")
        return [StopSend(task.class_id, task.task_id, Thing(KIND, task.id), NAME)] if task.task_id else []
    byhand.plan_look(ctx, task.id, task.asked_at or ctx.now)
    if task.asked_at is not None and ctx.now - task.asked_at < HELD:
        return []
    return finish(ctx, task, "expired", NOT_TOLD) if over(ctx, task) else floor(ctx, task, "page_silent")


def _give(ctx: Ctx, task: Task) -> list[Act]:
    given = {"laid": task.version, "task_id": None, "asked_at": ctx.now}
    if tasks.set_state(ctx.db, task.id, ("by_hand", "taking"), "taken", **given):
        byhand.plan_look(ctx, task.id, ctx.now + HELD)
    return []


def _sent(ctx: Ctx, task: Task, version: int) -> list[Act]:
    """It is in the group; said late, too, when the words lie in the teacher's hands again."""
    if task.state not in ("taken", "by_hand"):
        return []
    tasks.set_state(ctx.db, task.id, ("taken", "by_hand"), task.state, laid=version)
    now = tasks.get(ctx.db, task.id)
    return finish(ctx, now, "sent") if now is not None else []


def _holder(ctx: Ctx, task: Task) -> str | None:
    return broadcast.holder(ctx.db, task.class_id, task.day, _SLOT)


def _hold(ctx: Ctx, task: Task, holder: str) -> None:
    before = _holder(ctx, task)
    if before is not None:
        broadcast.release(ctx.db, task.class_id, task.day, _SLOT, before)
    broadcast.take(
        ctx.db,
        ctx.new_id,
        ctx.now,
        school_id=task.school_id,
        class_id=task.class_id,
        day=task.day,
        feature=_SLOT,
        thing_id=holder,
    )
