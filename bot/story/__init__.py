"""One school day, played through the emulator and told: ``classbridge demo --story``."""

from __future__ import annotations

import asyncio
import json as json_lines
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.dialogue import Failure, Mode, parse
from bot.dialogue.control import Control, Item
from bot.dialogue.script import Said, Script, Step
from bot.dialogue.stage import TIME_ZONE, Roll, Stage
from bot.dialogue.world import open_world
from bot.sandbox.demo import stay_up
from bot.story import texts

__all__ = ["DAYS", "play_story", "stay_up"]

DAYS = {"dingtalk": Path(__file__).with_name("day.txt"), "wecom": Path(__file__).with_name("wecom_day.txt")}
"""The day that is played, as a dialogue file, by platform."""
Say = Callable[[str], None]


def play_story(json: bool = False, platform: str = "dingtalk", say: Say = print) -> int:
    """Play the day and tell it; returns the exit code.

    Args:
        json: Each seen message as one JSON line instead of the readable form.
        platform: Which emulated platform.
        say: Takes one line of output.
    """
    with TemporaryDirectory(prefix="classbridge-story-") as directory:
        return asyncio.run(_day(Path(directory), platform, say, json=json))


async def _day(directory: Path, platform: str, say: Say, *, json: bool) -> int:
    script = parse(DAYS[platform].read_text("utf-8"), "story")
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(open_world(script, Mode(platform), None, directory))
        control = await stack.enter_async_context(Control(base))
        failure = await _tell(script, control, Mode(platform), json, say)
        if failure is not None:
            print(f"the day went otherwise: {failure}", file=sys.stderr)
            return 1
    return 0


async def _tell(script: Script, control: Control, mode: Mode, json: bool, say: Say) -> Failure | None:
    stage = Stage(control, Roll(await control.people(), script.class_name), mode=mode)
    if json:
        stage.listener = lambda item, _who: say(_line(item))
    else:
        say(_heading(script, mode.platform))
        stage.listener = lambda item, who: say(_seen(item, who, script))
        stage.narrator = lambda step, now: _said(step, now, say)
    return await stage.play(script)


def _line(item: Item) -> str:
    return json_lines.dumps(dict(item.raw), ensure_ascii=False)


def _heading(script: Script, platform: str) -> str:
    start = script.start.astimezone(TIME_ZONE)
    return texts.NEW_DAY.format(
        year=start.year,
        month=start.month,
        day=start.day,
        room=script.class_name,
        platform=texts.PLATFORMS[platform],
    )


def _said(step: Step, now: datetime, say: Say) -> None:
    if isinstance(step, Said):
        form = texts.SAYS_IN_GROUP if step.in_group else texts.SAYS
        say(form.format(at=f"{now.astimezone(TIME_ZONE):%H:%M}", who=step.who, text=step.text))


def _seen(item: Item, who: str, script: Script) -> str:
    at = f"{datetime.fromisoformat(item.at).astimezone(TIME_ZONE):%H:%M}"
    text = item.text.replace("\n", f"\n{texts.INDENT}")
    if item.to is None:
        return texts.BOT_IN_GROUP.format(at=at, room=script.class_name, text=text)
    return texts.BOT_TO.format(at=at, who=who, text=text)
