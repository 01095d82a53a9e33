"""Follows an emulator's clock: sets ours to its, lets the app settle, says what is due next."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import orjson

from bot import trace
from config.clock import MovableClock

if TYPE_CHECKING:
    import aiohttp

FOLLOW_PATH = "/_control/clock/follow"
PEEK_S = 1.0
_FIRST_BACKOFF_S = 0.1
_LAST_BACKOFF_S = 2.0

Settle = Callable[[], Awaitable[datetime | None]]


def follow_url(url: str) -> str:
    """The WebSocket's address; a bare base gets the path.

    Args:
        url: ``http://127.0.0.1:PORT``, ``ws://…`` or the full address.
    """
    parts = urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    path = parts.path if parts.path.strip("/") else FOLLOW_PATH
    return urlunsplit((scheme, parts.netloc, path, "", ""))


class ClockFollower:
    """Keeps a movable clock at the leader's time, for as long as it runs; reconnects by itself.

    Args:
        url: The emulator's address.
        clock: The clock to set. It is never set back: a restarted leader that is behind is waited for.
        settle: Does everything that is due now and returns the next due instant (UTC) or None.
    """

    def __init__(self, url: str, clock: MovableClock, settle: Settle) -> None:
        self._url = follow_url(url)
        self._clock = clock
        self._settle = settle
        self._first = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._settling: asyncio.Task[datetime | None] | None = None
        self._answering: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Connect, and return when the leader's time has been received for the first time."""
        trace.enable()
        self._task = asyncio.create_task(self._run(), name="clock-follower")
        await self._first.wait()

    async def stop(self) -> None:
        """Let go of the leader; the clock runs on from where it is."""
        if self._task is not None:
            trace.disable()
        tasks = [task for task in (self._task, self._settling, *self._answering) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._task = self._settling = None

    async def _run(self) -> None:
        import aiohttp

        pause = _FIRST_BACKOFF_S
        async with aiohttp.ClientSession() as session:
            while True:
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    async with session.ws_connect(self._url, heartbeat=20.0) as socket:
                        pause = _FIRST_BACKOFF_S
                        await self._listen(socket)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LAST_BACKOFF_S)

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            command = orjson.loads(message.data)
            if command["mode"] == "set":
                self._set(datetime.fromisoformat(command["now"]))
            task = asyncio.create_task(self._answer(socket, command))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    def _set(self, when: datetime) -> None:
        # Ours has run on a little since the leader read its own; that is no going back.
        with contextlib.suppress(ValueError):
            self._clock.move_to(when)
        self._first.set()

    async def _answer(self, socket: aiohttp.ClientWebSocketResponse, command: dict[str, Any]) -> None:
        peek = command["mode"] == "peek"
        idle, due = await self._settled(PEEK_S if peek else None, fresh=not peek)
        answer = {
            "step": command["step"],
            "idle": idle,
            "next_due": due.astimezone(UTC).isoformat() if due is not None else None,
        }
        with contextlib.suppress(ConnectionError, RuntimeError):
            await socket.send_str(orjson.dumps(answer).decode())

    async def _settled(self, timeout_s: float | None, *, fresh: bool) -> tuple[bool, datetime | None]:
        """Settle, one at a time; a new step begins its own round after the running one.

        Args:
            timeout_s: Give up waiting (not settling) after so many real seconds; None waits for ever.
            fresh: Whether a round that began earlier counts: it may have missed the new time.
        """
        running = self._settling
        if fresh and running is not None and not running.done():
            await asyncio.wait({running})
        if self._settling is None or self._settling.done():
            self._settling = asyncio.ensure_future(_as_coroutine(self._settle))
        task = self._settling
        done, _ = await asyncio.wait({task}, timeout=timeout_s)
        if not done or task.cancelled() or task.exception() is not None:
            return False, None
        return True, task.result()


async def _as_coroutine(settle: Settle) -> datetime | None:
    return await settle()
