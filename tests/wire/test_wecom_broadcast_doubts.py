"""The bot dies, or hears nothing, while a post is laid before the group's owner: one task all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.command import AnyCommand, Broadcast, Command, Outcome
from bot.wecom.groupmsg import FIND, LAY
from storage import claims, outbox
from tests.wire.wecom_day import Day, day

TEACHER = "t-302"


def _lies(one: Day) -> list[str]:
    """What lies before the owner."""
    tasks = one.emulator.platform.groups.tasks.values()
    return [task.contents[0].text for task in tasks if not task.cancelled and task.sent_ms is None]


def _heard(one: Day, who: str = TEACHER) -> str:
    return "\n".join(item.content.text for item in one.emulator.seen() if item.to == who)


def _dies_once(one: Day, *, sent: bool) -> None:
    """The process ends right behind (or before) the call that lays the post, before its end is written."""
    sender: Any = one.app.sender
    send = sender._send

    async def dying(row: Any, command: AnyCommand, platform: Any) -> Outcome:
        if isinstance(command, Command) and isinstance(command.target, Broadcast):
            sender._send = send
            if sent:
                await send(row, command, platform)
            raise asyncio.CancelledError
        found: Outcome = await send(row, command, platform)
        return found

    sender._send = dying


async def _killed(one: Day, *, sent: bool, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
    """「发送」, the end of the process, and another start."""
    _dies_once(one, sent=sent)
    await one.emulator.say(TEACHER, "发送")
    for _ in range(500):
        await asyncio.sleep(0.01)
        depth = one.app.store.read(lambda db: claims.depth(db, one.app.clock.now())).result()
        if depth.sending and one.app.sender.idle:
            break
    if meanwhile is not None:
        await meanwhile()
    await _starts_again(one)


async def _starts_again(one: Day) -> None:
    """What a start does with the sends of the process that has died."""
    app = one.app

    def unit(db: Any) -> int:
        rows = outbox.abandoned(db, app._owner)
        app._settle_abandoned(db, rows, app.clock.now())
        return len(rows)

    assert app.store.run(unit).result() == 1
    app.sender.wake()
    app.worker.wake()
    await app.settle()


async def test_killed_behind_the_call_that_laid_it(tmp_path: Path) -> None:
    async with day(tmp_path) as one:
        await one.say(TEACHER, "提醒明天带跳绳")
        await _killed(one, sent=True)
        await one.later(minutes=10)
        assert len(_lies(one)) == 1
        assert "不确定" not in _heard(one)
        (task,) = one.emulator.platform.groups.tasks.values()
        await one.emulator.confirm(task.id, task.owner)
        await one.later(minutes=30)
        await one.say(TEACHER, "发送")
        assert "不会再发第二遍" in _heard(one), "it counts as sent"


async def test_killed_before_the_call(tmp_path: Path) -> None:
    async with day(tmp_path) as one:
        await one.say(TEACHER, "提醒明天带跳绳")
        await _killed(one, sent=False)
        await one.later(minutes=10)
        assert not _lies(one), "made only if somebody says so"
        assert "不确定" in _heard(one)
        await one.press("重发", TEACHER)
        assert len(_lies(one)) == 1


async def test_confirmed_before_the_next_start(tmp_path: Path) -> None:
    async with day(tmp_path) as one:
        await one.say(TEACHER, "提醒明天带跳绳")

        async def confirmed() -> None:
            (task,) = one.emulator.platform.groups.tasks.values()
            await one.emulator.confirm(task.id, task.owner)

        await _killed(one, sent=True, meanwhile=confirmed)
        await one.later(minutes=10)
        await one.say(TEACHER, "发送")
        assert "不会再发第二遍" in _heard(one)
        assert "不确定" not in _heard(one)


@pytest.mark.parametrize(("kind", "lies"), [("timeout_after", 1), ("http", 0)])
async def test_without_an_answer(tmp_path: Path, kind: str, lies: int) -> None:
    async with day(tmp_path) as one:
        await one.say(TEACHER, "提醒明天带跳绳")
        rules = [
            {"api": LAY, "kind": kind, "value": 502 if kind == "http" else 6000, "times": 1},
            # The first looks fail, too.
            {"api": FIND, "kind": "http", "value": 502, "times": 2},
        ]
        one.emulator.faults.set({"rules": rules})
        await one.say(TEACHER, "发送")
        await one.later(minutes=10)
        assert len(_lies(one)) == lies
        assert ("不确定" in _heard(one)) is not bool(lies)
        assert [call.api for call in one.emulator.calls()].count(LAY) == 1
