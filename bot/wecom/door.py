"""WeCom's way in: what is pushed over HTTP is opened, kept and answered.

Facts from developer.work.weixin.qq.com, paths 90238 and 90241: five seconds for an answer, three tries in
all, 200 means taken. So nothing is decided here, and a database that refuses has the spool beside it.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeVar

from aiohttp import web

from bot import trace
from bot.intake import Answer, Intake
from bot.metrics import Metrics
from bot.wecom import updates, wire
from bot.wecom.codec import Codec, Rejected, is_fresh
from bot.wecom.envelope import encrypted
from config.clock import Clock
from config.settings import WeComApp
from handlers.anonymous.texts import answer
from handlers.anonymous.words import is_anonymous
from handlers.relay.rules import sounds_dangerous

Of = TypeVar("Of")
Rang = Callable[[str, str, str], None]
"""Told of an app, a customer service account and the ticket for fetching what it has got."""


class BotDoor(Protocol):
    """The AI bot of an app, where it is reached by callback: its envelope and its words are its own."""

    def verify(self, query: Mapping[str, str]) -> Answer:
        """The address is tried out."""
        ...

    async def push(self, query: Mapping[str, str], raw: bytes) -> Answer:
        """Something was said to it."""
        ...


class _App:
    """One app made ready: the keys decoded once."""

    __slots__ = ("app", "freshness_s", "kf", "us")

    def __init__(self, name: str, app: WeComApp) -> None:
        own = (app.token.get_secret_value(), app.aes_key.get_secret_value())
        previous = None
        if app.previous_token is not None and app.previous_aes_key is not None:
            previous = (app.previous_token.get_secret_value(), app.previous_aes_key.get_secret_value())
        self.us = wire.Us(name, app.corp_id)
        self.freshness_s = app.freshness_s
        self.app = self.kf = Codec(*own, app.corp_id, previous)
        if app.kf_token is not None and app.kf_aes_key is not None:
            kf = (app.kf_token.get_secret_value(), app.kf_aes_key.get_secret_value())
            self.kf = Codec(*kf, app.corp_id, own)


class WeComDoor:
    """The door of all WeCom apps of an installation.

    Args:
        intake: Keeps what came.
        clock: For freshness.
        apps: The configured apps by name.
        rang: Told that customer service has something to fetch; must return at once.
        aibots: The doors of the AI bots reached by callback, by app.
    """

    def __init__(
        self,
        intake: Intake,
        clock: Clock,
        metrics: Metrics,
        apps: Mapping[str, WeComApp],
        rang: Rang,
        aibots: Mapping[str, BotDoor],
    ) -> None:
        self._intake = intake
        self._clock = clock
        self._metrics = metrics
        self._apps = {name: _App(name, app) for name, app in apps.items()}
        self._rang = rang
        self._aibots = aibots

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the routes to the public listener; without a name they mean the only app."""
        for prefix in ("/wecom", "/wecom/{app}"):
            for path, kf in (("callback", False), ("kf", True)):
                router.add_get(f"{prefix}/{path}", self._asked(kf), allow_head=False)
                router.add_post(f"{prefix}/{path}", self._pushed(kf))
            router.add_get(f"{prefix}/aibot", self._bot_asked, allow_head=False)
            router.add_post(f"{prefix}/aibot", self._bot_pushed)

    # -- routes

    def _asked(self, kf: bool) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def route(request: web.Request) -> web.Response:
            return _told(self.verify(request.match_info.get("app", ""), request.query, kf=kf))

        return route

    def _pushed(self, kf: bool) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def route(request: web.Request) -> web.Response:
            start = time.perf_counter()
            trace.note(trace.SERVER, "")
            if _is_packed(request):
                return _told(self._rejected(Rejected(415, "encoded")))
            raw = await request.read()
            said, counted = await self._push(request.match_info.get("app", ""), request.query, raw, kf=kf)
            if counted:
                self._metrics.acks.add("wecom")
                self._metrics.ack_seconds.observe(time.perf_counter() - start)
            return _told(said)

        return route

    async def _bot_asked(self, request: web.Request) -> web.Response:
        bot = _only(self._aibots, request.match_info.get("app", ""))
        return _told(bot.verify(_repaired(request.query)) if bot is not None else Answer(404))

    async def _bot_pushed(self, request: web.Request) -> web.Response:
        trace.note(trace.SERVER, "")
        bot = _only(self._aibots, request.match_info.get("app", ""))
        if bot is not None and _is_packed(request):
            return _told(self._rejected(Rejected(415, "encoded")))
        raw = await request.read()
        return _told(await bot.push(request.query, raw) if bot is not None else Answer(404))

    # -- what is answered

    def verify(self, app: str, query: Mapping[str, str], *, kf: bool = False) -> Answer:
        """The address is tried out: the bare words back, nothing around them."""
        mine = _only(self._apps, app)
        if mine is None:
            return Answer(404)
        cipher = _repaired(query)["echostr"]
        plain = self._open(mine, mine.kf if kf else mine.app, query, cipher)
        return self._rejected(plain) if isinstance(plain, Rejected) else Answer(200, plain)

    async def push(self, app: str, query: Mapping[str, str], raw: bytes, *, kf: bool = False) -> Answer:
        """One push; answered only after it is on disk.

        Args:
            app: The app's name, or nothing for the only one.
            query: The address's query.
            raw: The body's bytes as they came.
            kf: Whether it came to the address of customer service, which may have keys of its own.
        """
        said, _counted = await self._push(app, query, raw, kf=kf)
        return said

    async def _push(self, app: str, query: Mapping[str, str], raw: bytes, *, kf: bool) -> tuple[Answer, bool]:
        """The answer, and whether it is counted."""
        mine = _only(self._apps, app)
        if mine is None:
            return Answer(404), False
        codec, cipher = mine.kf if kf else mine.app, encrypted(raw)
        plain = cipher if isinstance(cipher, Rejected) else self._open(mine, codec, query, cipher)
        opened = plain if isinstance(plain, Rejected) else wire.read(plain, mine.us, self._clock.now())
        if kf and not _of_kf(opened):
            opened = Rejected(403, "wrong_door")
        if isinstance(cipher, str):
            codec = codec.answering(query, cipher)
        match opened:
            case Rejected():
                return self._rejected(opened), False
            case wire.Opened() if is_anonymous(opened.text):
                # Not a row, not a log line, not a metric: the answer goes back in this very response.
                words = answer(danger=sounds_dangerous(opened.text))
                sealed = updates.text(codec, mine.us.corp, opened.user_id, words, self._clock.now())
                return Answer(200, sealed), False
            case wire.Rung(kf_id, ticket):
                # What is fetched may be an anonymous word: no row, no moment, no count. A lost ring is
                # made good by the timer.
                self._rang(mine.us.name, kf_id, ticket)
                return Answer(200), False
            case wire.OpenedPress():
                said = await self._press(mine, codec, opened)
            case wire.OpenedEvent():
                said = await self._kept(opened, "event")
            case _:
                said = await self._kept(opened, "message")
        return said, said.status == 200

    def _open(self, mine: _App, codec: Codec, query: Mapping[str, str], cipher: str) -> bytes | Rejected:
        plain = codec.open(query, cipher)
        if isinstance(plain, Rejected) or is_fresh(query, self._clock.now(), mine.freshness_s):
            return plain
        return Rejected(403, "stale")

    async def _kept(self, opened: wire.Opened | wire.OpenedEvent, kind: str) -> Answer:
        return Answer(200) if await self._intake.record(opened, kind) else Answer(503)

    async def _press(self, mine: _App, codec: Codec, opened: wire.OpenedPress) -> Answer:
        heard = await self._intake.press(opened)
        if not heard.kept:
            return Answer(503)
        if heard.look is None:
            return Answer(200)
        now = self._clock.now()
        return Answer(200, updates.card(codec, mine.us.corp, opened.user_id, heard.look, now))

    def _rejected(self, opened: Rejected) -> Answer:
        self._metrics.refused.add("wecom", opened.reason)
        return Answer(opened.status)


def _repaired(query: Mapping[str, str]) -> dict[str, str]:
    """A plus sign that nobody escaped has become a blank on the way."""
    return {**query, "echostr": query.get("echostr", "").replace(" ", "+")}


def _of_kf(opened: wire.Read) -> bool:
    """Whether it belongs to the address of customer service: its keys make nobody a teacher."""
    if isinstance(opened, wire.OpenedEvent):
        return opened.event.facts.get("event", "").startswith("kf_")
    return isinstance(opened, Rejected | wire.Rung)


def _is_packed(request: web.Request) -> bool:
    return request.headers.get("content-encoding", "identity") != "identity"


def _only(known: Mapping[str, Of], name: str) -> Of | None:
    """The named one; without a name the only one."""
    if not name and len(known) == 1:
        return next(iter(known.values()))
    return known.get(name)


def _told(said: Answer) -> web.Response:
    return web.Response(body=said.body, status=said.status)
