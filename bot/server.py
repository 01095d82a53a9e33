"""The two listeners: one for the platforms and people, one for this machine's administrator."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from bot import trace
from bot.access import AccessLog
from bot.dingtalk.wire import EMPTY, MAX_BODY
from bot.doors import Doors, DoorSite, Limits
from bot.intake import Answer, Intake
from bot.metrics import Metrics
from config.settings import ServerSettings

LINGER_S = 2.0
"""How long the rest of a refused body is read, so that the answer is seen before the connection ends."""

_JSON = {"Content-Type": "application/json; charset=utf-8"}

Facts = Callable[[], Awaitable[dict[str, Any]]]
Pages = Callable[[web.UrlDispatcher], None]


def _told(answer: Answer) -> web.Response:
    return web.Response(body=answer.body, status=answer.status, headers=_JSON if answer.body else None)


class Server:
    """The listeners of one process.

    Args:
        intake: The door behind the public listener.
        health: What ``/healthz`` of the admin listener says; its ``status`` is the public answer.
        settings: How many connections, and whether there is an access log.
        pages: Adds the routes for people to the public listener.
        limits: In place of those that follow from the settings.
    """

    def __init__(
        self,
        intake: Intake,
        metrics: Metrics,
        health: Facts,
        settings: ServerSettings | None = None,
        *,
        pages: Pages | None = None,
        limits: Limits | None = None,
    ) -> None:
        settings = settings or ServerSettings()
        self._intake = intake
        self._metrics = metrics
        self._health = health
        self._pages = pages
        self._access_log = logging.getLogger("access") if settings.access_log else None
        self.doors = Doors(
            limits
            or Limits(settings.max_connections, settings.per_address, frozenset(settings.trusted_proxies)),
            metrics,
        )
        self._runners: list[web.AppRunner] = []

    async def start(self, public: socket.socket, admin: socket.socket) -> None:
        """Begin to answer on two bound sockets."""
        runner = await self._runner(
            self._public(),
            access_log=self._access_log,
            access_log_class=AccessLog,
            lingering_time=LINGER_S,
        )
        await DoorSite(runner, public, self.doors).start()
        await web.SockSite(await self._runner(self._admin(), access_log=None), admin).start()

    async def _runner(self, app: web.Application, **more: Any) -> web.AppRunner:
        runner = web.AppRunner(app, auto_decompress=False, handle_signals=False, **more)
        await runner.setup()
        self._runners.append(runner)
        return runner

    async def stop(self) -> None:
        """Answer what is being asked, then close."""
        for runner in self._runners:
            await runner.cleanup()

    def _public(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_post("/dingtalk/robot", self._robot)
        app.router.add_post("/dingtalk/{app}/robot", self._robot)
        for prefix in ("/dingtalk", "/dingtalk/{app}"):
            app.router.add_post(f"{prefix}/card", self._card)
            app.router.add_post(f"{prefix}/event", self._event)
        app.router.add_get("/healthz", self._public_health)
        if self._pages is not None:
            self._pages(app.router)
        return app

    def _admin(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/healthz", self._admin_health)
        app.router.add_get("/metrics", self._render_metrics)
        app.router.add_get("/trace", trace.show)
        return app

    async def _robot(self, request: web.Request) -> web.Response:
        start = time.perf_counter()
        trace.note(trace.SERVER, "")
        raw = await request.read()
        answer = await self._intake.robot(request.match_info.get("app", ""), request.headers, raw)
        if answer.status == 200 and answer.body == EMPTY:  # any other is to an anonymous word: not counted
            self._metrics.acks.add("dingtalk")
            self._metrics.ack_seconds.observe(time.perf_counter() - start)
        return web.Response(body=answer.body, status=answer.status, headers=_JSON if answer.body else None)

    async def _card(self, request: web.Request) -> web.Response:
        trace.note(trace.SERVER, "")
        raw = await request.read()
        return _told(await self._intake.card(request.match_info.get("app", ""), request.headers, raw))

    async def _event(self, request: web.Request) -> web.Response:
        raw = await request.read()
        return _told(await self._intake.event(request.match_info.get("app", ""), request.query, raw))

    async def _public_health(self, _request: web.Request) -> web.Response:
        facts = await self._health()
        return web.Response(body=orjson.dumps({"status": facts["status"]}), headers=_JSON)

    async def _admin_health(self, _request: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps(await self._health()), headers=_JSON)

    async def _render_metrics(self, _request: web.Request) -> web.Response:
        await self._health()  # also sets the gauges
        return web.Response(body=self._metrics.render(), content_type="text/plain", charset="utf-8")
