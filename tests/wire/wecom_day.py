"""The whole bot at the emulated WeCom, and what the platform gave away meanwhile."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from bot.app import App, build
from bot.supervisor import bind
from bot.wecom.emulator.emulator import WeComEmulator
from config.settings import load_settings
from tests.wire.pages_served import Phone

WECHAT = {"User_Agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50"}
SECRETS = ("token", "login", "kf-token", "kf-welcome", "response", "aibot-code", "aibot-file", "ticket-")
"""What the platform makes of these kinds must be found nowhere."""


@dataclass
class Day:
    """The platform, the whole bot, and what the platform gave away that must be found nowhere."""

    emulator: WeComEmulator
    app: App
    folder: Path
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.app.public_port}"

    async def say(self, who: str, text: str = "", **more: Any) -> None:
        """Somebody writes; everything it leads to is done when this returns."""
        await self.emulator.say(who, text, **more)
        await self.app.settle()

    async def press(self, label: str, who: str) -> None:
        """The newest button of that name."""
        item = next(
            item
            for item in reversed(self.emulator.seen())
            if any(button.label == label for button in item.content.buttons)
        )
        button = next(button for button in item.content.buttons if button.label == label)
        await self.emulator.press(item.message, button.id, who)
        await self.app.settle()

    async def later(self, **by: float) -> None:
        assert await self.emulator.walk(self.emulator.clock.now() + timedelta(**by))

    async def admin(self, path: str) -> str:
        """What the administrator of the machine is shown."""
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{self.app.admin_port}{path}") as answer,
        ):
            return await answer.text()

    async def shown(self) -> dict[str, str]:
        return {path: await self.admin(path) for path in ("/healthz", "/metrics", "/trace")}

    async def logged_in(self, who: str) -> Phone:
        """A phone that came in by the platform's login."""
        phone = Phone(self.url)
        await phone.get("/h5/login", **WECHAT)
        hit = re.search(r"state=([0-9a-z]+)", phone.headers["Location"])
        assert hit is not None
        code = self.emulator.platform.logins.give(self.emulator.world.person(who))
        await phone.get(f"/h5/back?code={code}&state={hit[1]}", **WECHAT)
        self.secrets |= {f"state {who}": hit[1], f"cookie {who}": phone.jar["cb_login"]}
        return phone


@asynccontextmanager
async def day(folder: Path, **profile: Any) -> AsyncIterator[Day]:
    """See :class:`Day`; everything the platform gives out is remembered."""
    emulator = WeComEmulator(**profile)
    await emulator.start()
    public, admin = bind("127.0.0.1", 0), bind("127.0.0.1", 0)
    emulator.write_config(folder / "c.toml", public.getsockname()[1])
    app = build(load_settings(folder / "c.toml", {}))
    one, given = Day(emulator, app, folder), emulator.platform.new_id

    def new_id(kind: str) -> str:
        made = given(kind)
        if kind.startswith(SECRETS):
            one.secrets[f"{kind} {len(one.secrets)}"] = made
        return made

    emulator.platform.new_id = new_id  # type: ignore[method-assign]
    await app.start(public, admin)
    await emulator.ready()
    try:
        yield one
    finally:
        await app.stop()
        await emulator.stop()
