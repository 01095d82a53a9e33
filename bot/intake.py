"""From a platform's door to the inbox: record, then acknowledge. Nothing is decided here.

A press waits a moment for its decision, because the platform takes one answer for it and only soon.
What arrives while one commit is under way waits for the next: one fsync serves them all. If the
database refuses, the sealed rows go to the spool and the platform is answered all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from bot import trace
from bot.command import CardButton, Session, UpdateCard
from bot.crashpoints import point
from bot.log import get_logger
from bot.metrics import Metrics
from bot.payloads import buttons_of
from config.clock import Clock
from config.ids import new_id
from storage import hanging, outbox
from storage.engine import Refused, Store
from storage.inbox import MailKey, arrival, has, inbox
from storage.spool import Spool, SpoolFull

PATIENCE_S = 1.0
"""How long a commit may take before the rows go to the spool as well; their key makes that harmless."""
ANSWER_S = 1.2
"""How long a press waits for its decision; DingTalk gives up after two seconds."""
SHUT_S = 2.0
"""After a refusal the database is left alone for so long."""

_log = get_logger("intake")


class NotKept(Exception):
    """Neither the database nor the spool took the row: the platform must come again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform is told.

    Args:
        status: 200 is kept; 503 is not kept, come again; others will never be.
        body: What is said back.
        session: Where to say it if the way in has no answer of its own (Stream), or None: nothing to say.
    """

    status: int
    body: bytes = b""
    session: Session | None = None


class Opened(Protocol):
    """Something genuine that came in, as a platform's wire hands it over."""

    @property
    def message_key(self) -> str:
        """The dedup key of its inbox row."""
        ...

    @property
    def conversation(self) -> str:
        """The lane it is worked off in."""
        ...

    @property
    def payload(self) -> bytes:
        """What the inbox keeps, JSON."""
        ...


class OpenedPress(Opened, Protocol):
    """A pressed button."""

    @property
    def track(self) -> str:
        """The card, by the id of the outbox row that made it."""
        ...

    @property
    def lane(self) -> str:
        """The outbox lane of whoever pressed: what a card shows is told to nobody else."""
        ...


@dataclass(frozen=True, slots=True)
class Look:
    """What a pressed card shows now."""

    title: str
    text: str
    buttons: tuple[CardButton, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a press.

    Args:
        kept: Whether it is on disk.
        look: The card's new look, if it was decided in time.
    """

    kept: bool
    look: Look | None = None


Decided = Callable[[str], asyncio.Future[object | None]]
"""What will be decided about the row of this id, see ``Worker.decided``."""


class Intake:
    """One for all doors and platforms.

    Args:
        store: Where the inbox is.
        spool: Where rows go when it is not available.
        clock: For the time of arrival.
        key: Seals what is kept.
        wake: Called after rows were kept.
        decided: Where a press learns what was decided; without it nobody waits.
    """

    def __init__(
        self,
        store: Store,
        spool: Spool,
        clock: Clock,
        key: MailKey,
        metrics: Metrics,
        wake: Callable[[], None],
        decided: Decided | None = None,
    ) -> None:
        self._store = store
        self._spool = spool
        self._clock = clock
        self._key = key
        self._metrics = metrics
        self._wake = wake
        self._decided = decided
        self._ending: set[asyncio.Task[None]] = set()
        self._waiting: list[tuple[dict[str, Any], asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._shut_until = 0.0

    # -- presses

    async def press(self, opened: OpenedPress) -> Heard:
        """Keep a press and wait a moment for what is decided about it."""
        row_id = new_id()
        began = self._clock.monotonic()
        # Asked for before the row is there: it may be decided before the commit is heard of here.
        waiting = self._decided(row_id) if self._decided is not None else None
        try:
            if not await self._recorded(row_id, opened, "press"):
                return Heard(kept=False)
            if waiting is None:
                return Heard(kept=True)
            async with asyncio.timeout(max(0.0, ANSWER_S - (self._clock.monotonic() - began))):
                if not await self._is_first(row_id):
                    return Heard(kept=True, look=await self._shown_before(opened))
                look = await waiting
        except TimeoutError:
            return Heard(kept=True)
        finally:
            if waiting is not None:
                waiting.cancel()
        return Heard(kept=True, look=self._shown(look) if isinstance(look, UpdateCard) else None)

    async def _is_first(self, row_id: str) -> bool:
        """Whether the row is there: a second copy has fallen onto the first, and nobody will decide it."""
        try:
            return await asyncio.wrap_future(self._store.read(partial(has, row_id=row_id)))
        except Refused:
            return True

    async def _shown_before(self, opened: OpenedPress) -> Look | None:
        """For a press that came before: what the card shows since. The first one's answer may be lost."""
        asked = partial(hanging.last_look, card=opened.track, lane=opened.lane)
        try:
            kept = await asyncio.wrap_future(self._store.read(asked))
        except Refused:
            return None
        return Look(kept["title"], kept["text"], buttons_of(kept)) if kept else None

    def _shown(self, look: UpdateCard) -> Look:
        """The answer shows a card's new look; the row that would bring it by a call is ended."""
        task = asyncio.create_task(self._answered(look.outbox_id))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return Look(look.title, look.text, look.buttons)

    async def _answered(self, outbox_id: str) -> None:
        now = self._clock.now()
        try:
            await asyncio.wrap_future(self._store.run(lambda db: outbox.answered(db, outbox_id, now)))
        except Refused:  # then the same look comes once more by a call
            _log.warning("answer_not_noted", outbox_id=outbox_id)

    # -- keeping

    async def record(self, opened: Opened, kind: str) -> bool:
        """Seal and keep what came; False if neither the database nor the spool would have it.

        Args:
            opened: What came.
            kind: ``message`` or ``event``.
        """
        return await self._recorded(new_id(), opened, kind)

    def sealed(self, row_id: str, opened: Opened, kind: str) -> dict[str, Any]:
        """The inbox row of what came, for those who write it in a unit of their own."""
        sealed = self._key.seal(row_id, opened.payload.decode())
        return arrival(row_id, opened.message_key, opened.conversation, kind, sealed, self._clock.now())

    def wake(self) -> None:
        """Rows were kept in somebody's own unit: they are to be decided."""
        self._wake()

    async def _recorded(self, row_id: str, opened: Opened, kind: str) -> bool:
        trace.note(trace.OPEN, opened.message_key)
        try:
            await self.keep(self.sealed(row_id, opened, kind))
            trace.note(trace.INTAKE, row_id, opened.message_key)
        except NotKept:
            return False
        return True

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
        self._metrics.spooled.add("inbox", amount=len(rows))
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
        if self._ending:
            await asyncio.wait(self._ending)
