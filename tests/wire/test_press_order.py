"""What a card shows after several things happened to it: always the last of them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from storage.inbox import Claimed
from tests.wire.pressing import TEACHER, UPDATE, Hands, pressing

RECALLED, NOT_RECALLED = "已从群里撤回", "没撤回来"


async def _pressed_too_late(one: Hands, track: str, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A press that is decided only after its answer was given up: a call will bring the look."""
    look, held = one.app.worker._look, asyncio.Event()

    async def paused() -> list[Claimed]:
        await held.wait()
        return await look()

    with monkeypatch.context() as late:
        late.setattr("bot.intake.ANSWER_S", 0.05)
        late.setattr(one.app.worker, "_look", paused)
        assert await one.post(track, token) == (200, {})
        held.set()
    await one.app.settle()
    assert one.calls(UPDATE) == 0


def _last_of(one: Hands, message: str) -> str:
    """What a card shows now."""
    return [item for item in one.emulator.seen() if item.message == message][-1].content.text


async def _later(one: Hands) -> None:
    await one.emulator.walk(one.app.clock.now() + timedelta(minutes=1))
    await one.app.settle()


async def test_a_late_look_does_not_overtake_a_newer_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pressing(tmp_path) as one:
        card = await one.preview()
        await _pressed_too_late(one, card.message, one.button(card, "改"), monkeypatch)
        monkeypatch.setattr("bot.intake.ANSWER_S", 60.0)  # a busy machine takes longer, and then calls
        monkeypatch.setattr("bot.dingtalk.emulator.press.ANSWER_S", 60.0)
        assert await one.emulator.press(card.message, one.button(card, "发送"), TEACHER) == (True, "")
        await _later(one)
        assert _last_of(one, card.message).endswith("已选：发送")
        assert one.calls(UPDATE) == 0, "the older look is wanted no more"


async def _recalled(one: Hands) -> str:
    """The class teacher takes back what hangs; what she reads at the end."""
    await one.say("撤回")
    offer = one.emulator.seen()[-1]
    assert await one.emulator.press(offer.message, one.button(offer, "撤回"), TEACHER) == (True, "")
    await one.app.settle()
    return one.emulator.seen()[-1].content.text


async def test_a_digest_that_was_recalled_and_posted_again_can_be_recalled_again(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        await one.preview()
        await one.say("发送")
        assert RECALLED in await _recalled(one)
        await one.say("发送")
        assert RECALLED in await _recalled(one)
        assert [item.change for item in one.posts()] == ["new", "updated", "new", "updated"]
        assert not [item for item in one.emulator.seen() if NOT_RECALLED in item.content.text]
