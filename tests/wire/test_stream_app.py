"""The whole installation receiving by Stream: said, decided, answered, pressed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import App, build
from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.stream_frames import BOT
from config.settings import load_settings


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[Emulator]:
    """With an installation connected to it."""
    one = Emulator(receive="stream")
    await one.start()
    one.write_config(tmp_path / "school.toml", 0)
    settings = load_settings(tmp_path / "school.toml", {})
    app: App = build(
        settings.model_copy(update={"clock": settings.clock.model_copy(update={"follow": None})}),
        clock=one.clock,
    )
    await app.start()
    await one.gateway.wait(BOT)
    yield one
    await app.stop()
    await one.gateway.wait(BOT, 0)
    await one.stop()


async def test_a_word_is_answered_by_its_session(emulator: Emulator) -> None:
    assert (await emulator.say("t-301", "帮助"))["delivered"] is True
    (item,) = await emulator.wait_seen()
    assert (item.to, item.lane) == ("t-301", "session")


async def test_a_pressed_button_changes_its_card_at_once(emulator: Emulator) -> None:
    await emulator.say("t-302", "合唱比赛")
    while not (cards := [item for item in emulator.seen() if item.content.buttons]):
        await emulator.wait_seen(len(emulator.seen()))
    (card,) = cards
    assert await emulator.press(card.message, card.content.buttons[0].id, "t-302") == (True, "")
    assert [item.change for item in emulator.seen() if item.message == card.message] == ["new", "updated"]
    assert [call.api for call in emulator.calls() if call.api == "/v1.0/card/instances"] == []


async def test_what_is_anonymous_is_answered_from_memory(emulator: Emulator) -> None:
    assert (await emulator.say("g-302-01-1", "匿名：作业太多"))["delivered"] is True
    (item,) = await emulator.wait_seen()
    assert item.lane == "session"
