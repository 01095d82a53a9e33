"""What the emulated platform remembers: what people saw and said, what was called and pushed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import orjson

HERE = ZoneInfo("Asia/Shanghai")

Outcome = Literal["done", "refused", "done_unanswered"]
ItemKind = Literal["text", "card", "picture", "file", "link", "task"]


def iso(at_ms: int) -> str:
    """An instant (ms since 1970, UTC) as ISO text with the school's offset, to the millisecond."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(HERE).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Button:
    """A button as somebody sees it; ``url`` for one that only opens a link."""

    id: str
    label: str
    enabled: bool = True
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """How a message looks to people, whichever API it came through."""

    kind: ItemKind
    text: str
    buttons: tuple[Button, ...] = ()
    url: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing one person (or one group, then ``to`` is None) saw."""

    n: int
    at_ms: int
    to: str | None
    chat: str
    lane: str
    message: str
    content: Content
    change: Literal["new", "updated", "recalled"] = "new"
    of: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The item as ``GET /_control/seen`` shows it."""
        content = self.content
        return {
            "n": self.n,
            "at": iso(self.at_ms),
            "to": self.to,
            "chat": self.chat,
            "lane": self.lane,
            "message": self.message,
            "kind": content.kind,
            "text": content.text,
            "buttons": [{"id": b.id, "label": b.label, "enabled": b.enabled} for b in content.buttons],
            "url": content.url,
            "sha256": content.sha256,
            "change": self.change,
            "of": self.of,
        }


class SeenLog:
    """Everything people saw, in order, with a way to wait for more."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self._waiting: set[asyncio.Future[None]] = set()

    def add(
        self, at_ms: int, to: str | None, chat: str, lane: str, message: str, content: Content,
        change: Literal["new", "updated", "recalled"] = "new", of: str | None = None,
    ) -> Item:  # fmt: skip
        item = Item(len(self.items) + 1, at_ms, to, chat, lane, message, content, change, of)
        self.items.append(item)
        if self._waiting:
            for waiter in self._waiting:
                if not waiter.done():
                    waiter.set_result(None)
            self._waiting.clear()
        return item

    def since(self, n: int) -> list[Item]:
        """Items after number ``n`` (exclusive)."""
        return self.items[max(n, 0) :]

    async def wait(self, n: int, timeout_s: float) -> list[Item]:
        """As ``since``, but wait up to ``timeout_s`` real seconds for the first one."""
        if len(self.items) <= n and timeout_s > 0:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.add(waiter)
            try:
                await asyncio.wait_for(waiter, timeout_s)
            except TimeoutError:
                pass
            finally:
                self._waiting.discard(waiter)
        return self.since(n)


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call of a platform API. ``code`` is ``ok`` or the platform's (or the planned fault's) code."""

    n: int
    at_ms: int
    api: str
    status: int
    code: str
    counted: bool
    outcome: Outcome
    raw: bytes

    @property
    def body(self) -> Any:
        """The request's JSON, or its text where it is none; secrets blanked."""
        try:
            body = orjson.loads(self.raw) if self.raw else None
        except orjson.JSONDecodeError:
            return self.raw.decode("utf-8", "replace")
        if isinstance(body, dict) and "appSecret" in body:
            body["appSecret"] = "***"
        return body

    def as_json(self) -> dict[str, Any]:
        """The call as ``GET /_control/calls`` shows it."""
        return {
            "n": self.n,
            "at": iso(self.at_ms),
            "api": self.api,
            "status": self.status,
            "code": self.code,
            "counted": self.counted,
            "outcome": self.outcome,
            "body": self.body,
        }


class CallLog:
    """Every call the product made, in order."""

    def __init__(self) -> None:
        self.calls: list[CallRecord] = []

    def add(
        self, at_ms: int, api: str, status: int, code: str, counted: bool, outcome: Outcome, raw: bytes
    ) -> None:
        self.calls.append(CallRecord(len(self.calls) + 1, at_ms, api, status, code, counted, outcome, raw))

    def since(self, n: int) -> list[CallRecord]:
        return self.calls[max(n, 0) :]


@dataclass(frozen=True, slots=True)
class PushRecord:
    """One attempt to hand a message to the product. ``outcome`` is acknowledged, or why it was not."""

    n: int
    at_ms: int
    push: str
    message: str
    attempt: int
    status: int
    outcome: str
    took_ms: float

    def as_json(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "at": iso(self.at_ms),
            "push": self.push,
            "message": self.message,
            "attempt": self.attempt,
            "status": self.status,
            "outcome": self.outcome,
            "took_ms": round(self.took_ms, 2),
        }
