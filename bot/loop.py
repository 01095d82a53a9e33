"""What worker and sender have in common: a loop that looks for rows, hands them on and rests until woken."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

from bot.log import get_logger
from config.clock import Clock
from storage.engine import Db, Refused, Store

LINGER_S = 0.015
_POLL_S = 1.0

Found = TypeVar("Found")
T = TypeVar("T")
_log = get_logger("loop")


async def linger(since_s: float) -> None:
    """Looks under load are this far apart, so that each finds several rows; a lone row waits for nothing."""
    if since_s < LINGER_S:
        await asyncio.sleep(LINGER_S - since_s)


class Loop(ABC, Generic[Found]):
    """One loop of the process.

    Args:
        store: Where the rows are.
        clock: Its monotonic side spaces the looks.
        name: Of the task, for logs and tracebacks.
        back_off_s: How long to leave a database alone that refused.
    """

    def __init__(self, store: Store, clock: Clock, name: str, back_off_s: float) -> None:
        self._store = store
        self._clock = clock
        self._name = name
        self._back_off_s = back_off_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._knock = asyncio.Event()
        self._moved = asyncio.Event()
        self._looking = False
        self._stopping = False
        self._loop: asyncio.Task[None] | None = None

    @abstractmethod
    async def _look(self) -> Found:
        """Claim what there is to do."""

    @abstractmethod
    async def _take_up(self, found: Found) -> None:
        """Begin what was found; rest if there was nothing, wait while there is too much."""

    @property
    @abstractmethod
    def _nothing(self) -> Found:
        """What a look gives that found nothing."""

    def start(self) -> None:
        """Begin to look."""
        self._loop = asyncio.create_task(self._run(), name=self._name)

    def wake(self) -> None:
        """There may be something to do."""
        self._knock.set()

    async def moved(self) -> None:
        """Wait until something ended or was looked for."""
        self._moved.clear()
        await self._moved.wait()

    async def stop(self) -> None:
        """Look no more; what is under way goes on, see the subclass."""
        self._stopping = True
        self._knock.set()
        if self._loop is not None:
            await self._loop

    async def _run(self) -> None:
        while not self._stopping:
            looked = self._clock.monotonic()
            self._looking = True
            self._knock.clear()
            found = await self._looked()
            self._looking = False
            self._moved.set()
            await self._take_up(found)
            await linger(self._clock.monotonic() - looked)

    async def _looked(self) -> Found:
        try:
            return await self._look()
        except Exception as error:  # whatever it is: the loop goes on
            if not isinstance(error, Refused):
                _log.exception("claim_failed", loop=self._name)
            await asyncio.sleep(self._back_off_s)
            self._knock.set()
            return self._nothing

    async def _in_store(self, unit: Callable[[Db], T]) -> T:
        return await asyncio.wrap_future(self._store.run(unit))

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(_POLL_S):
                await self._knock.wait()
        except TimeoutError:
            pass

    async def _finish(self) -> None:
        """Wait for what is under way."""
        if self._tasks:
            await asyncio.wait(self._tasks)
