"""From the wire to the inbox: verify, record, acknowledge. Nothing is decided here.

What arrives while one commit is under way waits for the next: one fsync serves them all. If the
database refuses, the sealed rows go to the spool and the platform is answered all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.crashpoints import point
from bot.dingtalk import wire
from bot.log import get_logger
from bot.metrics import Metrics
from config.clock import Clock
from config.ids import new_id
from handlers.anonymous.texts import answer
from handlers.anonymous.words import is_anonymous
from handlers.relay.rules import sounds_dangerous
from storage.engine import Refused, Store
from storage.inbox import MailKey, arrival, inbox
from storage.spool import Spool, SpoolFull

PATIENCE_S = 1.0
"""How long a commit may take before the rows go to the spool as well; their key makes that harmless."""
SHUT_S = 2.0
"""After a refusal the database is left alone for so long."""

_log = get_logger("intake")


class NotKept(Exception):
    """Neither the database nor the spool took the row: the platform must come again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform is told."""

    status: int
    body: bytes = b""


class Intake:
    """The door: one for all listeners and platforms.

    Args:
        store: Where the inbox is.
        spool: Where rows go when it is not available.
        clock: For freshness and the time of arrival.
        key: Seals what is kept.
        robots: The configured DingTalk apps by name.
        wake: Called after rows were kept.
    """

    def __init__(
        self,
        store: Store,
        spool: Spool,
        clock: Clock,
        key: MailKey,
        robots: Mapping[str, wire.Robot],
        metrics: Metrics,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._spool = spool
        self._clock = clock
        self._key = key
        self._robots = robots
        self._metrics = metrics
        self._wake = wake
        self._waiting: list[tuple[dict[str, Any], asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._shut_until = 0.0

    async def robot(self, app: str, headers: Mapping[str, str], raw: bytes) -> Answer:
        """One push of a DingTalk robot; answered only after it is on disk."""
        robot = self._robot(app)
        if robot is None:
            return Answer(404)
        now = self._clock.now()
        opened = wire.open_robot(headers, raw, robot, now)
        if isinstance(opened, wire.Rejected):
            self._metrics.refused.add("dingtalk", opened.reason)
            return Answer(opened.status)
        if is_anonymous(opened.text):
            # Not a row, not a log line, not a metric: the answer goes back in this very response.
            return Answer(200, wire.to_response(answer(danger=sounds_dangerous(opened.text))))
        row_id = new_id()
        sealed = self._key.seal(row_id, opened.payload.decode())
        try:
            await self.keep(arrival(row_id, opened.message_key, opened.conversation, "message", sealed, now))
        except NotKept:
            return Answer(503)
        return Answer(200, wire.EMPTY)

    def _robot(self, app: str) -> wire.Robot | None:
        if not app and len(self._robots) == 1:
            return next(iter(self._robots.values()))
        return self._robots.get(app)

    async def keep(self, row: dict[str, Any]) -> None:
        """Put one row into the inbox (or the spool); on disk when this returns.

        Raises:
            NotKept: Neither would take it.
        """
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, kept))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        await kept

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    error = await self._write([row for row, _kept in batch])
                except Exception:  # a fault of ours must not leave the platform without an answer
                    _log.exception("write_failed", rows=len(batch))
                    error = NotKept()
                for _row, kept in batch:
                    if kept.done():
                        continue
                    kept.set_result(None) if error is None else kept.set_exception(error)
                self._wake()
        finally:
            self._flushing = None

    async def _write(self, rows: list[dict[str, Any]]) -> NotKept | None:
        point("intake.before_commit")
        if self._clock.monotonic() >= self._shut_until:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await asyncio.wrap_future(self._store.insert(inbox, rows))
                point("intake.after_commit")
                return None
            except (Refused, TimeoutError) as error:
                self._shut_until = self._clock.monotonic() + SHUT_S
                _log.warning("database_refused", reason=type(error).__name__, rows=len(rows))
        try:
            await asyncio.to_thread(self._spool.append, rows)
        except (SpoolFull, OSError) as error:
            _log.error("spool_refused", reason=type(error).__name__, rows=len(rows))
            return NotKept()
        self._metrics.spooled.add("dingtalk", amount=len(rows))
        return None

    async def drain(self) -> int:
        """Bring spooled rows into the inbox; returns how many. Safe to repeat."""
        if not self._spool.count:
            return 0
        rows, mark = await asyncio.to_thread(self._spool.rows)
        try:
            for start in range(0, len(rows), 200):
                await asyncio.wrap_future(self._store.insert(inbox, rows[start : start + 200]))
        except Refused:
            return 0
        await asyncio.to_thread(self._spool.clear, mark)
        self._wake()
        return len(rows)

    async def close(self) -> None:
        """Wait for what is being written."""
        if self._flushing is not None:
            await self._flushing
