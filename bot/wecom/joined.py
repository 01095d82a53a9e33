"""The WeCom apps of an installation, joined: the ways out first, then the doors and what runs by itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from bot.command import Platform
from bot.intake import Intake
from bot.lanes import Home
from bot.media import Files, Keep
from bot.metrics import Metrics
from bot.pages.lane import PageLane
from bot.pages.links import Links
from bot.tenure import Tenure
from bot.wecom.aibot import AiBotDoor
from bot.wecom.aibot_group import lane
from bot.wecom.aibot_socket import AiBotSocket
from bot.wecom.client import WeCom
from bot.wecom.door import WeComDoor
from bot.wecom.jsapi import JsApi
from bot.wecom.kf_sync import KfPuller
from bot.wecom.login import WeComLogin
from config.clock import Clock
from config.settings import Settings, WeComApp
from storage.engine import Store


@dataclass(frozen=True, slots=True)
class Around:
    """What the apps are given.

    Args:
        owner: This process's name among the replicas.
        files: The bytes of a message's file.
        keep: Takes in the bytes of a fetched attachment.
        pages: Lays words on a guardian's page.
    """

    settings: Settings
    store: Store
    clock: Clock
    http: aiohttp.ClientSession
    metrics: Metrics
    owner: str
    files: Files
    keep: Keep
    pages: PageLane
    links: Links


class WeComApps:
    """All of them; with none configured it does nothing."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._apps = around.settings.wecom
        self.clients = {name: self._client(name, app) for name, app in self._apps.items()}
        self._pullers: dict[str, KfPuller] = {}
        self._sockets: list[AiBotSocket] = []
        self._door: WeComDoor | None = None

    @property
    def platforms(self) -> dict[str, Platform]:
        """A client per ``wecom/APP``."""
        return {f"wecom/{name}": client for name, client in self.clients.items()}

    @property
    def homes(self) -> dict[str, Home]:
        """Which app reaches an organisation's people."""
        return {
            app.corp_id: Home("wecom", name, cards=True, kf_id=app.kf_id or "")
            for name, app in reversed(self._apps.items())
        }

    @property
    def login(self) -> WeComLogin:
        """Says who came in by the platform's login."""
        return WeComLogin({name: client.core for name, client in self.clients.items()})

    @property
    def sign(self) -> JsApi:
        """Signs the page on a group's toolbar."""
        return JsApi({name: client.core for name, client in self.clients.items()})

    def _client(self, name: str, app: WeComApp) -> WeCom:
        one = self._around
        return WeCom(
            name, app, one.settings.limits, one.http, one.clock, one.store, one.pages, one.links,
            one.files, one.keep,
        )  # fmt: skip

    # -- the way in

    def open(self, intake: Intake) -> None:
        """Make the doors and what listens, once there is somewhere to keep what comes."""
        for name, app in self._apps.items():
            if app.kf_id:
                self._pullers[name] = self._puller(name, app, intake)
        bots = {name: self._bot(name, app, intake) for name, app in self._apps.items() if app.bot_callback}
        self._sockets = [
            self._socket(name, app, intake) for name, app in self._apps.items() if app.bot_socket
        ]
        self._door = WeComDoor(intake, self._around.clock, self._around.metrics, self._apps, self._rang, bots)

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the routes to the public listener."""
        if self._door is not None and self._apps:
            self._door.add_to(router)

    def _rang(self, app: str, kf_id: str, token: str) -> None:
        puller = self._pullers.get(app)
        if puller is not None and kf_id == self._apps[app].kf_id:  # a school may have other accounts, too
            puller.rang(token)

    def _tenure(self, name: str) -> Tenure:
        return Tenure(self._around.store, self._around.clock, name, self._around.owner)

    def _puller(self, name: str, app: WeComApp, intake: Intake) -> KfPuller:
        one, client = self._around, self.clients[name]
        tenure = self._tenure(f"kf:{name}")
        return KfPuller(name, app, client.core, intake, one.store, one.clock, tenure, one.metrics)

    def _bot(self, name: str, app: WeComApp, intake: Intake) -> AiBotDoor:
        one = self._around
        self.clients[name].aibot = lane(self.clients[name].core, one.store, one.files)
        return AiBotDoor(intake, name, app, one.clock, one.metrics)

    def _socket(self, name: str, app: WeComApp, intake: Intake) -> AiBotSocket:
        one = self._around
        speaks = lane(self.clients[name].core, one.store, one.files)
        self.clients[name].aibot = speaks
        tenure = self._tenure(f"aibot:{name}")
        return AiBotSocket(name, app, one.http, one.clock, intake, tenure, one.metrics, speaks)

    # -- life

    def start(self) -> None:
        """Begin to listen and to pull."""
        for puller in self._pullers.values():
            puller.start()
        for socket in self._sockets:
            socket.start()

    async def stop(self) -> None:
        """Close what listens; nothing more comes in."""
        ending = [puller.stop() for puller in self._pullers.values()]
        ending += [socket.stop() for socket in self._sockets]
        await asyncio.gather(*ending)

    async def settle(self) -> None:
        """Fetch what has been announced, for a clock that waits for it."""
        for puller in self._pullers.values():
            await puller.settle()
