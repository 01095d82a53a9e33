"""A class group's toolbar from end to end: the emulated platform, the product, and phones in the group."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import orjson

from bot.app import App, build
from bot.dialogue.control import Control
from bot.supervisor import bind
from bot.wecom.emulator.emulator import WeComEmulator as Emulator
from config.ids import new_id
from config.settings import load_settings
from storage import classes, page_sessions, people, tasks
from storage.engine import Db
from storage.tasks import Task

T = TypeVar("T")
START = datetime.fromisoformat("2026-10-12T16:00+08:00")
WORDS = "提醒明天带水彩笔"
TEACHER, DEPUTY, OTHER, GUARDIAN = "t-302", "d-302", "t-301", "g-302-01-1"


@dataclass
class Stand:
    """See the module."""

    emulator: Emulator
    app: App
    control: Control

    @property
    def url(self) -> str:
        """Where the product's pages are."""
        return f"http://127.0.0.1:{self.app.public_port}"

    @property
    def group(self) -> str:
        """The group of 三(2)班."""
        return next(each.group for each in self.emulator.world.classes if each.id == "c302")

    async def run(self, unit: Callable[[Db], T]) -> T:
        return await asyncio.wrap_future(self.app.store.run(unit))

    async def say(self, text: str, sender: str = TEACHER) -> None:
        """Say something and let it be done."""
        delivered, reason = await self.control.say(sender=sender, text=text)
        assert delivered, reason
        await self.walk()

    async def walk(self, minutes: float = 0) -> None:
        """Let time pass, and everything due in it be done."""
        await self.control.move(await self.control.now() + timedelta(minutes=minutes, seconds=2))

    async def publish(self, words: str = WORDS) -> None:
        """The day's post lies before the class teacher, or in the teacher's hands."""
        await self.say(words)
        await self.say("发送")

    async def task(self) -> Task:
        """The day's post of 三(2)班."""

        def unit(db: Db) -> Task | None:
            of = classes.by_group(db, f"wecom/school/broadcast/{self.group}") or classes.by_group(
                db, f"wecom/school/forward/{self.group}"
            )
            return tasks.for_day(db, of.id, START.date()) if of else None

        found = await self.run(unit)
        assert found is not None
        return found

    def person(self, db: Db, who: str) -> people.Person:
        """Somebody by the id on the platform."""
        world = self.emulator.world
        kinds = [("wecom_member", who)]
        if who.startswith("g-"):
            kinds = [("wecom_parent", world.parent_id(world.people[who]))]
        found = people.by_identity(db, kinds[0][0], world.corp, kinds[0][1])
        assert found is not None, who
        return found

    async def phone(self, who: str = TEACHER, kind: page_sessions.Kind = "member") -> Phone:
        """Somebody's phone with the toolbar's page open."""
        value = new_id() + new_id()
        now = self.app.clock.now()
        await self.run(lambda db: page_sessions.start(db, new_id, now, self.person(db, who).id, value, kind))
        phone = Phone(self, {"member": "cb_member", "page": "cb_page"}[kind], value)
        await phone.get("/h5/toolbar")
        return phone

    async def in_group(self) -> list[str]:
        """What stands in the group."""
        _next, items = await self.control.seen(0)
        return [item.text for item in items if item.to is None and item.chat == self.group]

    async def told(self, who: str = TEACHER) -> str:
        """Everything the bot has said to somebody."""
        _next, items = await self.control.seen(0)
        return "\n".join(item.text for item in items if item.to == who)


class Phone:
    """What the page's script asks of the server, step by step."""

    def __init__(self, stand: Stand, cookie: str, value: str) -> None:
        self.stand = stand
        self.cookie = (cookie, value)
        self.html, self.status = "", 0
        self.headers: Any = {}
        self.shown: dict[str, Any] = {}

    async def get(self, path: str, **headers: str) -> str:
        return await self._ask("GET", path, None, headers)

    async def post(self, step: str, fields: dict[str, Any], **headers: str) -> dict[str, Any]:
        text = await self._ask("POST", f"/h5/toolbar/{step}", fields, headers)
        if "json" not in self.headers["Content-Type"]:
            return {"state": "", "text": text}
        answer: dict[str, Any] = orjson.loads(text)
        return answer

    async def _ask(self, method: str, path: str, fields: Any, headers: dict[str, str]) -> str:
        name, value = self.cookie
        sent = {"Cookie": f"{name}={value}", **{key.replace("_", "-"): one for key, one in headers.items()}}
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
            http.request(
                method, self.stand.url + path, data=fields, headers=sent, allow_redirects=False
            ) as answer,
        ):
            self.status, self.headers = answer.status, answer.headers
            text = await answer.text()
        if method == "GET":
            self.html = text
        return text

    def data(self, name: str) -> str:
        """A value the page hands to its script."""
        found = re.search(rf'data-{name}="([^"]*)"', self.html)
        assert found is not None, (name, self.html)
        return unescape(found[1])

    async def open(self, chat: str = "") -> dict[str, Any]:
        """The client has said which group it is."""
        chat = chat or self.stand.group
        answer = await self.post("open", {"form": self.data("form"), "chat": chat})
        self.shown = {**answer, "chat": chat}
        return answer

    def fields(self, **changed: Any) -> dict[str, Any]:
        """What 「发到本群」 sends along."""
        of = self.shown
        made = {name: str(of[name]) for name in ("chat", "task", "version", "page", "proof")}
        return {"form": self.data("form"), **made, **changed}

    async def take(self, tries: int = 20, **changed: Any) -> dict[str, Any]:
        """「发到本群」, until it is known what becomes of it."""
        answer = await self.post("take", self.fields(**changed))
        for _again in range(tries):
            if answer["state"] != "pending":
                break
            await asyncio.sleep(0.2)
            answer = await self.post("take", self.fields(**changed))
        return answer

    async def tell(self, result: str = "sent", **changed: Any) -> dict[str, Any]:
        """What the client made of it."""
        return await self.post("told", self.fields(result=result, **changed))


@asynccontextmanager
async def standing(folder: Path, *, forward: bool = False) -> AsyncIterator[Stand]:
    """Platform and product until the block ends.

    Args:
        forward: Only people post in the groups, and the class is bound to its group by hand.
    """
    emulator = Emulator(start=START, profile="forward" if forward else "full")
    await emulator.start()
    try:
        config = folder / "classbridge.toml"
        public = bind("127.0.0.1", 0)
        emulator.write_config(config, public.getsockname()[1], None)
        app = build(load_settings(config, {}))
        await app.start(public, bind("127.0.0.1", 0))
        try:
            await emulator.ready()
            async with Control(emulator.url) as control:
                stand = Stand(emulator, app, control)
                if forward:
                    await stand.run(lambda db: _bind(db, stand.group))
                yield stand
        finally:
            await app.stop()
    finally:
        await emulator.stop()


def _bind(db: Db, group: str) -> None:
    of = classes.by_group(db, "wecom/school/forward/c302")
    assert of is not None
    assert classes.bind_group(db, of.id, f"wecom/school/forward/{group}")
