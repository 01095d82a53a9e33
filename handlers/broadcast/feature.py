"""Follows what lies before a teacher: has it been confirmed, is a reminder due, is the day over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handlers.broadcast import byhand, texts
from handlers.broadcast.post import (
    CLOSING,
    KIND,
    NAME,
    NOT_TOLD,
    OPEN,
    SKIPPED,
    SLOT_USED,
    TAKEN_OUT,
    go_on,
    lay,
    stop,
)
from handlers.context import Ctx
from handlers.feature import Check
from handlers.language import Reading
from handlers.language.say import say_time
from handlers.message import Message
from handlers.reply import (
    Act,
    Asker,
    AskSent,
    Button,
    Choice,
    Outcome,
    OutcomeKind,
    Reply,
    StopSend,
    Subject,
    Tell,
    Thing,
    ToPerson,
)
from storage import classes, numbers, people, tasks
from storage.engine import Db
from storage.schedule import Occurrence
from storage.tasks import Section, Task

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
        if choice.action == "posted" and task.state == "by_hand":
            return [Reply(Asker(), texts.posted(of.name)), *_finish(ctx, task, "sent")]
        return [Reply(Asker(), texts.looking(of.name)), *_look(task)]

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
        if not _over(ctx, task):
            byhand.plan_look(ctx, task.id, task.asked_at or ctx.now)
            return _remind(ctx, task) if task.state == "by_hand" else _look(task)
        if task.state == "by_hand":
            return _finish(ctx, task, "expired", NOT_TOLD)
        return stop(ctx, task)


def _over(ctx: Ctx, task: Task) -> bool:
    return ctx.local.date() != task.day or ctx.local.time() >= CLOSING


def _look(task: Task) -> list[Act]:
    return [AskSent(task.class_id, task.task_id, Thing(KIND, task.id))] if task.task_id else []


def _laid(ctx: Ctx, task: Task, outcome: Outcome) -> list[Act]:
    """What became of laying it before the teacher."""
    platform_id = str(outcome.facts.get("task") or "")
    if task.state != "queued":
        # Decided otherwise while it was on its way: it must not lie there beside another.
        beside = outcome.kind == "sent" and platform_id not in ("", task.task_id)
        return [StopSend(task.class_id, platform_id, Thing(KIND, task.id))] if beside else []
    match outcome.kind:
        case "sent" if platform_id:
            tasks.set_state(ctx.db, task.id, _QUEUED, "asked", task_id=platform_id, asked_at=ctx.now)
            byhand.plan_look(ctx, task.id, ctx.now)
            laid = tasks.get(ctx.db, task.id)
            return stop(ctx, laid) if laid is not None and laid.version > laid.laid else []
        case "sent":
            return _finish(ctx, task, "sent")
        case "refused":
            return _floor(ctx, task, outcome.code)
        case "withdrawn":
            return []
        case _:
            return _finish(ctx, task, outcome.kind, outcome.code)


def _looked(ctx: Ctx, task: Task, outcome: Outcome) -> list[Act]:
    """What a look has shown. One that failed shows nothing; the next is planned."""
    if task.state not in ("asked", "stopping") or outcome.kind != "sent":
        return []
    state = outcome.facts.get("state")
    if state == "sent":
        return _finish(ctx, task, "sent")
    if task.state == "stopping":
        return stop(ctx, task) if state == "open" else _gone(ctx, task)
    if state in ("limit", "gone", "stopped"):
        return _floor(ctx, task, "limit" if state == "limit" else "gone")
    return stop(ctx, task) if _over(ctx, task) else _remind(ctx, task)


def _stopped(ctx: Ctx, task: Task, outcome: Outcome) -> list[Act]:
    """What became of taking it back."""
    if task.state != "stopping":
        return []
    if outcome.kind == "sent" and outcome.facts.get("state") == "sent":
        return _finish(ctx, task, "sent")
    if outcome.kind == "sent" or _over(ctx, task):
        return _gone(ctx, task)
    return []  # nobody knows; the next look says


def _gone(ctx: Ctx, task: Task) -> list[Act]:
    """It does not lie before the teacher any more: what is wanted now goes out, or the day is over."""
    return _finish(ctx, task, "expired") if _over(ctx, task) else lay(ctx, task)


def _floor(ctx: Ctx, task: Task, code: str) -> list[Act]:
    """The platform does not lay it before the teacher: words to copy instead."""
    of = classes.get(ctx.db, task.class_id)
    wanted_now = [section for section in tasks.sections(ctx.db, task) if section.wanted]
    if of is None or not wanted_now:
        return lay(ctx, task)
    handed = byhand.hand_over(ctx, of, task, wanted_now, texts.why(code))
    return handed or _finish(ctx, task, "refused", code)


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
            told.append(_tell(ctx, task, section, "withdrawn", SKIPPED))
    numbers.close(ctx.db, KIND, task.id)
    return [*told, *go_on(ctx, task.id)]


def _finish(ctx: Ctx, task: Task, kind: OutcomeKind, code: str = "") -> list[Act]:
    """It is over: each section's feature hears how it ended."""
    to: tasks.State = "sent" if kind == "sent" else "dropped"
    if not tasks.set_state(ctx.db, task.id, OPEN, to, task_id=None, done_at=ctx.now):
        return []
    byhand.close(ctx, task.id)
    told: list[Act] = []
    late = False
    for section in tasks.sections(ctx.db, task):
        if kind != "sent":
            told += [_tell(ctx, task, section, kind, code)] if section.wanted else []
        elif section.version > task.laid:
            told += [_tell(ctx, task, section, "refused", SLOT_USED)] if section.wanted else []
        else:
            late = late or not section.wanted
            told.append(_tell(ctx, task, section, "sent", "ok" if section.wanted else TAKEN_OUT))
    tasks.blank(ctx.db, task)
    return [*told, *_say_too_late(ctx, task)] if late else told


def _say_too_late(ctx: Ctx, task: Task) -> list[Act]:
    of, teacher = classes.get(ctx.db, task.class_id), people.class_teacher(ctx.db, task.class_id)
    return [Reply(ToPerson(teacher.id), texts.too_late(of.name), arrival="must")] if of and teacher else []


def _tell(ctx: Ctx, task: Task, section: Section, kind: OutcomeKind, code: str) -> Tell:
    thing = Thing(section.thing_kind, section.thing_id)
    return Tell(section.feature, Outcome(ctx.new_id(), kind, code, thing, "", None, task.class_id))


FEATURE = Broadcast()
