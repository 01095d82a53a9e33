"""Where the robot may not write to somebody one to one, a work notice brings the words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.chaos.whole import MOTHER, TEACHER, Whole, emulated, running

BATCH = "/v1.0/robot/oToMessages/batchSend"
NOTICE = "/topapi/message/corpconversation/asyncsend_v2"


async def _answered(one: Whole, *rules: dict[str, Any]) -> None:
    """A parent has asked; the teacher answers while the rules hold."""
    await one.say(MOTHER, "老师，明天几点放学")
    one.emulator.faults.set({"seed": 1, "rules": list(rules)})
    await one.say(TEACHER, "1 四点半")


def _to_mother(one: Whole) -> list[tuple[str, str]]:
    return [(item.lane, item.content.text) for item in one.seen() if item.to == "g-302-01-1"][1:]


@pytest.mark.parametrize("code", ["robot.oto.notExist", "chatbotId.notAllow.sendOTO"])
async def test_the_words_come_as_a_notice(tmp_path: Path, code: str) -> None:
    async with emulated(tmp_path) as emulator, running(tmp_path, emulator) as one:
        await _answered(one, {"api": BATCH, "kind": "code", "value": code, "share": 1.0})
        assert _to_mother(one) == [("work_notice", "王老师：四点半")]


async def test_a_notice_the_platform_swallowed_is_no_delivery(tmp_path: Path) -> None:
    async with emulated(tmp_path) as emulator, running(tmp_path, emulator) as one:
        emulator.platform.limits = emulator.platform.limits.changed({"notices_per_day": 0})
        refused = {"api": BATCH, "kind": "code", "value": "robot.oto.notExist", "nth": 1}
        await _answered(one, refused)
        assert _to_mother(one) == []
        told = [item.content.text for item in one.seen() if item.to == "t-302"][-1]
        assert "没发出去" in told


async def test_other_refusals_stay_refusals(tmp_path: Path) -> None:
    async with emulated(tmp_path) as emulator, running(tmp_path, emulator) as one:
        await _answered(one, {"api": BATCH, "kind": "code", "value": "staffId.notExisted", "nth": 1})
        assert _to_mother(one) == []
        assert not [call for call in emulator.calls() if call.api == NOTICE]
