"""The whole bot with an address the platform can push presses to, and hands that press."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from bot.app import App, build
from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.gate import callback_secret
from bot.emulation.records import Item
from bot.supervisor import bind
from config.settings import load_settings

TEACHER, USER = "三(2)班/王老师", "t-302"
UPDATE = "/v1.0/card/instances"


def callback(
    track: str, token: str, user: str, secret: str, corp: str, at: datetime
) -> tuple[str, dict[str, str]]:
    """Body and headers of a pressed button, as the platform pushes it."""
    content = {"cardPrivateData": {"actionIds": [token], "params": {}}}
    body = {
        "type": "actionCallback",
        "outTrackId": track,
        "userId": user,
        "userIdType": 1,
        "corpId": corp,
        "content": json.dumps(content),
    }
    stamp = str(int(at.timestamp() * 1000))
    sign = base64.b64encode(hmac.new(secret.encode(), stamp.encode(), hashlib.sha256).digest()).decode()
    return json.dumps(body), {"x-ddpaas-signature-timestamp": stamp, "x-ddpaas-signature": sign}


@dataclass
class Hands:
    """One running pair, and somebody who presses."""

    app: App
    emulator: Emulator
    http: aiohttp.ClientSession

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.app.public_port}/dingtalk/school/card"

    async def say(self, text: str, who: str = TEACHER) -> None:
        """Somebody writes; everything it leads to is done when this returns."""
        await self.emulator.say(who, text)
        await self.app.settle()

    async def preview(self) -> Item:
        """A digest of one note, as the teacher sees it: a card with buttons."""
        await self.say("表扬小明主动扫了地")
        await self.say("看一下")
        return self.emulator.seen()[-1]

    def button(self, item: Item, label: str) -> str:
        return next(button.id for button in item.content.buttons if button.label == label)

    async def post(self, track: str, token: str, user: str = USER, secret: str = "") -> tuple[int, Any]:
        """A signed callback, as the platform makes it; returns status and answer."""
        app = self.app.settings.dingtalk["school"]
        secret = secret or callback_secret(app)
        body, headers = callback(track, token, user, secret, app.corp_id, self.app.clock.now())
        async with self.http.post(self.url, data=body, headers=headers) as answer:
            raw = await answer.read()
            return answer.status, json.loads(raw) if raw else None

    def calls(self, api: str) -> int:
        return len([call for call in self.emulator.calls() if call.api == api])

    def posts(self) -> list[Item]:
        """What the class group got."""
        return [item for item in self.emulator.seen() if item.to is None]


@asynccontextmanager
async def hands(directory: Path, emulator: Emulator, database: str | None = None) -> AsyncIterator[Hands]:
    """The bot, until the block ends; stops in order."""
    public, admin = bind("127.0.0.1", 0), bind("127.0.0.1", 0)
    emulator.write_config(directory / "c.toml", public.getsockname()[1], database)
    app = build(load_settings(directory / "c.toml", {}))
    await app.start(public, admin)
    async with aiohttp.ClientSession() as http:
        try:
            yield Hands(app, emulator, http)
        finally:
            await app.stop()


@asynccontextmanager
async def pressing(directory: Path) -> AsyncIterator[Hands]:
    """Platform and bot."""
    emulator = Emulator()
    await emulator.start()
    try:
        async with hands(directory, emulator) as one:
            yield one
    finally:
        await emulator.stop()
