"""Pictures are drawn in a process of their own: what Pillow takes goes back when it ends, and a bad font or
a bad picture brings down nothing but itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from bot.log import get_logger

DEADLINE_S = 20.0
IDLE_S = 60.0
"""So long the process is kept for the next picture."""
START_S = 60.0
"""A process that has not come up by then never will."""

_log = get_logger("render")

Work = Callable[[str, Mapping[str, Any], str], bytes]


class NotDrawn(Exception):
    """There is no picture: ``code`` is ``late``, ``broken``, ``stopped``, ``fault``, or one of
    :class:`bot.drawing.Undrawable`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Renderer:
    """Draws one picture at a time. The process is started at the first one.

    Args:
        font: A font file to prefer; the system's if None.
        deadline_s: A drawing that takes longer is given up, and its process ended.
        idle_s: How long the process is kept for the next picture.
        work: What draws, in the other process; found there by its module and name.
    """

    def __init__(
        self,
        font: Path | None,
        *,
        deadline_s: float = DEADLINE_S,
        idle_s: float = IDLE_S,
        work: Work | None = None,
    ) -> None:
        self._font = "" if font is None else str(font)
        self._deadline_s = deadline_s
        self._idle_s = idle_s
        self._work = work or _make
        self._one = asyncio.Lock()
        self._pool: Executor | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._stopped = False
        self.child: int | None = None
        """The drawing process, while there is one."""

    async def draw(self, recipe: str, data: Mapping[str, Any]) -> bytes:
        """Draw a recipe; returns the file's bytes.

        Args:
            recipe: A name of ``bot.drawing.RECIPES``.
            data: What is on it.

        Raises:
            NotDrawn: See there.
        """
        async with self._one:
            if self._idle is not None:
                self._idle.cancel()
            try:
                return await self._drawn(recipe, data)
            finally:
                self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._let_go)

    async def stop(self) -> None:
        """End the process; a drawing under way is not waited for."""
        self._stopped = True
        self._kill()
        async with self._one:
            if self._idle is not None:
                self._idle.cancel()
            self._let_go()

    async def _drawn(self, recipe: str, data: Mapping[str, Any]) -> bytes:
        try:
            return await self._once(recipe, data)
        except BrokenProcessPool:
            self._let_go()
            _log.warning("drawing_process_died", reason=recipe)
        try:
            return await self._once(recipe, data)
        except BrokenProcessPool:
            self._let_go()
            raise NotDrawn("broken") from None

    async def _once(self, recipe: str, data: Mapping[str, Any]) -> bytes:
        pool = await self._ready()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._deadline_s):
                return await loop.run_in_executor(pool, self._work, recipe, dict(data), self._font)
        except TimeoutError:
            self._kill()
            self._let_go()
            raise NotDrawn("late") from None
        except BrokenProcessPool:
            raise
        except Exception as error:
            code = str(error) if type(error).__name__ == "Undrawable" else "fault"
            _log.warning("not_drawn", reason=recipe, code=code, kind=type(error).__name__)
            raise NotDrawn(code) from None

    async def _ready(self) -> Executor:
        """The pool, its process up: starting is not part of a drawing's deadline."""
        if self._stopped:
            raise NotDrawn("stopped")
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _begin)
        try:
            async with asyncio.timeout(START_S):
                self.child = await asyncio.get_running_loop().run_in_executor(self._pool, os.getpid)
        except TimeoutError:
            self._let_go()
            raise NotDrawn("late") from None
        return self._pool

    def _kill(self) -> None:
        if self.child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGKILL)

    def _let_go(self) -> None:
        """Let the process end by itself; a new one is started when it is needed."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None
        self.child = None


def _begin() -> None:
    """In the child: leave an interrupt to the parent, and do not outlive it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make(recipe: str, data: Mapping[str, Any], font: str) -> bytes:
    from bot.drawing import make  # in the child: Pillow is imported there only

    return make(recipe, data, font)
