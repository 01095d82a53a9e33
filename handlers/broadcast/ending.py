"""How a post that waits for its teacher ends: it is in the group, in the teacher's hands, or over."""

from __future__ import annotations

from handlers.broadcast import byhand, texts
from handlers.broadcast.post import CLOSING, OPEN, SLOT_USED, TAKEN_OUT, lay, tell
from handlers.context import Ctx
from handlers.reply import Act, OutcomeKind, Reply, ToPerson
from storage import classes, people, tasks
from storage.tasks import Task


def over(ctx: Ctx, task: Task) -> bool:
    """Whether its day is."""
    return ctx.local.date() != task.day or ctx.local.time() >= CLOSING


def floor(ctx: Ctx, task: Task, code: str) -> list[Act]:
    """The platform does not lay it before the teacher: words to copy instead."""
    of = classes.get(ctx.db, task.class_id)
    wanted_now = [section for section in tasks.sections(ctx.db, task) if section.wanted]
    if of is None or not wanted_now:
        return lay(ctx, task)
    if over(ctx, task):
        return finish(ctx, task, "expired")
    handed = byhand.hand_over(ctx, of, task, wanted_now, texts.why(code))
    return handed or finish(ctx, task, "refused", code)


def finish(ctx: Ctx, task: Task, kind: OutcomeKind, code: str = "") -> list[Act]:
    """It is over: each section's feature hears how it ended."""
    to: tasks.State = "sent" if kind == "sent" else "dropped"
    if not tasks.set_state(ctx.db, task.id, OPEN, to, task_id=None, done_at=ctx.now):
        return []
    byhand.close(ctx, task.id)
    told: list[Act] = []
    late = False
    for section in tasks.sections(ctx.db, task):
        if kind != "sent":
            told += [tell(ctx, task, section, kind, code)] if section.wanted else []
        elif section.version > task.laid:
            told += [tell(ctx, task, section, "refused", SLOT_USED)] if section.wanted else []
        else:
            late = late or not section.wanted
            told.append(tell(ctx, task, section, "sent", "ok" if section.wanted else TAKEN_OUT))
    tasks.blank(ctx.db, task)
    return [*told, *_say_too_late(ctx, task)] if late else told


def _say_too_late(ctx: Ctx, task: Task) -> list[Act]:
    of, teacher = classes.get(ctx.db, task.class_id), people.class_teacher(ctx.db, task.class_id)
    return [Reply(ToPerson(teacher.id), texts.too_late(of.name), arrival="must")] if of and teacher else []
