"""Understanding, done before the unit of work opens: in that millisecond nobody else could write."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.received import read_payload
from handlers.language.message import understood
from handlers.language.reading import Reading
from handlers.language.understanding import understand
from handlers.message import Identity, Message
from storage.inbox import Claimed

_PEOPLE = 10_000
"""Senders whose role is remembered."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a row's words mean if its writer is who we think.

    Args:
        role: ``teacher`` or ``parent``.
        reading: The words, read as said by somebody of that role.
    """

    role: str
    reading: Reading


class Meanings:
    """Reads the words of a row that is about to be decided.

    As whom somebody writes is known for sure only inside the unit; here it is taken to be as the last time.
    Where that was wrong the unit reads the words itself, so what is read ahead never changes what is decided.
    """

    def __init__(self) -> None:
        self._roles: dict[Identity, str] = {}

    def ahead(self, claimed: Claimed) -> Ahead | None:
        """Read the words of a row; other rows than messages have none."""
        if claimed.kind != "message":
            return None
        message = read_payload(claimed.id, claimed.payload.encode(), claimed.received_at).message
        role = self._roles.get(message.sender, "parent")
        return Ahead(role, understood(message.text, role, message.chat.kind))

    def of(self, message: Message, role: str, ahead: Ahead | None) -> Reading:
        """What a message means, now that the role of its writer is known."""
        if len(self._roles) >= _PEOPLE:
            self._roles.clear()
        self._roles[message.sender] = role
        if ahead is not None and ahead.role == role:
            return ahead.reading
        return understood(message.text, role, message.chat.kind)

    async def warm_up(self) -> None:
        """Load what was learned beside the loop, so that the first message need not wait for it."""
        await asyncio.to_thread(understand, "-1", "parent", "private")
