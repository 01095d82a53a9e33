"""A message whose decision fails is set aside; its neighbours are not held up and its writer is told."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.meanings import Ahead
from storage import inbox
from storage.engine import Db
from storage.inbox import Claimed
from tests.chaos.whole import MOTHER, TEACHER, emulated, running

POISON = "毒丸"


async def test_a_failing_decision_is_set_aside_and_told(tmp_path: Path) -> None:
    async with emulated(tmp_path) as emulator, running(tmp_path, emulator) as one:
        decide, tries = one.app.decider.row, []

        def failing(db: Db, row: Claimed, ahead: Ahead | None) -> None:
            if POISON in row.payload:
                tries.append(row.attempts)
                raise ZeroDivisionError
            decide(db, row, ahead)

        one.app.worker._decide = failing
        await one.say(MOTHER, f"老师好，{POISON}")
        await one.say(MOTHER, "老师，明天几点放学")
        assert tries == [1, 2, 3]
        mother = [item.content.text for item in one.seen() if item.to == "g-302-01-1"]
        assert mother[0].startswith("刚才那句我没处理好")
        assert mother[1].startswith("已转给王老师")
        depth = await asyncio.wrap_future(one.app.store.read(inbox.depth))
        assert (depth.open, depth.parked) == (0, 1)


async def test_a_failing_occurrence_is_given_up_and_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with emulated(tmp_path) as emulator, running(tmp_path, emulator) as one:
        act, failed = one.app.ticker._act, []

        def failing(db: Db, occurrence: Any, now: Any) -> None:
            if occurrence.kind == "digest.preview":
                failed.append(occurrence.subject_id)
                raise ZeroDivisionError
            act(db, occurrence, now)

        monkeypatch.setattr(one.app.ticker, "_act", failing)
        await one.say(TEACHER, "表扬小明主动扫了地")
        await one.until("12T16:55")
        assert sorted(failed) == sorted([*set(failed)] * 3), "three tries for each class"
        assert "小明主动扫了地。" in one.texts(), "the digest itself went out"


async def test_what_is_addressed_to_nobody_reachable_becomes_an_outcome(tmp_path: Path) -> None:
    """A family that has not joined: the teacher hears it, nothing hangs."""
    async with emulated(tmp_path) as emulator, running(tmp_path, emulator) as one:
        await one.say(TEACHER, "回复小明爷爷：明天见")
        assert len(one.seen()) == 1
        assert one.seen()[0].to == "t-302"
