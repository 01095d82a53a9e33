"""Everything is joined here, for service and for tests alike; the order of start and stop is said here."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import orjson

from bot.clock_follower import ClockFollower
from bot.crashpoints import point
from bot.decide import Decider
from bot.dingtalk.client import DingTalk
from bot.dingtalk.events import EventKeys
from bot.dingtalk.wire import Robot
from bot.health import Health, look
from bot.intake import Intake
from bot.letters import Post, labelled
from bot.log import get_logger
from bot.metrics import Metrics
from bot.sender import Sender
from bot.server import Server
from bot.supervisor import bind
from bot.worker import Worker
from config.clock import Clock, MovableClock, SystemClock
from config.ids import new_id
from config.settings import Settings
from jobs.ticker import TICK_S, Ticker
from storage import buckets, generation, inbox, outbox, schema, seed
from storage.engine import Db, Refused, Store, open_store
from storage.outbox import Row
from storage.schedule import Occurrence
from storage.spool import Spool

SPOOL_BYTES = 16 * 1024 * 1024
CLOCK_JUMP = timedelta(seconds=60)
RESCUE_TICKS = 5
PLAN_TICKS = 600
SETTLE_ROUNDS = 10_000

_log = get_logger("app")


def build(settings: Settings, *, clock: Clock | None = None) -> App:
    """An app that is ready to start. A followed or given clock replaces the system's.

    Raises:
        storage.sealing.KeyFileError, storage.engine.Busy, storage.schema.SchemaTooNew: with one sentence
            that says what to do.
    """
    if clock is None:
        clock = SystemClock() if settings.clock.follow is None else MovableClock(_EARLY)
    store = open_store(settings.database.url, settings.keys.file, exclusive=True, folder=settings.data_dir)
    try:
        schema.prepare(settings.database.url)
        store.run(inbox.mail_key).result()  # the wrong installation key is noticed here
        return App(settings, clock, store)
    except BaseException:
        store.close()
        raise


_EARLY = datetime(2000, 1, 1, tzinfo=ZoneInfo("UTC"))


@dataclass(slots=True)
class _Last:
    """What the small chores remember from tick to tick."""

    wall: datetime
    monotonic: float
    ticks: int = 0
    reached: int = 0
    health: dict[str, Any] = field(default_factory=dict)


class App:
    """One running installation; see :func:`build`."""

    def __init__(self, settings: Settings, clock: Clock, store: Store) -> None:
        self.settings = settings
        self.clock = clock
        self.store = store
        self.metrics = Metrics()
        self.public_port = 0
        self.admin_port = 0
        self._state_dir = settings.data_dir
        self._owner = generation.node_id(self._state_dir)
        self._spool = Spool(self._state_dir / "spool" / "inbox.spool", SPOOL_BYTES)
        self._last = _Last(clock.now(), clock.monotonic())
        self._follower: ClockFollower | None = None
        self._http: aiohttp.ClientSession | None = None
        self._background: set[asyncio.Task[None]] = set()
        store.observe = self.metrics.unit_seconds.observe

    # -- start, in this order: what others need comes first

    async def start(self, public: socket.socket | None = None, admin: socket.socket | None = None) -> None:
        """Start all parts. Sockets may be handed in (held by a supervisor); else they are bound here."""
        try:
            await self._start(public, admin)
        except BaseException:
            await self._let_go()
            raise

    async def _start(self, public: socket.socket | None, admin: socket.socket | None) -> None:
        await self._follow()
        verdict = await asyncio.to_thread(self._enter)
        self._join(await asyncio.wrap_future(self.store.run(inbox.mail_key)))
        await self._take_up(restored=verdict == "restored")
        await self.intake.drain()
        self.worker.start()
        self.sender.start()
        self.ticker.start()
        server = self.settings.server
        public = public or bind(server.host, server.port)
        admin = admin or bind("127.0.0.1", server.admin_port)
        self.public_port, self.admin_port = public.getsockname()[1], admin.getsockname()[1]
        await self.server.start(public, admin)
        _log.info("serving", public_port=self.public_port, admin_port=self.admin_port, pid=os.getpid())

    async def _follow(self) -> None:
        """With a leader, its time is the first thing to know."""
        follow = self.settings.clock.follow
        if follow is None or not isinstance(self.clock, MovableClock):
            return
        self._started = asyncio.Event()
        self._follower = ClockFollower(follow, self.clock, self._settle_when_started)
        await self._follower.start()

    def _enter(self) -> generation.Verdict:
        """Import the first school into an empty database; see whether the database is the one we left."""
        path = self.settings.seed
        if path is not None:
            school = orjson.loads(path.read_bytes())
            self.store.run(lambda db: self._import(db, school)).result()
        return generation.enter(self.store, self._state_dir, self.clock.now())

    def _import(self, db: Db, school: dict[str, Any]) -> None:
        if seed.is_empty(db):
            seed.import_school(db, school, new_id, self.clock.now())

    def _join(self, key: inbox.MailKey) -> None:
        apps = self.settings.dingtalk
        self._http = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), connector=aiohttp.TCPConnector(limit=128)
        )
        platforms = {
            f"dingtalk/{name}": DingTalk(
                name,
                app,
                self.settings.limits,
                self._http,
                self.clock,
                self._counted(name),
                callback_url=self._presses_of(name),
            )
            for name, app in apps.items()
        }
        home = {app.corp_id: ("dingtalk", name) for name, app in reversed(apps.items())}
        post = Post(platforms, home)
        self.decider = Decider(post, {name: app.corp_id for name, app in apps.items()}, self.clock)
        self.sender = Sender(
            self.store,
            self.clock,
            self._owner,
            platforms,
            self.decider.wanted,
            self.metrics,
            lambda: self.worker.wake(),
            random.Random(),  # noqa: S311 - jitter
        )
        self._make_worker()
        robots = {name: Robot(name, app) for name, app in apps.items()}
        self.intake = Intake(
            self.store,
            self._spool,
            self.clock,
            key,
            robots,
            self.metrics,
            lambda: self.worker.wake(),
            lambda row_id: self.worker.decided(row_id),
            {name: EventKeys(name, app) for name, app in apps.items() if app.event_token},
        )
        self.ticker = Ticker(
            self.store,
            self.clock,
            self.decider.occurrence,
            between=point,
            committed=self.sender.wake,
            failed=self._occurrence_failed,
            every_tick=self._chores,
        )
        self.health = Health(self.store, self.clock, self._spool, self.metrics)
        self.server = Server(self.intake, self.metrics, self.health.facts)

    def _presses_of(self, app: str) -> str:
        """Where the platform sends what is pressed on cards; empty without a public address."""
        base = self.settings.server.public_url
        return f"{base}/dingtalk/{app}/card" if base else ""

    def _make_worker(self) -> None:
        self.worker = Worker(
            self.store,
            self.clock,
            self._owner,
            self.decider.row,
            self.decider.apologise,
            self.metrics,
            self.sender.wake,
        )

    async def _take_up(self, *, restored: bool) -> None:
        """What was under way when the process ended: free it, and say what is in doubt, once."""

        def unit(db: Db) -> None:
            self.decider.begin(db)
            if restored:
                self.decider.restored(db)
            else:
                self._settle_abandoned(db, outbox.abandoned(db, self._owner), self.clock.now())

        await asyncio.wrap_future(self.store.run(lambda db: inbox.release_owned(db, self._owner)))
        if restored:
            await self._decide_unsent()
            _log.warning("restored_database", action="nothing is sent until a teacher decides")
        await asyncio.wrap_future(self.store.run(unit))
        if restored:
            await asyncio.to_thread(generation.settled, self._state_dir)
        if self._follower is not None:
            self._started.set()

    def _settle_abandoned(self, db: Db, rows: list[Row], now: datetime) -> None:
        """Sends a dead process had begun: again where the platform removes duplicates, else in doubt."""
        doubtful = []
        for row in (outbox.fence_off(db, row) for row in rows):
            if not row.payload:  # its subject was erased
                outbox.end(db, row, outbox.WITHDRAWN, "erased", now)
                continue
            copy = labelled(row)
            if row.safe:
                outbox.retry_in_doubt(db, row, now, "crashed")
            elif copy is not None:
                outbox.repeat(db, row, copy, now, "crashed")
            else:
                outbox.end(db, row, outbox.UNKNOWN, "crashed", now, keep=True)
                doubtful.append(row)
        self.decider.in_doubt(db, doubtful)

    async def _decide_unsent(self) -> None:
        """What a restored copy had not decided may have been answered: decide it, but send nothing."""
        worker = self.worker
        worker.start()
        while (await asyncio.wrap_future(self.store.read(inbox.depth))).open:
            worker.wake()
            await worker.moved()
        await worker.stop()
        self._make_worker()

    # -- stop, in this order: the door first, the database last

    async def stop(self) -> None:
        """Stop in order; what is acknowledged is on disk, what is under way is finished."""
        if self._follower is not None:
            await self._follower.stop()
        await self.server.stop()
        await self.intake.close()
        await self.ticker.stop()
        await self.worker.stop()
        await self.sender.stop()
        await self._remember()
        await self._let_go()

    async def _let_go(self) -> None:
        """Give back what was opened, however far the start came."""
        if self._follower is not None:
            await self._follower.stop()
        if self._background:
            await asyncio.wait(self._background)
        if self._http is not None:
            await self._http.close()
        await asyncio.to_thread(self.store.close)
        self._spool.close()

    # -- in service

    async def settle(self) -> datetime | None:
        """Do everything that is due now; returns when (UTC) something is due next."""
        for _round in range(SETTLE_ROUNDS):
            await self.intake.drain()
            await self.ticker.tick()
            now = self.clock.now()
            busy, coming = await asyncio.wrap_future(self.store.read(partial(look, now=now)))
            if not busy and self.worker.idle and self.sender.idle:
                return coming
            if self.worker.idle and self.sender.idle:  # rows are there, and nobody looks
                self.worker.wake()
                self.sender.wake()
            moves = [asyncio.ensure_future(part.moved()) for part in (self.worker, self.sender)]
            await asyncio.wait(moves, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            for move in moves:
                move.cancel()
        return None

    async def _settle_when_started(self) -> datetime | None:
        await self._started.wait()
        return await self.settle()

    async def _chores(self) -> None:
        """Once a tick: is the clock to be trusted, is anything abandoned, is there spooled mail?"""
        last = self._last
        wall, monotonic = self.clock.now(), self.clock.monotonic()
        apart = (wall - last.wall).total_seconds() - (monotonic - last.monotonic)
        jumped = abs(apart) > CLOCK_JUMP.total_seconds() and not isinstance(self.clock, MovableClock)
        if jumped:
            _log.warning("clock_jumped", jump_s=round(apart))
        self.sender.hold(jumped)
        if last.ticks:
            self.metrics.loop_lag_seconds.set(max(0.0, monotonic - last.monotonic - TICK_S))
        last.wall, last.monotonic = wall, monotonic
        last.ticks += 1
        if last.ticks % RESCUE_TICKS == 0:
            await self._rescue()
        if last.ticks % PLAN_TICKS == 0:
            await self._plan_again()
        await self.intake.drain()
        await self._remember()
        if _orphaned():
            _log.error("supervisor_gone")
            os.kill(os.getpid(), signal.SIGTERM)

    async def _plan_again(self) -> None:
        """A job that was given up must not end its chain: look after what should stand in the schedule."""
        try:
            await asyncio.wrap_future(self.store.run(self.decider.begin))
        except Exception:
            _log.exception("plan_failed")

    async def _remember(self) -> None:
        """Note outside the database how far it has come, so that an older copy put back is noticed."""
        try:
            reached = await asyncio.wrap_future(self.store.read(generation.mark))
            if reached > self._last.reached:
                await asyncio.to_thread(generation.remember, self._state_dir, reached)
                self._last.reached = reached
        except (Refused, OSError) as error:  # a full disk must not keep the ticker from ticking
            _log.warning("mark_not_kept", reason=type(error).__name__)

    async def _rescue(self) -> None:
        """Sends of a replica that died: its lease is over."""

        def unit(db: Db) -> bool:
            ours = self.sender.under_way  # slow, or the database was away: we still know their end
            rows = [row for row in outbox.abandoned(db, None) if row.id not in ours]
            self._settle_abandoned(db, rows, self.clock.now())
            return bool(rows)

        if self.store.dialect == "sqlite":
            return  # one process only: what it had begun was settled at its start
        try:
            if await asyncio.wrap_future(self.store.run(unit)):
                self.sender.wake()
        except Refused:
            _log.warning("rescue_refused")

    def _counted(self, app: str) -> Any:
        """A call that counts in the platform's month is written down, beside the work."""

        def counted(api: str) -> None:
            self.metrics.counted_calls.add(f"dingtalk/{app}", api)
            month = self.clock.now().astimezone(_MONTHS).strftime("%Y-%m")
            future = self.store.run(lambda db: buckets.count_calls(db, month, app, api))
            task = asyncio.create_task(_quietly(asyncio.wrap_future(future)))
            self._background.add(task)
            task.add_done_callback(self._background.discard)

        return counted

    def _occurrence_failed(self, occurrence: Occurrence, _error: Exception) -> None:
        _log.exception("occurrence_failed", occurrence_id=occurrence.id, kind=occurrence.kind)


_MONTHS = ZoneInfo("Asia/Shanghai")
"""DingTalk's month ends in Beijing, wherever the school is."""


async def _quietly(future: asyncio.Future[None]) -> None:
    try:
        await future
    except Refused:
        _log.warning("count_refused")


def _orphaned() -> bool:
    """Whether the supervisor that started this process is gone: a new one needs the sockets."""
    supervisor = os.environ.get("CLASSBRIDGE_SUPERVISOR_PID")
    return supervisor is not None and os.getppid() != int(supervisor)
