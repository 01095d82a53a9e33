"""Inbox → decision → commit. Conversations run side by side, each of them one message at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import timedelta

from typing_extensions import override

from bot import trace
from bot.crashpoints import point
from bot.log import get_logger
from bot.loop import Loop
from bot.meanings import Ahead
from bot.metrics import Metrics
from config.clock import Clock
from storage import inbox
from storage.engine import Db, Refused, Store
from storage.inbox import Claimed, OutOfTurn

LEASE = timedelta(seconds=30)
AT_ONCE = 128
"""Rows claimed and not yet decided, at most."""
TRIES = 3
"""A row whose decision failed so often is set aside."""
CRASHES = 8
"""So is a row that was being decided at so many crashes."""
_BACK_OFF_S = 0.5
_TURN_S = 0.05

Decide = Callable[[Db, Claimed, Ahead | None], object | None]
"""Decides one row inside the unit that has taken it: state, replies and the mark in one commit.

What it returns is for whoever waits for this row, see :meth:`Worker.decided`."""
Apologise = Callable[[Db, Claimed], None]
"""Says that a row was set aside."""

_log = get_logger("worker")


class Worker(Loop[list[Claimed]]):
    """See the module.

    Args:
        store, clock, owner, metrics: Of this installation and this process.
        ahead: Makes what can be made of a row before its unit of work opens; handed to ``decide``.
        decide: See :data:`Decide`.
        apologise: See :data:`Apologise`.
        committed: Called after each decision, to wake the sender.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        owner: str,
        ahead: Callable[[Claimed], Ahead | None],
        decide: Decide,
        apologise: Apologise,
        metrics: Metrics,
        committed: Callable[[], None],
    ) -> None:
        super().__init__(store, clock, "worker", _BACK_OFF_S)
        self._owner = owner
        self._ahead = ahead
        self._decide = decide
        self._apologise = apologise
        self._metrics = metrics
        self._committed = committed
        self._queues: dict[str, deque[Claimed]] = {}
        self._open = 0
        self._awaited: dict[str, asyncio.Future[object | None]] = {}

    @property
    def idle(self) -> bool:
        """Nothing known of is waiting or being decided."""
        return not self._open and not self._looking and not self._knock.is_set()

    def decided(self, row_id: str) -> asyncio.Future[object | None]:
        """What will be decided about a row that is about to be kept; resolved after COMMIT.

        It never comes if another replica takes the row: wait with a limit, and cancel it.
        """
        future: asyncio.Future[object | None] = asyncio.get_running_loop().create_future()
        self._awaited[row_id] = future
        future.add_done_callback(lambda _done: self._awaited.pop(row_id, None))
        return future

    @override
    async def stop(self) -> None:
        """Finish what is being decided, give the rest of the leases back."""
        await super().stop()
        left = [row.id for queue in self._queues.values() for row in list(queue)[1:]]
        await self._finish()
        if left:
            await self._in_store(lambda db: inbox.release(db, left))

    @property
    @override
    def _nothing(self) -> list[Claimed]:
        return []

    @override
    async def _look(self) -> list[Claimed]:
        room = AT_ONCE - self._open
        if room <= 0:
            return []
        rows = await self._in_store(lambda db: inbox.claim(db, self._owner, room, LEASE))
        if not rows and not self._open:
            rows = await self._in_store(lambda db: inbox.claim_suspect(db, self._owner, LEASE))
        return rows

    @override
    async def _take_up(self, found: list[Claimed]) -> None:
        for row in found:
            self._accept(row)
        if not found or self._open >= AT_ONCE:
            await self._rest()

    def _accept(self, row: Claimed) -> None:
        self._open += 1
        queue = self._queues.get(row.conversation)
        if queue is not None:
            queue.append(row)
            return
        self._queues[row.conversation] = deque([row])
        task = asyncio.create_task(self._work_off(row.conversation))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work_off(self, conversation: str) -> None:
        """All claimed rows of one conversation, in order."""
        queue = self._queues[conversation]
        while queue and not self._stopping:
            await self._one(queue[0])
            queue.popleft()
            self._open -= 1
            self._moved.set()
        self._open -= len(queue)
        del self._queues[conversation]
        if self._open < AT_ONCE // 2:
            self._knock.set()

    async def _one(self, row: Claimed) -> None:
        try:
            if row.attempts > CRASHES:
                await self._park(row, "crashes")
                return
            trace.note(trace.WORKER, row.id)
            ahead = self._ahead(row)
            point("worker.before_commit")
            decided = await self._in_store(lambda db: self._unit(db, row, ahead))
            point("worker.after_commit")
            trace.note(trace.COMMIT, row.id)
            self._tell(row.id, decided)
            self._metrics.handled.add(row.kind)
            self._committed()
        except OutOfTurn:  # another replica has the row before it: do not spin until it is done
            await asyncio.sleep(_TURN_S)
            await self._later(row, counted=False)
        except Refused:
            await asyncio.sleep(_BACK_OFF_S)
            await self._later(row, counted=False)
        except Exception as error:
            _log.exception("decision_failed", inbox_id=row.id, kind=row.kind, attempt=row.attempts)
            if row.attempts >= TRIES:
                await self._park(row, type(error).__name__)
            else:
                await self._later(row, counted=True)

    def _unit(self, db: Db, row: Claimed, ahead: Ahead | None) -> object | None:
        if inbox.take(db, row, self._clock.now()):
            return self._decide(db, row, ahead)
        return None

    def _tell(self, row_id: str, decided: object | None) -> None:
        awaited = self._awaited.get(row_id)
        if awaited is not None and not awaited.done():
            awaited.set_result(decided)

    async def _park(self, row: Claimed, why: str) -> None:
        def park(db: Db) -> None:
            inbox.park(db, row.id, why, self._clock.now())

        def unit(db: Db) -> None:
            park(db)
            self._apologise(db, row)

        for attempt in (unit, park):  # what cannot be decided often cannot be apologised for either
            try:
                await self._in_store(attempt)
                self._metrics.failed.add(row.kind)
                self._committed()
                return
            except Refused:
                _log.error("park_refused", inbox_id=row.id)
                return
            except Exception:
                _log.exception("apology_failed", inbox_id=row.id)

    async def _later(self, row: Claimed, *, counted: bool) -> None:
        """Give the lease back: the row is claimed again in its turn."""
        try:
            await self._in_store(lambda db: inbox.release(db, [row.id], counted=counted))
        except Refused:
            _log.warning("release_refused", inbox_id=row.id)
        self._knock.set()
