"""What the teacher still has to be asked: the kind of a note, or the class. Kept sealed, with an end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from handlers.context import Ctx
from handlers.digest import texts
from handlers.digest.desks import Desk, who
from handlers.message import Message
from handlers.reply import Asker, Button, Reply, Thing
from handlers.talking import begin
from storage import numbers, talks
from storage.digests import KINDS
from storage.talks import Talk

FEATURE = "digest"
THING = "pending"
QUESTION = "question"
"""A parent's question that may become a message to the teacher; the router hands it over."""
_MOST_BUTTONS = 4


@dataclass(frozen=True, slots=True)
class Pending:
    """A wish that cannot be done yet, as JSON in a talk.

    Args:
        op: ``notes``, ``preview``, ``publish``, ``skip``, ``hold``, ``schedule``, ``edit``, ``remove``,
            ``class`` (a class is being talked about), ``instead`` (words the guard offers) or
            ``question`` (a parent's, for the teacher).
        items: Notes as pairs of kind (or None) and words.
        classes: The classes chosen so far.
        slots: What else the words named.
    """

    op: str
    items: list[list[str | None]] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    slots: dict[str, str] = field(default_factory=dict)


def load(talk: Talk | None) -> Pending | None:
    """The wish in a talk of this feature."""
    if talk is None or talk.feature != FEATURE:
        return None
    return Pending(**json.loads(talk.state))


def current(ctx: Ctx, message: Message) -> Talk | None:
    """The digest's open talk in this chat."""
    talk = talks.current(ctx.db, message.talk, who(ctx), ctx.now)
    return talk if talk is not None and talk.feature == FEATURE else None


def keep(ctx: Ctx, message: Message, pending: Pending) -> Talk:
    """Open a talk for the wish; the one before and its numbers are over."""
    before = talks.current(ctx.db, message.talk, who(ctx), ctx.now)
    if before is not None:
        for kind in (THING, QUESTION):
            numbers.close(ctx.db, kind, before.id)
    return begin(ctx, message, FEATURE, asdict(pending))


def close(ctx: Ctx, talk: Talk) -> None:
    """Done with it."""
    talks.close(ctx.db, talk.id)
    for kind in (THING, QUESTION):
        numbers.close(ctx.db, kind, talk.id)


def ask_kind(ctx: Ctx, message: Message, pending: Pending, question: str) -> Reply:
    """Which section, or none of them."""
    talk = keep(ctx, message, pending)
    buttons = tuple(Button(texts.KIND[kind], f"kind:{kind}") for kind in KINDS)
    return Reply(
        Asker(),
        question,
        buttons=(*buttons, Button(texts.NONE_OF_THESE, "none")),
        thing=Thing(THING, talk.id),
    )


def ask_class(ctx: Ctx, message: Message, pending: Pending, mine: Sequence[Desk]) -> Reply:
    """Which class; with more than four the name has to be said."""
    if len(mine) > _MOST_BUTTONS:
        return Reply(Asker(), texts.say_class(mine[0].of.name))
    talk = keep(ctx, message, pending)
    buttons = [Button(desk.of.name, f"class:{desk.of.id}") for desk in mine]
    if pending.op == "notes" and len(mine) < _MOST_BUTTONS:
        buttons.append(Button(texts.ALL_CLASSES, "class:*"))
    return Reply(Asker(), texts.WHICH_CLASS, buttons=tuple(buttons), thing=Thing(THING, talk.id))


def with_kind(pending: Pending, kind: str) -> Pending:
    """The wish with its unsorted notes sorted."""
    return replace(pending, items=[[item[0] or kind, item[1]] for item in pending.items])


def with_class(pending: Pending, class_id: str, mine: Sequence[Desk]) -> Pending:
    """The wish with its class."""
    chosen = [desk.of.id for desk in mine] if class_id == "*" else [class_id]
    return replace(pending, classes=chosen)


def unsorted_text(pending: Pending | None) -> str | None:
    """The words that were not sorted, if they may still go to a family instead."""
    if pending is None or pending.op != "notes":
        return None
    return "\n".join(str(item[1]) for item in pending.items if item[0] is None) or None
