"""Receiving by Stream: a socket the school opens, so that it needs no public address.

Facts from open.dingtalk.com, "Stream mode". A push is acknowledged after its row is committed. What the
platform pushes while no socket is open is lost, and the platform does not say so: gaps are counted.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Mapping
from typing import Any, Literal, Protocol

import aiohttp
import orjson
from aiohttp import ClientTimeout, ClientWSTimeout
from yarl import URL

from bot.command import Session
from bot.dingtalk import stream_frames
from bot.dingtalk.stream_frames import BOT, CARD, SUBSCRIPTIONS, Frame, ack
from bot.dingtalk.stream_link import Link, Pace
from bot.dingtalk.wire import EMPTY
from bot.log import get_logger
from bot.metrics import Metrics
from config.clock import Clock
from config.settings import DingTalkApp, is_loopback

__all__ = ["Answer", "Door", "Lease", "Pace", "Stream"]

OPEN = "/v1.0/gateway/connections/open"
ANSWER_S = 10.0
_MOST_ANSWER = 64 * 1024
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}

_log = get_logger("stream")


class Answer(Protocol):
    """What becomes of a pushed robot message: 200 is kept, 503 is not kept, others are unreadable."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    @property
    def session(self) -> Session | None: ...


class Door(Protocol):
    """What is behind the socket; each returns after what was pushed is on disk."""

    async def robot_pushed(self, app: str, data: bytes) -> Answer:
        """A message for the robot."""
        ...

    async def card_pushed(self, app: str, data: bytes) -> dict[str, Any] | None:
        """A pressed button: what the card shall show now; None if it could not be kept."""
        ...

    async def event_pushed(self, app: str, headers: Mapping[str, str], data: bytes) -> bool:
        """An event; False if it shall come again."""
        ...


class Lease(Protocol):
    """The right to hold the socket, see :class:`bot.tenure.Tenure`."""

    @property
    def held(self) -> bool: ...
    async def take(self) -> bool: ...
    async def keep(self) -> None: ...
    async def give_back(self) -> None: ...


class _Refused(Exception):
    """The platform will not have these credentials."""


class Stream:
    """The stream of one app; see the module.

    Args:
        name: The app's name in the settings.
        app: Its settings.
        http: Shared with other clients.
        door: What takes the pushes.
        lease: One owner at a time among the replicas.
    """

    def __init__(
        self, name: str, app: DingTalkApp, http: aiohttp.ClientSession, clock: Clock, door: Door,
        lease: Lease, metrics: Metrics, pace: Pace | None = None,
    ) -> None:  # fmt: skip
        self._name = name
        self._app = app
        self._http = http
        self._clock = clock
        self._door = door
        self._lease = lease
        self._metrics = metrics
        self._pace = pace or Pace()
        self._dice = random.Random()  # noqa: S311 - jitter
        self._link: Link | None = None
        self._links: set[Link] = set()
        self._lost_at: float | None = None
        self._refused = False
        self._main: asyncio.Task[None] | None = None
        self._aside: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """Whether a socket is open that the platform may push to."""
        return self._link is not None and not self._link.leaving

    @property
    def state(self) -> Literal["connected", "connecting", "refused", "waiting"]:
        """For whoever looks after it: ``refused`` means wrong credentials, ``waiting`` another owner."""
        if self.connected:
            return "connected"
        if not self._lease.held:
            return "waiting"
        return "refused" if self._refused else "connecting"

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._main = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Close the socket after what is under way, give the lease back. Nothing is opened afterwards."""
        main, self._main = self._main, None
        if main is not None:
            main.cancel()
            await asyncio.wait({main})
        current, self._link = self._link, None
        if current is not None:
            self._metrics.stream_connected.add(-1)
        await asyncio.gather(*(link.finish(self._pace.drain_s) for link in list(self._links)))
        if self._aside:
            await asyncio.wait(set(self._aside), timeout=self._pace.drain_s)
        for task in list(self._aside):
            task.cancel()
        await self._lease.give_back()

    # -- who may connect

    async def _run(self) -> None:
        while True:
            try:
                if await self._lease.take():
                    await self._own()
            except Exception:  # whatever it is, the school must not stay deaf
                _log.exception("stream_failed", app=self._name)
            await asyncio.sleep(self._pace.lease_s * self._dice.uniform(0.8, 1.2))

    async def _own(self) -> None:
        """Be connected while the lease is ours; no socket is open when it may be another's."""
        connecting = asyncio.create_task(self._keep_connected())
        try:
            await self._lease.keep()
        except Exception:  # whether it is still ours is not known, so it is not
            _log.exception("stream_failed", app=self._name)
        finally:
            connecting.cancel()
            await asyncio.wait({connecting})
        _log.warning("stream_lease_lost", app=self._name)
        await asyncio.gather(*(link.cut() for link in list(self._links)))
        self._lost_at = None  # how long it lasts is for the next owner to say

    # -- staying connected

    async def _keep_connected(self) -> None:
        failures = 0
        while True:
            try:
                link = await self._connect()
            except _Refused:
                _log.error("stream_refused", app=self._name, action="check client_id and client_secret")
                failures += 1
                await asyncio.sleep(max(self._pace.refused_s, self._pause(failures)))
                continue
            failures = failures + 1 if link is None else await self._use(link, failures)
            await asyncio.sleep(self._pause(failures))

    def _pause(self, failures: int) -> float:
        if not failures:
            return 0.0
        doubled = self._pace.first_s * 2.0 ** min(failures - 1, 16)
        return min(self._pace.most_s, doubled) * self._dice.uniform(0.8, 1.2)

    async def _use(self, link: Link, failures: int) -> int:
        """Until it is spent; returns how many failures there were in a row, this one counted if it is one."""
        before, self._link = self._link, link
        if before is not None:
            self._set_aside(self._replace(before))
        else:
            self._metrics.stream_connected.add(1)
        if self._lost_at is not None:
            self._metrics.stream_gap_seconds.add(self._name, amount=self._clock.monotonic() - self._lost_at)
            self._lost_at = None
        self._links.add(link)
        link.start(self._ended)
        try:
            async with asyncio.timeout(self._pace.recycle_s):
                await link.spent.wait()
        except TimeoutError:
            return 0
        if link.age_s >= self._pace.stable_s:
            return 0
        return 1 if link.heard else failures + 1

    async def _replace(self, before: Link) -> None:
        """The new one is open: the old one is read until it is closed."""
        await (before.linger() if before.leaving else before.finish(self._pace.linger_s))

    def _ended(self, link: Link) -> None:
        self._links.discard(link)
        if link is not self._link:
            return  # it had been replaced before: no gap
        self._link = None
        self._lost_at = link.last if link.silent else self._clock.monotonic()
        self._metrics.stream_connected.add(-1)
        self._metrics.stream_gaps.add(self._name)
        _log.warning("stream_cut", app=self._name, after_s=round(link.age_s))

    async def _connect(self) -> Link | None:
        """A ticket and a socket for it; None if that failed.

        Raises:
            _Refused: Wrong credentials.
        """
        outcome = "failed"
        try:
            async with asyncio.timeout(self._pace.open_s):
                ws = await self._http.ws_connect(
                    await self._ticket(),
                    autoping=False,
                    max_msg_size=stream_frames.MOST,
                    timeout=ClientWSTimeout(ws_close=1.0),
                )
            outcome = "opened"
        except _Refused:
            outcome = "refused"
            raise
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            _log.warning("stream_not_opened", app=self._name, reason=type(error).__name__)
            return None
        except Exception:  # a fault of ours must not end the tries
            _log.exception("stream_not_opened", app=self._name)
            return None
        finally:
            self._refused = outcome == "refused"
            self._metrics.stream_opens.add(self._name, outcome)
        return Link(ws, self._answer, self._clock, self._pace)

    async def _ticket(self) -> URL:
        """Where to connect to, once, within 90 s.

        Raises:
            _Refused: 401.
            ValueError: An answer that is none.
        """
        body = {
            "clientId": self._app.client_id,
            "clientSecret": self._app.client_secret.get_secret_value(),
            "subscriptions": SUBSCRIPTIONS,
            "ua": "classbridge",
        }
        url = f"{self._app.api_base}{OPEN}"
        async with self._http.post(
            url, data=orjson.dumps(body), headers=_JSON, allow_redirects=False,
            timeout=ClientTimeout(total=self._pace.open_s),
        ) as response:  # fmt: skip
            if response.status == 401:
                raise _Refused
            if response.status != 200 or (response.content_length or 0) > _MOST_ANSWER:
                raise ValueError(f"status {response.status}")
            return self._socket(orjson.loads(await response.read()))

    def _socket(self, given: Any) -> URL:
        endpoint, ticket = (given.get("endpoint"), given.get("ticket")) if isinstance(given, dict) else (0, 0)
        if not isinstance(endpoint, str) or not isinstance(ticket, str):
            raise ValueError("no ticket")
        here = is_loopback(self._app.api_base) and is_loopback(endpoint)
        url = URL(endpoint)
        if url.scheme != "wss" and not (here and url.scheme == "ws"):
            raise ValueError("not a safe socket")
        return url.update_query(ticket=ticket)

    # -- what is pushed

    async def _answer(self, frame: Frame) -> str | None:
        if not self._lease.held:
            return None  # frozen for long and woken: somebody else is the owner by now
        try:
            if frame.kind == "EVENT":
                kept = await self._door.event_pushed(self._name, frame.headers, frame.data)
                return ack(frame, {"status": "SUCCESS" if kept else "LATER"})
            if frame.kind == "CALLBACK" and frame.topic == BOT:
                return await self._robot(frame)
            if frame.kind == "CALLBACK" and frame.topic == CARD:
                look = await self._door.card_pushed(self._name, frame.data)
                return None if look is None else ack(frame, {"response": look})
        except Exception:  # a fault of ours must not end the socket
            _log.exception("push_failed", app=self._name)
            return ack(frame, {"status": "LATER"}, 500, "internal error")
        return ack(frame, code=404, says="unknown topic")

    async def _robot(self, frame: Frame) -> str | None:
        began = self._clock.monotonic()
        answer = await self._door.robot_pushed(self._name, frame.data)
        if answer.status == 503:
            return None
        if answer.status != 200:
            return ack(frame, code=500, says="not readable")
        if answer.body in (b"", EMPTY):  # any other is to an anonymous word: not counted
            self._metrics.acks.add("dingtalk")
            self._metrics.ack_seconds.observe(self._clock.monotonic() - began)
        if answer.session is not None:
            self._set_aside(self._say(answer.session, answer.body))
        return ack(frame, {"response": None})

    async def _say(self, session: Session, body: bytes) -> None:
        """An answer straight from memory to where the message came from; of this nothing is written down."""
        try:
            async with self._http.post(
                session.url, data=body, headers=_JSON, allow_redirects=False,
                timeout=ClientTimeout(total=ANSWER_S),
            ) as response:  # fmt: skip
                await response.read()
        except (TimeoutError, aiohttp.ClientError, OSError):
            return

    def _set_aside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)
