"""The AI bot over a long connection the school opens, so that it needs no public address.

Facts from developer.work.weixin.qq.com, path 101463. The platform lets one connection live per bot: a newer
subscription ends the older, which is told so and must not come back, or the two drive each other out for
ever. So one replica at a time holds a lease and connects; one that was driven out gives the lease back and
stays away for long, because somebody outside this installation may be using the same bot.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Literal, Protocol

import aiohttp
from aiohttp import ClientWSTimeout

from bot.intake import Intake, OpenedPress
from bot.log import get_logger
from bot.metrics import Metrics
from bot.wecom import aibot_wire
from bot.wecom.aibot_link import MOST, SUBSCRIBE, Ack, Link, NoAck, NotOpen, Pace
from bot.wecom.aibot_words import anonymous_answer, stream_body, update_body
from bot.wecom.codec import Rejected
from config.clock import Clock
from config.ids import new_id
from config.settings import WeComApp
from handlers.anonymous.words import is_anonymous

__all__ = ["AiBotSocket", "Lease", "Pace"]

RESPOND, UPDATE = "aibot_respond_msg", "aibot_respond_update_msg"
TOO_OFTEN = 45009
_PASSING = frozenset({-1, 6000})
"""Codes of a subscription that say nothing about its credentials."""

Opened = Literal["opened", "failed", "refused", "crowded"]
_log = get_logger("aibot")


class Lease(Protocol):
    """The right to hold the connection, see :class:`bot.tenure.Tenure`."""

    @property
    def held(self) -> bool: ...
    async def take(self) -> bool: ...
    async def keep(self) -> None: ...
    async def give_back(self) -> None: ...


class Voice(Protocol):
    """What speaks through the connection, see :class:`bot.wecom.aibot.AiBotLane`."""

    def attach(self, socket: AiBotSocket | None) -> None: ...


class AiBotSocket:
    """The long connection of one app's AI bot; see the module.

    Args:
        name: The app's name in the settings.
        app: Its settings, with ``aibot_id`` and ``aibot_secret``.
        http: Shared with other clients.
        intake: Keeps what came.
        tenure: One owner at a time among the replicas.
        lane: Speaks through it.
    """

    def __init__(
        self, name: str, app: WeComApp, http: aiohttp.ClientSession, clock: Clock, intake: Intake,
        tenure: Lease, metrics: Metrics, lane: Voice, pace: Pace | None = None,
    ) -> None:  # fmt: skip
        self._name = name
        self._app = app
        self._bot = aibot_wire.Bot(name, app)
        self._http = http
        self._clock = clock
        self._intake = intake
        self._tenure = tenure
        self._metrics = metrics
        self._lane = lane
        self._pace = pace or Pace()
        self._dice = random.Random()  # noqa: S311 - jitter
        self._link: Link | None = None
        self._links: set[Link] = set()
        self._kicks = 0
        self._last: Opened = "failed"
        self._lost_at: float | None = None
        self._main: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether the platform may push, and be spoken to."""
        return self._link is not None and not self._link.over

    @property
    def state(self) -> Literal["connected", "connecting", "refused", "kicked", "waiting"]:
        """For whoever looks after it: ``refused`` means wrong credentials, ``kicked`` that somebody else
        uses this bot, ``waiting`` another owner among the replicas."""
        if self.connected:
            return "connected"
        if self._kicks and not self._tenure.held:
            return "kicked"
        if not self._tenure.held:
            return "waiting"
        return "refused" if self._last == "refused" else "connecting"

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._lane.attach(self)
        self._main = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Close the connection after what is under way, give the lease back."""
        self._lane.attach(None)
        main, self._main = self._main, None
        if main is not None:
            main.cancel()
            await asyncio.wait({main})
        links = list(self._links)
        await asyncio.gather(*(link.cut() for link in links))
        await asyncio.gather(*(link.settle() for link in links))
        await self._tenure.give_back()

    def fresh(self, req_id: str) -> bool:
        """Whether a message's own ``req_id`` can still be answered: it came over this very connection."""
        return self._link is not None and self._link.fresh(req_id)

    async def ask(self, cmd: str, body: dict[str, Any], req_id: str = "") -> Ack:
        """Say something; see :meth:`bot.wecom.aibot_link.Link.ask`.

        Raises:
            NotOpen: There is no connection in this process.
            NoAck: It was sent, and nothing came back.
        """
        if self._link is None:
            raise NotOpen
        return await self._link.ask(cmd, body, req_id)

    # -- who may connect

    async def _run(self) -> None:
        while True:
            pause = self._pace.lease_s
            try:
                if await self._tenure.take():
                    pause = await self._own()
            except Exception:  # whatever it is, the school must not stay deaf
                _log.exception("aibot_failed", app=self._name)
            await asyncio.sleep(pause * self._dice.uniform(0.8, 1.2))

    async def _own(self) -> float:
        """Be connected while the lease is ours; how long to stay away afterwards, s."""
        keeping = asyncio.create_task(self._tenure.keep())
        connecting = asyncio.create_task(self._keep_connected())
        try:
            await asyncio.wait({keeping, connecting}, return_when=asyncio.FIRST_COMPLETED)
            driven_out = connecting.done()
            if driven_out:
                connecting.result()  # a fault of ours comes up here
        finally:
            for task in (keeping, connecting):
                task.cancel()
            await asyncio.gather(keeping, connecting, return_exceptions=True)
            if self._link is not None:
                await self._link.cut()
        self._lost_at = None  # how long it lasts is for the next owner to say
        if not driven_out:
            _log.warning("aibot_lease_lost", app=self._name)
            return self._pace.lease_s
        await self._tenure.give_back()
        return self._stay_away()

    def _stay_away(self) -> float:
        pause = min(self._pace.kicked_most_s, self._pace.kicked_s * 2.0 ** min(self._kicks, 16))
        self._kicks += 1
        _log.error(
            "aibot_driven_out", app=self._name, after_s=round(pause),
            action="another program connected with this bot; give each installation a bot of its own",
        )  # fmt: skip
        return pause

    # -- staying connected

    async def _keep_connected(self) -> None:
        """Returns when somebody else has connected with this bot."""
        failures = refusals = 0
        while True:
            link = await self._connect()
            if link is not None:
                refusals = 0
                await self._use(link)
                if link.kicked:
                    return
                failures = 0 if link.age_s >= self._pace.stable_s else failures + 1
                await asyncio.sleep(self._pause(failures))
                continue
            refused = self._last == "refused"
            failures, refusals = failures + 1, refusals + 1 if refused else refusals
            await asyncio.sleep(self.after_failure(failures, refusals))

    def after_failure(self, failures: int, refusals: int) -> float:
        """How long to wait before the next try, s.

        Args:
            failures: Tries in a row that brought no connection.
            refusals: How many of them because of the credentials.
        """
        if self._last == "crowded":
            return self._pace.crowded_s
        if self._last == "refused" and refusals >= self._pace.refusals:
            _log.error("aibot_refused", app=self._name, action="check aibot_id and aibot_secret")
            return self._pace.refused_s
        return self._pause(failures)

    def _pause(self, failures: int) -> float:
        if not failures:
            return 0.0
        doubled = self._pace.first_s * 2.0 ** min(failures - 1, 16)
        return min(self._pace.most_s, doubled) * self._dice.uniform(0.8, 1.2)

    async def _use(self, link: Link) -> None:
        self._link = link
        self._metrics.stream_connected.add(1)
        if self._lost_at is not None:
            gap_s = self._clock.monotonic() - self._lost_at
            self._metrics.stream_gap_seconds.add(f"aibot/{self._name}", amount=gap_s)
        try:
            await link.ended()
        finally:
            self._link = None
            self._lost_at = self._clock.monotonic()
            self._metrics.stream_connected.add(-1)
            self._metrics.stream_gaps.add(f"aibot/{self._name}")
            await link.cut()
        if link.age_s >= self._pace.kicked_most_s:
            self._kicks = 0
        reason = "kicked" if link.kicked else "ended"
        _log.warning("aibot_cut", app=self._name, after_s=round(link.age_s), reason=reason)

    async def _connect(self) -> Link | None:
        """An open and subscribed connection, or None: :attr:`_last` says why."""
        self._last = "failed"
        link: Link | None = None
        try:
            link = await self._open()
            self._last = await self._subscribe(link)
        except (TimeoutError, aiohttp.ClientError, OSError, NotOpen, NoAck) as error:
            _log.warning("aibot_not_opened", app=self._name, reason=type(error).__name__)
        finally:
            self._metrics.stream_opens.add(f"aibot/{self._name}", self._last)
            if link is not None and self._last != "opened":
                await link.cut()
        return link if self._last == "opened" else None

    async def _open(self) -> Link:
        async with asyncio.timeout(self._pace.open_s):
            ws = await self._http.ws_connect(
                self._app.socket_base, max_msg_size=MOST, timeout=ClientWSTimeout(ws_close=1.0)
            )
        link = Link(ws, self._take, self._clock, self._pace)
        self._links = {one for one in self._links if not one.idle} | {link}
        return link

    async def _subscribe(self, link: Link) -> Opened:
        """Must be the first frame; nothing of it is ever logged."""
        secret = self._app.aibot_secret.get_secret_value() if self._app.aibot_secret else ""
        ack = await link.ask(SUBSCRIBE, {"bot_id": self._app.aibot_id, "secret": secret})
        if ack.code == 0:
            return "opened"
        _log.warning("aibot_not_subscribed", app=self._name, code=ack.code)
        if ack.code == TOO_OFTEN:
            return "crowded"
        return "failed" if ack.code in _PASSING else "refused"

    # -- what is pushed

    async def _take(self, req_id: str, body: dict[str, Any]) -> None:
        """Keep one push, whoever the owner is by now: nobody else was given it, and twice is once."""
        match aibot_wire.read(body, self._bot, self._clock.now(), req_id):
            case aibot_wire.OpenedMessage() as opened:
                if is_anonymous(opened.text):
                    # Not a row, not a log line, not a metric: the answer goes back over this connection.
                    await self._answer(RESPOND, stream_body(new_id(), anonymous_answer(opened.text)), req_id)
                    return
                await self._insist(partial(self._intake.record, opened, "message"))
            case aibot_wire.OpenedPress() as pressed:
                await self._insist(partial(self._press, pressed, req_id))
            case aibot_wire.OpenedEvent() as happened:
                await self._insist(partial(self._intake.record, happened, "event"))
            case Rejected(reason=reason):
                self._metrics.refused.add("wecom", reason)
            case _:
                return

    async def _press(self, opened: OpenedPress, req_id: str) -> bool:
        heard = await self._intake.press(opened)
        if heard.look is not None:
            await self._answer(UPDATE, update_body(opened.track, heard.look), req_id)
        return heard.kept

    async def _insist(self, keep: Callable[[], Awaitable[bool]]) -> None:
        """There is no refusal the platform would hear, and it does not come again: try until it is kept."""
        while not await keep():
            _log.error("aibot_not_kept", app=self._name)
            await asyncio.sleep(self._pace.keep_s)

    async def _answer(self, cmd: str, body: dict[str, Any], req_id: str) -> None:
        try:
            await self.ask(cmd, body, req_id)
        except (NotOpen, NoAck):
            return
