"""What is looked after once a tick: the clock, what is abandoned, spooled mail, the month, stray files."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from bot.intake import Intake
from bot.log import get_logger
from bot.media import MediaKeeper
from bot.metrics import Metrics
from bot.sender import Sender
from bot.tally import Tally
from config.clock import Clock, MovableClock
from jobs.ticker import TICK_S
from storage import generation
from storage.engine import Db, Refused, Store

CLOCK_JUMP = timedelta(seconds=60)
RESCUE_TICKS = 5
TALLY_TICKS = 60
PLAN_TICKS = 600
SWEEP_TICKS = 3600

_log = get_logger("chores")


class Chores:
    """See the module; none of them may keep the ticker from ticking.

    Args:
        plan: Puts today's occurrences into the schedule where they are missing.
        call_again: Looks after calls for help that were lost.
        rescue: Takes over what a replica that died had begun to send.
        state_dir: Where it is noted how far the database has come.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        sender: Sender,
        intake: Intake,
        tally: Tally,
        media: MediaKeeper,
        metrics: Metrics,
        *,
        plan: Callable[[Db], None],
        call_again: Callable[[Db], None],
        rescue: Callable[[], Awaitable[None]],
        state_dir: Path,
    ) -> None:
        self._store = store
        self._clock = clock
        self._sender = sender
        self._intake = intake
        self._tally = tally
        self._media = media
        self._metrics = metrics
        self._plan = plan
        self._call_again = call_again
        self._rescue = rescue
        self._state_dir = state_dir
        self._wall, self._monotonic = clock.now(), clock.monotonic()
        self._ticks = 0
        self._reached = 0

    async def tick(self) -> None:
        """Everything that is to be looked after now."""
        self._watch_clock()
        self._ticks += 1
        if self._ticks % RESCUE_TICKS == 0:
            await self._rescue()
        if self._ticks % TALLY_TICKS == 0:
            await self._tally.refresh()
            await self._done(self._call_again)
        if self._ticks % PLAN_TICKS == 0:
            await self._done(self._plan)
        if self._ticks % SWEEP_TICKS == 0:
            await self._sweep()
        await self._intake.drain()
        await self.remember()
        if _orphaned():
            _log.error("supervisor_gone")
            os.kill(os.getpid(), signal.SIGTERM)

    def _watch_clock(self) -> None:
        """While the clock is not to be trusted, nothing is sent."""
        wall, monotonic = self._clock.now(), self._clock.monotonic()
        apart = (wall - self._wall).total_seconds() - (monotonic - self._monotonic)
        jumped = abs(apart) > CLOCK_JUMP.total_seconds() and not isinstance(self._clock, MovableClock)
        if jumped:
            _log.warning("clock_jumped", jump_s=round(apart))
        self._sender.hold(jumped)
        if self._ticks:
            self._metrics.loop_lag_seconds.set(max(0.0, monotonic - self._monotonic - TICK_S))
        self._wall, self._monotonic = wall, monotonic

    async def _done(self, chore: Callable[[Db], None]) -> None:
        """What was given up once must not stay undone: look after what should stand in the schedule."""
        try:
            await asyncio.wrap_future(self._store.run(chore))
        except Exception:
            _log.exception("chore_failed")

    async def _sweep(self) -> None:
        try:
            await self._media.sweep()
        except (Refused, OSError) as error:
            _log.warning("sweep_failed", reason=type(error).__name__)

    async def remember(self) -> None:
        """Note outside the database how far it has come, so that an older copy put back is noticed."""
        try:
            reached = await asyncio.wrap_future(self._store.read(generation.mark))
            if reached > self._reached:
                await asyncio.to_thread(generation.remember, self._state_dir, reached)
                self._reached = reached
        except (Refused, OSError) as error:  # a full disk must not keep the ticker from ticking
            _log.warning("mark_not_kept", reason=type(error).__name__)


def _orphaned() -> bool:
    """Whether the supervisor that started this process is gone: a new one needs the sockets."""
    supervisor = os.environ.get("CLASSBRIDGE_SUPERVISOR_PID")
    return supervisor is not None and os.getppid() != int(supervisor)
