"""Presses whose answer does not get through, cannot be decided, or does not fit on the card."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from handlers import router
from handlers.digest import texts
from handlers.texts import APOLOGY, CARD_OVER
from tests.wire.pressing import Hands, pressing


def _words(answer: dict[str, Any]) -> str:
    shown = answer["cardData"]["cardParamMap"]
    return str(shown["body"]) + "".join(str(shown[f"more{n}"]) for n in range(1, 6))


def _told(one: Hands) -> list[str]:
    """What the teacher reads beside the card."""
    return [item.content.text for item in one.emulator.seen() if item.to == "t-302"]


async def test_whoever_presses_again_sees_what_was_lost_on_the_way(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        card = await one.preview()
        _status, lost = await one.post(card.message, one.button(card, "发送"))
        await one.app.settle()
        assert await one.post(card.message, one.button(card, "发送")) == (200, lost)
        await one.app.settle()
        assert len(one.posts()) == 1


async def test_nobody_else_sees_it_by_pressing_twice(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        card = await one.preview()
        await one.post(card.message, one.button(card, "发送"))
        await one.app.settle()
        for _press in range(2):
            assert await one.post(card.message, one.button(card, "发送"), "d-302") == (200, {})


async def test_a_second_button_pressed_too_late_does_not_cover_the_answer(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        card = await one.preview()
        presses = [one.post(card.message, one.button(card, label)) for label in ("发送", "今天不发")]
        shown = sorted((_words(answer) for _status, answer in await asyncio.gather(*presses)), key=len)
        assert shown[1] == f"{shown[0]}\n\n{CARD_OVER}"


async def test_an_answer_too_long_for_a_card_is_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "WHAT_TO_CHANGE", "长" * 2_500)
    async with pressing(tmp_path) as one:
        card = await one.preview()
        _status, answer = await one.post(card.message, one.button(card, "改"))
        await one.app.settle()
        assert _words(answer).endswith("16:50 自动发出。\n\n已选：改")
        assert _told(one)[-1] == "长" * 2_500


async def test_of_a_press_nobody_can_decide_its_presser_hears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("a fault of ours")

    async with pressing(tmp_path) as one:
        card = await one.preview()
        monkeypatch.setattr(router, "_choose", broken)
        assert await one.post(card.message, one.button(card, "发送")) == (200, {})
        await one.app.settle()
        assert _told(one)[-1] == APOLOGY
