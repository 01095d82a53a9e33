"""Customer service and school notices with the emulated platform at the other end, by real requests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from bot.command import CardButton, Command, FileRef, Outcome, Parent, Refused, Sent, Session
from bot.intake import Intake
from bot.metrics import Metrics
from bot.pages.lane import PageLane
from bot.pages.links import Links
from bot.received import Received, read_payload
from bot.wecom import kf
from bot.wecom.core import Core
from bot.wecom.emulator.emulator import WeComEmulator
from bot.wecom.emulator.kf_state import BY_A_PERSON
from bot.wecom.kf_sync import KfPuller
from bot.wecom.parent import ParentLane
from config.settings import LimitSettings, ServerSettings, WeComApp
from handlers.anonymous.texts import NOT_OPEN
from storage import inbox, page_messages
from storage.engine import Store
from storage.spool import Spool
from tests.contract.conftest import World, world
from tests.wire.wecom_parents import Owner

__all__ = ["world"]

START = datetime.fromisoformat("2026-09-28T17:00:00+08:00")
MOTHER = "g-302-01-1"


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """One database is enough here."""
    return str(request.param)


class Both:
    """The emulator, and of the bot what reads and writes to guardians."""

    def __init__(
        self, emulator: WeComEmulator, http: aiohttp.ClientSession, world: World, store: Store, folder: Path
    ) -> None:
        self.emulator, self.world, self.store = emulator, world, store
        self.clock = emulator.clock
        app = self._app()
        core = Core("school", app, LimitSettings(total_timeout_s=0.5), http, self.clock)
        links = Links(ServerSettings.model_validate({"public_url": "https://school.example"}))
        pages = PageLane(store, self.clock)
        self.lane = ParentLane(core, store, self.clock, pages, links, _no_files)
        self.key = store.run(inbox.mail_key).result()
        metrics = Metrics()
        spool = Spool(folder / "spool", 1 << 20)
        intake = Intake(store, spool, self.clock, self.key, metrics, lambda: None)
        self.puller = KfPuller("school", app, core, intake, store, self.clock, Owner(), metrics)
        self.count = 0

    def _app(self) -> WeComApp:
        app = self.emulator.platform.app
        return WeComApp.model_validate(
            {
                "corp_id": app.corp_id,
                "agent_id": app.agent_id,
                "secret": app.secret,
                "token": app.token,
                "aes_key": app.aes_key,
                "kf_id": self.emulator.platform.kf.account,
                "api_base": self.emulator.url,
            }
        )

    def to(self, person: str = MOTHER) -> Parent:
        who = self.emulator.world.person(person)
        ids = (self.emulator.world.external_id(who), self.emulator.platform.kf.account)
        return Parent(self.world.mother.id, *ids, self.emulator.world.parent_id(who))

    async def write(self, text: str = "王老师：好的", **more: Any) -> Outcome:
        self.count += 1
        target = more.pop("to", None) or self.to()
        outbox_id = more.pop("outbox_id", f"{self.count:032x}")
        return await self.lane.send(Command(outbox_id, "wecom/school", target, text, **more))

    async def says(self, text: str, person: str = MOTHER) -> None:
        await self.emulator.say(person, text)
        assert await self.puller.pull()

    def seen(self) -> list[tuple[str, str]]:
        return [(item.lane, item.content.text) for item in self.emulator.seen()]

    def kept(self) -> list[Received]:
        def unit(db: Any) -> list[Any]:
            return list(db.conn.execute(sa.select(inbox.inbox).order_by(inbox.inbox.c.id)))

        rows = [row for row in self.store.read(unit).result() if row.kind == "message"]
        return [
            read_payload(row.id, self.key.open(row.id, row.payload).encode(), row.received_at) for row in rows
        ]

    def later(self, **by: float) -> None:
        self.clock.move_to(self.clock.now() + timedelta(**by))


async def _no_files(_file: FileRef) -> Refused:
    return Refused("file.kind", "content")


@pytest.fixture
async def both(world: World, store: Store, tmp_path: Path) -> AsyncIterator[Both]:
    emulator = WeComEmulator(start=START, seed="parents")
    await emulator.start()
    try:
        async with aiohttp.ClientSession() as http:
            yield Both(emulator, http, world, store, tmp_path)
    finally:
        await emulator.stop()


async def test_what_a_mother_writes_is_read_and_answered_in_the_same_chat(both: Both) -> None:
    await both.says("明天带什么")
    (received,) = both.kept()
    assert received.message.text == "明天带什么"
    assert received.message.sender.id == both.to().external_id
    assert await both.write("明天带水彩笔") == Sent("")
    assert both.seen() == [("kf", "明天带水彩笔")]


async def test_five_then_a_notice_then_five_again(both: Both) -> None:
    await both.says("在吗")
    for number in range(7):
        assert isinstance(await both.write(f"第{number}句"), Sent)
    lanes = [lane for lane, _text in both.seen()]
    assert lanes == ["kf"] * 5 + ["school_notice"]
    page = both.world.run(partial(page_messages.of_person, person_id=both.world.mother.id))
    assert [message.text for message in page] == ["第5句", "第6句"]
    await both.says("看到了")
    await both.write("第7句")
    assert both.seen()[-1] == ("kf", "第7句")


async def test_over_the_golden_week_the_chat_is_closed_and_the_notice_tells_nothing(both: Both) -> None:
    await both.says("国庆快乐")
    both.later(days=8)
    assert await both.write("王老师：小明的水杯忘在教室了") == Sent("", {"way": "notice"})
    ((lane, text),) = both.seen()
    assert lane == "school_notice"
    assert "小明" not in text
    assert "水杯" not in text


async def test_our_book_is_wrong_and_the_platform_says_so(both: Both) -> None:
    await both.says("在吗")
    customer = both.emulator.platform.kf.customer(both.emulator.world.person(MOTHER))
    customer.sent = 5
    assert await both.write() == Sent("", {"way": "notice"})
    both.later(minutes=11)
    await both.says("在吗")
    customer.state = BY_A_PERSON
    assert await both.write("接过来了") == Sent("", {"way": "notice"})
    assert [lane for lane, _text in both.seen()] == ["school_notice"] * 2


async def test_a_copy_under_our_own_name_is_removed(both: Both) -> None:
    await both.says("在吗")
    for _ in range(2):
        assert await both.write("好的", outbox_id="e" * 32) == Sent("")
    assert both.seen() == [("kf", "好的")]


async def test_a_notice_repeated_with_the_same_bytes_is_shown_once(both: Both) -> None:
    both.lane = ParentLane(
        both.lane._core, both.store, both.clock, both.lane._pages, both.lane._links, _no_files
    )
    for _ in range(2):
        assert isinstance(await both.write("好的", outbox_id="e" * 32, must=True), Sent)
    assert [lane for lane, _text in both.seen()] == ["school_notice"]
    await both.write("还有", must=True)
    assert [lane for lane, _text in both.seen()] == ["school_notice"] * 2


async def test_who_does_not_follow_the_notices_is_named_so(both: Both) -> None:
    both.emulator.world.subscribe(both.emulator.world.person(MOTHER), on=False)
    assert await both.write() == Refused("not_subscribed", "recipient")
    both.emulator.platform.parents_may_use = False
    assert await both.write() == Refused("48002", "config")
    assert both.seen() == []


async def test_a_slip_with_a_code_brings_its_reader_in_and_the_answer_comes_within_20_s(both: Both) -> None:
    await both.emulator.enter_kf(MOTHER, "12345678")
    await both.puller.pull()
    (received,) = both.kept()
    assert received.message.text == "12345678"
    session = received.session
    assert isinstance(session, Session)
    stranger = replace(both.to(), person_id="", parent_id="")
    assert await both.write("您是…对吗？", to=stranger, session=session) == Sent("")
    assert both.seen() == [("kf", "您是…对吗？")]
    assert await both.write("又一句", to=stranger, session=session) == Refused("unreachable", "recipient")


async def test_a_line_of_a_menu_comes_back_as_a_press(both: Both) -> None:
    await both.says("在吗")
    await both.write("发吗？", buttons=(CardButton("a" * 32, "发送"),))
    item = both.emulator.seen()[-1]
    assert [button.label for button in item.content.buttons] == ["发送"]
    await both.emulator.press(item.message, "a" * 32, MOTHER)
    assert await both.puller.pull()
    kinds = both.store.read(lambda db: db.conn.execute(sa.select(inbox.inbox.c.kind)).scalars().all())
    assert sorted(kinds.result()) == ["message", "press"]


async def test_empty_pages_small_pages_and_what_came_while_nobody_listened(both: Both) -> None:
    both.emulator.platform.kf.knobs.empty_pages = 2
    for number in range(7):
        await both.emulator.say(MOTHER, f"第{number}句")
        both.later(hours=1)
    assert await both.puller.pull()
    assert [one.message.text for one in both.kept()] == [f"第{number}句" for number in range(7)]


async def test_an_anonymous_word_is_answered_in_the_chat_and_nowhere_else(both: Both) -> None:
    await both.says("匿名：为什么拖堂")
    assert both.kept() == []
    assert both.seen() == [("kf", NOT_OPEN)]


async def test_an_expired_ticket_is_left_out(both: Both) -> None:
    both.puller.rang("nobody-gave-this")
    await both.says("在吗")
    assert len(both.kept()) == 1
    calls = [call for call in both.emulator.calls() if kf.SYNC in str(call)]
    assert len(calls) == 2
