"""One socket of a stream: reads frames, acknowledges them, and knows when it is of no more use."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import aiohttp
from aiohttp import WSMsgType

from bot.dingtalk.stream_frames import Frame, ack, read
from bot.log import get_logger
from config.clock import Clock

AT_ONCE = 100
"""Frames under way; more wait in the socket."""
CLOSE_S = 2.0

Answer = Callable[[Frame], Awaitable[str | None]]
"""What a callback or event is answered; None: nothing, so that it may come again."""

_GOODBYE = struct.pack("!H", 1000)
_OVER = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)
_log = get_logger("stream")


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a stream waits, in real seconds; tests make it short.

    Args:
        open_s: For a ticket and the socket.
        first_s: After the first failure; doubled with each further one.
        most_s: The longest pause.
        refused_s: The pause after wrong credentials, at least.
        stable_s: A connection that lasted so long is followed by the next at once.
        ping_s: Between two pings of ours.
        idle_s: Without any sign of the platform for so long, the connection counts as dead.
        recycle_s: The age at which a connection is replaced, without a gap.
        linger_s: How long one that was replaced is still read.
        drain_s: How long what is under way may take at the end.
        lease_s: Between two tries to become the owner.
    """

    open_s: float = 10.0
    first_s: float = 1.0
    most_s: float = 60.0
    refused_s: float = 60.0
    stable_s: float = 30.0
    ping_s: float = 30.0
    idle_s: float = 90.0
    recycle_s: float = 6 * 3600.0
    linger_s: float = 15.0
    drain_s: float = 2.0
    lease_s: float = 5.0


class Link:
    """See the module.

    Args:
        answer: Called for each callback and event, side by side.
    """

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, answer: Answer, clock: Clock, pace: Pace) -> None:
        self.since = self.last = clock.monotonic()
        self.heard = False
        """Whether it was of any use: a frame came that was not the order to go."""
        self.leaving = False
        self.silent = False
        """Whether it ended because nothing came any more: it had been dead for a while."""
        self.spent = asyncio.Event()
        """Set when it is to be replaced, or over."""
        self._ws = ws
        self._answer = answer
        self._clock = clock
        self._pace = pace
        self._handling: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._task: asyncio.Task[None] | None = None
        self._bye = False

    def start(self, ended: Callable[[Link], None]) -> None:
        """Begin to read. ``ended`` is called once, when the socket is gone."""
        self._task = asyncio.create_task(self._run())

        def over(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and task.exception() is not None:
                _log.warning("stream_broke", reason=type(task.exception()).__name__)
            self.spent.set()
            ended(self)

        self._task.add_done_callback(over)

    @property
    def over(self) -> bool:
        """Whether the socket is gone."""
        return self._task is None or self._task.done()

    @property
    def age_s(self) -> float:
        """Since it was opened, s."""
        return self._clock.monotonic() - self.since

    async def finish(self, within_s: float) -> None:
        """Say goodbye and read on until the platform has, so that nothing on its way is lost."""
        task = self._task
        if task is None:
            return
        await self._settle()
        self._bye = True
        with suppress(ConnectionError, aiohttp.ClientError):  # it may be gone already
            await self._ws.send_frame(_GOODBYE, WSMsgType.CLOSE)
        await asyncio.wait({task}, timeout=within_s)
        await self.cut()
        await self._settle()

    async def linger(self) -> None:
        """The platform closes it by itself; read until then, but not for ever."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=self._pace.linger_s)
            await self.cut()

    async def cut(self) -> None:
        """End it now."""
        task = self._task
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _settle(self) -> None:
        """What is under way gets its acknowledgement, if it is not too slow."""
        if self._handling:
            await asyncio.wait(set(self._handling), timeout=self._pace.drain_s)

    async def _run(self) -> None:
        parts = [asyncio.create_task(self._read()), asyncio.create_task(self._watch())]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            with suppress(TimeoutError):  # a peer that reads no more would hold even a goodbye up
                async with asyncio.timeout(CLOSE_S):
                    await self._ws.close()

    async def _watch(self) -> None:
        """Ping, and return when nothing at all has come for too long."""
        while (left := self.last + self._pace.idle_s - self._clock.monotonic()) > 0:
            await asyncio.sleep(min(self._pace.ping_s, left))
            try:
                await self._ws.ping()
            except (ConnectionError, aiohttp.ClientError):
                return
        self.silent = True

    async def _read(self) -> None:
        while True:
            message = await self._ws.receive()
            if message.type in _OVER:
                return
            self.last = self._clock.monotonic()
            if message.type is WSMsgType.PING:
                await self._ws.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                await self._take(message.data)

    async def _take(self, text: str) -> None:
        frame = read(text)
        if frame is None:
            _log.warning("frame_unreadable", size=len(text))
            return
        if frame.kind == "SYSTEM":
            await self._system(frame)
            return
        self.heard = True
        await self._room.acquire()
        task = asyncio.create_task(self._handle(frame))
        self._handling.add(task)
        task.add_done_callback(self._handled)

    def _handled(self, task: asyncio.Task[None]) -> None:
        self._handling.discard(task)
        self._room.release()

    async def _handle(self, frame: Frame) -> None:
        answer = await self._answer(frame)
        if answer is not None:
            await self._say(answer)

    async def _system(self, frame: Frame) -> None:
        if frame.topic == "disconnect":
            self.leaving = True
            self.spent.set()
            return
        self.heard = True
        if frame.topic == "ping":
            await self._say(ack(frame, frame.data))
        elif frame.topic not in ("CONNECTED", "REGISTERED", "KEEPALIVE"):
            await self._say(ack(frame, code=404, says="unknown topic"))

    async def _say(self, text: str) -> None:
        if self._bye:
            return  # nothing may follow a goodbye
        # Cut in between, without an acknowledgement, it may come again, and is known then.
        with suppress(ConnectionError, aiohttp.ClientError):
            await self._ws.send_str(text)
