"""The two listeners: one for the platforms and people, one for this machine's administrator."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from bot.dingtalk.wire import MAX_BODY
from bot.intake import Intake
from bot.metrics import Metrics

BODY_S = 5.0
"""A body that takes longer is no platform's: aiohttp itself would wait for ever."""
IDLE_S = 75.0

_JSON = {"Content-Type": "application/json; charset=utf-8"}

Facts = Callable[[], Awaitable[dict[str, Any]]]


async def _body(request: web.Request) -> bytes:
    """The body; a time-out is only set up if it has not come with the head, as it nearly always does."""
    if request.content.is_eof():
        return await request.read()
    async with asyncio.timeout(BODY_S):
        return await request.read()


class Server:
    """The listeners of one process.

    Args:
        intake: The door behind the public listener.
        health: What ``/healthz`` of the admin listener says; its ``status`` is the public answer.
    """

    def __init__(self, intake: Intake, metrics: Metrics, health: Facts) -> None:
        self._intake = intake
        self._metrics = metrics
        self._health = health
        self._runners: list[web.AppRunner] = []

    async def start(self, public: socket.socket, admin: socket.socket) -> None:
        """Begin to answer on two bound sockets."""
        for app, listener in ((self._public(), public), (self._admin(), admin)):
            runner = web.AppRunner(
                app, access_log=None, auto_decompress=False, keepalive_timeout=IDLE_S, handle_signals=False
            )
            await runner.setup()
            self._runners.append(runner)
            await web.SockSite(runner, listener, backlog=1024).start()

    async def stop(self) -> None:
        """Answer what is being asked, then close."""
        for runner in self._runners:
            await runner.cleanup()

    def _public(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_post("/dingtalk/robot", self._robot)
        app.router.add_post("/dingtalk/{app}/robot", self._robot)
        app.router.add_get("/healthz", self._public_health)
        return app

    def _admin(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/healthz", self._admin_health)
        app.router.add_get("/metrics", self._render_metrics)
        return app

    async def _robot(self, request: web.Request) -> web.Response:
        start = time.perf_counter()
        try:
            raw = await _body(request)
        except TimeoutError:
            return web.Response(status=408)
        answer = await self._intake.robot(request.match_info.get("app", ""), request.headers, raw)
        if answer.status == 200:
            self._metrics.acks.add("dingtalk")
            self._metrics.ack_seconds.observe(time.perf_counter() - start)
        return web.Response(body=answer.body, status=answer.status, headers=_JSON if answer.body else None)

    async def _public_health(self, _request: web.Request) -> web.Response:
        facts = await self._health()
        return web.Response(body=orjson.dumps({"status": facts["status"]}), headers=_JSON)

    async def _admin_health(self, _request: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps(await self._health()), headers=_JSON)

    async def _render_metrics(self, _request: web.Request) -> web.Response:
        await self._health()  # also sets the gauges
        return web.Response(body=self._metrics.render(), content_type="text/plain", charset="utf-8")
