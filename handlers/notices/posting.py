"""Bringing a notice to the group: now, in the morning, with the day's one post; or to each family at once."""

from __future__ import annotations

from datetime import date, datetime

from handlers import guard
from handlers.broadcast import NOT_TOLD, SKIPPED, Post, post, take_out
from handlers.context import Ctx
from handlers.digest.desks import along
from handlers.digest.texts import why
from handlers.guard.texts import reason
from handlers.language.say import say_day, say_short_day
from handlers.notices import rules, standing, texts
from handlers.notices.standing import NAME, POST, THING
from handlers.relay.late import morning
from handlers.reply import Act, Asker, Button, Outcome, Reply, Thing
from storage import broadcast, classes, notices, numbers
from storage.classes import SchoolClass
from storage.notices import Notice, State

_OPEN: tuple[State, ...] = ("draft", "waiting", "failed")


def free(ctx: Ctx, class_id: str) -> bool:
    """Whether no other notice has gone to the class's group today."""
    return broadcast.holder(ctx.db, class_id, ctx.local.date(), NAME) is None


def by_itself(of: SchoolClass) -> bool:
    """Whether a robot posts there without anybody's tap."""
    return classes.way(of.group_chat) == "by_itself"


def publish(ctx: Ctx, notice: Notice, of: SchoolClass) -> list[Act]:
    """Hand the notice to the class's broadcast; what stops it is said."""
    verdict = guard.look(ctx, of.id, notice.text, now=True)
    if verdict.verdict == "block":
        return [Reply(standing.author(notice), texts.stopped(reason(verdict)))]
    if not notices.set_state(ctx.db, notice.id, _OPEN, "queued"):
        return [Reply(standing.author(notice), texts.GONE)]
    acts = post(ctx, _post(ctx, notice, of))
    if acts is not None:
        numbers.close(ctx.db, THING, notice.id)
        return acts
    notices.set_state(ctx.db, notice.id, ("queued",), "waiting")
    return wait(ctx, notice, morning(ctx) if by_itself(of) else along(ctx, of.id))


def _post(ctx: Ctx, notice: Notice, of: SchoolClass) -> Post:
    day = ctx.local.date()
    text = texts.post(
        of.name,
        say_short_day(day),
        notice.text,
        notice.level,
        urgent=notice.urgent,
        corrected=notice.published_at is not None,
    )
    deadline = ctx.calendar.at(day, rules.TO)
    thing = Thing(THING, notice.id)
    return Post(of.id, day, NAME, thing, notice.version, texts.title(of.name), text, deadline)


def wait(ctx: Ctx, notice: Notice, at: datetime | None) -> list[Act]:
    """Send it later; the words of that are for the teacher."""
    if at is None:
        return [Reply(standing.author(notice), texts.GONE)]
    notices.set_state(ctx.db, notice.id, ("draft", "published"), "waiting")
    standing.plan(ctx, notice, POST, at)
    numbers.close(ctx.db, THING, notice.id)
    return [Reply(standing.author(notice), texts.later(_when(ctx, at)))]


def _when(ctx: Ctx, at: datetime) -> str:
    local = at.astimezone(ctx.local.tzinfo)
    return texts.moment(say_day(local.date()), local.time())


def to_everybody(ctx: Ctx, notice: Notice, of: SchoolClass) -> list[Act]:
    """An urgent notice goes to each family at once, and to the group where a robot is in it."""
    if not notices.set_state(ctx.db, notice.id, _OPEN, "published", published_at=ctx.now):
        return [Reply(Asker(), texts.GONE)]
    numbers.close(ctx.db, THING, notice.id)
    at, _given = standing.account(ctx, notice)
    told = Reply(Asker(), texts.to_families(len(at.missing)))
    standing.plan_status(ctx, notice)
    group = post(ctx, _post(ctx, notice, of)) if by_itself(of) and rules.is_day(ctx.local.time()) else None
    return [told, *standing.asked(ctx, notice, at), *(group or [])]


def drop(ctx: Ctx, notice: Notice) -> list[Act] | None:
    """Take back what is not in the group yet; None if it is too late."""
    acts: list[Act] = []
    if notice.state == "queued":
        back = take_out(ctx, notice.class_id, ctx.local.date(), NAME, Thing(THING, notice.id))
        if back is None:
            return None
        acts = back
    if not notices.set_state(ctx.db, notice.id, (*_OPEN, "queued"), "dropped"):
        return None
    numbers.close(ctx.db, THING, notice.id)
    return acts


def outcome(ctx: Ctx, result: Outcome) -> list[Act]:
    """What became of the post in the group, or of taking it down."""
    notice = notices.get(ctx.db, result.thing.id) if result.thing and result.to_class else None
    if notice is None:
        return []
    if result.act == "recall":
        return _recalled(ctx, notice, result)
    if result.kind == "sent":
        if notices.set_state(ctx.db, notice.id, ("queued", "failed"), "published", published_at=ctx.now):
            standing.plan_status(ctx, notice)
            return _correct(ctx, notice) if notice.published_at is not None else []
        return []
    if notice.state == "published":  # urgent: the families have it in private
        return []
    if result.kind == "withdrawn":
        if result.code == SKIPPED:
            notices.set_state(ctx.db, notice.id, ("queued",), "dropped")
        return []
    return _failed(ctx, notice, result)


def _recalled(ctx: Ctx, notice: Notice, result: Outcome) -> list[Act]:
    """It is gone, and nobody is asked for an answer any more; or it hangs, and that is said."""
    if notice.state != "published":
        return []  # the same, a second time
    head = rules.heading(notice.text)
    if result.kind != "sent":
        return [Reply(standing.author(notice), texts.not_recalled(head), arrival="must")]
    notices.set_state(ctx.db, notice.id, ("published",), "dropped")
    return [Reply(standing.author(notice), texts.recalled(head), arrival="must")]


def _correct(ctx: Ctx, notice: Notice) -> list[Act]:
    """Who had answered the words that were wrong hears of the new ones, in private."""
    if notice.level not in standing.ASKING:
        return []
    before = notices.ever_answered(ctx.db, notice.id)
    at, _given = standing.account(ctx, notice)
    again = tuple(
        (child, open_ids)
        for child, held in at.missing
        if (open_ids := tuple(one for one in held if (child.pupil_id, one) in before))
    )
    return standing.asked(ctx, notice, rules.Account((), again, ()), corrected=True)


def _failed(ctx: Ctx, notice: Notice, result: Outcome) -> list[Act]:
    if not notices.set_state(ctx.db, notice.id, ("queued",), "failed"):
        return []
    words = why(result.code)[0]
    if result.kind == "unknown":
        words = texts.MAYBE
    elif result.kind == "expired":
        words = texts.EXPIRED if result.code == NOT_TOLD else texts.TOO_LATE
    text = texts.failed(rules.heading(notice.text), words)
    choices = (Button(texts.AGAIN, "post"), Button(texts.ARRIVED, "arrived"), Button(texts.DROP, "drop"))
    return [
        Reply(standing.author(notice), text, buttons=choices, thing=Thing(THING, notice.id), arrival="must")
    ]


def arrived(ctx: Ctx, notice: Notice) -> list[Act]:
    """The teacher has seen the doubtful post in the group."""
    if notices.set_state(ctx.db, notice.id, ("failed", "queued"), "published", published_at=ctx.now):
        standing.plan_status(ctx, notice)
        numbers.close(ctx.db, THING, notice.id)
    return [Reply(Asker(), texts.marked_arrived(rules.heading(notice.text)))]


def due(ctx: Ctx, notice: Notice, local_time: str) -> list[Act]:
    """Morning, or a minute before the digest."""
    of = classes.get(ctx.db, notice.class_id)
    if of is None or notice.state != "waiting":
        return []
    overslept = ctx.local.date() != date.fromisoformat(local_time[:10]) or not rules.is_day(ctx.local.time())
    if overslept:  # whether it still holds is for its author to say
        notices.set_state(ctx.db, notice.id, ("waiting",), "draft")
        choices = (Button(texts.POST, "post"), Button(texts.DROP, "drop"))
        text = texts.failed(rules.heading(notice.text), texts.OVERSLEPT)
        thing = Thing(THING, notice.id)
        return [Reply(standing.author(notice), text, buttons=choices, thing=thing, arrival="must")]
    return publish(ctx, notice, of)
