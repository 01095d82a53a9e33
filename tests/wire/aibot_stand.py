"""The emulated AI bot on a listener of its own, and our socket or door connected to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from pydantic import SecretStr

from bot.emulation.carrier import Carrier
from bot.emulation.faults import FaultPlan
from bot.emulation.records import CallLog, PushRecord, SeenLog
from bot.intake import Heard
from bot.metrics import Metrics
from bot.wecom.aibot import AiBotDoor, AiBotLane
from bot.wecom.aibot_link import Pace
from bot.wecom.aibot_socket import AiBotSocket
from bot.wecom.emulator.aibot import BotState
from bot.wecom.emulator.aibot_gateway import BotGateway
from bot.wecom.emulator.aibot_push import BotPusher
from bot.wecom.emulator.endpoint import ApiError
from config.clock import MovableClock, SystemClock
from config.settings import LimitSettings, WeComApp

QUICK = Pace(
    open_s=5.0, ack_s=5.0, ping_s=600.0, first_s=0.02, most_s=0.1, stable_s=0.0, refusals=3, refused_s=0.3,
    crowded_s=0.2, kicked_s=600.0, kicked_most_s=600.0, drain_s=5.0, lease_s=0.02, keep_s=0.02,
)  # fmt: skip


class Ground:
    """What the bot needs of a platform."""

    def __init__(self) -> None:
        self.clock = MovableClock(SystemClock().now())
        self.seen = SeenLog()
        self.calls = CallLog()
        self.pushes: list[PushRecord] = []
        self.limits: Any = None
        self.world: Any = None
        self.base_url = ""
        self._n = 0

    def now_ms(self) -> int:
        return int(self.clock.now().timestamp() * 1000)

    def new_id(self, kind: str) -> str:
        self._n += 1
        return f"{kind}-{self._n}"

    def stored(self, sha256: str) -> bytes | None:
        return None


async def until(so: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Give the loop its turns until something is so.

    Raises:
        TimeoutError: It did not become so in time.
    """
    async with asyncio.timeout(timeout_s):
        while True:
            if so():
                return
            await asyncio.sleep(0)


@dataclass
class Kept:
    """An intake that keeps in memory, and refuses or waits as it is told."""

    rows: list[tuple[str, Any]] = field(default_factory=list)
    refusals: int = 0
    heard: Heard = field(default_factory=lambda: Heard(kept=True))
    open: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    async def record(self, opened: Any, kind: str) -> bool:
        self.came.set()
        await self.open.wait()
        if self.refusals:
            self.refusals -= 1
            return False
        self.rows.append((kind, opened))
        return True

    async def press(self, opened: Any) -> Heard:
        kept = await self.record(opened, "press")
        return self.heard if kept else Heard(kept=False)

    def texts(self) -> list[str]:
        return [opened.text for kind, opened in self.rows if kind == "message"]


class Shared:
    """A lease several may want; one has it."""

    def __init__(self) -> None:
        self.owner: object | None = None

    def tenure(self) -> Tenure:
        return Tenure(self)


class Tenure:
    """One wish for it."""

    def __init__(self, shared: Shared | None = None) -> None:
        self._shared = shared or Shared()
        self._lost = asyncio.Event()
        self.given_back = 0

    @property
    def held(self) -> bool:
        return self._shared.owner is self

    async def take(self) -> bool:
        if self._shared.owner is None:
            self._shared.owner = self
            self._lost.clear()
        return self.held

    async def keep(self) -> None:
        await self._lost.wait()

    async def give_back(self) -> None:
        if self.held:
            self.given_back += 1
            self._shared.owner = None

    def lose(self, to: object | None = None) -> None:
        self._shared.owner = to or object()
        self._lost.set()


@dataclass
class Stand:
    """Both ends."""

    ground: Ground
    bot: BotState
    gateway: BotGateway
    pusher: BotPusher
    faults: FaultPlan
    http: aiohttp.ClientSession
    intake: Kept
    metrics: Metrics
    tenure: Tenure
    app: WeComApp
    lane: AiBotLane
    socket: AiBotSocket

    def another(self, tenure: Tenure, pace: Pace = QUICK) -> tuple[AiBotSocket, Kept]:
        """A second one with the same bot; it must be stopped by the caller."""
        lane = AiBotLane("school", self.app, LimitSettings(), self.http, self.ground.clock)
        intake = Kept()
        socket = AiBotSocket(
            "school",
            self.app,
            self.http,
            self.ground.clock,
            intake,  # type: ignore[arg-type]
            tenure,
            Metrics(),
            lane,
            pace,
        )
        return socket, intake


def settings(ground: Ground, bot: BotState, *, socket: bool, secret: str | None = None) -> WeComApp:
    """The app's settings."""
    base = {
        "corp_id": "wwcorp", "agent_id": 1, "secret": "s" * 10, "token": "tok", "aes_key": "a" * 43,
        "api_base": ground.base_url, "login_base": ground.base_url, "script_base": ground.base_url,
        "socket_base": ground.base_url.replace("http", "ws", 1) + "/_aibot", "aibot_id": bot.id,
    }  # fmt: skip
    if socket:
        base["aibot_secret"] = secret or bot.secret
    else:
        base |= {"aibot_token": bot.token, "aibot_aes_key": bot.aes_key}
    return WeComApp.model_validate(base)


async def _response(request: web.Request) -> web.Response:
    bot: BotState = request.app[BOT]
    try:
        bot.respond_once(request.query.get("response_code", ""), orjson.loads(await request.read()))()
    except ApiError as error:
        return web.json_response({"errcode": error.code, "errmsg": error.text})
    return web.json_response({"errcode": 0, "errmsg": "ok"})


BOT: web.AppKey[BotState] = web.AppKey("bot", BotState)


@asynccontextmanager
async def stand(
    *, socket: bool = True, pace: Pace = QUICK, secret: str | None = None
) -> AsyncIterator[Stand]:
    """The platform, and a socket that is not started yet (or a door); all stopped at the end."""
    ground, faults = Ground(), FaultPlan()
    bot = BotState(ground)
    gateway = BotGateway(ground, bot, faults)
    carrier = Carrier(ground, faults)
    await carrier.start()
    intake, metrics, tenure = Kept(), Metrics(), Tenure()
    site = web.Application()
    site[BOT] = bot
    gateway.add_routes(site.router)
    site.router.add_post("/cgi-bin/aibot/response", _response)
    door: list[AiBotDoor] = []

    async def pushed(request: web.Request) -> web.Response:
        said = await door[0].push(request.query, await request.read())
        return web.Response(status=said.status, body=said.body)

    site.router.add_post("/wecom/school/aibot", pushed)
    runner = web.AppRunner(site, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ground.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    app = settings(ground, bot, socket=socket, secret=secret)
    pusher = BotPusher(
        ground, bot, carrier, gateway if socket else None, target=lambda: ground.base_url,
        retry_after_s=(0.0, 0.0),
    )  # fmt: skip
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        lane = AiBotLane("school", app, LimitSettings(), http, ground.clock)
        client = AiBotSocket(
            "school",
            app,
            http,
            ground.clock,
            intake,  # type: ignore[arg-type]
            tenure,
            metrics,
            lane,
            pace,
        )
        if not socket:
            door.append(AiBotDoor(intake, "school", app, ground.clock, metrics))  # type: ignore[arg-type]
        try:
            yield Stand(
                ground, bot, gateway, pusher, faults, http, intake, metrics, tenure, app, lane, client
            )
        finally:
            intake.open.set()
            await client.stop()
            await gateway.stop()
            await carrier.stop()
            await runner.cleanup()


def revealed(secret: SecretStr | None) -> str:
    """A secret of the settings, for a check that it is nowhere else."""
    return secret.get_secret_value() if secret is not None else ""
