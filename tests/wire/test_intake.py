"""The door on bad days: locked, full and gone databases; every callback is answered and none is lost."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa

from bot.dingtalk.door import DingTalkDoor
from bot.dingtalk.wire import Robot
from bot.intake import Intake
from bot.metrics import Metrics
from bot.server import Server
from bot.supervisor import bind
from config.clock import Clock, SystemClock
from config.settings import DingTalkApp
from storage import inbox, schema
from storage.engine import Db, Store, open_store
from storage.spool import Spool

SECRET = "not-a-real-secret-of-any-app"
CALLBACKS = 200
SYSTEM = SystemClock()


@dataclass
class Door:
    """A running door."""

    url: str
    store: Store
    spool: Spool
    intake: Intake
    dingtalk: DingTalkDoor
    database: Path
    http: aiohttp.ClientSession
    clock: Clock

    async def say(self, msg_id: str, text: str = "你好", **more: object) -> tuple[int, bytes]:
        timestamp = str(int(self.clock.now().timestamp() * 1000) + int(msg_id[1:]) % 1000)
        mac = hmac.digest(SECRET.encode(), f"{timestamp}\n{SECRET}".encode(), "sha256")
        body = {
            "msgId": msg_id,
            "msgtype": "text",
            "text": {"content": text},
            "conversationId": f"cid{msg_id}",
            "conversationType": "1",
            "senderId": "$:LWCP_v1:$x",
            "senderStaffId": "p1",
        }
        headers = {"timestamp": timestamp, "sign": base64.b64encode(mac).decode()}
        url = f"{self.url}/dingtalk/school/robot"
        async with self.http.post(url, data=json.dumps(body | more), headers=headers) as answer:
            return answer.status, await answer.read()

    async def say_all(self) -> list[int]:
        answers = await asyncio.gather(*(self.say(f"m{n}") for n in range(CALLBACKS)))
        return [status for status, _body in answers]

    def limit_pages(self, most: int) -> None:
        """A disk that is full after so many pages, or as many as there are now."""

        def unit(db: Db) -> None:
            db.conn.exec_driver_sql(f"PRAGMA max_page_count={most}")

        self.store.run(unit).result()

    async def kept(self) -> int:
        """Different messages in the inbox after the spool was drained."""
        await self.intake.drain()
        count = sa.select(sa.func.count()).select_from(inbox.inbox)
        return await asyncio.wrap_future(self.store.read(lambda db: int(db.conn.execute(count).scalar_one())))


@asynccontextmanager
async def door(tmp_path: Path, clock: Clock = SYSTEM) -> AsyncIterator[Door]:
    """Store, spool, intake and listener, without anything behind them."""
    database = tmp_path / "a.db"
    url = f"sqlite:///{database}"
    schema.prepare(url)
    store = open_store(url, tmp_path / "key")
    key = store.run(inbox.mail_key).result()
    spool = Spool(tmp_path / "spool", 1 << 20)
    app = DingTalkApp(client_id="d", client_secret=SECRET, corp_id="c")  # type: ignore[arg-type]
    metrics = Metrics()
    robots = {"school": Robot("school", app)}
    intake = Intake(store, spool, clock, key, metrics, lambda: None)
    dingtalk = DingTalkDoor(intake, clock, metrics, robots)

    async def health() -> dict[str, object]:
        return {"status": "ok"}

    server = Server(metrics, health, routes=[dingtalk.add_to])
    public, admin = bind("127.0.0.1", 0), bind("127.0.0.1", 0)
    await server.start(public, admin)
    try:
        async with aiohttp.ClientSession() as http:
            here = f"http://127.0.0.1:{public.getsockname()[1]}"
            yield Door(here, store, spool, intake, dingtalk, database, http, clock)
    finally:  # a test that fails leaves nothing open that would fail its neighbour
        await server.stop()
        await intake.close()
        store.close()
        spool.close()


async def test_all_are_on_disk_before_they_are_answered(tmp_path: Path) -> None:
    async with door(tmp_path) as one:
        assert await one.say_all() == [200] * CALLBACKS
        assert one.spool.count == 0
        assert await one.kept() == CALLBACKS


async def test_a_locked_database(tmp_path: Path) -> None:
    async with door(tmp_path) as one:
        blocker = sqlite3.connect(one.database, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        assert await one.say_all() == [200] * CALLBACKS
        assert one.spool.count >= CALLBACKS
        blocker.execute("ROLLBACK")
        blocker.close()
        assert await one.kept() == CALLBACKS
        assert one.spool.count == 0


async def test_a_full_disk(tmp_path: Path) -> None:
    async with door(tmp_path) as one:
        one.limit_pages(1)
        assert await one.say_all() == [200] * CALLBACKS
        assert one.spool.count > 0
        one.limit_pages(100000)
        assert await one.kept() == CALLBACKS


async def test_with_neither_database_nor_spool_the_platform_must_come_again(tmp_path: Path) -> None:
    async with door(tmp_path) as one:
        blocker = sqlite3.connect(one.database, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        one.spool._size = 0
        assert (await one.say("m1"))[0] == 503
        blocker.execute("ROLLBACK")
        blocker.close()


async def test_a_repeated_callback_is_answered_and_kept_once(tmp_path: Path) -> None:
    async with door(tmp_path) as one:
        assert [(await one.say("m1"))[0] for _again in range(3)] == [200] * 3
        assert await one.kept() == 1


async def test_the_anonymous_word_leaves_no_trace(tmp_path: Path) -> None:
    async with door(tmp_path) as one:
        status, body = await one.say("m1", "匿名：食堂的饭是冷的")
        assert status == 200
        assert json.loads(body)["text"]["content"] == ("匿名信箱还没有开通，这句没有保存，也没有转给任何人。")
        assert await one.kept() == 0
        assert one.spool.count == 0
        assert "食堂".encode() not in await asyncio.to_thread(_all_bytes, tmp_path)


def _all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_an_anonymous_cry_for_help_gets_the_numbers(tmp_path: Path) -> None:
    async with door(tmp_path) as one:
        _status, body = await one.say("m1", "匿名：有人天天打他，他说不想活了")
        assert json.loads(body)["text"]["content"].splitlines() == [
            "匿名信箱还没有开通，这句没有保存，也没有转给任何人。",
            "孩子有危险请马上打 110 或 120；想找人说说，可以打 12355。",
        ]
        assert await one.kept() == 0


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/dingtalk/nobody/robot", "POST", 404),
        ("/dingtalk/school/robot", "GET", 405),
        ("/dingtalk/school/robot", "POST", 403),
        ("/nothing", "POST", 404),
        ("/healthz", "GET", 200),
    ],
)
async def test_what_the_door_says_to_others(tmp_path: Path, path: str, method: str, status: int) -> None:
    async with door(tmp_path) as one, one.http.request(method, one.url + path) as answer:
        assert answer.status == status


async def test_a_body_over_the_limit_is_refused(tmp_path: Path) -> None:
    async with door(tmp_path) as one:
        assert (await one.say("m1", "长" * 40_000))[0] == 413
