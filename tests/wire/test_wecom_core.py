"""The way out: a file is told from a refusal, whatever kind of file it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.command import Refused
from bot.wecom.core import Core
from config.settings import LimitSettings, WeComApp
from tests.wire.dingtalk_fake import HeldClock

GET = "/cgi-bin/media/get"
NAMED = {"Content-Disposition": 'attachment; filename="a.txt"'}
UNKNOWN = b'{"errcode":40007,"errmsg":"invalid media_id"}'
Gives = Callable[[bytes, str, dict[str, str]], None]


@pytest.fixture
async def ends() -> AsyncIterator[tuple[Core, Gives]]:
    given: dict[str, Any] = {}

    async def token(_request: web.Request) -> web.Response:
        return web.json_response({"errcode": 0, "access_token": "T", "expires_in": 7200})

    async def file(_request: web.Request) -> web.Response:
        return web.Response(**given)

    served = web.Application()
    served.router.add_get("/cgi-bin/gettoken", token)
    served.router.add_get(GET, file)
    async with TestServer(served) as server, aiohttp.ClientSession() as http:
        app = WeComApp(
            corp_id="ww1", agent_id=7, secret=SecretStr("s" * 43), token=SecretStr("t" * 8),
            aes_key=SecretStr("a" * 43), api_base=str(server.make_url("")).rstrip("/"),
        )  # fmt: skip
        core = Core("school", app, LimitSettings(), http, HeldClock())

        def gives(body: bytes, kind: str, headers: dict[str, str]) -> None:
            given.update(body=body, headers={"Content-Type": kind, **headers})

        yield core, gives


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain; charset=utf-8", "明天带跳绳".encode()),
        ("application/json", b'{"a":1}'),
        ("application/json", b"[1]"),
        ("text/plain", b'{"errcode":0}'),
        ("image/jpeg", b"\xff\xd8\xff0"),
    ],
)
async def test_a_file_of_words_is_a_file(ends: tuple[Core, Gives], kind: str, body: bytes) -> None:
    core, gives = ends
    gives(body, kind, NAMED)
    assert await core.get_bytes(GET, {"media_id": "m"}, 1000) == body


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
@pytest.mark.parametrize("headers", [{}, NAMED])
async def test_a_refusal_is_never_a_file(
    ends: tuple[Core, Gives], kind: str, headers: dict[str, str]
) -> None:
    core, gives = ends
    gives(UNKNOWN, kind, headers)
    assert await core.get_bytes(GET, {"media_id": "m"}, 1000) == Refused("40007", "content")
