"""One long connection of the AI bot: subscribes, reads, pings, and asks one thing at a time per ``req_id``.

Facts from developer.work.weixin.qq.com, path 101463, and from what the official client does. The platform
acknowledges what we send; nothing acknowledges what it sends, so a message lost here is lost for good.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

import aiohttp
import orjson
from aiohttp import WSMsgType

from bot.log import get_logger
from config.clock import Clock

SUBSCRIBE, PING = "aibot_subscribe", "ping"
MESSAGE, EVENT = "aibot_msg_callback", "aibot_event_callback"
DISCONNECTED = "disconnected_event"
MOST = 256 * 1024
"""Bytes of a frame; a longer one is none of the platform's."""
AT_ONCE = 100
"""Pushes under way; more wait in the socket."""
MOST_UNANSWERED = 2
CLOSE_S = 2.0

Take = Callable[[str, dict[str, Any]], Coroutine[Any, Any, None]]
"""What is done with a push: its ``req_id`` and its body. It returns when the push is kept."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_OVER = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)
_log = get_logger("aibot")


class NotOpen(Exception):
    """Nothing was sent: there is no connection."""


class NoAck(Exception):
    """It was sent, and no acknowledgement came: it may have been taken or not."""


@dataclass(frozen=True, slots=True)
class Ack:
    """What the platform said to one frame: 0 is taken."""

    code: int
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take, in real seconds; tests make it short.

    Args:
        open_s: For the socket.
        ack_s: For the acknowledgement of a frame.
        ping_s: Between two pings of ours; after two without an answer the connection counts as dead.
        first_s: The pause after the first failure; doubled with each further one.
        most_s: The longest of them.
        stable_s: A connection that lasted so long is followed by the next at once.
        refusals: So many refused subscriptions in a row, and a person must look at the settings.
        refused_s: The pause between tries from then on.
        crowded_s: The pause after "too often".
        kicked_s: The pause after somebody else subscribed with this bot; doubled each time.
        kicked_most_s: The longest of those.
        fresh_s: So long an answer goes to the message itself; the platform ends it after six minutes.
        drain_s: How long what is under way may take at the end.
        lease_s: Between two tries to become the owner.
        keep_s: Between two tries to keep what nobody will bring again.
    """

    open_s: float = 10.0
    ack_s: float = 5.0
    ping_s: float = 30.0
    first_s: float = 1.0
    most_s: float = 30.0
    stable_s: float = 30.0
    refusals: int = 5
    refused_s: float = 600.0
    crowded_s: float = 60.0
    kicked_s: float = 900.0
    kicked_most_s: float = 4 * 3600.0
    fresh_s: float = 300.0
    drain_s: float = 2.0
    lease_s: float = 5.0
    keep_s: float = 1.0


class Link:
    """See the module.

    Args:
        take: Called for each push, side by side.
    """

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, take: Take, clock: Clock, pace: Pace) -> None:
        self.since = clock.monotonic()
        self.kicked = False
        """Whether the platform ended it because somebody else subscribed with this bot."""
        self._ws = ws
        self._take = take
        self._clock = clock
        self._pace = pace
        self._waiting: dict[str, asyncio.Future[Ack]] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._heard: dict[str, float] = {}
        self._unanswered = 0
        self._room = asyncio.Semaphore(AT_ONCE)
        self._taking: set[asyncio.Task[None]] = set()
        self._task = asyncio.create_task(self._run())

    @property
    def over(self) -> bool:
        """Whether nothing can be said any more."""
        return self.kicked or self._task.done() or self._ws.closed

    @property
    def idle(self) -> bool:
        """Whether it is over and everything it brought is kept."""
        return self.over and not self._taking

    @property
    def age_s(self) -> float:
        """Since it was opened, s."""
        return self._clock.monotonic() - self.since

    def fresh(self, req_id: str) -> bool:
        """Whether an answer under this ``req_id`` would still be shown: it came here, and not long ago."""
        since = self._heard.get(req_id)
        return not self.over and since is not None and self._clock.monotonic() - since < self._pace.fresh_s

    async def ended(self) -> None:
        """Returns when it is over."""
        await asyncio.wait({self._task})

    # -- asking

    async def ask(self, cmd: str, body: dict[str, Any] | None, req_id: str = "") -> Ack:
        """Send one frame and wait for what the platform says to it.

        Args:
            req_id: That of the push that is answered; empty for a question of ours.

        Raises:
            NotOpen: Nothing was sent.
            NoAck: It was sent, and that is all that is known.
        """
        own = req_id or f"{cmd}_{int(self._clock.now().timestamp() * 1000)}_{secrets.token_hex(4)}"
        turn = self._turns.setdefault(own, asyncio.Lock())
        async with turn:  # an acknowledgement names nothing but the req_id
            if self.over:
                raise NotOpen
            return await self._asked(own, cmd, body)

    async def _asked(self, own: str, cmd: str, body: dict[str, Any] | None) -> Ack:
        frame: dict[str, Any] = {"cmd": cmd, "headers": {"req_id": own}}
        if body is not None:
            frame["body"] = body
        waiting: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._waiting[own] = waiting
        try:
            async with asyncio.timeout(self._pace.ack_s):
                await self._ws.send_str(orjson.dumps(frame).decode())
                return await waiting
        except (TimeoutError, ConnectionError, aiohttp.ClientError):
            raise NoAck from None
        finally:
            self._waiting.pop(own, None)

    # -- reading

    async def _run(self) -> None:
        parts = [asyncio.create_task(self._read()), asyncio.create_task(self._watch())]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            self._task_over()
            with suppress(TimeoutError):  # a peer that reads no more would hold even a goodbye up
                async with asyncio.timeout(CLOSE_S):
                    await self._ws.close()

    def _task_over(self) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(NoAck())

    async def _read(self) -> None:
        while not self.kicked:
            message = await self._ws.receive()
            if message.type in _OVER:
                return
            if message.type is WSMsgType.TEXT:
                await self._frame(message.data)
            elif message.type is WSMsgType.BINARY:
                await self._frame(message.data.decode("utf-8", "replace"))

    async def _frame(self, text: str) -> None:
        try:
            frame = orjson.loads(_CONTROL.sub("", text))
        except orjson.JSONDecodeError:
            frame = None
        if not isinstance(frame, dict):
            _log.warning("frame_unreadable", size=len(text))
            return
        headers, body = frame.get("headers"), frame.get("body")
        req_id = headers.get("req_id") if isinstance(headers, dict) else None
        if not isinstance(req_id, str):
            req_id = ""
        body = body if isinstance(body, dict) else {}
        if not frame.get("cmd"):
            self._acked(req_id, frame.get("errcode"), body)
        elif frame["cmd"] in (MESSAGE, EVENT):
            await self._pushed(req_id, body)

    def _acked(self, req_id: str, code: object, body: dict[str, Any]) -> None:
        if req_id.startswith(PING):
            self._unanswered = 0
        waiting = self._waiting.get(req_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(Ack(code if isinstance(code, int) else -1, body))

    async def _pushed(self, req_id: str, body: dict[str, Any]) -> None:
        event = body.get("event")
        if isinstance(event, dict) and event.get("eventtype") == DISCONNECTED:
            self.kicked = True
            return
        if len(self._heard) >= 10_000:
            del self._heard[next(iter(self._heard))]
        self._heard[req_id] = self._clock.monotonic()
        await self._room.acquire()
        task = asyncio.create_task(self._take(req_id, body))
        self._taking.add(task)
        task.add_done_callback(self._taken)

    def _taken(self, task: asyncio.Task[None]) -> None:
        self._taking.discard(task)
        self._room.release()
        if not task.cancelled() and task.exception() is not None:
            _log.error("push_failed", reason=type(task.exception()).__name__)

    async def _watch(self) -> None:
        """Ping, and return when the platform answers no more."""
        while True:
            await asyncio.sleep(self._pace.ping_s)
            if self._unanswered >= MOST_UNANSWERED:
                _log.warning("aibot_silent")
                return
            self._unanswered += 1
            req_id = f"{PING}_{secrets.token_hex(8)}"
            frame = orjson.dumps({"cmd": PING, "headers": {"req_id": req_id}}).decode()
            try:
                await self._ws.send_str(frame)
            except (ConnectionError, aiohttp.ClientError):
                return

    # -- the end

    async def cut(self) -> None:
        """End it now; what was pushed is kept all the same."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def settle(self) -> None:
        """Wait for what is being kept, and no longer than it is worth."""
        if self._taking:
            await asyncio.wait(set(self._taking), timeout=self._pace.drain_s)
        for task in list(self._taking):
            task.cancel()
