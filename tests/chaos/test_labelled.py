"""Where nothing removes duplicates: what has to arrive comes again with a label, the rest is told."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from storage import outbox
from storage.engine import Db
from tests.chaos.whole import MOTHER, TEACHER, Whole, emulated, running

BATCH = "/v1.0/robot/oToMessages/batchSend"


def _plan(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"seed": 1, "rules": list(rules)}


def _without_cards(directory: Path) -> None:
    """Settings as where the platform refuses cards."""
    config = directory / "c.toml"
    lines = config.read_text("utf-8").splitlines()
    config.write_text("\n".join(line for line in lines if "card_template" not in line), "utf-8")


def _as_if_it_died_sending(one: Whole) -> None:
    """The row that waits for its next try looks as a crash in the middle of the call leaves it."""
    table = outbox.outbox

    def unit(db: Db) -> None:
        waiting = sa.update(table).where(table.c.state == outbox.NEW)
        db.conn.execute(waiting.values(state=outbox.SENDING, owner=one.app._owner))

    one.app.store.run(unit).result()


async def test_the_summary_itself_comes_again_and_says_so(tmp_path: Path) -> None:
    async with emulated(tmp_path) as emulator:
        _without_cards(tmp_path)
        async with running(tmp_path, emulator) as one:
            await one.say(MOTHER, "老师，明天几点放学")
            emulator.faults.set(_plan({"api": BATCH, "kind": "http", "value": 429, "share": 1.0}))
            await one.emulator.say(TEACHER, "1 四点半")
            await asyncio.wrap_future(one.app.store.run(lambda db: None))
            while not _waiting(one):
                await one.app.sender.moved()
            await one.app.sender.stop()
            _as_if_it_died_sending(one)
        emulator.faults.set(_plan({"api": BATCH, "kind": "reset", "nth": 1}))
        before = one.seen()[-1].n
        async with running(tmp_path, emulator) as one:
            await one.until("12T08:30")
            told = one.seen(before)
        assert {item.to for item in told} == {"t-302"}, "the answer itself waits for the teacher's word"
        first, again = (item.content.text for item in told)
        assert "给小明妈妈：“王老师：四点半”" in first
        assert again == f"补发，如已收到请忽略：\n{first}"


def _waiting(one: Whole) -> bool:
    now = one.app.clock.now()
    found = one.app.store.read(lambda db: outbox.next_due(db, now)).result()
    return found is not None


async def test_a_card_in_doubt_is_sent_again_and_seen_once(tmp_path: Path) -> None:
    async with emulated(tmp_path) as emulator, running(tmp_path, emulator) as one:
        await one.say(TEACHER, "表扬小明主动扫了地")
        unanswered = {"api": "/v1.0/card/instances/createAndDeliver", "kind": "http", "value": 500, "nth": 1}
        emulator.faults.set(_plan(unanswered))
        await one.until("12T17:30")
        group = [item for item in one.seen() if item.to is None]
        assert len(group) == 1


async def test_a_card_in_doubt_that_is_then_refused_stays_in_doubt(tmp_path: Path) -> None:
    """Shown, answer lost, then the words are refused: "not sent" would have the teacher say it twice."""
    async with emulated(tmp_path) as emulator, running(tmp_path, emulator) as one:
        await one.say(TEACHER, "表扬小明主动扫了地")
        await one.until("12T16:49")
        card = "/v1.0/card/instances/createAndDeliver"
        lost = {"api": card, "kind": "reset", "nth": 1}
        refused = {"api": card, "kind": "code", "value": "param.contentUnsafe", "nth": 1}
        emulator.faults.set(_plan(lost, refused))
        await one.until("12T17:30")
        assert len([item for item in one.seen() if item.to is None]) == 1
        ends = one.app.store.read(_ends).result()
    assert (outbox.UNKNOWN, "param.contentUnsafe") in ends
    assert outbox.REFUSED not in {state for state, _code in ends}


def _ends(db: Db) -> list[tuple[str, str]]:
    rows = db.conn.execute(sa.select(outbox.outbox.c.state, outbox.outbox.c.code))
    return [(row.state, row.code) for row in rows]
