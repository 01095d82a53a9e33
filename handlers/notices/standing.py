"""Where a notice stands: who has answered, who is missing, and the private word to those."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.context import Ctx
from handlers.notices import rules, texts
from handlers.notices.rules import Account, Child
from handlers.relay import late
from handlers.reply import Act, Asker, Audience, Button, Reply, Subject, Thing, ToPerson
from storage import access, notices, numbers, people, schedule
from storage.access import Denied, System
from storage.notices import Answer, Notice

NAME = "notices"
THING = "notice"
STATUS, POST = "notice.status", "notice.post"
SELF = System(NAME)
_NAMES = 10
"""So many names in one message."""
_IN_GROUP: tuple[notices.State, ...] = ("queued", "published")
"""Or before the class teacher, whose tap nobody tells us of at once."""
ASKING: tuple[notices.Level, ...] = ("confirm", "sign", "opinion")


def author(notice: Notice) -> ToPerson:
    """The teacher whose notice it is."""
    return ToPerson(notice.author_id)


def children(ctx: Ctx, class_id: str) -> list[Child]:
    """The class's families; the roster is only matched against, nobody looks at it."""
    pupils = access.access_class_pupils(ctx.db, SELF, class_id, NAME, now=ctx.now)
    if isinstance(pupils, Denied):
        return []
    bound = access.bound_guardians(ctx.db, SELF, [pupil.id for pupil in pupils])
    return [Child(pupil.id, pupil.name, bound.get(pupil.id, {})) for pupil in pupils]


def account(ctx: Ctx, notice: Notice) -> tuple[Account, dict[tuple[str, str], Answer]]:
    """Who is accounted for, with the answers."""
    given = notices.answers(ctx.db, notice)
    return rules.account(children(ctx, notice.class_id), given, both=notice.both), given


def latest(ctx: Ctx, class_ids: Sequence[str]) -> list[Notice]:
    """The newest notice of each class that asks something of the families and is in the group."""
    found = []
    for class_id in class_ids:
        rows = notices.of_class(ctx.db, class_id, _IN_GROUP, ctx.now - rules.OPEN_FOR)
        found += [row for row in rows if row.level in ASKING][:1]
    return found


def opinion(ctx: Ctx, class_ids: Sequence[str]) -> Notice | None:
    """The newest letter that asked the families of these classes for their opinion."""
    since = ctx.now - rules.OPEN_FOR
    rows = [row for one in class_ids for row in notices.of_class(ctx.db, one, _IN_GROUP, since)]
    return next((row for row in rows if row.level == "opinion"), None)


def status(ctx: Ctx, notice: Notice, to: Audience) -> Reply:
    """How many have answered, who is missing, and what can be done about it."""
    at, given = account(ctx, notice)
    head = rules.heading(notice.text)
    if not at.missing and not at.unbound:
        lines = [texts.everybody(head, notice.level, at.families)]
        return Reply(to, "\n".join(lines + _tallied(at, given, notice)))
    lines = [texts.status(head, notice.level, len(at.done), at.families)]
    names = [_missing_name(child, open_, notice) for child, open_ in at.missing]
    spent = notice.rounds >= rules.ROUNDS
    if names:
        shown, more = names[:_NAMES], max(0, len(names) - _NAMES)
        lines.append(texts.to_call(names) if spent else texts.missing(shown, more))
    if at.unbound:
        lines.append(texts.unbound([child.name for child in at.unbound[:_NAMES]], len(at.unbound)))
    text = "\n".join(lines + _tallied(at, given, notice))
    if not names or spent:
        return Reply(to, text)
    return Reply(to, text, buttons=(Button(texts.REMIND, "remind"),), thing=Thing(THING, notice.id))


def _missing_name(child: Child, open_: Sequence[str], notice: Notice) -> str:
    if not notice.both or len(open_) == len(child.guardians):
        return child.name
    return texts.one_of_two(child.name, child.guardians[open_[0]])


def _tallied(at: Account, given: dict[tuple[str, str], Answer], notice: Notice) -> list[str]:
    """The answers of a letter that asks, for the teacher alone."""
    if notice.level not in ("sign", "opinion") or not given:
        return []
    words = [_family_word(child, given) for child in at.done]
    lines = [texts.tally(words.count("agreed"), words.count("disagreed"), words.count("said"))]
    split = [child.name for child in rules.split_homes(at.done, given)]
    lines += [texts.split(split)] if split else []
    own = [
        texts.said_by(child.name, child.guardians[who], texts.WORDS.get(answer.word, ""), answer.said)
        for child in at.done
        for who in child.guardians
        if (answer := given.get((child.pupil_id, who))) is not None and answer.said
    ]
    return lines + own[:_NAMES]


def _family_word(child: Child, given: dict[tuple[str, str], Answer]) -> str:
    """One word for a family: of two who do not agree, the later."""
    answers = [given[key] for who in child.guardians if (key := (child.pupil_id, who)) in given]
    return max(answers, key=lambda one: one.at).word if answers else ""


# Reminders


def remind(ctx: Ctx, notice: Notice) -> list[Act]:
    """A private word to those who are missing, and to nobody else; at night, in the morning."""
    at, _given = account(ctx, notice)
    if not at.missing:
        return [Reply(Asker(), texts.NOBODY_LEFT)]
    if notice.rounds >= rules.ROUNDS or not notices.reminded(ctx.db, notice):
        names = [_missing_name(child, open_, notice) for child, open_ in at.missing]
        return [Reply(Asker(), texts.to_call(names))]
    plan_status(ctx, notice)
    numbers.close(ctx.db, THING, notice.id, ctx.person.id if ctx.person else "")
    wait = "" if rules.is_day(ctx.local.time()) else late.label(ctx)
    told = Reply(Asker(), texts.reminded(len(at.missing), wait))
    return [told, *asked(ctx, notice, at, again=True)]


def asked(
    ctx: Ctx, notice: Notice, at: Account, *, again: bool = False, corrected: bool = False
) -> list[Act]:
    """The notice to each guardian who has not answered, with the choices."""
    of: dict[str, list[str]] = {}
    for child, open_ in at.missing:
        for guardian in open_:
            of.setdefault(guardian, []).append(child.name)
    teacher = people.get(ctx.db, notice.author_id)
    name = teacher.name if teacher else ""
    when = late.morning(ctx) if again and not rules.is_day(ctx.local.time()) else None
    return [
        Reply(
            ToPerson(guardian),
            texts.reminder(
                name, notice.text, notice.level, texts.children(names), again=again, corrected=corrected
            ),
            buttons=buttons(notice),
            thing=Thing(THING, notice.id),
            arrival="must",
            subject=Subject(THING, notice.id, notice.version),
            not_before=when,
            urgent=not again,
        )
        for guardian, names in of.items()
    ]


def buttons(notice: Notice) -> tuple[Button, ...]:
    """「不同意」 is as easy as 「同意」."""
    if notice.level in ("seen", "confirm"):
        return (Button(texts.CONFIRM, "confirmed"),)
    return (Button(texts.AGREE, "agreed"), Button(texts.DISAGREE, "disagreed"))


# What is due


def plan(ctx: Ctx, notice: Notice, kind: str, due_at: datetime) -> None:
    """Write down that something is due for a notice."""
    local = due_at.astimezone(ctx.local.tzinfo).strftime("%Y-%m-%dT%H:%M")
    schedule.plan(ctx.db, ctx.new_id(), ctx.school.id, NAME, kind, notice.id, local, due_at)


def plan_status(ctx: Ctx, notice: Notice) -> None:
    """At noon of the next school day the teacher hears who is missing."""
    following = ctx.calendar.next_school_day(ctx.local.date())
    if notice.level in ASKING and following is not None:
        plan(ctx, notice, STATUS, ctx.calendar.at(following, rules.STATUS))


def due_status(ctx: Ctx, notice: Notice) -> list[Act]:
    """Noon: who is missing; when nobody is, that is said once."""
    if notice.state != "published" or notice.settled_at is not None:
        return []
    at, _given = account(ctx, notice)
    if not at.missing:
        notices.settle(ctx.db, notice.id, ctx.now)
    return [status(ctx, notice, author(notice))]
