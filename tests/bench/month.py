"""A scripted month of a 40-class school, in counted calls: ``python -m tests.bench.month``.

Played by the three invented classes through the whole bot and the emulated platform, on a moved clock;
the emulator counts as DingTalk does. The figure for 40 classes is theirs times 40/3.

A class's usual day: four notes in plain words, on two days of five one that has to be asked about; the
preview, pressed on three days of five and going out by itself on the others; the digest; on four days of five
a parent writes to the teacher and is answered; two parents ask what to bring tomorrow.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.app import App, build
from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.limits import Limits
from bot.supervisor import bind
from config.settings import load_settings

CLASSES, PLAYED = 40, 3
BUDGET = 4_000
FIRST, LAST = date(2026, 10, 12), date(2026, 11, 11)
NOTES = ("表扬小明主动扫了地", "提醒大家明天带水彩笔", "要闻：今天做了消防演练", "表扬林小满帮同学讲题")
UNSURE = "合唱比赛"


@dataclass
class Month:
    """What a month cost.

    Args:
        days: School days played.
        counted: Calls of the three classes that count in the month.
        apis: The same by interface.
        school: For 40 classes.
    """

    days: int = 0
    counted: int = 0
    apis: dict[str, int] = field(default_factory=dict)
    digests: int = 0
    school: int = 0


@dataclass
class _Players:
    """The classes, and what they do on a day."""

    emulator: Emulator
    app: App

    async def say(self, who: str, text: str) -> None:
        await self.emulator.say(who, text)
        await self.app.settle()

    async def press(self, who: str, label: str) -> bool:
        """Press the newest live button of that label."""
        person = self.emulator.world.person(who)
        newest = {item.message: item for item in self.emulator.seen() if item.to == person.id}
        for item in reversed(newest.values()):
            for button in item.content.buttons:
                if button.label == label and button.enabled:
                    await self.emulator.press(item.message, button.id, person.id)
                    await self.app.settle()
                    return True
        return False

    async def choose(self, who: str, label: str) -> None:
        """Press the button, or say its word where there is none."""
        if not await self.press(who, label):
            await self.say(who, label)

    async def until(self, day: date, clock: str) -> None:
        await self.emulator.walk(datetime.fromisoformat(f"{day}T{clock}:00+08:00"))

    async def day(self, day: date, number: int, month: Month) -> None:
        rooms = [room.name for room in self.emulator.world.classes]
        await self.until(day, "09:00")
        for room in rooms:
            for note in NOTES:
                await self.say(f"{room}/王老师", note)
            if number % 5 in (0, 2):
                await self.say(f"{room}/王老师", UNSURE)
                await self.choose(f"{room}/王老师", "要闻")
        for room in rooms if number % 5 != 4 else ():
            await self.say(f"{room}/小明妈妈", "老师，孩子今天的水壶在教室吗")
            await self.say(f"{room}/王老师", "回复小明妈妈：在的，放讲台上了")
        await self.until(day, "16:31")
        for room in rooms if number % 5 in (0, 1, 3) else ():
            await self.choose(f"{room}/王老师", "发送")
        await self.until(day, "17:00")
        for room in rooms:
            for parent in ("小明爸爸", "乐乐奶奶"):
                await self.say(f"{room}/{parent}", "明天带什么")
        await self.until(day, "21:30")
        month.days += 1


async def play(directory: Path, days: int | None = None) -> Month:
    """Play the month, or its first ``days`` school days."""
    emulator = Emulator(start=datetime.fromisoformat(f"{FIRST}T07:00:00+08:00"), limits=Limits(20, None))
    await emulator.start()
    config = directory / "classbridge.toml"
    public = bind("127.0.0.1", 0)  # first: the settings say where presses come in
    emulator.write_config(config, public.getsockname()[1])
    app = build(load_settings(config, {}))
    await app.start(public, bind("127.0.0.1", 0))
    month, players, day = Month(), _Players(emulator, app), FIRST
    try:
        while day <= LAST and (days is None or month.days < days):
            if day.weekday() < 5:
                await players.day(day, month.days, month)
            day += timedelta(days=1)
    finally:
        await app.stop()
        await emulator.stop()
    return _counted(emulator, month)


def _counted(emulator: Emulator, month: Month) -> Month:
    calls = [call for call in emulator.calls() if call.counted]
    month.apis = dict(Counter(call.api for call in calls))
    month.counted = len(calls)
    month.digests = sum(item.to is None and item.change == "new" for item in emulator.seen())
    month.school = round(month.counted * CLASSES / PLAYED)
    return month


def row(month: Month) -> dict[str, Any]:
    """The figure beside its budget."""
    return {**asdict(month), "budget": BUDGET, "met": month.school <= BUDGET}


def main(argv: list[str]) -> int:
    """Play it and print the figures as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int)
    given = parser.parse_args(argv)
    with TemporaryDirectory(prefix="classbridge-month-") as directory:
        month = asyncio.run(play(Path(directory), given.days))
    print(json.dumps(row(month), ensure_ascii=False, indent=1))
    return 0 if month.school <= BUDGET else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
