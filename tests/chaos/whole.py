"""The whole bot and the emulated platform in this process, started and stopped as often as a test likes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.app import App, build
from bot.dingtalk.emulator.emulator import Emulator
from bot.emulation.records import Item
from config.settings import load_settings
from handlers.message import MessageKind as Kind

TEACHER = "三(2)班/王老师"
MOTHER = "三(2)班/小明妈妈"


@dataclass
class Whole:
    """One running pair."""

    app: App
    emulator: Emulator

    async def say(self, sender: str, text: str, *, kind: Kind = "text") -> bool:
        """Somebody writes; everything it leads to is done when this returns."""
        answer = await self.emulator.say(sender, text, kind=kind)
        await self.app.settle()
        return bool(answer["delivered"])

    async def until(self, local: str) -> None:
        """Walk the clock to an ISO local time of the first day."""
        await self.emulator.walk(datetime.fromisoformat(f"2026-10-{local}:00+08:00"))

    def seen(self, since: int = 0) -> list[Item]:
        return self.emulator.seen(since)

    def texts(self, since: int = 0) -> str:
        """Everything anybody saw."""
        return "\n".join(item.content.text for item in self.seen(since))


IN_WINDOW = datetime.fromisoformat("2026-10-12T08:00:00+08:00")
"""A school morning in which the teacher reads: words go through at once."""


@asynccontextmanager
async def emulated(directory: Path, database: str | None = None) -> AsyncIterator[Emulator]:
    """The platform alone, with its settings written to ``directory/c.toml``."""
    emulator = Emulator(start=IN_WINDOW)
    await emulator.start()
    emulator.write_config(directory / "c.toml", 0, database)
    try:
        yield emulator
    finally:
        await emulator.stop()


@asynccontextmanager
async def running(directory: Path, emulator: Emulator) -> AsyncIterator[Whole]:
    """The bot, until the block ends; stops in order."""
    app = build(load_settings(directory / "c.toml", {}))
    await app.start()
    emulator.target = f"http://127.0.0.1:{app.public_port}"
    try:
        yield Whole(app, emulator)
    finally:
        await app.stop()
