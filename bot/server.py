"""The two listeners: one for the platforms and people, one for this machine's administrator."""

from __future__ import annotations

import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
from aiohttp import web

from bot import trace
from bot.access import AccessLog
from bot.doors import Doors, DoorSite, Limits
from bot.metrics import Metrics
from config.settings import ServerSettings

LINGER_S = 2.0
"""How long the rest of a refused body is read, so that the answer is seen before the connection ends."""

_JSON = {"Content-Type": "application/json; charset=utf-8"}

MAX_BODY = 64 * 1024
"""Bytes of a request: what a platform pushes and a form holds is far less."""

Facts = Callable[[], Awaitable[dict[str, Any]]]
Routes = Callable[[web.UrlDispatcher], None]


class Server:
    """The listeners of one process.

    Args:
        health: What ``/healthz`` of the admin listener says; its ``status`` is the public answer.
        settings: How many connections, and whether there is an access log.
        routes: Each adds its own to the public listener: the platforms' doors, the pages for people.
        limits: In place of those that follow from the settings.
    """

    def __init__(
        self,
        metrics: Metrics,
        health: Facts,
        settings: ServerSettings | None = None,
        *,
        routes: Sequence[Routes] = (),
        limits: Limits | None = None,
    ) -> None:
        settings = settings or ServerSettings()
        self._metrics = metrics
        self._health = health
        self._routes = routes
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
        app.router.add_get("/healthz", self._public_health)
        for add_to in self._routes:
            add_to(app.router)
        return app

    def _admin(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/healthz", self._admin_health)
        app.router.add_get("/metrics", self._render_metrics)
        app.router.add_get("/trace", trace.show)
        return app

    async def _public_health(self, _request: web.Request) -> web.Response:
        facts = await self._health()
        return web.Response(body=orjson.dumps({"status": facts["status"]}), headers=_JSON)

    async def _admin_health(self, _request: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps(await self._health()), headers=_JSON)

    async def _render_metrics(self, _request: web.Request) -> web.Response:
        await self._health()  # also sets the gauges
        return web.Response(body=self._metrics.render(), content_type="text/plain", charset="utf-8")
