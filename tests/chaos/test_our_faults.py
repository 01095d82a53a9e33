"""Faults of our own: each is survived by the loops, told where a person is concerned, and doubles nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.app import build
from bot.decide import Decider
from bot.intake import NotKept
from bot.meanings import Ahead
from config.settings import load_settings
from storage import outbox, schedule
from storage.engine import Busy, Db, Refused
from storage.inbox import Claimed
from tests.chaos.test_restore import _put_back, _with_something_queued
from tests.chaos.whole import MOTHER, TEACHER, emulated, running
from tests.real_postgres import Postgres

CARD = "/v1.0/card/instances/createAndDeliver"
BATCH = "/v1.0/robot/oToMessages/batchSend"


def _plan(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"seed": 1, "rules": list(rules)}


async def test_a_restore_that_dies_at_its_start_is_still_a_restore(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It once sent the whole old queue at the second start."""
    async with emulated(tmp_path) as emulator:
        async with running(tmp_path, emulator) as one:
            await one.say(MOTHER, "明天美术课要带什么")
            await one.until("12T08:30")
            await _with_something_queued(one, tmp_path)
        _put_back(tmp_path, "backup.db")
        before = emulator.seen()[-1].n

        def dies(_self: Decider, _db: Db) -> None:
            raise SystemError

        with monkeypatch.context() as patched:
            patched.setattr(Decider, "restored", dies)
            app = build(load_settings(tmp_path / "c.toml", {}))
            with pytest.raises(SystemError):
                await app.start()
        async with running(tmp_path, emulator) as one:
            await one.app.settle()
            assert {item.to for item in one.seen(before)} == {"t-302"}
            assert "备份" in one.texts(before)


async def test_a_card_in_doubt_never_goes_out_again_as_text(tmp_path: Path) -> None:
    """Executed, answer lost; then cards are refused: the group once saw the digest twice."""
    async with emulated(tmp_path) as emulator, running(tmp_path, emulator) as one:
        await one.say(TEACHER, "表扬小明主动扫了地")
        lost = {"api": CARD, "kind": "reset", "nth": 1}
        refused = {"api": CARD, "kind": "code", "value": "Forbidden.AccessDenied.IpNotInWhiteList", "nth": 1}
        await one.until("12T16:49")
        emulator.faults.set(_plan(lost, refused))
        await one.until("12T17:30")
        assert len([item for item in one.seen() if item.to is None]) == 1
        assert "不确定" in one.texts(), "and the teacher is asked to look"


async def test_a_line_that_swallows_every_answer_gets_one_labelled_copy(tmp_path: Path) -> None:
    async with emulated(tmp_path) as emulator:
        config = tmp_path / "c.toml"
        kept = [line for line in config.read_text("utf-8").splitlines() if "card_template" not in line]
        config.write_text("\n".join(kept), "utf-8")
        async with running(tmp_path, emulator) as one:
            await one.say(TEACHER, "表扬小明主动扫了地")
            emulator.faults.set(_plan({"api": BATCH, "kind": "reset", "share": 1.0}))
            await one.until("12T18:00")
        assert one.texts().count("补发") <= 1


async def test_an_erased_family_does_not_stop_the_sender(tmp_path: Path) -> None:
    """One row that cannot be read any more once ended the loop for good."""
    async with emulated(tmp_path) as emulator, running(tmp_path, emulator) as one:
        await one.say(MOTHER, "老师，明天几点放学")
        emulator.faults.set(_plan({"api": BATCH, "kind": "http", "value": 429, "share": 1.0}))
        await emulator.say(TEACHER, "1 四点半")
        await asyncio.sleep(0)
        table = outbox.outbox

        def erase(db: Db) -> int:
            waiting = sa.select(table.c.sealed_for).where(table.c.state == outbox.NEW)
            subjects = list(db.conn.execute(waiting).scalars())
            for subject in subjects:
                db.destroy_key(subject)
            return len(subjects)

        while not one.app.store.run(erase).result():
            await one.app.sender.moved()
        emulator.faults.set(_plan())
        await one.until("12T08:30")
        mark = one.seen()[-1].n if one.seen() else 0
        await one.say("三(1)班/小明妈妈", "老师好，想问下周的安排")
        assert len(one.seen(mark)) == 2


async def test_a_poisoned_message_whose_apology_fails_holds_nobody_up(tmp_path: Path) -> None:
    async with emulated(tmp_path) as emulator, running(tmp_path, emulator) as one:
        worker, decide = one.app.worker, one.app.decider.row

        def failing(db: Db, row: Claimed, ahead: Ahead | None) -> None:
            if "毒丸" in row.payload:
                raise ZeroDivisionError
            decide(db, row, ahead)

        def no_words(_db: Db, _row: Claimed) -> None:
            raise ZeroDivisionError

        worker._decide, worker._apologise = failing, no_words
        await one.say(MOTHER, "毒丸")
        await one.say(MOTHER, "老师，明天几点放学")
        assert "明天几点放学" in one.texts()


async def test_a_refusing_database_is_no_failure_of_what_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with emulated(tmp_path) as emulator, running(tmp_path, emulator) as one:
        await one.say(TEACHER, "表扬小明主动扫了地")
        act, refusals = one.app.ticker._act, iter(range(5))

        def refusing(db: Db, occurrence: schedule.Occurrence, now: Any) -> None:
            if occurrence.kind == "digest.send" and next(refusals, None) is not None:
                raise Refused("OperationalError")
            act(db, occurrence, now)

        monkeypatch.setattr(one.app.ticker, "_act", refusing)
        await one.until("12T16:55")
        assert len([item for item in one.seen() if item.to is None]) == 1


async def test_a_fault_in_intake_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with emulated(tmp_path) as emulator, running(tmp_path, emulator) as one:

        async def broken(_rows: list[dict[str, Any]]) -> NotKept | None:
            raise ZeroDivisionError

        monkeypatch.setattr(one.app.intake, "_write", broken)
        with pytest.raises(NotKept):
            await one.app.intake.keep({})


async def test_one_folder_serves_one_process(tmp_path: Path, postgres: Postgres) -> None:
    """On PostgreSQL two processes once shared a spool file, and one's mail was lost."""
    url = postgres.create()
    async with emulated(tmp_path, url) as emulator, running(tmp_path, emulator):
        with pytest.raises(Busy):
            build(load_settings(tmp_path / "c.toml", {}))
    postgres.drop(url)
