"""The emulated WeCom on loopback with a receiver that says yes to every callback, for its own tests."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as Tree

import aiohttp
import orjson
from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.emulation.world import Person
from bot.wecom.emulator.emulator import WeComEmulator
from bot.wecom.emulator.platform import Platform

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 64
CALL = "/cgi-bin/"


@dataclass
class School:
    """The emulator, a client with a good token, and what the receiver got."""

    emulator: WeComEmulator
    http: aiohttp.ClientSession
    got: list[dict[str, str]] = field(default_factory=list)
    pages: dict[str, Any] = field(default_factory=dict)
    rang: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def platform(self) -> Platform:
        return self.emulator.platform

    async def post(self, path: str, body: dict[str, Any] | None = None, **query: str) -> dict[str, Any]:
        return await self._call("POST", path, body if body is not None else {}, query)

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        return await self._call("GET", path, None, query)

    async def _call(self, method: str, path: str, body: Any, query: dict[str, str]) -> dict[str, Any]:
        query = {"access_token": self.platform.token()[0], **query}
        url = f"{self.emulator.url}{CALL}{path}"
        data = orjson.dumps(body) if body is not None else None
        async with self.http.request(method, url, params=query, data=data) as response:
            assert response.status == 200
            answer: dict[str, Any] = await response.json()
            return answer

    async def code(self, path: str, body: dict[str, Any] | None = None) -> int:
        return int((await self.post(path, body))["errcode"])

    def person(self, reference: str) -> Person:
        return self.emulator.world.person(reference)

    def external(self, reference: str) -> str:
        return self.emulator.world.external_id(self.person(reference))

    def pass_s(self, seconds: float) -> None:
        """Time passes."""
        self.emulator.clock.move_to(self.emulator.clock.now() + timedelta(seconds=seconds))

    def picture(self) -> str:
        return self.platform.store("image", "a.png", PNG)


@asynccontextmanager
async def school(**options: Any) -> AsyncIterator[School]:
    """Start both."""
    emulator = WeComEmulator(**options)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        stand = School(emulator, http)
        app = web.Application()

        async def take(request: web.Request) -> web.Response:
            stand.got.append(_opened(await request.text(), emulator.platform.app.aes_key))
            stand.rang.set()
            return web.Response()

        async def page(request: web.Request) -> web.Response:
            shown = stand.pages[request.path]
            answer: web.Response = await shown(request)
            return answer

        app.router.add_post("/wecom/{app}/{way}", take)
        app.router.add_route("*", "/h5/{rest:.*}", page)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        await emulator.start()
        emulator.target = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield stand
        finally:
            await emulator.stop()
            await runner.cleanup()


def _opened(text: str, key: str) -> dict[str, str]:
    """The fields of a callback; how it is sealed has its own tests."""
    sealed = base64.b64decode(Tree.fromstring(text).findtext("Encrypt") or "")  # noqa: S314 - our own
    aes = base64.b64decode(key + "=")
    opener = Cipher(algorithms.AES(aes), modes.CBC(aes[:16])).decryptor()
    plain = opener.update(sealed) + opener.finalize()
    size = int.from_bytes(plain[16:20])
    inner = Tree.fromstring(plain[20 : 20 + size])  # noqa: S314 - our own
    return {one.tag: one.text or "" for one in inner}


def sha1(text: str) -> str:
    """In hex."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
