"""Faults of our own while WeCom pushes and customer service is read: nothing lost, nothing read twice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.app import App, build
from bot.emulation.faults import Fault
from bot.wecom import kf_sync
from bot.wecom.emulator.emulator import WeComEmulator
from config.settings import load_settings
from storage.engine import Db
from storage.inbox import inbox
from storage.kf import kf_cursors
from tests.chaos import kill_wecom
from tests.chaos.kill import START

SYNC = "/cgi-bin/kf/sync_msg"
TEACHER = "t-302"
WRITERS = 20


@asynccontextmanager
async def emulated(directory: Path) -> AsyncIterator[WeComEmulator]:
    emulator = kill_wecom.made(START, "1")
    await emulator.start()
    emulator.write_config(directory / "c.toml", 0)
    try:
        yield emulator
    finally:
        await emulator.stop()


@asynccontextmanager
async def running(directory: Path, emulator: WeComEmulator) -> AsyncIterator[App]:
    app = build(load_settings(directory / "c.toml", {}))
    await app.start()
    emulator.target = f"http://127.0.0.1:{app.public_port}"
    try:
        yield app
    finally:
        await app.stop()


def families(emulator: WeComEmulator) -> list[str]:
    return [one for one in emulator.world.people if one.startswith("g-302")][:WRITERS]


async def write(emulator: WeComEmulator) -> list[str]:
    """Each of them writes one line: three pages of them."""
    marks = []
    for number, one in enumerate(families(emulator)):
        marks.append(f"条子{number:03}")
        await emulator.say(one, f"{marks[-1]}，老师您好，明天几点放学")
    return marks


def places(app: App) -> list[str]:
    return app.store.read(lambda db: list(db.conn.execute(sa.select(kf_cursors.c.cursor)).scalars())).result()


async def begun(emulator: WeComEmulator, app: App) -> list[str]:
    """The place after a first reading, which brought nothing."""
    await emulator.event("kf_msg_or_event", kill_wecom.ring(emulator))
    await app.settle()
    found = places(app)
    assert found == ["kfc0"]
    return found


def kept(app: App) -> list[str]:
    """What stands in the inbox from customer service."""

    def unit(db: Db) -> list[str]:
        return list(db.conn.execute(sa.select(inbox.c.key).where(inbox.c.key.like("%:kf:%"))).scalars())

    return app.store.read(unit).result()


def _struck(emulator: WeComEmulator) -> asyncio.Event:
    """Set when a planned fault has struck."""
    struck, pick = asyncio.Event(), emulator.faults.pick

    def picked(api: str) -> Fault | None:
        fault = pick(api)
        if fault is not None:
            struck.set()
        return fault

    emulator.faults.pick = picked  # type: ignore[method-assign]
    return struck


def _locking(directory: Path) -> sqlite3.Connection:
    """Somebody else writes and does not end."""
    other = sqlite3.connect(next(directory.rglob("*.db")), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


async def relayed_once(emulator: WeComEmulator, app: App, marks: list[str]) -> None:
    """The teacher sees each line once, and each family one answer."""
    for _ in range(3):
        await emulator.event("kf_msg_or_event", kill_wecom.ring(emulator))
        await app.settle()
        await emulator.walk(emulator.clock.now() + kill_wecom.MINUTE)
    assert len(set(kept(app))) == len(kept(app)) == len(marks)
    seen = [item.content.text for item in emulator.seen() if item.to == TEACHER and item.change == "new"]
    assert [sum(mark in text for text in seen) for mark in marks] == [1] * len(marks)
    answered = [item.to for item in emulator.seen() if item.lane == "kf"]
    assert sorted(str(one) for one in answered) == sorted(families(emulator))


async def test_stopped_between_two_pages_the_next_start_reads_on(tmp_path: Path) -> None:
    async with emulated(tmp_path) as emulator:
        async with running(tmp_path, emulator) as app:
            await app.settle()
            emulator.target = None  # nobody rings: it is all read at once, later
            marks = await write(emulator)
            emulator.target = f"http://127.0.0.1:{app.public_port}"
            hangs: dict[str, Any] = {"api": SYNC, "kind": "timeout_before", "value": 5000, "nth": 3}
            emulator.faults.set({"seed": 1, "rules": [hangs]})
            hanging = _struck(emulator)
            await emulator.event("kf_msg_or_event", kill_wecom.ring(emulator))
            await hanging.wait()
            assert len(kept(app)) == 2 * kill_wecom.PAGE
        emulator.faults.set({"rules": []})
        async with running(tmp_path, emulator) as app:
            await relayed_once(emulator, app, marks)


async def test_while_the_database_is_locked_the_place_stays(tmp_path: Path) -> None:
    """Guardians' words stay on the platform, a teacher's go to the spool."""
    async with emulated(tmp_path) as emulator, running(tmp_path, emulator) as app:
        before = await begun(emulator, app)
        other = _locking(tmp_path)
        said = asyncio.create_task(emulator.say(TEACHER, "表扬小明主动扫了地"))
        marks = await write(emulator)
        answer = await said
        assert answer["delivered"], answer
        assert places(app) == before
        assert kept(app) == []
        other.execute("ROLLBACK")
        other.close()
        await relayed_once(emulator, app, marks)
        teachers = app.store.read(
            lambda db: list(
                db.conn.execute(sa.select(inbox.c.key).where(inbox.c.key.like("wecom:%"))).scalars()
            )
        ).result()
        assert len([key for key in teachers if ":kf:" not in key]) == 1


async def test_while_the_disk_is_full_the_place_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with emulated(tmp_path) as emulator, running(tmp_path, emulator) as app:
        before = await begun(emulator, app)

        def full(*_given: Any) -> None:
            raise sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

        with monkeypatch.context() as patched:
            patched.setattr(kf_sync, "_kept", full)
            marks = await write(emulator)
            await app._wecom.settle()  # type: ignore[union-attr]
            assert places(app) == before
            assert kept(app) == []
        await relayed_once(emulator, app, marks)
