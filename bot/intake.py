"""From the wire to the inbox: verify, record, acknowledge. Nothing is decided here.

A press waits a moment for its decision, because the platform takes one answer for it and only soon.
What arrives while one commit is under way waits for the next: one fsync serves them all. If the
database refuses, the sealed rows go to the spool and the platform is answered all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from bot import trace
from bot.command import Session, UpdateCard
from bot.crashpoints import point
from bot.dingtalk import cards, events, wire
from bot.log import get_logger
from bot.metrics import Metrics
from bot.payloads import buttons_of
from config.clock import Clock
from config.ids import new_id
from handlers.anonymous.texts import answer
from handlers.anonymous.words import is_anonymous
from handlers.relay.rules import sounds_dangerous
from storage import hanging, outbox
from storage.engine import Refused, Store
from storage.inbox import MailKey, arrival, has, inbox
from storage.spool import Spool, SpoolFull

PATIENCE_S = 1.0
"""How long a commit may take before the rows go to the spool as well; their key makes that harmless."""
ANSWER_S = 1.2
"""How long a press waits for its decision; the platform gives up after two seconds."""
SHUT_S = 2.0
"""After a refusal the database is left alone for so long."""

_Opened = wire.Opened | wire.OpenedPress | events.OpenedEvent

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


NOTHING = b"{}"
"""The answer to a press that shows nothing."""

Decided = Callable[[str], asyncio.Future[object | None]]
"""What will be decided about the row of this id, see ``Worker.decided``."""


class Intake:
    """The door: one for all listeners and platforms.

    Args:
        store: Where the inbox is.
        spool: Where rows go when it is not available.
        clock: For freshness and the time of arrival.
        key: Seals what is kept.
        robots: The configured DingTalk apps by name.
        wake: Called after rows were kept.
        decided: Where a press learns what was decided; without it nobody waits.
        event_keys: The keys of the apps that push events over HTTP.
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
        decided: Decided | None = None,
        event_keys: Mapping[str, events.EventKeys] | None = None,
    ) -> None:
        self._store = store
        self._spool = spool
        self._clock = clock
        self._key = key
        self._robots = robots
        self._metrics = metrics
        self._wake = wake
        self._decided = decided
        self._event_keys = event_keys or {}
        self._ending: set[asyncio.Task[None]] = set()
        self._waiting: list[tuple[dict[str, Any], asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._shut_until = 0.0

    async def robot(self, app: str, headers: Mapping[str, str], raw: bytes) -> Answer:
        """One push of a DingTalk robot; answered only after it is on disk."""
        robot = self._robot(app)
        if robot is None:
            return Answer(404)
        opened = wire.open_robot(headers, raw, robot, self._clock.now())
        if isinstance(opened, wire.Rejected):
            return self._rejected(opened)
        if is_anonymous(opened.text):
            # Not a row, not a log line, not a metric: the answer goes back in this very response.
            return Answer(200, wire.to_response(answer(danger=sounds_dangerous(opened.text))))
        return await self._message(opened)

    async def robot_pushed(self, app: str, data: bytes) -> Answer:
        """The same over a Stream socket; what is to be said goes to the answer's ``session``, from memory."""
        robot = self._robot(app)
        if robot is None:
            return Answer(404)
        opened = wire.read_robot(data, robot, self._clock.now())
        if isinstance(opened, wire.Rejected):
            return self._rejected(opened)
        if is_anonymous(opened.text):
            said = wire.to_response(answer(danger=sounds_dangerous(opened.text)))
            return Answer(200, said, opened.session)
        return await self._message(opened)

    async def _message(self, opened: wire.Opened) -> Answer:
        kept = await self._kept(new_id(), opened, "message")
        return Answer(200, wire.EMPTY) if kept else Answer(503)

    # -- presses

    async def card(self, app: str, headers: Mapping[str, str], raw: bytes) -> Answer:
        """A button pressed on a card; the answer holds the card's new look if it was decided in time."""
        robot = self._robot(app)
        if robot is None:
            return Answer(404)
        opened = wire.open_card(headers, raw, robot, self._clock.now())
        if isinstance(opened, wire.Rejected):
            return self._rejected(opened)
        look = await self._press(opened)
        return Answer(503) if look is None else Answer(200, orjson.dumps(look))

    async def card_pushed(self, app: str, data: bytes) -> dict[str, Any] | None:
        """The same over a Stream socket: what the card shall show now; None if the press was not kept."""
        robot = self._robot(app)
        opened = wire.read_card(data, robot) if robot is not None else None
        if opened is None:
            return {}
        if isinstance(opened, wire.Rejected):
            self._rejected(opened)
            return {}
        return await self._press(opened)

    async def _press(self, opened: wire.OpenedPress) -> dict[str, Any] | None:
        row_id = new_id()
        began = self._clock.monotonic()
        # Asked for before the row is there: it may be decided before the commit is heard of here.
        waiting = self._decided(row_id) if self._decided is not None else None
        try:
            if not await self._kept(row_id, opened, "press"):
                return None
            if waiting is None:
                return {}
            async with asyncio.timeout(max(0.0, ANSWER_S - (self._clock.monotonic() - began))):
                if not await self._is_first(row_id):
                    return await self._shown_before(opened)
                look = await waiting
        except TimeoutError:
            return {}
        finally:
            if waiting is not None:
                waiting.cancel()
        return self._shown(look) if isinstance(look, UpdateCard) else {}

    async def _is_first(self, row_id: str) -> bool:
        """Whether the row is there: a second copy has fallen onto the first, and nobody will decide it."""
        try:
            return await asyncio.wrap_future(self._store.read(partial(has, row_id=row_id)))
        except Refused:
            return True

    async def _shown_before(self, opened: wire.OpenedPress) -> dict[str, Any]:
        """For a press that came before: what the card shows since. The first one's answer may be lost."""
        lane = f"dingtalk/{opened.app}/user/{opened.user_id}"
        asked = partial(hanging.last_look, card=opened.track, lane=lane)
        try:
            kept = await asyncio.wrap_future(self._store.read(asked))
        except Refused:
            return {}
        return cards.answer_body(kept["title"], kept["text"], buttons_of(kept)) if kept else {}

    def _shown(self, look: UpdateCard) -> dict[str, Any]:
        """The answer that shows a card's new look; the row that would bring it by a call is ended."""
        task = asyncio.create_task(self._answered(look.outbox_id))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return cards.answer_body(look.title, look.text, look.buttons)

    async def _answered(self, outbox_id: str) -> None:
        now = self._clock.now()
        try:
            await asyncio.wrap_future(self._store.run(lambda db: outbox.answered(db, outbox_id, now)))
        except Refused:  # then the same look comes once more by a call
            _log.warning("answer_not_noted", outbox_id=outbox_id)

    # -- events

    async def event(self, app: str, query: Mapping[str, str], raw: bytes) -> Answer:
        """An encrypted event over HTTP; the answer is encrypted too."""
        keys = self._keys(app)
        if keys is None:
            return Answer(404)
        now = self._clock.now()
        opened = events.open_event(query, raw, keys, now)
        if isinstance(opened, wire.Rejected):
            return self._rejected(opened)
        if opened.kind != events.CHECK_URL and not await self._kept(new_id(), opened, "event"):
            return Answer(503)
        return Answer(200, events.event_success(keys, now, query.get("nonce", "")))

    async def event_pushed(self, app: str, headers: Mapping[str, str], data: bytes) -> bool:
        """The same over a Stream socket; False if it shall come again."""
        robot = self._robot(app)
        opened = events.read_event(headers, data, robot) if robot is not None else None
        if opened is None:
            return True
        if isinstance(opened, wire.Rejected):
            self._rejected(opened)
            return True
        return await self._kept(new_id(), opened, "event")

    def _keys(self, app: str) -> events.EventKeys | None:
        if not app and len(self._event_keys) == 1:
            return next(iter(self._event_keys.values()))
        return self._event_keys.get(app)

    # -- keeping

    def _rejected(self, opened: wire.Rejected) -> Answer:
        self._metrics.refused.add("dingtalk", opened.reason)
        return Answer(opened.status)

    async def _kept(self, row_id: str, opened: _Opened, kind: str) -> bool:
        """Seal and keep what came; False if neither the database nor the spool would have it."""
        trace.note(trace.OPEN, opened.message_key)
        sealed = self._key.seal(row_id, opened.payload.decode())
        row = arrival(row_id, opened.message_key, opened.conversation, kind, sealed, self._clock.now())
        try:
            await self.keep(row)
            trace.note(trace.INTAKE, row_id, opened.message_key)
        except NotKept:
            return False
        return True

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
        if self._ending:
            await asyncio.wait(self._ending)
