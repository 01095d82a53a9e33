"""The crash run in short: a few kills on each database, and the control that must lose."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.kill import run

KILLS = {"sqlite": 4, "postgresql": 3}


async def test_nothing_is_lost_or_doubled(empty_database_url: str, database: str, tmp_path: Path) -> None:
    result, remarks = await run(KILLS[database], 7, empty_database_url, control=False, directory=tmp_path)
    found = (
        result.lost,
        result.doubled_effects,
        result.doubled_messages,
        result.unknown - result.unknown_told,
    )
    assert found == (0, 0, 0, 0), "\n".join(remarks)
    assert result.kills >= KILLS[database]
    assert result.acknowledged > 50


async def test_the_control_loses(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'classbridge.db'}"
    result, _ = await run(4, 7, url, control=True, directory=tmp_path)
    assert result.lost > 0


async def test_what_was_acknowledged_over_a_socket_is_not_lost(tmp_path: Path) -> None:
    """What was never acknowledged is counted apart: it was lost on the wire, and not promised."""
    url = f"sqlite:///{tmp_path / 'classbridge.db'}"
    result, remarks = await run(2, 7, url, control=False, directory=tmp_path, receive="stream")
    found = (
        result.lost,
        result.doubled_effects,
        result.doubled_messages,
        result.unknown - result.unknown_told,
    )
    assert found == (0, 0, 0, 0), "\n".join(remarks)
    assert result.acknowledged > 0
    assert result.acknowledged + result.on_the_wire == result.sent


async def test_on_wecom_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    """Teachers write to the app, guardians to customer service, posts wait for their teacher's tap."""
    url = f"sqlite:///{tmp_path / 'classbridge.db'}"
    result, remarks = await run(3, 7, url, control=False, directory=tmp_path, platform="wecom")
    found = (
        result.lost,
        result.doubled_effects,
        result.doubled_messages,
        result.unknown - result.unknown_told,
    )
    assert found == (0, 0, 0, 0), "\n".join(remarks)
    assert result.kills >= 3
    assert result.acknowledged > 50
