"""A database put back from a copy: nothing goes out twice, and nothing by itself."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from tests.chaos.whole import MOTHER, TEACHER, Whole, emulated, running


def _copy(directory: Path, name: str) -> None:
    """A consistent copy while the bot runs, as a backup makes it."""
    source = sqlite3.connect(directory / "c.data" / "classbridge.db")
    target = sqlite3.connect(directory / name)
    with source, target:
        source.backup(target)
    source.close()
    target.close()


def _put_back(directory: Path, name: str) -> None:
    data = directory / "c.data"
    for path in data.glob("classbridge.db*"):
        path.unlink()
    shutil.copy(directory / name, data / "classbridge.db")


async def _with_something_queued(one: Whole, directory: Path) -> None:
    """The platform is down while a parent writes, a copy is made, then all is delivered."""
    down = {"seed": 1, "rules": [{"api": "/*", "kind": "http", "value": 503, "share": 1.0}]}
    one.emulator.faults.set(down)
    await one.emulator.say(TEACHER, "回复小明妈妈：明天带水彩笔")
    _copy(directory, "backup.db")
    one.emulator.faults.set({"seed": 1, "rules": []})
    await one.app.settle()


async def test_nothing_is_sent_again_and_the_teacher_decides(tmp_path: Path) -> None:
    async with emulated(tmp_path) as emulator:
        async with running(tmp_path, emulator) as one:
            await one.say(MOTHER, "明天美术课要带什么")
            await one.until("12T08:30")
            await _with_something_queued(one, tmp_path)
        _put_back(tmp_path, "backup.db")
        before = emulator.seen()[-1].n if emulator.seen() else 0
        async with running(tmp_path, emulator) as one:
            await one.app.settle()
            told = one.seen(before)
            assert {item.to for item in told} == {"t-302"}
            listed = next(item.content.text for item in told if "备份" in item.content.text)
            assert "给小明妈妈：“王老师：明天带水彩笔”" in listed
            mark = told[-1].n
            await one.say(TEACHER, "重发")
            resent = [item.content.text for item in one.seen(mark) if item.to != "t-302"]
            assert len(resent) == 1
            assert resent[0].startswith("补发，如已收到请忽略")
            mark = one.seen()[-1].n
            await one.say(MOTHER, "谢谢老师，收到了，还有别的吗")
            assert len(one.seen(mark)) == 2, "new words flow as always"


async def test_a_digest_does_not_go_out_by_itself_but_on_the_teachers_word(tmp_path: Path) -> None:
    async with emulated(tmp_path) as emulator:
        async with running(tmp_path, emulator) as one:
            await one.say(TEACHER, "表扬小明主动扫了地")
            await one.until("12T16:45")
            _copy(tmp_path, "backup.db")
            await one.until("12T16:55")
            assert one.texts().count("小明主动扫了地。") == 2, "preview and group"
        _put_back(tmp_path, "backup.db")
        mark = emulator.seen()[-1].n
        async with running(tmp_path, emulator) as one:
            await one.until("12T18:00")
            told = one.seen(mark)
            assert [item.to for item in told] == ["t-302"]
            assert "先不自动发" in told[0].content.text
            mark = told[-1].n
            await one.say(TEACHER, "发送")
            assert [item.to for item in one.seen(mark)] == [None]
            await one.until("12T21:30")
            assert len(one.seen(mark)) == 1
