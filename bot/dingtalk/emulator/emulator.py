"""The emulated platform as one object: for the command line, the demo, the dialogues and the tests."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.dingtalk.emulator.api import MAX_BODY, PATHS, Api
from bot.dingtalk.emulator.config_file import write_config
from bot.dingtalk.emulator.events import Events
from bot.dingtalk.emulator.gateway import Gateway
from bot.dingtalk.emulator.platform import Limits, Platform
from bot.dingtalk.emulator.press import Press, Presser
from bot.dingtalk.emulator.push import Pusher
from bot.dingtalk.emulator.reading import mark_read
from bot.dingtalk.emulator.speech import speak
from bot.dingtalk.emulator.world import DingTalkWorld
from bot.emulation.browser import Browser
from bot.emulation.carrier import Carrier
from bot.emulation.clock_leader import ClockLeader
from bot.emulation.command import DEFAULT_START
from bot.emulation.control import Control, loopback_only
from bot.emulation.faults import FaultPlan
from bot.emulation.page import Page
from bot.emulation.records import CallRecord, Item
from bot.emulation.said import SaidLog
from bot.emulation.say import NotPossible, Say
from config.clock import MovableClock


class Emulator:
    """DingTalk on loopback, with an invented school.

    Args:
        start: The clock's first moment, aware.
        seed: Decides names, ids and secrets; the same seed gives the same school.
        unbound: How many guardians have a binding code instead of an identity in the school's file.
        target: Where the product listens, for example ``http://127.0.0.1:8080``; may be set later.
        limits: The platform's quotas; ``Limits(None, None)`` switches them off.
        app: The app's name in the product's configuration.
        profile: ``full``, ``custom-robot-only`` or ``professional``, see :class:`DingTalkWorld`.
        receive: How the app's console says it receives: ``http`` or ``stream``.
        takes_cards: Whether card templates are published; else as where the school's edition has none.
        event_pace: What the pauses before an event is pushed again are multiplied with.
    """

    def __init__(
        self, *, start: datetime | None = None, seed: str = "1", unbound: int = 0,
        target: str | None = None, limits: Limits | None = None, app: str = "school",
        profile: str = "full", receive: str = "http", event_pace: float = 1.0,
        takes_cards: bool = True,
    ) -> None:  # fmt: skip
        self.clock = MovableClock(start or datetime.fromisoformat(DEFAULT_START))
        self.world = DingTalkWorld(seed, unbound, app, profile)
        self.receive = receive
        self.platform = Platform(self.world, self.clock, limits or Limits(), seed)
        if not takes_cards:
            self.refuse_cards()
        self.faults = FaultPlan()
        self.gateway = Gateway(self.platform, self.faults)
        self.carrier = Carrier(self.platform, self.faults)
        sockets = self.gateway if receive == "stream" else None
        self.pusher = Pusher(self.platform, self.carrier, sockets, target)
        self.presser = Presser(self.platform, self.carrier, self.gateway)
        self.events = Events(self.platform, self.carrier, sockets, event_pace)
        self.events.target = target
        self.browser = Browser(self.platform)
        self.leader = ClockLeader(self.clock)
        self.said = SaidLog()
        self.page = Page(self)
        self._runner: web.AppRunner | None = None

    name = "DingTalk"
    lacks = frozenset(("confirm", "subscribe", "enter_kf", "toolbar"))

    # -- life ------------------------------------------------------------------------------------------

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        app = web.Application(client_max_size=MAX_BODY * 24, middlewares=[loopback_only])
        api = Api(self.platform, self.faults)
        Control(self).add_routes(app.router)
        self.page.add_routes(app.router)
        self.gateway.add_routes(app.router)
        app.router.add_get("/_files/{code}", api.file)
        for path in PATHS:
            app.router.add_route("*", path, api.handle)
        app.router.add_route("*", "/{rest:.*}", api.handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, backlog=1024)
        await site.start()
        self.platform.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        await self.carrier.start()

    async def stop(self) -> None:
        """Close everything; what was seen and called stays readable."""
        await self.leader.close()
        await self.gateway.stop()
        await self.events.stop()
        await self.browser.stop()
        await self.carrier.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        """The base of all its APIs and of the control API."""
        return self.platform.base_url

    @property
    def target(self) -> str | None:
        """Where the product listens."""
        return self.pusher.target

    @target.setter
    def target(self, url: str | None) -> None:
        self.pusher.target = url
        self.events.target = url

    async def ready(self) -> None:
        """Returns when the product's socket is there, where it receives by Stream."""
        if self.receive == "stream":
            await self.gateway.wait()

    def write_config(self, path: Path, serve_port: int, database: str | None = None) -> None:
        """Write settings for ``serve`` and, beside them, the school; and push to that port from now on.

        Args:
            path: The TOML file; replaced in one step.
            serve_port: The product's public port on 127.0.0.1.
            database: ``sqlite:///FILE`` or ``postgresql://…``; None is a file beside the settings.
        """
        self.target = f"http://127.0.0.1:{serve_port}"
        write_config(self.platform, path, serve_port, database, self.receive)

    def refuse_cards(self) -> None:
        """Take every card template back, as where the school's edition has none."""
        self.platform.templates = {
            key: replace(template, published=False) for key, template in self.platform.templates.items()
        }

    # -- people ----------------------------------------------------------------------------------------

    async def say(
        self, sender: str, text: str = "", chat: str | None = None, **more: object
    ) -> dict[str, object]:
        """Somebody says something; ``more`` are fields of :class:`Say`. Returns the control API's answer.

        Raises:
            UnknownReference: No such person or chat.
            BadSay: The sender is not in that chat.
            NotPossible: The client app does not offer that.
        """
        return await self.speak(Say(sender, text, chat, **more))  # type: ignore[arg-type]

    async def speak(self, say: Say) -> dict[str, object]:
        """As :meth:`say`, with the whole request in one value."""
        spoke = speak(self.platform, say)
        entry = self.said.begin(
            spoke.at_ms, spoke.message, spoke.chat, spoke.who, kind=say.kind,
            text=say.text or say.transcript or "", name=say.file_name, data=say.file,
        )  # fmt: skip
        if say.delay_ms:
            await asyncio.sleep(say.delay_ms / 1000)
        if spoke.envelope is None:
            delivered, reason = False, spoke.reason
        else:
            delivered, reason = await self.pusher.push(spoke.envelope, say.copies)
        self.said.end(entry, delivered=delivered, heard=spoke.envelope is not None, reason=reason)
        return {"message": spoke.message, "delivered": delivered, "reason": reason}

    async def press(
        self, message: str, button: str, sender: str, values: dict[str, Any] | None = None
    ) -> tuple[bool, str]:
        """Somebody presses a button of a card; whether the product answered in time, and why not.

        Raises:
            UnknownReference: No such person, or that person does not see that message.
            NotPossible: The button is not there, switched off, or leads to no callback.
        """
        return await self.presser.press(Press(message, button, sender, values or {}))

    async def open_page(self, sender: str, url: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Somebody opens a link, or sends a page's form; the last page's status and HTML.

        Raises:
            UnknownReference: No such person.
            NotPossible: It leads elsewhere than to the product, or nobody answers there.
        """
        return await self.browser.open(self.world.person(sender), url, form, self.target)

    async def read(self, message: str, sender: str) -> tuple[bool, str]:
        """Somebody reads what the robot sent; whether the product took the event about it, and why not.

        Raises:
            UnknownReference: No such person, or that person did not get that message.
        """
        data = mark_read(self.platform, message, sender)
        return (True, "") if data is None else await self.events.push("robot_msg_read", data)

    async def event(self, kind: str, data: dict[str, Any]) -> tuple[bool, str]:
        """Something happens in the organisation; whether the product took the event at once, and why not."""
        return await self.events.push(kind, data)

    async def confirm(self, task: str, teacher: str) -> dict[str, Any]:
        """DingTalk has no send tasks."""
        raise NotPossible("DingTalk has no confirm")

    async def subscribe(self, person: str, on: bool) -> dict[str, Any]:
        """DingTalk has no school notices to follow."""
        raise NotPossible("DingTalk has no subscribe")

    async def enter_kf(self, person: str, scene_param: str) -> dict[str, Any]:
        """DingTalk has no customer service."""
        raise NotPossible("DingTalk has no enter_kf")

    async def open_toolbar(self, chat: str) -> dict[str, Any]:
        """DingTalk has no pages on a group's toolbar."""
        raise NotPossible("DingTalk has no toolbar")

    def seen(self, since: int = 0) -> list[Item]:
        """What people saw after item number ``since``."""
        return self.platform.seen.since(since)

    async def wait_seen(self, since: int = 0, timeout_s: float = 5.0) -> list[Item]:
        """As :meth:`seen`, waiting up to ``timeout_s`` real seconds for the first item."""
        return await self.platform.seen.wait(since, timeout_s)

    def calls(self, since: int = 0) -> list[CallRecord]:
        """What the product called after call number ``since``."""
        return self.platform.calls.since(since)

    # -- time ------------------------------------------------------------------------------------------

    async def walk(self, target: datetime, timeout_s: float = 30.0) -> bool:
        """Move the clock, stopping wherever a follower has something due; True if all settled."""
        return await self.leader.walk(target, timeout_s)

    async def jump(self, target: datetime, timeout_s: float = 30.0) -> bool:
        """Move the clock in one step; True if all settled."""
        return await self.leader.jump(target, timeout_s)
