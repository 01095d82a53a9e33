"""A few lines of DingTalk on loopback, and a client beside it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from bot.command import AnyCommand, Command, FileRef, Group, Outcome, Private, Session
from bot.dingtalk.cards import CREATE_AND_DELIVER
from bot.dingtalk.client import OLD_TOKEN, SESSION, TOKEN, DingTalk
from bot.media import Gone
from config.settings import DingTalkApp, LimitSettings

START = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)
SECRET = "a-secret-nobody-may-see"


class HeldClock:
    """A clock that stands until it is told to move."""

    def __init__(self) -> None:
        self.moment = START
        self.seconds = 100.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass
class Answer:
    """One answer of the platform; ``how`` may be "hang", "reset" or "cut" instead."""

    status: int = 200
    body: Any = None
    content_type: str = "application/json"
    how: str = ""


@dataclass
class Platform:
    """A few lines of DingTalk: takes down every request and gives the answers it was handed."""

    base: str = ""
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    tokens: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def will(self, path: str, *answers: Answer) -> None:
        self.answers.setdefault(path, []).extend(answers)

    def calls(self, path: str) -> list[tuple[str, dict[str, str], Any]]:
        return [request for request in self.requests if request[0] == path]

    def body(self, path: str) -> Any:
        (call,) = self.calls(path)
        return call[2]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        is_json = request.headers.get("Content-Type", "") == "application/json"
        body = json.loads(raw) if raw and is_json else raw or dict(request.query)
        self.requests.append((request.path, dict(request.headers), body))
        self.queries.append(request.raw_path.partition("?")[2])
        waiting = self.answers.get(request.path, [])
        answer = waiting.pop(0) if waiting else self.usual(request.path)
        if answer.how == "hang":
            await self.released.wait()
        if answer.how == "reset" and request.transport is not None:
            request.transport.abort()
        content = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
        if answer.how == "cut":
            return await self.cut(request, content)
        headers = {"Location": "http://127.0.0.1:1/"} if answer.status == 302 else {}
        headers["Content-Type"] = answer.content_type
        return web.Response(status=answer.status, body=content, headers=headers)

    async def cut(self, request: web.Request, content: bytes) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(content) + 50)})
        await response.prepare(request)
        await response.write(content)
        assert request.transport is not None
        request.transport.close()
        return response

    def usual(self, path: str) -> Answer:
        if path == TOKEN:
            self.tokens += 1
            return Answer(body={"accessToken": f"token-{self.tokens}", "expireIn": 7200})
        if path == OLD_TOKEN:
            return Answer(body={"errcode": 0, "errmsg": "ok", "access_token": "old-1", "expires_in": 7200})
        if path == SESSION:
            return Answer(body={"errcode": 0, "errmsg": "ok"})
        if path == CREATE_AND_DELIVER:
            rows = [{"spaceType": "IM_GROUP", "success": True, "carrierId": "carrier-1"}]
            return Answer(body={"success": True, "result": {"outTrackId": "o1", "deliverResults": rows}})
        return Answer(body={"processQueryKey": "key-1"})


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Platform, aiohttp.ClientSession]]:
    """The platform on a free port of this machine, and a session to reach it."""
    fake = Platform()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", fake.handle)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as http:
        yield fake, http
    fake.released.set()
    await runner.cleanup()


class Bench:
    """A client with everything it was given in reach."""

    def __init__(self, platform: Platform, http: aiohttp.ClientSession, **app: Any) -> None:
        self.platform = platform
        self.clock = HeldClock()
        self.counted: list[str] = []
        bases = {"api_base": platform.base, "oapi_base": platform.base}
        common = {"client_id": "dingapp", "client_secret": SECRET, "corp_id": "corp1"}
        settings = DingTalkApp.model_validate({**common, **bases, **app})
        limits = LimitSettings(connect_timeout_s=1, total_timeout_s=app.get("total", 5))
        note = self.counted.append
        self.kept: dict[str, bytes] = {}
        self.files: dict[str, bytes] = {}
        self.client = DingTalk(
            "school", settings, limits, http, self.clock, note,
            files=self._file, keep=self._keep, callback_url="https://school.example/dingtalk/school/card",
        )  # fmt: skip

    async def _file(self, file: FileRef) -> bytes:
        if file.name not in self.files:
            raise Gone(file.name)
        return self.files[file.name]

    async def _keep(self, medium_id: str, data: bytes) -> None:
        self.kept[medium_id] = data

    async def send(self, command: AnyCommand) -> Outcome:
        return await self.client.send(command)

    def session(self, lives_s: float = 5400) -> Session:
        url = f"{self.platform.base}{SESSION}?session=abc"
        return Session(url, self.clock.now() + timedelta(seconds=lives_s))


TO_ONE = Private("parent-1", "cid1")
TO_GROUP = Group("cidG==")


def command(**changes: Any) -> Command:
    return Command(**{"outbox_id": "o1", "app": "school", "target": TO_ONE, "text": "记下了。", **changes})
