"""A teacher's line becomes a notice: for which class, what it wants, how it reads; nothing goes by itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from handlers import guard
from handlers.context import Ctx
from handlers.digest.compose import mentioned
from handlers.digest.desks import Desk, along, desks, named
from handlers.guard.texts import reason
from handlers.language.say import say_day
from handlers.message import Message
from handlers.notices import posting, rules, standing, texts
from handlers.notices.rules import Wish
from handlers.notices.standing import NAME, THING
from handlers.relay.late import label, morning
from handlers.reply import Act, Asker, Button, Reply, TakeBack, Thing
from handlers.talking import begin
from storage import classes, notices, numbers, talks
from storage.classes import SchoolClass
from storage.notices import Level, Notice, State
from storage.talks import Talk

ASK = "notice_ask"
_DRAFT: tuple[State, ...] = ("draft",)
_LIFE = timedelta(hours=2)
_BUTTONS = 3


@dataclass(frozen=True, slots=True)
class New:
    """A notice is to be written.

    Args:
        wish: What was said; its words may be missing.
        classes: A class's name as it was said, or empty.
    """

    wish: Wish
    classes: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """The draft that lies before the teacher is to be different.

    Args:
        text: New words, or empty.
        level: What is wanted of the families, or None.
        both: Whether each of two guardians is asked, or None.
    """

    notice: Notice
    text: str = ""
    level: Level | None = None
    both: bool | None = None


def deciding(ctx: Ctx) -> list[Desk]:
    """The classes whose class teacher the writer is."""
    return [desk for desk in desks(ctx) if desk.decides]


def open_draft(ctx: Ctx) -> Notice | None:
    """The draft the writer has before them, if it is fresh."""
    if ctx.person is None:
        return None
    since = ctx.now - _LIFE
    found = [row for desk in deciding(ctx) for row in notices.of_class(ctx.db, desk.of.id, _DRAFT, since)]
    mine = [row for row in found if row.author_id == ctx.person.id]
    return max(mine, key=lambda row: row.created_at) if mine else None


def new(ctx: Ctx, message: Message, wanted: New) -> list[Act]:
    """Ask what is missing, or show how it would read."""
    mine = deciding(ctx)
    if not mine:
        return [Reply(Asker(), texts.ONLY_TEACHER)]
    if not wanted.wish.text:
        begin(ctx, message, NAME, {"op": "text", **asdict(wanted)})
        return [Reply(Asker(), texts.NO_WORDS)]
    chosen = named(ctx, wanted.classes, mine) if wanted.classes else mine
    if isinstance(chosen, str) or (len(chosen) > 1 and not wanted.classes):
        return [_which(ctx, message, wanted, mine)]
    return [act for desk in chosen for act in _drafted(ctx, desk.of, wanted.wish)]


def _which(ctx: Ctx, message: Message, wanted: New, mine: Sequence[Desk]) -> Reply:
    labels = [desk.of.name for desk in mine[:_BUTTONS]]
    talk = begin(ctx, message, NAME, {"op": "class", "labels": labels, **asdict(wanted)})
    buttons = [Button(label, str(at)) for at, label in enumerate(labels)]
    buttons.append(Button(texts.ALL_CLASSES, "all"))
    return Reply(Asker(), texts.which_class(labels), buttons=tuple(buttons), thing=Thing(ASK, talk.id))


def wanted_in(talk: Talk) -> New:
    """What a question was asked about."""
    state = json.loads(talk.state)
    return New(Wish(**state["wish"]), state["classes"])


def worded(wanted: New, text: str) -> New:
    """The same with the words that were missing."""
    said = rules.wish(text)
    if said is not None and said.text:
        return replace(wanted, wish=said)
    level = rules.asked(text) or wanted.wish.level
    return replace(wanted, wish=replace(wanted.wish, text=rules.bare(text), level=level))


def for_class(ctx: Ctx, message: Message, talk: Talk, action: str) -> list[Act]:
    """The class was chosen, or all of them."""
    wanted, labels = wanted_in(talk), json.loads(talk.state)["labels"]
    name = "*" if action == "all" else str(labels[int(action)])
    return new(ctx, message, replace(wanted, classes=name))


def _drafted(ctx: Ctx, of: SchoolClass, wish: Wish) -> list[Act]:
    refused = _refused(ctx, of, wish.text)
    if refused:
        return [Reply(Asker(), refused)]
    notice = Notice(
        ctx.new_id(),
        ctx.school.id,
        of.id,
        ctx.person.id if ctx.person else "",
        wish.level,
        wish.both,
        wish.urgent,
        rules.dated(wish.text, ctx.local),
        "draft",
        1,
        0,
        ctx.now,
    )
    notices.add(ctx.db, notice)
    return [shown(ctx, notice, of)]


def _refused(ctx: Ctx, of: SchoolClass, text: str) -> str:
    """Why these words cannot go to a class; empty if they can."""
    if len(text) > rules.LONGEST:
        return texts.too_long(len(text), rules.LONGEST)
    verdict = guard.look(ctx, of.id, text)
    if verdict.verdict == "block":
        return texts.stopped(reason(verdict))
    hits = mentioned(ctx, of.id, "news", text)
    return texts.names_child(text[hits[0].start : hits[0].end]) if hits else ""


def shown(ctx: Ctx, notice: Notice, of: SchoolClass) -> Reply:
    """The draft with what can be done about it; the usual first, what drops it last."""
    way, send = _way(ctx, notice, of)
    buttons = [Button(label, action) for label, action in send]
    buttons += [Button(texts.change_to(level), f"level:{level}") for level in _OTHERS[notice.level]]
    kept = (*buttons[:_BUTTONS], Button(texts.DROP, "drop"))
    text = texts.preview(of.name, notice.text, notice.level, both=notice.both, way=way)
    return Reply(Asker(), text, buttons=kept, thing=Thing(THING, notice.id))


_OTHERS: dict[Level, tuple[Level, ...]] = {
    "confirm": ("sign", "seen"),
    "sign": ("confirm", "opinion"),
    "opinion": ("sign",),
    "seen": ("confirm", "sign"),
}


def _way(ctx: Ctx, notice: Notice, of: SchoolClass) -> tuple[str, list[tuple[str, str]]]:
    """How it can go out now: the words about it, and the buttons."""
    if notice.urgent:
        return texts.URGENT, [(texts.TO_ALL, "all")]
    if not posting.by_itself(of):
        at = along(ctx, of.id)
        day = say_day(at.astimezone(ctx.local.tzinfo).date()) if at else ""
        return texts.along(day), [(texts.ALONG, "along"), (texts.TO_ALL, "all")]
    if not rules.is_day(ctx.local.time()):
        return texts.AT_NIGHT, [(label(ctx), "night")]
    if not posting.free(ctx, of.id):
        return texts.TAKEN, [(label(ctx), "night")]
    return texts.BY_ITSELF, [(texts.POST, "post")]


def change(ctx: Ctx, wanted: Change) -> list[Act]:
    """Bring the draft up to date and show it again."""
    of = classes.get(ctx.db, wanted.notice.class_id)
    if of is None or wanted.notice.state != "draft":
        return [Reply(Asker(), texts.GONE)]
    text = rules.dated(wanted.text, ctx.local) if wanted.text else None
    refused = _refused(ctx, of, text) if text else ""
    if refused:
        return [Reply(Asker(), refused)]
    numbers.close(ctx.db, THING, wanted.notice.id)
    notices.change(ctx.db, wanted.notice, text=text, level=wanted.level, both=wanted.both)
    found = notices.get(ctx.db, wanted.notice.id)
    return [shown(ctx, found, of)] if found is not None else []


def decide(ctx: Ctx, notice: Notice, action: str) -> list[Act]:
    """A button under a draft, or under what did not arrive."""
    of = classes.get(ctx.db, notice.class_id)
    if of is None or not any(desk.of.id == of.id for desk in deciding(ctx)):
        return [Reply(Asker(), texts.GONE)]
    kind, _, rest = action.partition(":")
    if kind == "level" and rest in texts.LEVELS:
        return change(ctx, Change(notice, level=texts.LEVELS[rest]))
    if kind == "remind":
        return standing.remind(ctx, notice)
    if kind == "arrived":
        return posting.arrived(ctx, notice)
    if kind in ("recall", "keep"):
        return recalled(ctx, notice, kind)
    if notice.state not in ("draft", "failed", "waiting"):
        return [Reply(Asker(), texts.GONE)]
    if kind == "drop":
        acts = posting.drop(ctx, notice)
        return [Reply(Asker(), texts.GONE if acts is None else texts.NOT_SENT), *(acts or [])]
    return _sent(ctx, notice, of, kind)


def _sent(ctx: Ctx, notice: Notice, of: SchoolClass, how: str) -> list[Act]:
    if how == "all":
        return posting.to_everybody(ctx, notice, of)
    if how == "night":
        return posting.wait(ctx, notice, morning(ctx))
    if how == "along":
        return posting.wait(ctx, notice, along(ctx, of.id))
    acts = posting.publish(ctx, notice, of)
    if _told(notice, acts):
        return acts
    following = ctx.calendar.next_school_day(ctx.local.date())
    said = texts.sending(notice.level, say_day(following) if following else "")
    return [Reply(Asker(), said), *acts]


def _told(notice: Notice, acts: Sequence[Act]) -> bool:
    """Whether what was done about it has its own word to the teacher: stopped, or it goes later."""
    return any(isinstance(act, Reply) and act.to == standing.author(notice) for act in acts)


def to_take_back(ctx: Ctx) -> Notice | None:
    """The writer's last one that is not in the group yet."""
    waiting: tuple[State, ...] = ("draft", "waiting", "queued", "failed")
    since = ctx.now - rules.CORRECTED_FOR
    found = [row for desk in deciding(ctx) for row in notices.of_class(ctx.db, desk.of.id, waiting, since)]
    return max(found, key=lambda row: row.created_at) if found else None


def taken_back(ctx: Ctx) -> list[Act]:
    """「撤回通知」: what is not in the group yet does not go there."""
    notice = to_take_back(ctx)
    if notice is None:
        return _recall(ctx, last_posted(ctx))
    acts = posting.drop(ctx, notice)
    return [Reply(Asker(), texts.IN_GROUP if acts is None else texts.NOT_SENT), *(acts or [])]


def _recall(ctx: Ctx, notice: Notice | None) -> list[Act]:
    """It hangs in the group: it is asked whether to take it down, where the robot that posted it can."""
    of = classes.get(ctx.db, notice.class_id) if notice else None
    if notice is None or of is None or not posting.by_itself(of):
        return [Reply(Asker(), texts.IN_GROUP)]
    buttons = (Button(texts.RECALL, "recall"), Button(texts.LET_IT_HANG, "keep"))
    text = texts.recall(rules.heading(notice.text))
    return [Reply(Asker(), text, buttons=buttons, thing=Thing(THING, notice.id))]


def recalled(ctx: Ctx, notice: Notice, action: str) -> list[Act]:
    """Yes or no; nothing is changed before the platform has done it."""
    numbers.close(ctx.db, THING, notice.id, ctx.person.id if ctx.person else "")
    if action == "keep" or notice.state != "published":
        return [Reply(Asker(), texts.HANGS if action == "keep" else texts.GONE)]
    return [Reply(Asker(), texts.RECALLING), TakeBack(Thing(THING, notice.id))]


# Corrections


def correction(ctx: Ctx, message: Message, text: str) -> list[Act]:
    """Other words for what the class has read: shown first."""
    notice = last_posted(ctx)
    of = classes.get(ctx.db, notice.class_id) if notice else None
    if notice is None or of is None:
        return [Reply(Asker(), texts.NO_NOTICE)]
    words = rules.dated(text, ctx.local)
    refused = _refused(ctx, of, words)
    if refused:
        return [Reply(Asker(), refused)]
    state = {"op": "correct", "notice": notice.id, "text": words, "labels": [texts.CORRECT]}
    talk = begin(ctx, message, NAME, state)
    buttons = (Button(texts.CORRECT, "0"), Button(texts.DROP, "no"))
    shown_as = texts.correction(
        of.name, rules.heading(notice.text), words, again=notice.level in standing.ASKING
    )
    return [Reply(Asker(), shown_as, buttons=buttons, thing=Thing(ASK, talk.id))]


def last_posted(ctx: Ctx) -> Notice | None:
    """The writer's newest notice in the group that may still be put right."""
    posted: tuple[State, ...] = ("published",)
    since = ctx.now - rules.CORRECTED_FOR
    rows = [row for desk in deciding(ctx) for row in notices.of_class(ctx.db, desk.of.id, posted, since)]
    return max(rows, key=lambda row: row.created_at) if rows else None


def corrected(ctx: Ctx, talk: Talk) -> list[Act]:
    """The new words go where the old ones went."""
    state = json.loads(talk.state)
    notice = notices.get(ctx.db, state["notice"])
    of = classes.get(ctx.db, notice.class_id) if notice else None
    talks.close(ctx.db, talk.id)
    numbers.close(ctx.db, ASK, talk.id)
    if notice is None or of is None or notice.state != "published":
        return [Reply(Asker(), texts.GONE)]
    notices.change(ctx.db, notice, text=state["text"])
    if not rules.is_day(ctx.local.time()):
        return posting.wait(ctx, notice, morning(ctx))
    notices.set_state(ctx.db, notice.id, ("published",), "failed")
    found = notices.get(ctx.db, notice.id)
    acts = posting.publish(ctx, found, of) if found else []
    return acts if _told(notice, acts) else [Reply(Asker(), texts.CORRECTING), *acts]
