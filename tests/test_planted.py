"""Names and words planted in a day's talk are looked for where they must not be.

The control looks where they must be: a search that finds nothing anywhere proves nothing.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa

from bot import log
from storage.engine import Db, Store
from tests.chaos.whole import MOTHER, TEACHER, Whole, emulated, running

PLANTED = ("紫电青霜", "小明", "三四五六街", "13912345678", "林小满")
"""Words said below, a child's name, an address, a phone number."""


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything the process logs, at the loudest."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    log.setup("DEBUG", stream)
    yield stream
    root.handlers[:], root.level = before, level


async def _a_day(one: Whole) -> None:
    await one.say(MOTHER, "紫电青霜，小明住三四五六街，电话13912345678")
    await one.say(TEACHER, "1 紫电青霜收到，小明很好")
    await one.say(TEACHER, "表扬小明紫电青霜")
    await one.say(TEACHER, "提醒明天带紫电青霜")
    await one.say("三(2)班/林小满爸爸", "", kind="picture")
    await one.say("outsider:紫电青霜", "我是小明的舅舅")
    one.emulator.faults.set(
        {"seed": 1, "rules": [{"api": "/v1.0/card*", "nth": 1, "kind": "http", "value": 500}]}
    )
    await one.until("12T16:50")
    one.emulator.faults.set(
        {"seed": 1, "rules": [{"api": "/v1.0/*", "kind": "refuse", "share": 1.0, "times": 3}]}
    )
    await one.say(TEACHER, "回复小明妈妈：紫电青霜明天见")
    await one.until("12T21:10")


async def _admin(one: Whole) -> str:
    base = f"http://127.0.0.1:{one.app.admin_port}"
    async with aiohttp.ClientSession() as http:
        pages = []
        for path in ("/metrics", "/healthz"):
            async with http.get(base + path) as answer:
                pages.append(await answer.text())
    return "".join(pages)


async def test_no_planted_word_is_in_logs_metrics_or_raw_bytes(
    empty_database_url: str, tmp_path: Path, logged: io.StringIO
) -> None:
    async with emulated(tmp_path, empty_database_url) as emulator, running(tmp_path, emulator) as one:
        await _a_day(one)
        public = await _admin(one)
        raw = _tables(one.app.store)
        secret = emulator.platform.app.client_secret
        seen = one.texts()
    told = logged.getvalue()
    assert '"event":"serving"' in told
    assert "classbridge_acks" in public
    assert all(word in seen for word in PLANTED[:2]), "the control: people did see them"
    for word in (*PLANTED, secret):
        assert word not in told
        assert word not in public
        assert word.encode() not in raw + _files(tmp_path)


def _tables(store: Store) -> bytes:
    """Every row of every table as the database itself keeps it."""

    def unit(db: Db) -> bytes:
        names = sa.inspect(db.conn).get_table_names()
        rows = [row for name in names for row in db.conn.execute(sa.text(f'SELECT * FROM "{name}"'))]
        return b"\n".join(_bytes(value) for row in rows for value in row)

    return store.read(unit).result()


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def _files(folder: Path) -> bytes:
    """The data folder's bytes: database, journal, spool. The emulator's own two files are not ours."""
    data = folder / "c.data"
    paths = [path for path in (*data.rglob("*"), *folder.glob("*.db*")) if path.is_file()]
    assert paths
    return b"".join(path.read_bytes() for path in paths)
