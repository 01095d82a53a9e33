"""A note the guard stops, offered again in words that may be posted: one tap takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from handlers import guard
from handlers.context import Ctx
from handlers.digest import noting, pending
from handlers.digest.desks import Desk
from handlers.digest.pending import Pending
from handlers.guard import Verdict
from handlers.guard.texts import INSTEAD, TAKE_IT, THINK_AGAIN, note_instead
from handlers.message import Message
from handlers.reply import Asker, Button, Reply, Thing

OP = "instead"
"""A talk whose notes are the words offered; also what pressing the button does."""
_LONGEST = 80
"""Characters of an offer that can still be read at a glance."""


def offered(ctx: Ctx, message: Message, wish: Pending, among: Sequence[Desk]) -> Reply | None:
    """Why some notes are not taken, with what could stand there instead.

    Args:
        ctx: The teacher's.
        message: What was written.
        wish: The notes; a kind may be missing.
        among: The classes they are for, or may be for.

    Returns:
        None where the guard stops nothing, where it is a matter for the family, or nothing sensible is left.
    """
    items, first = [], None
    for kind, said in wish.items:
        verdict = guard.look(ctx, among[0].of.id if among else None, str(said))
        if verdict.verdict != "block":
            items.append([kind, said])
            continue
        if not _offerable(verdict):
            return None
        first = first or verdict
        section = "reminder" if kind is None or verdict.rewrite in INSTEAD.values() else kind
        items.append([section, verdict.rewrite])
    clear = [(noting.kind_of(kind), str(said)) for kind, said in items]
    if first is None or noting.stopped(ctx, among, clear):
        return None
    talk = pending.keep(ctx, message, replace(wish, op=OP, items=items))
    text = note_instead(first, [said for _, said in clear])
    buttons = (Button(TAKE_IT, OP), Button(THINK_AGAIN, "none"))
    return Reply(Asker(), text, buttons=buttons, thing=Thing(pending.THING, talk.id))


def _offerable(verdict: Verdict) -> bool:
    """Whether the words are still the note's own, or stand for marks; a child's matter is for the family."""
    if not verdict.rewrite or len(verdict.rewrite) > _LONGEST or verdict.rule in guard.OF_ONE_CHILD:
        return False
    return verdict.rule == "no_score_list" or verdict.rewrite not in INSTEAD.values()
