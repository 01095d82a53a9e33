"""What was said: one message from a person, the same for every platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

MessageKind = Literal["text", "richtext", "picture", "voice", "video", "file", "unknown"]
ChatKind = Literal["private", "group"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the platform says somebody is. Nicknames are display only and never part of it.

    Args:
        kind: The identity's name space, for example ``dingtalk_user`` or ``dingtalk_outsider``.
        corp: The platform's organisation the id belongs to.
        id: The id inside that organisation.
    """

    kind: str
    corp: str
    id: str


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation on a platform; ``id`` is the platform's own conversation id."""

    platform: str
    app: str
    kind: ChatKind
    id: str

    @property
    def key(self) -> str:
        """One string for tables and lanes."""
        return f"{self.platform}/{self.app}/{self.kind}/{self.id}"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture, voice, video or file as the platform names it; the bytes come later."""

    kind: MessageKind
    ticket: str
    name: str = ""
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message as a feature sees it.

    Args:
        id: The inbox row's id.
        chat: Where it was said.
        sender: Who said it.
        nick: The display name, chosen by the user; never trusted.
        kind: What kind of message it is.
        text: The words, trimmed; a voice message's transcript where the platform gives one.
        at: When it reached us, UTC.
        attachments: Media that came with it.
    """

    id: str
    chat: Chat
    sender: Identity
    nick: str
    kind: MessageKind
    text: str
    at: datetime
    attachments: tuple[Attachment, ...] = ()

    @property
    def talk(self) -> str:
        """Where an open talk is kept: in private one per person, whichever way they come in."""
        return self.chat.key if self.chat.kind == "group" else "private"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a platform and that nobody said.

    Args:
        kind: ``book_changed`` · ``subscribed`` · ``unsubscribed`` · ``member_gone`` · ``entered`` …
        facts: What the platform says about it: ids and kinds, no words.
    """

    kind: str
    facts: Mapping[str, str]
