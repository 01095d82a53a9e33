"""The crash run of customer service in short: a few kills, and the control that must lose."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.sync_kill import run


async def test_what_parents_wrote_is_read_once_and_answered_once(tmp_path: Path) -> None:
    result, remarks = await run(3, 7, control=False, folder=tmp_path)
    found = (result.lost, result.doubled, result.unanswered, result.answered_twice, result.traces)
    assert found == (0, 0, 0, 0, 0), "\n".join(remarks)
    assert result.kills >= 3
    assert result.written > 10
    assert result.anonymous > 0


async def test_the_control_loses(tmp_path: Path) -> None:
    result, _ = await run(4, 7, control=True, folder=tmp_path)
    assert result.lost > 0
