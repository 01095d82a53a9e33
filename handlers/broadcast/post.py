"""What goes to a class group goes through here: one slot per class, local day and feature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from handlers.context import Ctx
from handlers.reply import Reply, Subject, Thing, ToClass
from storage import broadcast


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
    """

    class_id: str
    day: date
    feature: str
    thing: Thing
    version: int
    title: str
    text: str
    deadline: datetime


def post(ctx: Ctx, what: Post) -> Reply | None:
    """Take the slot and make the group post; None if something else was posted in it today.

    The thing that holds the slot may post again: its feature has made sure that the first try failed.
    """
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
    return Reply(
        ToClass(what.class_id),
        what.text,
        title=what.title,
        thing=what.thing,
        arrival="must",
        subject=Subject(what.thing.kind, what.thing.id, what.version),
        deadline=what.deadline,
        wants_outcome=True,
    )
