"""The emulated platform, and our stream or any other client connected to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

from bot.command import Session
from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.gateway import Gateway
from bot.dingtalk.stream import Pace, Stream
from bot.metrics import Metrics
from config.clock import SystemClock
from config.settings import DingTalkApp

QUICK = Pace(
    open_s=5.0, first_s=0.02, most_s=0.5, refused_s=0.2, stable_s=0.0, ping_s=0.05, idle_s=5.0,
    recycle_s=600.0, linger_s=5.0, drain_s=5.0, lease_s=0.02,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """As the door gives it."""

    status: int = 200
    body: bytes = b""
    session: Session | None = None


@dataclass
class Door:
    """Keeps what it is pushed, and answers what it is told to."""

    got: list[Any] = field(default_factory=list)
    events: list[tuple[Mapping[str, str], Any]] = field(default_factory=list)
    answers: list[Answer | Exception] = field(default_factory=list)
    look: dict[str, Any] | None = field(default_factory=dict)
    takes: list[bool] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    async def robot_pushed(self, app: str, data: bytes) -> Answer:
        self.got.append(orjson.loads(data))
        await self._commit()
        answer = self.answers.pop(0) if self.answers else Answer()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def card_pushed(self, app: str, data: bytes) -> dict[str, Any] | None:
        self.got.append(orjson.loads(data))
        await self._commit()
        return self.look

    async def event_pushed(self, app: str, headers: Mapping[str, str], data: bytes) -> bool:
        self.events.append((headers, orjson.loads(data)))
        await self._commit()
        return self.takes.pop(0) if self.takes else True

    async def _commit(self) -> None:
        self.came.set()
        await self.open.wait()


class Free:
    """A lease nobody else wants."""

    def __init__(self) -> None:
        self.held = False
        self.lost = asyncio.Event()

    async def take(self) -> bool:
        self.held = not self.lost.is_set()
        return self.held

    async def keep(self) -> None:
        await self.lost.wait()
        self.held = False

    async def give_back(self) -> None:
        self.held = False


@dataclass
class Stand:
    """Both ends."""

    emulator: Emulator
    http: aiohttp.ClientSession
    door: Door
    metrics: Metrics
    lease: Free
    stream: Stream

    @property
    def gateway(self) -> Gateway:
        return self.emulator.gateway

    async def say(self, word: str) -> str:
        """One robot message; how it went."""
        return (await self.gateway.push_bot({"msgId": word}, word)).outcome

    def heard(self) -> list[str]:
        return [body["msgId"] for body in self.door.got]


def app_of(emulator: Emulator, secret: str | None = None) -> DingTalkApp:
    """The settings of the emulated app."""
    app = emulator.platform.app
    return DingTalkApp.model_validate(
        {
            "client_id": app.client_id,
            "client_secret": secret or app.client_secret,
            "corp_id": emulator.world.corp,
            "receive": "stream",
            "api_base": emulator.url,
            "oapi_base": emulator.url,
        }
    )


@asynccontextmanager
async def stand(pace: Pace = QUICK, secret: str | None = None) -> AsyncIterator[Stand]:
    """An emulator and a stream that is not started yet; both are stopped at the end."""
    emulator = Emulator()
    emulator.gateway.pace.silence_s = 1.5
    emulator.gateway.pace.ack_s = 2.0
    await emulator.start()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        door, metrics, lease = Door(), Metrics(), Free()
        app = app_of(emulator, secret)
        stream = Stream("school", app, http, SystemClock(), door, lease, metrics, pace)
        try:
            yield Stand(emulator, http, door, metrics, lease, stream)
        finally:
            door.open.set()
            await stream.stop()
            await emulator.stop()
