"""Taking back what hangs: a recall where the platform has one, else a card's words make room for a line."""

from __future__ import annotations

from bot.command import Group, Page, Private, TakeBack, Target, UpdateCard
from handlers.texts import TAKEN_BACK
from storage.hanging import Hanging


def taking_back(sent: Hanging, outbox_id: str) -> TakeBack | UpdateCard | None:
    """The command that takes a message back; None where nothing can be (a custom robot's post).

    Where it hangs is read from the lane: the row's words, and with them its recipient, are blanked.

    Args:
        sent: The row that made the message.
        outbox_id: The id of the row to be.
    """
    platform, app, kind, where = sent.lane.split("/", 3)
    target = _target(platform, kind, where)
    if target is None:
        return None
    # On DingTalk only a card goes by a lane that removes duplicates, and there is no recall of cards
    # (open.dingtalk.com, 'Recall messages sent by a robot'): its words are replaced.
    if sent.safe and platform != "page":
        return UpdateCard(outbox_id, f"{platform}/{app}", sent.id, "", TAKEN_BACK)
    return TakeBack(outbox_id, f"{platform}/{app}", target, (sent.platform_id,))


def _target(platform: str, kind: str, where: str) -> Target | None:
    if platform == "page":
        return Page(where)
    match kind:
        case "user":
            return Private(where)
        case "group":
            return Group(where)
        case _:
            return None
