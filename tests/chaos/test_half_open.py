"""Half-open connections in short: nothing lost or late, and the control that must lose."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.half_open import LATE_S, run

STRANGERS, FILES = 300, 300


async def test_no_callback_is_lost_or_late_beside_strangers_who_hold_the_door(tmp_path: Path) -> None:
    result = await run(5.0, STRANGERS, FILES, tmp_path, control=False)
    assert (result.callbacks, result.lost, result.late) == (100, 0, 0), result
    assert result.max_ms is not None
    assert result.max_ms < LATE_S * 1000
    assert result.came >= STRANGERS


async def test_without_the_guard_they_are(tmp_path: Path) -> None:
    result = await run(0.5, STRANGERS, FILES, tmp_path, control=True)
    assert result.lost > 0
