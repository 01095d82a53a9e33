"""Stream and the real door behind it: what is acknowledged is kept, what is anonymous is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa

from bot.dingtalk.door import DingTalkDoor
from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.speech import speak
from bot.dingtalk.stream import Stream
from bot.dingtalk.stream_frames import BOT
from bot.dingtalk.wire import Robot
from bot.emulation.say import Say
from bot.intake import Intake
from bot.metrics import Metrics
from bot.tenure import Tenure
from storage import inbox, schema
from storage.engine import Store, open_store
from storage.spool import Spool
from tests.wire.stream_stand import QUICK, app_of


@dataclass
class Kept:
    """The platform, the door, and what is behind it."""

    emulator: Emulator
    store: Store
    spool: Spool
    streams: list[Stream]

    def rows(self) -> list[str]:
        """The keys in the inbox."""
        keys = sa.select(inbox.inbox.c.key).order_by(inbox.inbox.c.received_at, inbox.inbox.c.id)
        return list(self.store.read(lambda db: list(db.conn.execute(keys).scalars())).result())


@asynccontextmanager
async def kept(tmp_path: Path, replicas: int = 1) -> AsyncIterator[Kept]:
    url = f"sqlite:///{tmp_path}/a.db"
    schema.prepare(url)
    store = open_store(url, tmp_path / "key")
    emulator = Emulator(receive="stream")
    emulator.gateway.pace.ack_s = 5.0
    await emulator.start()
    spool = Spool(tmp_path / "spool", 1 << 20)
    app, metrics = app_of(emulator), Metrics()
    key = await asyncio.wrap_future(store.run(inbox.mail_key))
    intake = Intake(store, spool, emulator.clock, key, metrics, lambda: None)
    door = DingTalkDoor(intake, emulator.clock, metrics, {"school": Robot("school", app)})
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        streams = [
            Stream("school", app, http, emulator.clock, door, tenure, metrics, QUICK)
            for tenure in (Tenure(store, emulator.clock, "stream:school", f"r{n}") for n in range(replicas))
        ]
        for stream in streams:
            stream.start()
        try:
            await emulator.gateway.wait(BOT)
            yield Kept(emulator, store, spool, streams)
        finally:
            for stream in streams:
                await stream.stop()
    await intake.close()
    await emulator.stop()
    store.close()
    spool.close()


async def test_delivered_means_there_is_a_row(tmp_path: Path) -> None:
    async with kept(tmp_path) as one:
        said = await one.emulator.say("t-301", "你好")
        assert said["delivered"] is True
        (key,) = one.rows()
        assert str(said["message"]) in key


async def test_copies_become_one_row(tmp_path: Path) -> None:
    async with kept(tmp_path) as one:
        await one.emulator.say("t-301", "你好", copies=3)
        assert len(one.rows()) == 1


@pytest.mark.parametrize(("sender", "chat"), [("小明妈妈", "三(2)班"), ("t-301", None)])
async def test_what_is_anonymous_is_answered_and_not_kept(
    tmp_path: Path, sender: str, chat: str | None
) -> None:
    async with kept(tmp_path) as one:
        said = await one.emulator.say(sender, "@小助手 匿名：作业太多了", chat)
        assert said["delivered"] is True
        (item,) = await one.emulator.wait_seen()
        assert item.lane == "session"
        assert item.content.text
        assert one.rows() == []
        assert one.spool.count == 0


async def test_without_a_place_to_keep_it_nothing_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError

    async with kept(tmp_path) as one:
        monkeypatch.setattr(one.spool, "append", full)
        one.emulator.gateway.pace.ack_s = 0.2
        pages = "PRAGMA max_page_count=1"
        await asyncio.wrap_future(one.store.run(lambda db: db.conn.exec_driver_sql(pages)))
        spoke = speak(one.emulator.platform, Say("t-301", "你好" * 5_000, None))
        assert spoke.envelope is not None
        pushed = await one.emulator.gateway.push_bot(spoke.envelope.body, spoke.message)
        assert pushed.outcome == "no answer in time"
        assert one.rows() == []


async def test_replicas_have_one_socket_and_the_next_takes_over(tmp_path: Path) -> None:
    async with kept(tmp_path, replicas=3) as one:
        gateway = one.emulator.gateway
        assert (await one.emulator.say("t-301", "一"))["delivered"] is True
        assert [stream.connected for stream in one.streams].count(True) == 1
        for number in range(2):
            (owner,) = [stream for stream in one.streams if stream.connected]
            await owner.stop()
            await gateway.until(lambda number=number: gateway.opened == number + 2)  # type: ignore[misc]
            await gateway.wait(BOT)
            assert (await one.emulator.say("t-301", "二"))["delivered"] is True
            assert len(gateway.connections) == 1
        assert len(one.rows()) == 3
