"""What people said and what became of it, for the page that shows both sides of a conversation."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

from bot.emulation.records import iso

State = Literal["pending", "delivered", "lost", "unheard"]


@dataclass(slots=True)
class Said:
    """One thing somebody said.

    Args:
        n: Its number, from 1.
        rev: Grows with every change of any entry; the cursor of the next look.
        state: On its way; acknowledged by the product; given up by the platform; or said in a group
            without naming the robot, which then hears nothing.
        data: The bytes of an attachment.
    """

    n: int
    rev: int
    at_ms: int
    message: str
    chat: str
    who: str
    kind: str
    text: str
    name: str | None
    data: bytes | None
    state: State = "pending"
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """The entry without its bytes."""
        return {
            "n": self.n,
            "at": iso(self.at_ms),
            "message": self.message,
            "chat": self.chat,
            "who": self.who,
            "kind": self.kind,
            "text": self.text,
            "name": self.name,
            "file": self.data is not None,
            "state": self.state,
            "reason": self.reason,
        }


class SaidLog:
    """Everything people said, in order, with a way to wait for more."""

    def __init__(self) -> None:
        self.entries: list[Said] = []
        self.rev = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def begin(
        self, at_ms: int, message: str, chat: str, who: str, *, kind: str, text: str,
        name: str | None = None, data: bytes | None = None,
    ) -> Said:  # fmt: skip
        """Somebody has pressed send; the platform has not delivered it yet."""
        entry = Said(len(self.entries) + 1, 0, at_ms, message, chat, who, kind, text, name, data)
        self.entries.append(entry)
        self._changed(entry)
        return entry

    def end(self, entry: Said, *, delivered: bool, heard: bool, reason: str) -> None:
        """What became of it."""
        entry.state = "delivered" if delivered else "lost" if heard else "unheard"
        entry.reason = reason
        self._changed(entry)

    def _changed(self, entry: Said) -> None:
        self.rev += 1
        entry.rev = self.rev
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()

    def since(self, rev: int) -> list[Said]:
        """Entries that are new or changed after ``rev`` (exclusive)."""
        return [entry for entry in self.entries if entry.rev > rev]

    def find(self, message: str) -> Said | None:
        """The entry of a message id."""
        return next((entry for entry in reversed(self.entries) if entry.message == message), None)

    async def wait(self, rev: int, timeout_s: float) -> list[Said]:
        """As ``since``, but wait up to ``timeout_s`` real seconds for the first change."""
        if self.rev <= rev and timeout_s > 0:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.add(waiter)
            try:
                await asyncio.wait_for(waiter, timeout_s)
            except TimeoutError:
                pass
            finally:
                self._waiting.discard(waiter)
        return self.since(rev)
