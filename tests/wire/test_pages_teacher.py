"""A teacher who opens a parents' link in WeCom: signed in as a member, and told where to speak."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from bot.dialogue import MODES, parse
from bot.dialogue.control import Control
from bot.dialogue.world import open_world

SCRIPT = parse("@class 三(2)班   @start 2026-10-12T10:00+08:00\n王老师: 你好\n‹ 王老师: *\n", "teacher")


async def test_a_teacher_is_told_where_to_speak() -> None:
    with TemporaryDirectory() as folder:
        async with (
            open_world(SCRIPT, MODES["wecom"], None, Path(folder)) as base,
            Control(base) as control,
        ):
            status, html = await control.open("t-302", "/h5/")
            assert status == 200
            assert "有话直接在企业微信里和小助手说" in html
            status, html = await control.open("g-302-01-1", "/h5/toolbar")
            assert "有话直接在企业微信里和小助手说" not in html
