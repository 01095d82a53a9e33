"""Lines of danger no rule was written against, at the worst of times: somebody knows within a minute.

It is 3:00 on a holiday, the month's calls are used up, and ten thousand ordinary messages wait to be sent.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bot.app import App, build
from bot.budget import Level, month_of
from bot.dingtalk.emulator.emulator import Emulator
from bot.supervisor import bind
from config.ids import new_id
from config.settings import load_settings
from storage import inbox, outbox, people, schools
from storage.engine import Db
from storage.outbox import Item
from tests.bench.understanding.meaning import REDS, held_out
from tests.wire.test_month import MOTHER, USED

NIGHT = datetime.fromisoformat("2026-10-02T03:00:00+08:00")
WAITING = 10_000
TEACHER_ID = "t-302"
PARENTS = ("小明妈妈", "小明爸爸", "乐乐妈妈", "乐乐爸爸", "林小满妈妈", "林小满爸爸", "乐乐奶奶")
CLASSES = ("三(1)班", "三(2)班", "三(3)班")


def _red_lines() -> list[str]:
    return [line.text for line in held_out() if line.intent in REDS and line.role == "parent"]


def _copies(db: Db) -> int:
    """Fill the outbox with copies of the one message that waits in it, in its own lane and in others."""
    table = outbox.outbox.c
    teacher = people.by_identity(db, "dingtalk_user", schools.all_schools(db)[0].corp, TEACHER_ID)
    assert teacher is not None
    waits = (table.state == outbox.NEW) & (table.to_person == teacher.id)
    raw = db.conn.execute(outbox.outbox.select().where(waits)).one()
    row = outbox.row_of(db, raw)
    item = Item(
        "", row.school_id, row.lane, row.feature, row.payload, row.limits, row.safe, raw.sealed_for,
        to_person=row.to_person,
    )  # fmt: skip
    lanes = [row.lane, *(f"{row.lane}/{n}" for n in range(99))]
    copies = [replace(item, id=new_id(), lane=lanes[n % len(lanes) if n % 2 else 0]) for n in range(WAITING)]
    outbox.put_all(db, [(one, None) for one in copies], raw.created_at)
    return len(copies)


def _undecided(db: Db) -> int:
    handled = inbox.inbox.c.handled_at.is_(None)
    return int(db.conn.execute(sa.select(sa.func.count()).where(handled)).scalar_one())


async def _decided(app: App) -> None:
    """Wait until everything that was said is decided; sending is held."""
    while await asyncio.wrap_future(app.store.read(_undecided)):
        await asyncio.wait([asyncio.ensure_future(app.worker.moved())], timeout=1.0)


async def test_somebody_knows_within_a_minute(tmp_path: Path) -> None:
    emulator = Emulator(start=NIGHT - timedelta(hours=34))
    await emulator.start()
    public = bind("127.0.0.1", 0)
    emulator.write_config(tmp_path / "c.toml", public.getsockname()[1])
    app = build(load_settings(tmp_path / "c.toml", {}))
    await app.start(public, bind("127.0.0.1", 0))
    try:
        await emulator.walk(emulator.clock.now() + timedelta(seconds=1))  # it follows the clock by now
        app.sender.hold(True)
        await emulator.say(MOTHER, "老师，小明的水壶在教室吗")
        await _decided(app)
        assert app.store.run(_copies).result() == WAITING
        await emulator.jump(NIGHT)
        app.budget.known("school", month_of(app.clock.now()), USED[Level.URGENT])
        lines = _red_lines()
        families = [f"{of}/{who}" for of in CLASSES for who in PARENTS]
        assert 10 < len(lines) <= len(families)
        for who, line in zip(families, lines, strict=False):
            await emulator.say(who, line)
        await _decided(app)
        app.sender.hold(False)
        await emulator.walk(NIGHT + timedelta(seconds=60))
        seen = [item for item in emulator.seen() if item.to is not None and not item.to.startswith("g-")]
        read = [item.content.text for item in seen]
        unheard = [line for line in lines if not any(line in text for text in read)]
        assert len(unheard) == 0, f"{len(unheard)} of {len(lines)} reached nobody"
        assert any(item.to == TEACHER_ID and "【紧急】" in item.content.text for item in seen), "overtaking"
    finally:
        await app.stop()
        await emulator.stop()
