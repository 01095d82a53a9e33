"""The access log holds routes and figures: planted secrets stay out of it, whatever they stand in."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from bot import log
from bot.access import AccessLog
from bot.doors import Doors, DoorSite, Limits
from bot.metrics import Metrics
from bot.supervisor import bind

CANARY = "canary7f3a"
SPOTS = [
    f"GET /h5/{CANARY}?code={CANARY} HTTP/1.1\r\nHost: {CANARY}\r\n"
    f"Cookie: cb={CANARY}\r\nReferer: https://a/{CANARY}\r\n",
    f"GET /nothing/{CANARY}?{CANARY} HTTP/1.1\r\nHost: a\r\nUser-Agent: {CANARY}\r\nX-{CANARY}: 1\r\n",
    f"{CANARY.upper()} /h5/a HTTP/1.1\r\nHost: a\r\n",
    f"PROPFIND /h5/{CANARY} HTTP/1.1\r\nHost: a\r\n",
    f"GET /boom?{CANARY} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {CANARY}\r\n",
    f"GET /h5/{CANARY} HTTP/9.9\r\nHost: a\r\n",
    f"{CANARY}\r\n",
    f"GET /h5/%0d%0a%1b[31m{CANARY} HTTP/1.1\r\nHost: a\r\n",
    f"GET /h5/a\x1b[31m{CANARY} HTTP/1.1\r\nHost: a\r\n",
    f"GET /h5/a HTTP/1.1\r\nHost: a\r\nX: \x00{CANARY}\r\n",
    f"GET /h5/a HTTP/1.1\r\nHost: a\r\nX: {CANARY * 2000}\r\n",
    f"GET /{CANARY * 2000} HTTP/1.1\r\nHost: a\r\n",
    f"POST /dingtalk/{CANARY}/robot?{CANARY} HTTP/1.1\r\nHost: a\r\n"
    f"sign: {CANARY}\r\nContent-Length: 10\r\n\r\n{CANARY}",
]


@asynccontextmanager
async def listening() -> AsyncIterator[int]:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def boom(request: web.Request) -> web.Response:
        raise ValueError(f"cannot take {request.rel_url}")

    async def robot(request: web.Request) -> web.Response:
        return web.Response(status=403 if await request.read() else 200)

    app = web.Application()
    app.router.add_get("/h5/{page}", page)
    app.router.add_get("/boom", boom)
    app.router.add_post("/dingtalk/{app}/robot", robot)
    runner = web.AppRunner(app, access_log=logging.getLogger("access"), access_log_class=AccessLog)
    await runner.setup()
    listener = bind("127.0.0.1", 0)
    await DoorSite(runner, listener, Doors(Limits(), Metrics())).start()
    try:
        yield listener.getsockname()[1]
    finally:
        await runner.cleanup()


async def ask(port: int, words: str) -> int:
    """The status of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = words if "\r\n\r\n" in words else words + "Connection: close\r\n\r\n"
    writer.write(head.encode("latin-1"))
    answer = await reader.read()
    writer.close()
    return int(answer[9:12]) if answer else 0


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level, raising = root.handlers[:], root.level, logging.raiseExceptions
    stream = io.StringIO()
    log.setup("DEBUG", stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:], root.level, logging.raiseExceptions = before, level, raising


def requests(written: io.StringIO) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    return [line for line in lines if line["event"] == "request"]


async def test_a_line_has_the_route_and_never_what_was_asked(written: io.StringIO) -> None:
    async with listening() as port:
        assert await ask(port, SPOTS[0]) == 200
    (line,) = requests(written)
    assert line.pop("at")
    assert line.pop("ms") >= 0
    assert line == {
        "level": "info", "logger": "access", "event": "request",
        "method": "GET", "route": "/h5/{page}", "http_status": 200,
    }  # fmt: skip


async def test_nothing_planted_comes_out_and_a_line_stays_a_line(written: io.StringIO) -> None:
    async with listening() as port:
        statuses = [await ask(port, words) for words in SPOTS]
    text = written.getvalue()
    assert CANARY not in text.lower()
    assert all(line.isprintable() for line in text.splitlines())
    assert set(statuses) >= {200, 400, 403, 404, 405, 431, 500}
    lines = requests(written)
    assert len(lines) == len([status for status in statuses if status])
    assert {line["route"] for line in lines} <= {"/h5/{page}", "/boom", "/dingtalk/{app}/robot", "unknown"}
    assert {line["method"] for line in lines} <= {"GET", "POST", "unknown"}


async def test_a_taken_callback_is_a_figure_and_no_line(written: io.StringIO) -> None:
    async with listening() as port:
        assert await ask(port, "POST /dingtalk/school/robot HTTP/1.1\r\nHost: a\r\n") == 200
    assert requests(written) == []
