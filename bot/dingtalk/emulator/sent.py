"""What was sent under which ``processQueryKey``: shared by sending, reading, recalling and its events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from bot.emulation.records import Content, SeenLog

DAY_MS = 86_400_000
PROCESSING_MS = 500
"""How long a message counts as under way after it was taken; the platform names no figure."""

Status = Literal["PROCESSING", "SUCCESS", "RECALLED"]


@dataclass(slots=True)
class SentMessage:
    """One send of the robot.

    Args:
        key: Its processQueryKey.
        chat: The group's conversation, or for a private send to one person theirs; empty for several.
        users: To whom, if it was private.
        lane: As its items say.
        shown: (message id, to, content) of each item.
        read: Who read it, when (ms).
    """

    key: str
    chat: str
    users: tuple[str, ...]
    at_ms: int
    lane: str
    shown: list[tuple[str, str | None, Content]] = field(default_factory=list)
    read: dict[str, int] = field(default_factory=dict)
    recalled: bool = False

    @property
    def private(self) -> bool:
        return bool(self.users)

    def status(self, now_ms: int) -> Status:
        """How it stands, in the platform's words."""
        if self.recalled:
            return "RECALLED"
        return "PROCESSING" if now_ms - self.at_ms < PROCESSING_MS else "SUCCESS"

    def expired(self, now_ms: int) -> bool:
        """Whether it is older than the day in which it can be asked about and taken back."""
        return now_ms - self.at_ms > DAY_MS


class SentMessages:
    """All of them, found by key or by the message id people see."""

    def __init__(self) -> None:
        self._by_key: dict[str, SentMessage] = {}
        self._by_message: dict[str, SentMessage] = {}

    def add(self, message: SentMessage) -> None:
        self._by_key[message.key] = message
        for shown, _, _ in message.shown:
            self._by_message[shown] = message

    def get(self, key: str) -> SentMessage | None:
        return self._by_key.get(key)

    def shown_as(self, message: str) -> SentMessage | None:
        """The send that people see under this message id."""
        return self._by_message.get(message) or self._by_key.get(message)

    def __iter__(self) -> Iterator[SentMessage]:
        return iter(self._by_key.values())

    def recall(self, message: SentMessage, seen: SeenLog, at_ms: int, chats: dict[str, str]) -> None:
        """Take it out of every chat it hangs in.

        Args:
            chats: User id → their conversation with the robot.
        """
        message.recalled = True
        for shown, to, content in message.shown:
            chat = chats[to] if to is not None else message.chat
            seen.add(at_ms, to, chat, message.lane, shown, content, "recalled", shown)
