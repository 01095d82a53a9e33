"""What an inbox row holds, read back; the same form whichever platform it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from bot.command import Session
from handlers.message import Attachment, Chat, Event, Identity, Message


@dataclass(frozen=True, slots=True)
class Received:
    """An inbox row read back. ``quota``: the words were withheld, tell the administrator."""

    message: Message
    session: Session | None = field(default=None)
    quota: bool = False


def read_payload(row_id: str, payload: bytes, received_at: datetime) -> Received:
    """A message as :func:`message_payload` wrote it, whole."""
    kept = orjson.loads(payload)
    # A row from a mobile page names its platform; those of this wire came before there was another.
    chat = Chat(kept.get("platform", "dingtalk"), kept["app"], kept["chat"][0], kept["chat"][1])
    media = tuple(Attachment(*item) for item in kept["media"])
    message = Message(
        id=row_id, chat=chat, sender=Identity(*kept["sender"]), nick=kept["nick"], kind=kept["kind"],
        text=kept["text"], at=received_at, attachments=media,
    )  # fmt: skip
    session = None
    if kept["session"]:
        url, expires_ms = kept["session"]
        session = Session(url, datetime.fromtimestamp(expires_ms / 1000, UTC))
    return Received(message, session, kept["quota"])


def message_payload(message: Message, session: Session | None = None, *, quota: bool = False) -> bytes:
    """A message as the inbox keeps it; its id and moment are the row's own."""
    sender, chat = message.sender, message.chat
    kept = {
        "v": 1,
        "platform": chat.platform,
        "app": chat.app,
        "chat": [chat.kind, chat.id],
        "sender": [sender.kind, sender.corp, sender.id],
        "nick": message.nick,
        "kind": message.kind,
        "text": message.text,
        "quota": quota,
        "session": [session.url, int(session.expires_at.timestamp() * 1000)] if session else None,
        "media": [[each.kind, each.ticket, each.name, each.duration_ms] for each in message.attachments],
    }
    return orjson.dumps(kept)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event's inbox row read back: at which app, and what."""

    app: str
    event: Event


def event_payload(platform: str, app: str, event: Event) -> bytes:
    """An event as the inbox keeps it."""
    kept = {"v": 1, "platform": platform, "app": app, "kind": event.kind, "facts": dict(event.facts)}
    return orjson.dumps(kept)


def read_event(payload: bytes) -> Happened | None:
    """An event as :func:`event_payload` wrote it; None for a platform whose events nobody waits for."""
    kept = orjson.loads(payload)
    if "facts" not in kept:
        return None
    return Happened(kept["app"], Event(kept["kind"], kept["facts"]))
