"""From a pressed button to the card's new look: signed callbacks, the whole bot, the emulated platform."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.dingtalk.emulator.emulator import Emulator
from config.ids import new_token
from handlers.texts import CARD_OVER
from storage import inbox, numbers, outbox
from storage.engine import Db
from storage.inbox import Claimed
from storage.numbers import Given
from tests.wire.pressing import TEACHER, UPDATE, Hands, hands, pressing

MOTHER_USER = "g-2-0-m"


def _shown(answer: dict[str, object]) -> str:
    """The words in the answer to a press, as the card would show them."""
    data = answer["cardData"]
    assert isinstance(data, dict)
    params = data["cardParamMap"]
    return "\n".join(params[name] for name in ("title", "body", "more1", "more2") if params[name])


def _buttons(answer: dict[str, object]) -> str:
    data = answer["cardData"]
    assert isinstance(data, dict)
    return str(data["cardParamMap"]["buttons"])


async def _text_of(one: Hands, outbox_id: str) -> str:
    """The words a row still holds."""
    kept = await asyncio.wrap_future(one.app.store.read(lambda db: outbox.content(db, outbox_id)))
    return str(kept.payload["text"]) if kept is not None else ""


async def test_a_press_is_answered_with_the_cards_new_look(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        card = await one.preview()
        assert [button.label for button in card.content.buttons] == ["发送", "改", "今天不发"]
        assert "回复 1" not in card.content.text
        status, answer = await one.post(card.message, one.button(card, "发送"))
        await one.app.settle()
        assert status == 200
        assert answer["cardUpdateOptions"]["updateCardDataByKey"] is True
        assert _shown(answer) == f"{card.content.text}\n\n已选：发送"
        assert _buttons(answer) == "[]"
        assert len(one.posts()) == 1
        await one.emulator.walk(one.app.clock.now().replace(microsecond=0) + _minute())
        assert one.calls(UPDATE) == 0, "the answer was in time: no call brings the same again"


async def test_a_press_through_the_platform_changes_the_card(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        card = await one.preview()
        assert await one.emulator.press(card.message, one.button(card, "改"), TEACHER) == (True, "")
        await one.app.settle()
        seen = one.emulator.seen()[-1]
        assert (seen.change, seen.message, seen.content.buttons) == ("updated", card.message, ())
        assert seen.content.text.startswith(card.content.text + "\n\n")
        await one.say("第1条改成：小明主动扫地")  # the talk the button has opened goes on in words
        assert "小明主动扫地" in one.emulator.seen()[-1].content.text


async def test_the_words_of_a_card_are_kept_while_its_buttons_live(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        card = await one.preview()
        assert await _text_of(one, card.message) == card.content.text
        await one.post(card.message, one.button(card, "发送"))
        await one.app.settle()
        assert await _text_of(one, card.message) == ""


async def test_a_second_click_of_the_same_button_is_the_same_press(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        card = await one.preview()
        token = one.button(card, "发送")
        answers = await asyncio.gather(*(one.post(card.message, token) for _click in range(4)))
        await one.app.settle()
        assert sorted(status for status, _answer in answers) == [200] * 4
        shown = [answer for _status, answer in answers if answer]
        assert shown
        assert shown == shown[:1] * len(shown)
        assert len(one.posts()) == 1
        assert await one.post(card.message, token) == (200, shown[0]), "the first answer may have been lost"
        assert len(one.posts()) == 1


async def _two_buttons_at_once(one: Hands) -> tuple[int, int]:
    """「发送」 and 「今天不发」 in one moment; how many were decided, how many posts there are."""
    card = await one.preview()
    presses = [one.post(card.message, one.button(card, label)) for label in ("发送", "今天不发")]
    shown = [_shown(answer) for _status, answer in await asyncio.gather(*presses)]
    await one.app.settle()
    return len([text for text in shown if CARD_OVER not in text]), len(one.posts())


async def test_two_buttons_at_once_have_one_effect(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        assert (await _two_buttons_at_once(one))[0] == 1


async def test_without_the_guard_both_have_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what :func:`route_press` asks first is what the test above rests on."""
    by_token = numbers.by_token

    def always_open(db: Db, token: str) -> Given | None:
        given = by_token(db, token)
        return None if given is None else _opened(given)

    monkeypatch.setattr(numbers, "by_token", always_open)
    async with pressing(tmp_path) as one:
        assert (await _two_buttons_at_once(one))[0] == 2


async def test_a_button_whose_thing_is_over_says_so_and_costs_nothing(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        card = await one.preview()
        await one.say("发送")
        before = len(one.emulator.calls())
        status, answer = await one.post(card.message, one.button(card, "今天不发"))
        await one.app.settle()
        assert (status, _buttons(answer)) == (200, "[]")
        assert _shown(answer) == f"{card.content.text}\n\n{CARD_OVER}"
        assert len(one.posts()) == 1
        await one.emulator.walk(one.app.clock.now() + _minute())
        assert len(one.emulator.calls()) == before


async def test_a_typed_word_and_a_press_are_one_choice(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        card = await one.preview()
        await one.post(card.message, one.button(card, "发送"))
        await one.app.settle()
        await one.say("1")
        assert one.emulator.seen()[-1].content.text == "1 号的事已经办完了，不用再回。"
        assert len(one.posts()) == 1


@pytest.mark.parametrize("user", [MOTHER_USER, "d-302", "nobody-here"])
async def test_somebody_elses_press_is_refused_as_if_there_were_nothing(tmp_path: Path, user: str) -> None:
    async with pressing(tmp_path) as one:
        card = await one.preview()
        before = len(one.emulator.seen())
        theirs = await one.post(card.message, one.button(card, "发送"), user)
        unknown = await one.post(card.message, new_token(), user)
        await one.app.settle()
        assert theirs == unknown == (200, {})
        assert len(one.emulator.seen()) == before
        assert await _text_of(one, card.message) == card.content.text
        assert (await one.post(card.message, one.button(card, "发送")))[1] != {}, "hers still works"


async def test_a_tampered_token_does_nothing(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        card = await one.preview()
        token = one.button(card, "发送")
        tampered = token[:-1] + ("0" if token[-1] != "0" else "1")
        assert await one.post(card.message, tampered) == (200, {})
        await one.app.settle()
        assert one.posts() == []


async def test_a_press_nobody_signed_is_not_kept(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        card = await one.preview()
        status, answer = await one.post(card.message, one.button(card, "发送"), secret="x" * 43)
        assert (status, answer) == (403, None)
        await one.app.settle()
        assert one.posts() == []


async def test_a_press_decided_too_late_is_answered_empty_and_updated_by_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.intake.ANSWER_S", 0.05)
    async with pressing(tmp_path) as one:
        card = await one.preview()
        worker, look, held = one.app.worker, one.app.worker._look, asyncio.Event()

        async def paused() -> list[Claimed]:
            await held.wait()
            return await look()

        monkeypatch.setattr(worker, "_look", paused)
        assert await one.post(card.message, one.button(card, "发送")) == (200, {})
        held.set()
        await one.app.settle()
        assert one.calls(UPDATE) == 0, "not before the platform has stopped waiting"
        await one.emulator.walk(one.app.clock.now() + _minute())
        assert one.calls(UPDATE) == 1
        updated = [item for item in one.emulator.seen() if item.change == "updated"]
        assert [item.content.buttons for item in updated] == [()]
        assert updated[0].content.text.endswith("已选：发送")
        assert len(one.posts()) == 1


async def test_a_decision_nobody_could_show_any_more_comes_by_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash between the commit and the answer: the row of the new look is all there is."""
    emulator = Emulator()
    await emulator.start()
    try:
        async with hands(tmp_path, emulator) as one:
            card = await one.preview()
            monkeypatch.setattr(one.app.worker, "_tell", lambda _row_id, _decided: None)
            monkeypatch.setattr("bot.intake.ANSWER_S", 0.05)
            assert await one.post(card.message, one.button(card, "发送")) == (200, {})
            await one.app.settle()
        assert one.calls(UPDATE) == 0
        async with hands(tmp_path, emulator) as one:
            await emulator.walk(one.app.clock.now() + _minute())
            assert one.calls(UPDATE) == 1
            updated = [item for item in emulator.seen() if item.change == "updated"]
            assert [item.content.buttons for item in updated] == [()]
            assert len(one.posts()) == 1
    finally:
        await emulator.stop()


async def test_a_press_the_database_would_not_have_is_decided_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pressing(tmp_path) as one:
        card = await one.preview()
        monkeypatch.setattr(one.app.intake, "_shut_until", one.app.clock.monotonic() + 3600)
        assert await one.post(card.message, one.button(card, "发送")) == (200, {})
        monkeypatch.setattr(one.app.intake, "_shut_until", 0.0)
        await one.app.settle()
        assert len(one.posts()) == 1


async def test_a_press_leaves_no_words_and_keeps_its_key(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        card = await one.preview()
        await one.post(card.message, one.button(card, "发送"))
        await one.app.settle()
        table = inbox.inbox

        def look(db: Db) -> list[tuple[int, object]]:
            found = table.select().where(table.c.kind == "press")
            return [(row.state, row.payload) for row in db.conn.execute(found)]

        assert await asyncio.wrap_future(one.app.store.read(look)) == [(inbox.HANDLED, None)]


def _minute() -> timedelta:
    return timedelta(minutes=1)


def _opened(given: Given) -> Given:
    return replace(given, closed=False)
