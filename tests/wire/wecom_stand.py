"""WeCom's door with what it needs and nothing behind it: store, spool, intake, listener."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa
from yarl import URL

from bot.intake import Decided, Intake
from bot.metrics import Metrics
from bot.server import Server
from bot.supervisor import bind
from bot.wecom.door import BotDoor, WeComDoor
from config.clock import Clock, SystemClock
from config.settings import WeComApp
from storage import inbox, schema
from storage.engine import Db, Store, open_store
from storage.spool import Spool
from tests.wire import wecom_requests as made

SETTINGS: dict[str, Any] = {
    "corp_id": made.CORP, "agent_id": 1000002, "secret": "not-a-real-secret", "token": made.TOKEN,
    "aes_key": made.KEY,
}  # fmt: skip
CALLBACK = "/wecom/school/callback"
KF = "/wecom/school/kf"


@dataclass
class Stand:
    """A running door."""

    url: str
    store: Store
    spool: Spool
    intake: Intake
    door: WeComDoor
    metrics: Metrics
    database: Path
    http: aiohttp.ClientSession
    rings: list[tuple[str, str, str]] = field(default_factory=list)
    key: inbox.MailKey | None = None

    async def post(
        self, query: Mapping[str, str], body: bytes, path: str = CALLBACK, **headers: str
    ) -> tuple[int, bytes]:
        """One request; the status and what was answered."""
        url = URL(self.url + path).with_query(dict(query))
        async with self.http.post(url, data=body, headers=headers) as answer:
            return answer.status, await answer.read()

    async def get(self, query: str, path: str = CALLBACK) -> tuple[int, bytes, Mapping[str, str]]:
        """One request with the query as it is."""
        async with self.http.get(URL(f"{self.url}{path}?{query}", encoded=True)) as answer:
            return answer.status, await answer.read(), answer.headers

    async def say(self, plain: str, path: str = CALLBACK, *, token: str = made.TOKEN) -> tuple[int, bytes]:
        """One genuine push of these words."""
        encrypt = made.sealed(plain)
        return await self.post(made.query(encrypt, now_s(), token=token), made.envelope(encrypt), path)

    async def rows(self) -> list[tuple[str, str, str]]:
        """Key, lane and kind of what was kept, after the spool was drained."""
        await self.intake.drain()
        of = inbox.inbox.c

        def unit(db: Db) -> list[tuple[str, str, str]]:
            found = db.conn.execute(sa.select(of.key, of.conversation, of.kind).order_by(of.id))
            return [(row[0], row[1], row[2]) for row in found]

        return await asyncio.wrap_future(self.store.read(unit))

    async def kept(self) -> int:
        """How many."""
        return len(await self.rows())


def now_s(ahead: int = 0) -> str:
    """The time of an address."""
    return str(int(SystemClock().now().timestamp()) + ahead)


def message(number: int = 1, content: str = "你好", **more: object) -> str:
    """A genuine message of now, unless told otherwise; the same for the others."""
    fields = {"CreateTime": int(now_s()), "MsgType": "text", "Content": content, "MsgId": number}
    return made.inner(**(fields | more))


def event(name: str, **more: object) -> str:
    """A genuine event of now."""
    return made.inner(**({"CreateTime": int(now_s()), "MsgType": "event", "Event": name} | more))


def press(**more: object) -> str:
    """A genuine press of now."""
    fields = {"EventKey": "b" * 32, "TaskId": "card1", "CardType": "button_interaction", "ResponseCode": "rc"}
    return event("template_card_event", **(fields | more))


@asynccontextmanager
async def standing(
    tmp_path: Path,
    decided: Decided | None = None,
    bots: Mapping[str, BotDoor] | None = None,
    clock: Clock | None = None,
    **settings: object,
) -> AsyncIterator[Stand]:
    """See the module.

    Args:
        decided: Where a press learns what was decided.
        bots: The AI bots' doors.
        clock: In place of the system's.
        settings: In place of those of the app.
    """
    database = tmp_path / "a.db"
    schema.prepare(f"sqlite:///{database}")
    store = open_store(f"sqlite:///{database}", tmp_path / "key")
    key = store.run(inbox.mail_key).result()
    clock = clock or SystemClock()
    spool, metrics = Spool(tmp_path / "spool", 1 << 20), Metrics()
    intake = Intake(store, spool, clock, key, metrics, lambda: None, decided)
    apps = {"school": WeComApp.model_validate(SETTINGS | settings)}
    rings: list[tuple[str, str, str]] = []
    door = WeComDoor(intake, clock, metrics, apps, lambda *ring: rings.append(ring), bots or {})

    async def health() -> dict[str, object]:
        return {"status": "ok"}

    server = Server(metrics, health, routes=[door.add_to])
    public, admin = bind("127.0.0.1", 0), bind("127.0.0.1", 0)
    await server.start(public, admin)
    try:
        async with aiohttp.ClientSession() as http:
            here = f"http://127.0.0.1:{public.getsockname()[1]}"
            yield Stand(here, store, spool, intake, door, metrics, database, http, rings, key)
    finally:
        await server.stop()
        await intake.close()
        store.close()
        spool.close()


def answered(body: bytes) -> tuple[str, dict[str, Any]]:
    """An answer opened by wechatpy: its kind, and what it holds."""
    import xmltodict  # type: ignore[import-untyped]
    from wechatpy.work.crypto import WeChatCrypto

    outer = xmltodict.parse(body)["xml"]
    crypto = WeChatCrypto(made.TOKEN, made.KEY, made.CORP)
    plain = crypto.decrypt_message(body, outer["MsgSignature"], outer["TimeStamp"], outer["Nonce"])
    found: dict[str, Any] = json.loads(json.dumps(xmltodict.parse(plain)["xml"]))
    return str(found["MsgType"]), found
