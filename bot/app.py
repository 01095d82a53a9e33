"""Everything is joined here, for service and for tests alike; the order of start and stop is said here."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import aiohttp
import orjson

from bot.budget import Budget
from bot.chores import Chores
from bot.clock_follower import ClockFollower
from bot.command import Platform
from bot.crashpoints import point
from bot.decide import Decider
from bot.dingtalk.client import DingTalk
from bot.dingtalk.door import DingTalkDoor
from bot.dingtalk.events import EventKeys
from bot.dingtalk.stream import Stream
from bot.dingtalk.wire import Robot
from bot.health import Health, look
from bot.intake import Intake
from bot.lanes import PAGE, Home, Lanes
from bot.letters import Post, labelled
from bot.log import get_logger
from bot.media import MediaKeeper
from bot.metrics import Metrics
from bot.pages.lane import PageLane
from bot.pages.links import Links
from bot.pages.pages import Pages
from bot.render import Renderer
from bot.sender import Sender
from bot.server import Routes, Server
from bot.supervisor import bind
from bot.tally import Tally
from bot.tenure import Tenure
from bot.worker import Worker
from config.clock import Clock, MovableClock, SystemClock
from config.ids import new_id
from config.settings import DingTalkApp, Settings
from jobs.ticker import Ticker
from storage import generation, inbox, outbox, schema, seed
from storage.engine import Db, Refused, Store, open_store
from storage.outbox import Row
from storage.schedule import Occurrence
from storage.spool import Spool

if TYPE_CHECKING:
    from bot.wecom.joined import WeComApps

SPOOL_BYTES = 16 * 1024 * 1024
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


def _home(name: str, app: DingTalkApp) -> Home:
    cards = app.message_card_template is not None
    digests = app.digest_card_template is not None
    return Home("dingtalk", name, app.guardians, digests, cards, rings=app.ding != "off")


_EARLY = datetime(2000, 1, 1, tzinfo=ZoneInfo("UTC"))


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
        self._follower: ClockFollower | None = None
        self._http: aiohttp.ClientSession | None = None
        self._tally: Tally | None = None
        self._renderer: Renderer | None = None
        self._wecom: WeComApps | None = None
        self._warm: asyncio.Task[None] | None = None
        self.streams: list[Stream] = []
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
        if self._tally is not None:
            await self._tally.refresh()
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
        for stream in self.streams:
            stream.start()
        if self._wecom is not None:
            self._wecom.start()
        self._warm = asyncio.create_task(self.decider.meanings.warm_up())
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
            follows = self.settings.clock.follow is not None
            seed.import_school(db, school, new_id, self.clock.now(), invented=follows)

    def _join(self, key: inbox.MailKey) -> None:
        apps, settings = self.settings.dingtalk, self.settings
        self._http = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), connector=aiohttp.TCPConnector(limit=128)
        )
        self.budget = Budget({name: app.monthly_calls for name, app in apps.items()})
        self._tally = Tally(self.store, self.clock, self.metrics, self.budget, apps)
        self._renderer = Renderer(settings.pictures.font)
        self.media = MediaKeeper(self.store, settings.data_dir / "media", self.clock, self._renderer)
        page = PageLane(self.store, self.clock)
        platforms: dict[str, Platform] = {f"{PAGE}/{name}": page for name in settings.apps}
        platforms |= {f"dingtalk/{name}": self._dingtalk(name, app) for name, app in apps.items()}
        homes = {app.corp_id: _home(name, app) for name, app in reversed(apps.items())}
        links = Links(settings.server)
        self._wecom = self._wecom_apps(page, links)
        if self._wecom is not None:
            platforms |= self._wecom.platforms
            homes |= self._wecom.homes
        post = Post(platforms, Lanes(homes), self.budget, links)
        self.decider = Decider(post, settings.apps, self.clock)
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
        self._make_door(key, page)
        self.streams = [self._stream(name) for name, app in apps.items() if app.receive == "stream"]
        self._make_ticker(self._tally)

    def _wecom_apps(self, page: PageLane, links: Links) -> WeComApps | None:
        """Loaded only where there is such an app."""
        if not self.settings.wecom:
            return None
        from bot.wecom.joined import Around, WeComApps

        assert self._http is not None  # noqa: S101 - _join has just made it
        around = Around(
            self.settings,
            self.store,
            self.clock,
            self._http,
            self.metrics,
            self._owner,
            self.media.file,
            self.media.keep,
            page,
            links,
        )
        return WeComApps(around)

    def _dingtalk(self, name: str, app: DingTalkApp) -> DingTalk:
        assert self._http is not None  # noqa: S101 - _join has just made it
        assert self._tally is not None  # noqa: S101
        return DingTalk(
            name,
            app,
            self.settings.limits,
            self._http,
            self.clock,
            self._tally.of(name),
            self.media.file,
            self.media.keep,
            self._presses_of(name),
        )

    def _make_door(self, key: inbox.MailKey, page: PageLane) -> None:
        apps = self.settings.dingtalk
        self.intake = Intake(
            self.store,
            self._spool,
            self.clock,
            key,
            self.metrics,
            lambda: self.worker.wake(),
            lambda row_id: self.worker.decided(row_id),
        )
        robots = {name: Robot(name, app) for name, app in apps.items()}
        event_keys = {name: EventKeys(name, app) for name, app in apps.items() if app.event_token}
        self.dingtalk = DingTalkDoor(self.intake, self.clock, self.metrics, robots, event_keys)
        login = self._wecom.login if self._wecom is not None else None
        sign = self._wecom.sign if self._wecom is not None else None
        pages = Pages(self.store, self.clock, key, self.settings, self.intake.keep, page, login, sign)
        self.health = Health(self.store, self.clock, self._spool, self.metrics)
        routes: list[Routes] = [self.dingtalk.add_to, pages.add_to]
        if self._wecom is not None:
            self._wecom.open(self.intake)
            routes.append(self._wecom.add_to)
        self.server = Server(self.metrics, self.health.facts, self.settings.server, routes=routes)

    def _make_ticker(self, tally: Tally) -> None:
        self.chores = Chores(
            self.store,
            self.clock,
            self.sender,
            self.intake,
            tally,
            self.media,
            self.metrics,
            plan=self.decider.begin,
            call_again=self.decider.call_again,
            rescue=self._rescue,
            state_dir=self._state_dir,
        )
        self.ticker = Ticker(
            self.store,
            self.clock,
            self.decider.occurrence,
            between=point,
            committed=self.sender.wake,
            failed=self._occurrence_failed,
            every_tick=self.chores.tick,
        )

    def _presses_of(self, app: str) -> str:
        """Where the platform sends what is pressed on cards; empty without a public address."""
        base = self.settings.server.public_url
        return f"{base}/dingtalk/{app}/card" if base else ""

    def _stream(self, name: str) -> Stream:
        assert self._http is not None  # noqa: S101 - _join has just made it
        tenure = Tenure(self.store, self.clock, f"stream:{name}", self._owner)
        app = self.settings.dingtalk[name]
        return Stream(name, app, self._http, self.clock, self.dingtalk, tenure, self.metrics)

    def _make_worker(self) -> None:
        self.worker = Worker(
            self.store,
            self.clock,
            self._owner,
            self.decider.meanings.ahead,
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
                outbox.retry_in_doubt(db, row, now, "crashed", row.due_at)
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
        listening = [stream.stop() for stream in self.streams]
        listening += [self._wecom.stop()] if self._wecom is not None else []
        await asyncio.gather(self.server.stop(), *listening)
        await self.intake.close()
        await self.ticker.stop()
        await self.worker.stop()
        await self.sender.stop()
        await self.chores.remember()
        await self._let_go()

    async def _let_go(self) -> None:
        """Give back what was opened, however far the start came."""
        if self._warm is not None:
            await self._warm
        if self._follower is not None:
            await self._follower.stop()
        if self._tally is not None:
            await self._tally.close()
        if self._renderer is not None:
            await self._renderer.stop()
        if self._http is not None:
            await self._http.close()
        await asyncio.to_thread(self.store.close)
        self._spool.close()

    # -- in service

    async def settle(self) -> datetime | None:
        """Do everything that is due now; returns when (UTC) something is due next."""
        for _round in range(SETTLE_ROUNDS):
            await self.intake.drain()
            if self._wecom is not None:
                await self._wecom.settle()
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

    def _occurrence_failed(self, occurrence: Occurrence, _error: Exception) -> None:
        _log.exception("occurrence_failed", occurrence_id=occurrence.id, kind=occurrence.kind)
