"""Reading what customers wrote: the callback only rings, what was said is fetched page by page.

Facts from developer.work.weixin.qq.com, path 94670: a page has at most 1000 entries, the next one may be
announced behind an empty one, and what is older than three days is gone. A page's rows and the place where
the next one begins are one commit: a crash loses nothing and reads nothing into the inbox twice.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from bot import trace
from bot.command import Maybe
from bot.command import Refused as NotSent
from bot.crashpoints import point
from bot.log import get_logger
from bot.wecom import kf
from bot.wecom.kf_items import Item, Place, Unkept, read_item
from config.ids import new_id
from handlers.anonymous.texts import answer
from handlers.relay.rules import sounds_dangerous
from storage import kf as book
from storage.engine import Db, Refused, Store, insert_ignore
from storage.inbox import inbox
from storage.kf import Customer

if TYPE_CHECKING:
    from bot.intake import Intake
    from bot.metrics import Metrics
    from bot.wecom.core import Core
    from config.clock import Clock
    from config.settings import WeComApp

MOST_CURSOR = 255
TRIES = 3
"""An answer from memory is tried so often, at once: nobody would remember to try it later."""
MOST_STANDING = 5
"""Empty pages in a row that announce more without leading further."""

_log = get_logger("kf")


class Lease(Protocol):
    """The right to read by the clock, see :class:`bot.tenure.Tenure`."""

    @property
    def held(self) -> bool: ...
    async def take(self) -> bool: ...
    async def keep(self) -> None: ...
    async def give_back(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """Real seconds: between readings nobody rang for, between tries for the lease, after a failure."""

    timer_s: float = 60.0
    lease_s: float = 10.0
    first_s: float = 1.0
    most_s: float = 60.0


class KfPuller:
    """Reads one app's customer service.

    Whoever is rung reads, whichever replica it is: two at once harm nobody, since the later one finds the
    rows there and the place moved on. By the clock only the owner of the lease reads.

    Args:
        name: The app's name in the settings.
        app: Its settings, with ``kf_id``.
        core: Its connection.
        intake: Seals what came.
        store: Where the inbox and the place are.
        clock: For the moment something was kept.
        lease: One owner at a time among the replicas.
    """

    def __init__(
        self, name: str, app: WeComApp, core: Core, intake: Intake, store: Store, clock: Clock, lease: Lease,
        metrics: Metrics, pace: Pace | None = None,
    ) -> None:  # fmt: skip
        self._place = Place(name, app.corp_id, app.kf_id or "")
        self._core = core
        self._intake = intake
        self._store = store
        self._clock = clock
        self._lease = lease
        self._metrics = metrics
        self._pace = pace or Pace()
        self._dice = random.Random()  # noqa: S311 - jitter
        self._token = ""
        self._bell = asyncio.Event()
        self._reading = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def idle(self) -> bool:
        """Nothing was announced that has not been read."""
        return not self._bell.is_set() and not self._reading.locked()

    # -- life

    def start(self) -> None:
        """Begin to listen for the bell and to read by the clock; returns at once."""
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._own())]

    async def stop(self) -> None:
        """Read nothing more; a page that is being kept is kept or not, as a whole."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._lease.give_back()

    def rang(self, token: str) -> None:
        """The platform says that somebody wrote.

        Args:
            token: From the callback; good for ten minutes.
        """
        self._token = token
        self._bell.set()

    async def settle(self) -> None:
        """Read now what was announced, once; a failure is tried again later."""
        async with self._reading:
            rung = self._bell.is_set()
        if rung:
            await self.pull()

    async def _hear(self) -> None:
        failures = 0
        while True:
            await self._bell.wait()
            failures = 0 if await self.pull() else failures + 1
            if failures:
                await asyncio.sleep(self._pause(failures))

    async def _own(self) -> None:
        while True:
            try:
                if await self._lease.take():
                    await self._by_the_clock()
            except Exception:  # whatever it is, what parents write must not stay unread
                _log.exception("kf_failed", app=self._place.app)
            await asyncio.sleep(self._pace.lease_s * self._dice.uniform(0.8, 1.2))

    async def _by_the_clock(self) -> None:
        timer = asyncio.create_task(self._timer())
        try:
            await self._lease.keep()
        finally:
            timer.cancel()
            await asyncio.wait({timer})

    async def _timer(self) -> None:
        """At once, for what came while nobody listened, and again and again: a ring may be lost."""
        while True:
            self._bell.set()
            await asyncio.sleep(self._pace.timer_s)

    def _pause(self, failures: int) -> float:
        doubled = self._pace.first_s * 2.0 ** min(failures - 1, 16)
        return min(self._pace.most_s, doubled) * self._dice.uniform(0.8, 1.2)

    # -- reading

    async def pull(self) -> bool:
        """Read to the end; False if that failed, and then the bell stays rung."""
        async with self._reading:
            self._bell.clear()
            try:
                await self._to_the_end()
            except Refused as error:  # the platform keeps it for three days, and the place has not moved
                _log.warning("kf_not_kept", app=self._place.app, reason=type(error).__name__)
            except _NotRead as error:
                _log.warning("kf_not_read", app=self._place.app, code=error.code)
            except Exception:  # a fault of ours must not end the reading
                _log.exception("kf_failed", app=self._place.app)
            else:
                return True
            self._bell.set()
            return False

    async def _to_the_end(self) -> None:
        """Page after page; an empty one may stand where the last one ended, but not for ever."""
        stood = 0
        while stood < MOST_STANDING:
            more, moved = await self._page()
            if not more:
                return
            stood = 0 if moved else stood + 1
        raise _NotRead("stands")

    async def _page(self) -> tuple[bool, bool]:
        """One page; whether there is another, and whether the place has moved."""
        app, kf_id = self._place.app, self._place.kf_id
        since = await self._read(lambda db: book.cursor(db, app, kf_id))
        page = await kf.read(self._core, kf_id, since, self._token)
        if not isinstance(page, kf.Page) and page.code == kf.TICKET_OVER:
            self._token = ""
            page = await kf.read(self._core, kf_id, since, "")
        if not isinstance(page, kf.Page):
            raise _NotRead(page.code)
        if len(page.cursor) > MOST_CURSOR:
            raise _NotRead("cursor")
        point("kf.read")
        return page.more, await self._keep(page, since)

    async def _keep(self, page: kf.Page, since: str) -> bool:
        """Keep a page and the place behind it; whether the place has moved."""
        found = [self._readable(item) for item in page.items]
        for one in _once_each([one for one in found if isinstance(one, Unkept)]):
            await self._answer(one)
        rows = [self._row(one) for one in found if isinstance(one, Item)]
        reached = page.cursor or since
        if not rows and reached == since:
            return False
        now = self._clock.now()
        await self._run(lambda db: _kept(db, rows, self._place, since, reached, now))
        point("kf.kept")
        for row, item in rows:
            trace.note(trace.INTAKE, row["id"], item.message_key)
        if rows:
            self._intake.wake()
        return reached != since

    def _readable(self, given: dict[str, Any]) -> Item | Unkept | None:
        try:
            return read_item(given, self._place, self._clock.now())
        except Exception:  # one entry nobody understands must not keep all others from being read
            _log.exception("kf_item_failed", app=self._place.app)
            return None

    def _row(self, item: Item) -> tuple[dict[str, Any], Item]:
        trace.note(trace.OPEN, item.message_key)
        return self._intake.sealed(new_id(), item, item.kind), item

    async def _answer(self, one: Unkept) -> None:
        """Straight from memory, before the place moves on; of this nothing is written down.

        A second reading of the same page answers under the same name, and the platform removes the copy.
        """
        said = kf.words(answer(danger=sounds_dangerous(one.text)))
        for _ in range(TRIES):
            came, _parts = await kf.say(self._core, one.customer, kf.memory_id(one.message_id), said)
            if not isinstance(came, Maybe) and not (isinstance(came, NotSent) and came.action == "retry"):
                return

    async def _read(self, unit: Any) -> Any:
        return await asyncio.wrap_future(self._store.read(unit))

    async def _run(self, unit: Any) -> Any:
        return await asyncio.wrap_future(self._store.run(unit))


def _once_each(words: list[Unkept]) -> list[Unkept]:
    """One of each customer's, one in need before all others: a flood of them must not hold the rest up."""
    first: dict[Customer, Unkept] = {}
    for one in sorted(words, key=lambda one: not sounds_dangerous(one.text)):
        first.setdefault(one.customer, one)
    return list(first.values())


class _NotRead(Exception):
    """The platform would not give the page."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _kept(
    db: Db, rows: list[tuple[dict[str, Any], Item]], place: Place, since: str, reached: str, now: datetime
) -> None:
    for row, item in rows:
        fresh = insert_ignore(db, inbox, row)
        if fresh and item.wrote is not None:
            customer, at = item.wrote
            book.wrote(db, new_id, customer, min(at, now))
    # Another replica may have been further already: the place never goes back.
    if book.cursor(db, place.app, place.kf_id) == since:
        # A page of anonymous words alone leaves not even its moment.
        book.advance(db, new_id, now if rows else None, place.app, place.kf_id, reached)
