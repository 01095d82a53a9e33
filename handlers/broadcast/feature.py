"""Follows what lies before a teacher: has it been confirmed, is a reminder due, is the day over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handlers.broadcast import byhand, texts, toolbar
from handlers.broadcast.ending import finish, floor, over
from handlers.broadcast.post import (
    CLOSING,
    KIND,
    NAME,
    NOT_TOLD,
    OPEN,
    SKIPPED,
    go_on,
    lay,
    stop,
    tell,
)
from handlers.context import Ctx
from handlers.feature import Check
from handlers.language import Reading
from handlers.language.say import say_time
from handlers.message import Event, Message
from handlers.reply import (
    Act,
    Asker,
    AskSent,
    Button,
    Choice,
    Outcome,
    Reply,
    StopSend,
    Subject,
    Thing,
    ToPerson,
)
from storage import classes, numbers, outbox, people, tasks
from storage.engine import Db
from storage.schedule import Occurrence
from storage.tasks import Task

_QUEUED: tuple[tasks.State, ...] = ("queued",)


def wanted(db: Db, subject: Subject) -> bool:
    """Whether an unsent message still holds what the class is to read."""
    task = tasks.get(db, subject.id)
    return task is not None and task.state == "queued" and task.version == subject.version


class Broadcast:
    """See the module."""

    name = NAME
    checks: Mapping[str, Check] = {KIND: wanted}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """Nothing is asked for in words but what its buttons say."""
        return None

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Nothing was matched."""
        return []

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """「已发到群里」, 「已经发了」, 「今天不发」."""
        task = tasks.get(ctx.db, choice.thing.id)
        of = classes.get(ctx.db, task.class_id) if task else None
        teacher = people.class_teacher(ctx.db, of.id) if of else None
        mine = teacher is not None and ctx.person is not None and teacher.id == ctx.person.id
        if task is None or of is None or not mine or task.state not in OPEN:
            return [Reply(Asker(), texts.OVER)]
        if choice.action == "skip":
            return [Reply(Asker(), texts.skipped(of.name)), *_skip(ctx, task)]
        if choice.action == "posted" and task.state in ("by_hand", "taken"):
            return [Reply(Asker(), texts.posted(of.name)), *finish(ctx, task, "sent")]
        return [Reply(Asker(), texts.looking(of.name)), *_look(task)]

    def event(self, ctx: Ctx, event: Event) -> Sequence[Act]:
        """The page on a group's toolbar."""
        return toolbar.happened(ctx, event) if event.kind in toolbar.KINDS else []

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """What became of the message, of a look, or of taking it back."""
        thing = outcome.thing
        task = tasks.get(ctx.db, thing.id) if thing is not None and thing.kind == KIND else None
        if task is None:
            return []
        if outcome.act == "ask_task":
            return _looked(ctx, task, outcome)
        if outcome.act == "stop_task":
            return _stopped(ctx, task, outcome)
        return _laid(ctx, task, outcome) if outcome.act == "say" and outcome.to_class else []

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """A look is due; at 21:00 the day is over."""
        task = tasks.get(ctx.db, occurrence.subject_id)
        if task is None or task.state not in OPEN:
            return []
        if task.state in ("taking", "taken"):
            return toolbar.due(ctx, task)
        if not over(ctx, task):
            byhand.plan_look(ctx, task.id, task.asked_at or ctx.now)
            return _remind(ctx, task) if task.state == "by_hand" else _look(task)
        if task.state == "by_hand":
            return finish(ctx, task, "expired", NOT_TOLD)
        return stop(ctx, task)


def _look(task: Task) -> list[Act]:
    return [AskSent(task.class_id, task.task_id, Thing(KIND, task.id), NAME)] if task.task_id else []


def _laid(ctx: Ctx, task: Task, outcome: Outcome) -> list[Act]:
    """What became of laying it before the teacher."""
    platform_id = str(outcome.facts.get("task") or "")
    if task.state != "queued":
        # Decided otherwise while it was on its way: it must not lie there beside another.
        beside = outcome.kind == "sent" and platform_id not in ("", task.task_id)
        return [StopSend(task.class_id, platform_id, Thing(KIND, task.id), NAME)] if beside else []
    version = tasks.version_of(ctx.db, outcome.outbox_id)
    laid_now = task.laid if version is None else version
    if laid_now != task.laid:
        # A newer one has been queued since. Where it is on its way already, the older must not lie beside.
        if outcome.kind != "sent" or not platform_id:
            return []
        if not outbox.withdraw(ctx.db, KIND, task.id):
            return [StopSend(task.class_id, platform_id, Thing(KIND, task.id), NAME)]
    match outcome.kind:
        case "sent" if platform_id:
            values = {"task_id": platform_id, "asked_at": ctx.now, "laid": laid_now}
            tasks.set_state(ctx.db, task.id, _QUEUED, "asked", **values)
            byhand.plan_look(ctx, task.id, ctx.now)
            laid = tasks.get(ctx.db, task.id)
            return stop(ctx, laid) if laid is not None and laid.version > laid.laid else []
        case "sent":
            return finish(ctx, task, "sent")
        case "refused":
            return floor(ctx, task, outcome.code)
        case "withdrawn":
            return []
        case _:
            return finish(ctx, task, outcome.kind, outcome.code)


def _looked(ctx: Ctx, task: Task, outcome: Outcome) -> list[Act]:
    """What a look has shown. One that failed shows nothing; the next is planned."""
    if _of_another(task, outcome):
        return []
    if task.state == "taking":
        return toolbar.freed(ctx, task, outcome)
    if task.state not in ("asked", "stopping") or outcome.kind != "sent":
        return []
    state = outcome.facts.get("state")
    if state == "sent":
        return finish(ctx, task, "sent")
    if task.state == "stopping":
        return stop(ctx, task) if state == "open" else _gone(ctx, task)
    if state in ("limit", "gone", "stopped"):
        return floor(ctx, task, "limit" if state == "limit" else "gone")
    return stop(ctx, task) if over(ctx, task) else _remind(ctx, task)


def _stopped(ctx: Ctx, task: Task, outcome: Outcome) -> list[Act]:
    """What became of taking it back."""
    if _of_another(task, outcome):
        return []
    if task.state == "taking":
        return toolbar.freed(ctx, task, outcome)
    if task.state != "stopping":
        return []
    if outcome.kind == "sent" and outcome.facts.get("state") == "sent":
        return finish(ctx, task, "sent")
    if outcome.kind == "sent" or over(ctx, task):
        return _gone(ctx, task)
    return []  # nobody knows; the next look says


def _of_another(task: Task, outcome: Outcome) -> bool:
    """Whether it speaks of what lay there before: a second answer, come late."""
    told = outcome.facts.get("task")
    return told is not None and told != task.task_id


def _gone(ctx: Ctx, task: Task) -> list[Act]:
    """It does not lie before the teacher any more: what is wanted now goes out, or the day is over."""
    return finish(ctx, task, "expired") if over(ctx, task) else lay(ctx, task)


def _remind(ctx: Ctx, task: Task) -> list[Act]:
    """At most three times, and never at night."""
    of, teacher = classes.get(ctx.db, task.class_id), people.class_teacher(ctx.db, task.class_id)
    if of is None or teacher is None or not byhand.nudge_due(task, ctx.now, ctx.local):
        return []
    if not tasks.nudged(ctx.db, task):
        return []
    hand = task.state == "by_hand"
    clock = say_time(CLOSING)
    text = texts.nudge_by_hand(of.name, clock) if hand else texts.nudge(of.name, clock)
    done = Button(texts.POSTED, "posted") if hand else Button(texts.ALREADY, "look")
    buttons = (done, Button(texts.NOT_TODAY, "skip"))
    return [Reply(ToPerson(teacher.id), text, buttons=buttons, thing=Thing(KIND, task.id))]


def _skip(ctx: Ctx, task: Task) -> list[Act]:
    """None today: every section hears so, and what lies before the teacher is taken back."""
    told: list[Act] = []
    for section in tasks.sections(ctx.db, task):
        if tasks.take_out(ctx.db, task, section.feature):
            told.append(tell(ctx, task, section, "withdrawn", SKIPPED))
    numbers.close(ctx.db, KIND, task.id)
    return [*told, *go_on(ctx, task.id)]


FEATURE = Broadcast()
