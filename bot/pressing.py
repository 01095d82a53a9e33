"""A press between the wire and the rules: what its inbox row holds, and what the card shows afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import orjson

from handlers.message import Chat, Identity, Message

DINGTALK_USER = "dingtalk_user"


@dataclass(frozen=True, slots=True)
class Pressed:
    """One press, read back from its row.

    Args:
        message: It as a message without words: who pressed, when, in private.
        track: The card, by the id of the outbox row that made it; empty where no card can be changed.
        token: What the button carried.
        code: What the platform wants for changing the card, good once; empty where it wants nothing.
    """

    message: Message
    track: str
    token: str
    code: str = ""


def read_press(row_id: str, payload: str, received_at: datetime) -> Pressed:
    """What the inbox row of a press holds.

    Without ``platform`` it is a DingTalk card's; a page names itself, the chat and the ``kind`` of identity.
    """
    kept = orjson.loads(payload)
    chat = Chat(kept.get("platform", "dingtalk"), kept["app"], "private", kept.get("chat", ""))
    sender = Identity(kept.get("kind", DINGTALK_USER), kept["corp"], kept["user"])
    message = Message(row_id, chat, sender, "", "text", "", received_at)
    return Pressed(message, kept["track"], kept["token"], kept.get("code", ""))
