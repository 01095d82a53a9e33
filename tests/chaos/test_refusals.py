"""The database refuses while callbacks come in: all are answered 200, none is lost, none is doubled."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App, build
from bot.dialogue.control import Control
from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.platform import Limits
from config.settings import load_settings
from storage.engine import Db
from tests.chaos.kill import ENV, START
from tests.chaos.people import RELAYED, People

CALLBACKS = 200
ROOMY = 1 << 30


@asynccontextmanager
async def _world(directory: Path) -> AsyncIterator[tuple[App, People, Control]]:
    emulator = Emulator(start=START, limits=Limits(None, None))
    await emulator.start()
    config = directory / "classbridge.toml"
    emulator.write_config(config, 0, f"sqlite:///{directory / 'classbridge.db'}")
    app = build(load_settings(config, ENV))
    await app.start()
    emulator.target = f"http://127.0.0.1:{app.public_port}"
    try:
        async with Control(emulator.url) as control:
            yield app, People(control, await control.people(), random.Random(1)), control
    finally:
        await app.stop()
        await emulator.stop()


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Another process's writer that does not let go."""
    other = sqlite3.connect(directory / "classbridge.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


async def _pages(app: App, most: int) -> None:
    """Let the file grow to so many pages; SQLite then says what it says of a full disk."""

    def unit(db: Db) -> None:
        db.conn.exec_driver_sql(f"PRAGMA max_page_count = {most}")

    await asyncio.wrap_future(app.store.run(unit))


async def _everybody_writes(people: People) -> None:
    guardians = people.guardians

    async def one(number: int) -> None:
        guardian = guardians[number % len(guardians)]
        entry = people.books.say("relay", guardian.id, people.teachers_of(guardian))
        entry.acknowledged, _ = await people.control.say(
            chat=guardian.chat, sender=guardian.id, text=RELAYED.format(mark=entry.mark)
        )

    await asyncio.gather(*(one(number) for number in range(CALLBACKS)))


async def _balance(people: People, control: Control) -> None:
    async with asyncio.timeout(60):
        while True:
            await control.move(await control.now() + timedelta(seconds=5))
            await people.look()
            if not people.books.lost(people.seen, []):
                break
    assert len(people.books.acknowledged) == CALLBACKS
    assert people.books.doubled_messages(people.seen) == []
    assert people.books.too_many_receipts(people.seen) == 0


async def test_a_locked_database(tmp_path: Path) -> None:
    async with _world(tmp_path) as (app, people, control):
        with _locked(tmp_path):
            await _everybody_writes(people)
            assert (await app.health.facts())["spool"] == CALLBACKS
            await people.look()
            assert people.seen == []
        await _balance(people, control)


async def test_a_full_disk(tmp_path: Path) -> None:
    async with _world(tmp_path) as (app, people, control):
        await _pages(app, 1)  # SQLite takes the present size for the least it can mean
        await _everybody_writes(people)
        assert (await app.health.facts())["spool"] > 0
        with pytest.raises(sqlite3.OperationalError, match="full"):
            _fill(tmp_path)
        await _pages(app, ROOMY)
        await _balance(people, control)


def _fill(directory: Path) -> None:
    """Shows that the trick of this test is what SQLite does on a full disk."""
    other = sqlite3.connect(directory / "classbridge.db")
    try:
        other.execute("PRAGMA max_page_count = 1")
        other.execute("CREATE TABLE filler AS SELECT randomblob(100000) AS blob")
    finally:
        other.close()
