"""The emulated WeCom as one object: for the command line, the demo, the dialogues and the tests."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.emulation.browser import Browser
from bot.emulation.carrier import Carrier
from bot.emulation.clock_leader import ClockLeader
from bot.emulation.command import DEFAULT_START
from bot.emulation.control import Control, loopback_only
from bot.emulation.faults import FaultPlan
from bot.emulation.page import Page
from bot.emulation.records import CallRecord, Item
from bot.emulation.said import SaidLog
from bot.emulation.say import BadSay, NotPossible, Say
from bot.emulation.world import Person, SchoolClass, UnknownReference
from bot.wecom.emulator.aibot import BotState
from bot.wecom.emulator.aibot_gateway import BotGateway
from bot.wecom.emulator.aibot_push import BotPusher, Word
from bot.wecom.emulator.api import MAX_BODY, PATHS, Api
from bot.wecom.emulator.config import write_config
from bot.wecom.emulator.jssdk import add_scripts
from bot.wecom.emulator.kf_talk import Customers
from bot.wecom.emulator.limits import Limits
from bot.wecom.emulator.members import Members
from bot.wecom.emulator.oauth import add_login
from bot.wecom.emulator.platform import Platform
from bot.wecom.emulator.push import Callback, Pusher
from bot.wecom.emulator.world import WeComWorld, is_guardian
from config.clock import MovableClock


def on_wechat(person: Person) -> bool:
    """Whether somebody is no member: they write to customer service."""
    return is_guardian(person) or person.outsider


NOBODY_HEARS = "no bot is in a group with parents: nobody hears it"


class WeComEmulator:
    """WeCom on loopback, with an invented school.

    Args:
        start: The clock's first moment, aware.
        seed: Decides names, ids and secrets.
        unbound: How many guardians have a binding code instead of identities in the school's file.
        target: Where the product listens; may be set later.
        limits: The platform's figures.
        app: The app's name in the product's configuration.
        profile: ``full``, ``internal`` or ``forward``, see :class:`WeComWorld`.
        receive: How the AI bot's messages come: ``http`` (callback) or ``stream`` (long connection).
        takes_cards: Whether template cards are taken; else as where the app has no callback address.
    """

    name = "WeCom"
    lacks: frozenset[str] = frozenset()

    def __init__(
        self, *, start: datetime | None = None, seed: str = "1", unbound: int = 0,
        target: str | None = None, limits: Limits | None = None, app: str = "school",
        profile: str = "full", receive: str = "http", takes_cards: bool = True,
    ) -> None:  # fmt: skip
        self.clock = MovableClock(start or datetime.fromisoformat(DEFAULT_START))
        self.world = WeComWorld(seed, unbound, app, profile)
        self.receive = receive
        self.platform = Platform(self.world, self.clock, limits or Limits(), seed)
        self.platform.takes_cards = takes_cards
        self.faults = FaultPlan()
        self.carrier = Carrier(self.platform, self.faults)
        self.pusher = Pusher(self.platform, self.carrier, target)
        self.platform.push_event = self._push_event
        self.members = Members(self.platform, self.pusher)
        self.customers = Customers(self.platform, self.pusher)
        self._make_bot(seed)
        self.browser = Browser(self.platform)
        self.leader = ClockLeader(self.clock)
        self.said = SaidLog()
        self.page = Page(self)
        self._runner: web.AppRunner | None = None

    def _make_bot(self, seed: str) -> None:
        self.bot = BotState(self.platform, seed, keep=self.platform.keep_bytes)
        self.platform.aibot = self.bot
        self.gateway = BotGateway(self.platform, self.bot, self.faults)
        listens = self.gateway if self.receive == "stream" else None
        self.bot_pusher = BotPusher(
            self.platform, self.bot, self.carrier, listens, app=self.world.app,
            target=lambda: self.pusher.target,
        )  # fmt: skip

    # -- life ------------------------------------------------------------------------------------------

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        app = web.Application(client_max_size=MAX_BODY, middlewares=[loopback_only])
        api = Api(self.platform, self.faults)
        Control(self).add_routes(app.router)
        self.page.add_routes(app.router)
        self.gateway.add_routes(app.router)
        add_login(app.router, self.platform)
        add_scripts(app.router, self.platform)
        for path in PATHS:
            app.router.add_route("*", path, api.handle)
        app.router.add_route("*", "/cgi-bin/{rest:.*}", api.handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port, backlog=1024).start()
        self.platform.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        await self.carrier.start()

    async def stop(self) -> None:
        """Close everything; what was seen and called stays readable."""
        await self.leader.close()
        await self.gateway.stop()
        await self.pusher.stop()
        await self.browser.stop()
        await self.carrier.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def ready(self) -> None:
        """Returns when the AI bot's long connection is there, where it has one."""
        if self.world.profile == "internal" and self.receive == "stream":
            await self.gateway.wait()

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

    def write_config(self, path: Path, serve_port: int, database: str | None = None) -> None:
        """Write settings for ``serve`` and, beside them, the school; and push to that port from now on."""
        self.target = f"http://127.0.0.1:{serve_port}"
        write_config(self.platform, self.bot, path, serve_port, database, self.receive)

    # -- people ----------------------------------------------------------------------------------------

    async def say(
        self, sender: str, text: str = "", chat: str | None = None, **more: object
    ) -> dict[str, object]:
        """Somebody says something; ``more`` are fields of :class:`Say`."""
        return await self.speak(Say(sender, text, chat, **more))  # type: ignore[arg-type]

    async def speak(self, say: Say) -> dict[str, object]:
        """Somebody says something.

        Raises:
            UnknownReference: No such person or chat.
            BadSay: The sender is not in that chat.
            NotPossible: The client app does not offer that.
        """
        klass, person = self._where_and_who(say)
        chat = klass.group if klass is not None else person.chat
        name = (
            self.members.next_id()
            if klass is None and not on_wechat(person)
            else self.platform.new_id("said")
        )
        entry = self.said.begin(
            self.platform.now_ms(), name, chat, person.name, kind=say.kind,
            text=say.text or say.transcript or "", name=say.file_name, data=say.file,
        )  # fmt: skip
        if say.delay_ms:
            await asyncio.sleep(say.delay_ms / 1000)
        delivered, reason = await self._spoken(klass, person, say, name)
        self.said.end(entry, delivered=delivered, heard=reason != NOBODY_HEARS, reason=reason)
        return {"message": name, "delivered": delivered, "reason": reason}

    async def _spoken(
        self, klass: SchoolClass | None, person: Person, say: Say, message: str
    ) -> tuple[bool, str]:
        if klass is not None:
            return await self._in_group(klass, person, say, message)
        if on_wechat(person):
            return await self.customers.say(person, say, message)
        return await self.members.say(person, say, message)

    async def _in_group(self, klass: SchoolClass, person: Person, say: Say, message: str) -> tuple[bool, str]:
        mentioned = say.at_bot if say.at_bot is not None else f"@{self.bot.name}" in say.text
        if self.world.profile != "internal" or not mentioned:
            return False, NOBODY_HEARS
        if is_guardian(person):
            raise BadSay(f"{person.id} is no member: an internal group has members only")
        word = Word(
            person.id, klass.group, "", say.kind, say.text.replace(f"@{self.bot.name}", "").strip(),
            say.file or b"", say.transcript or "",
        )  # fmt: skip
        return await self.bot_pusher.say(word, message, say.copies)

    def _where_and_who(self, say: Say) -> tuple[SchoolClass | None, Person]:
        world = self.world
        if say.chat in (None, "", "private"):
            return None, world.person(say.sender)
        owner = world.chat_owner(str(say.chat))
        if owner is not None:
            if say.sender not in (owner.id, owner.name) and not say.sender.endswith(f"/{owner.name}"):
                raise BadSay("the chat is somebody else's conversation")
            return None, owner
        klass = world.class_(str(say.chat))
        person = world.person(say.sender, klass.id)
        if not person.in_class(klass.id) and not person.outsider:
            raise BadSay(f"{person.id} is not in that group")
        return klass, person

    async def press(
        self, message: str, button: str, sender: str, values: dict[str, Any] | None = None
    ) -> tuple[bool, str]:
        """Somebody presses a button; whether the product took it in time, and why not.

        Raises:
            UnknownReference: No such person, or that person does not see that message.
            NotPossible: The button is not there or switched off.
        """
        items = [item for item in self.platform.seen.items if item.message == message]
        if not items:
            raise UnknownReference(f"nobody saw a message {message!r}")
        item, person = items[-1], self.world.person(sender)
        if item.lane == "broadcast" and item.content.kind == "task":
            await self.confirm(message, sender)
            return True, ""
        if item.lane == "kf":
            return await self.customers.press(item, button, person)
        if item.lane == "aibot":
            try:
                return await self.bot_pusher.press(message, button, person.id)
            except LookupError as error:
                raise NotPossible(str(error)) from None
        return await self.members.press(item, button, person, values or {})

    async def open_page(self, sender: str, url: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Somebody opens a link, or sends a page's form; the last page's status and HTML."""
        return await self.browser.open(self.world.person(sender), url, form, self.target)

    async def read(self, message: str, sender: str) -> tuple[bool, str]:
        """WeCom tells nobody who has read."""
        raise NotPossible("WeCom does not tell who has read")

    # -- what happens ----------------------------------------------------------------------------------

    def _push_event(self, name: str, fields: dict[str, Any]) -> None:
        self.pusher.background(self._callback(name, fields))

    def _callback(self, name: str, fields: dict[str, Any]) -> Callback:
        way = "kf" if name == "kf_msg_or_event" else "callback"
        body = {"FromUserName": "sys", "MsgType": "event", "Event": name, **fields}
        return Callback("push:event", way, self.platform.new_id("event"), body)

    async def event(self, kind: str, data: dict[str, Any]) -> tuple[bool, str]:
        """Something happens in the organisation; whether the product took the event, and why not."""
        return await self.pusher.push(self._callback(kind, data))

    async def confirm(self, task: str, teacher: str) -> dict[str, Any]:
        """A teacher confirms a send task.

        Raises:
            UnknownReference: There is no such task.
            NotPossible: It is somebody else's, over, or the group has had its messages.
        """
        return self.platform.groups.confirm(task, self.world.person(teacher))

    async def subscribe(self, person: str, on: bool) -> dict[str, Any]:
        """A parent follows the school's notices, or ceases to."""
        who = self.world.person(person)
        if not is_guardian(who):
            raise NotPossible("only parents follow the school's notices")
        self.world.subscribe(who, on=on)
        change = "subscribe" if on else "unsubscribe"
        fields = {"ChangeType": change, "Id": self.world.parent_id(who)}
        delivered, reason = await self.event("change_school_contact", fields)
        return {"subscribed": on, "delivered": delivered, "reason": reason}

    async def enter_kf(self, person: str, scene_param: str) -> dict[str, Any]:
        """A parent opens the customer service conversation."""
        delivered, reason = await self.customers.enter(self.world.person(person), scene_param)
        return {"delivered": delivered, "reason": reason}

    async def open_toolbar(self, chat: str) -> dict[str, Any]:
        """The group whose toolbar pages stand in from now on; empty: in none.

        Raises:
            UnknownReference: There is no such class.
            NotPossible: It is no group with parents.
        """
        group = self.world.class_(chat).group if chat else ""
        if group and self.platform.groups.class_of(group) is None:
            raise NotPossible("an internal group has no toolbar of a class group")
        self.platform.toolbar.group = group
        return {"group": group}

    # -- looking ---------------------------------------------------------------------------------------

    def seen(self, since: int = 0) -> list[Item]:
        """What people saw after item number ``since``."""
        return self.platform.seen.since(since)

    async def wait_seen(self, since: int = 0, timeout_s: float = 5.0) -> list[Item]:
        """As :meth:`seen`, waiting up to ``timeout_s`` real seconds for the first item."""
        return await self.platform.seen.wait(since, timeout_s)

    def calls(self, since: int = 0) -> list[CallRecord]:
        """What the product called after call number ``since``."""
        return self.platform.calls.since(since)

    async def walk(self, target: datetime, timeout_s: float = 30.0) -> bool:
        """Move the clock, stopping wherever a follower has something due; True if all settled."""
        return await self.leader.walk(target, timeout_s)

    async def jump(self, target: datetime, timeout_s: float = 30.0) -> bool:
        """Move the clock in one step; True if all settled."""
        return await self.leader.jump(target, timeout_s)
