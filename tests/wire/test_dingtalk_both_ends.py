"""Our client and our door against the emulated platform: what people see in the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest_asyncio

from bot.command import Command, Group, Maybe, Private, Refused, Sent, Session
from bot.dingtalk.cards import CREATE_AND_DELIVER
from bot.dingtalk.client import GROUP, PRIVATE, DingTalk
from bot.dingtalk.emulator.emulator import Emulator
from config.settings import load_settings

WORDS = "每日速递 10月14日(周三)\n要闻：明天春游，带水。\n提醒：@所有人 [链接](http://x.cn)\n# 完"


class Ends:
    """Both ends of the wire."""

    def __init__(self, emulator: Emulator, client: DingTalk, counted: list[str]) -> None:
        self.emulator = emulator
        self.client = client
        self.counted = counted
        self.group = Group(emulator.world.classes[1].group)

    def texts(self) -> list[str]:
        return [item.content.text for item in self.emulator.seen()]

    def counted_there(self) -> list[str]:
        return [call.api for call in self.emulator.calls() if call.counted]


@pytest_asyncio.fixture
async def ends(tmp_path: Path) -> AsyncIterator[Ends]:
    emulator = Emulator()
    await emulator.start()
    emulator.write_config(tmp_path / "bot.toml", 8080)
    settings = load_settings(tmp_path / "bot.toml", {})
    counted: list[str] = []
    note: Callable[[str], None] = counted.append
    async with aiohttp.ClientSession() as http:
        app = settings.dingtalk["school"]
        yield Ends(emulator, DingTalk("school", app, settings.limits, http, emulator.clock, note), counted)
    await emulator.stop()


async def test_a_card_sent_twice_is_seen_once(ends: Ends) -> None:
    digest = Command("o1", "school", ends.group, WORDS, title="每日速递 10月14日(周三)", card=True)
    assert isinstance(await ends.client.send(digest), Sent)
    assert await ends.client.send(digest) == Sent("o1")
    assert ends.texts() == [WORDS.replace("@", "＠")]
    assert ends.counted == ends.counted_there() != []


async def test_a_titled_message_shows_its_words(ends: Ends) -> None:
    assert isinstance(await ends.client.send(Command("o1", "school", ends.group, WORDS, title="速递")), Sent)
    (text,) = ends.texts()
    assert text.splitlines()[:2] == WORDS.splitlines()[:2]
    assert len(text.splitlines()) == len(WORDS.splitlines())


async def test_a_private_message_and_somebody_who_is_not_there(ends: Ends) -> None:
    person = next(iter(ends.emulator.world.people))
    assert isinstance(await ends.client.send(Command("o1", "school", Private(person), "好的")), Sent)
    refused = Refused("invalidStaffIdList", "recipient")
    assert await ends.client.send(Command("o2", "school", Private("nobody"), "好的")) == refused
    card = Command("o3", "school", Group("cidNobody"), "好的", title="速递", card=True)
    assert await ends.client.send(card) == Refused("card.notDelivered", "recipient")
    assert ends.texts() == ["好的"]
    assert ends.counted == ends.counted_there() == [PRIVATE, PRIVATE, CREATE_AND_DELIVER]


async def test_a_token_that_ran_out_is_renewed_unseen(ends: Ends) -> None:
    for number in range(3):
        sent = await ends.client.send(Command(f"o{number}", "school", ends.group, f"第{number}条"))
        assert isinstance(sent, Sent)
        await ends.emulator.jump(ends.emulator.clock.now() + timedelta(hours=3))
    assert ends.texts() == ["第0条", "第1条", "第2条"]
    assert ends.counted == [GROUP] * 3


async def test_a_dead_session_falls_back(ends: Ends) -> None:
    url = f"{ends.emulator.url}/robot/sendBySession?session=unknown"
    session = Session(url, ends.emulator.clock.now() + timedelta(hours=1))
    assert isinstance(
        await ends.client.send(Command("o1", "school", ends.group, "好的", session=session)), Sent
    )
    assert [item.lane for item in ends.emulator.seen()] == ["robot_group"]


async def test_a_lost_answer_is_maybe_and_a_card_can_be_repeated(ends: Ends) -> None:
    ends.emulator.faults.set({"rules": [{"api": CREATE_AND_DELIVER, "nth": 1, "kind": "reset"}]})
    digest = Command("o1", "school", ends.group, WORDS, title="速递", card=True)
    assert ends.client.idempotent(digest)
    assert await ends.client.send(digest) == Maybe("no_answer")
    assert await ends.client.send(digest) == Sent("o1")
    assert len(ends.texts()) == 1
