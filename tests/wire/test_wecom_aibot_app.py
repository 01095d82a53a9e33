"""The whole installation with an AI bot in its internal groups: by callback and over the long connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest

from bot.app import App, build
from bot.emulation.records import Item
from bot.supervisor import bind
from bot.wecom.emulator.emulator import WeComEmulator
from config.settings import load_settings

TEACHER, GROUP = "t-302", "三(2)班"


@pytest.fixture(params=["http", "stream"])
async def emulator(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[WeComEmulator]:
    """With an installation connected to it."""
    receive: Literal["http", "stream"] = request.param
    one = WeComEmulator(profile="internal", receive=receive)
    await one.start()
    public, admin = bind("127.0.0.1", 0), bind("127.0.0.1", 0)
    one.write_config(tmp_path / "school.toml", public.getsockname()[1])
    settings = load_settings(tmp_path / "school.toml", {})
    app: App = build(
        settings.model_copy(update={"clock": settings.clock.model_copy(update={"follow": None})}),
        clock=one.clock,
    )
    await app.start(public, admin)
    await one.ready()
    yield one
    await app.stop()
    await one.stop()


async def seen(emulator: WeComEmulator, count: int = 1) -> list[Item]:
    while len(emulator.seen()) < count:
        assert await emulator.wait_seen(len(emulator.seen()))
    return emulator.seen()


async def test_a_word_in_the_group_is_answered_there(emulator: WeComEmulator) -> None:
    assert (await emulator.say(TEACHER, "@小助手 帮助", GROUP))["delivered"] is True
    (item,) = await seen(emulator)
    assert (item.to, item.lane) == (None, "aibot")
    assert item.content.text


async def test_what_is_anonymous_is_answered_from_memory(emulator: WeComEmulator) -> None:
    assert (await emulator.say(TEACHER, "@小助手 匿名：作业太多", GROUP))["delivered"] is True
    (item,) = await seen(emulator)
    assert item.lane == "aibot"


async def test_without_its_name_nobody_hears(emulator: WeComEmulator) -> None:
    assert (await emulator.say(TEACHER, "帮助", GROUP))["delivered"] is False
