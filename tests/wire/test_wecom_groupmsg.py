"""A post laid before a group's owner: one task, also when the answer is lost; asked for and taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.command import AskTask, Broadcast, Command, Maybe, Outcome, Refused, Sent, StopTask
from bot.wecom import groupmsg
from bot.wecom.core import Core
from bot.wecom.errors import Verdict
from bot.wecom.media import Uploads

TO = Broadcast("wrGROUP", "t-302")
WORDS = Command("o" * 32, "wecom/school", TO, "【三(2)班 10月12日速递】\n提醒：明天带跳绳。")
MAYBE = Verdict("maybe", "no_answer")


class Fake:
    """Answers by interface; keeps what was asked."""

    def __init__(self, answers: Mapping[str, Verdict]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.clock = SimpleNamespace(now=lambda: datetime(2026, 10, 12, 8, 50, tzinfo=UTC))

    async def call(self, path: str, body: dict[str, Any]) -> Verdict:
        self.asked.append((path, body))
        return self.answers[path]


def _ok(**data: Any) -> Verdict:
    return Verdict("ok", "", data=data)


def _lay(fake: Fake, command: Command = WORDS) -> Outcome:
    return asyncio.run(groupmsg.lay(cast("Core", fake), command, TO, cast("Uploads", None)))


def test_one_task_for_the_owner_and_the_group() -> None:
    fake = Fake({groupmsg.LAY: _ok(msgid="T1", fail_list=[])})
    assert _lay(fake) == Sent("", {"task": "T1"})
    ((_path, body),) = fake.asked
    assert body == {
        "chat_type": "group",
        "sender": "t-302",
        "chat_id_list": ["wrGROUP"],
        "text": {"content": WORDS.text},
    }


@pytest.mark.parametrize(
    ("listed", "state", "expected"),
    [
        ([{"msgid": "T1", "text": {"content": WORDS.text}}], 0, Sent("", {"task": "T1"})),
        ([{"msgid": "T1"}], 0, Sent("", {"task": "T1"})),
        ([{"msgid": "T1", "text": {"content": "别的"}}], 0, Maybe("no_answer")),
        ([{"msgid": "T1"}], None, Maybe("no_answer")),
        ([], 0, Maybe("no_answer")),
    ],
)
def test_without_an_answer_it_is_looked_for(listed: list[Any], state: int | None, expected: Outcome) -> None:
    lines = [] if state is None else [{"chat_id": "wrGROUP", "status": state}]
    answers = {
        groupmsg.LAY: MAYBE,
        groupmsg.FIND: _ok(group_msg_list=listed),
        groupmsg.RESULT: _ok(send_list=lines),
    }
    fake = Fake(answers)
    assert _lay(fake) == expected
    assert [path for path, _ in fake.asked].count(groupmsg.LAY) == 1


def test_what_is_no_such_group_is_refused() -> None:
    assert _lay(Fake({groupmsg.LAY: _ok(msgid="T1", fail_list=["wrGROUP"])})) == Refused(
        "no_group", "recipient"
    )


def test_too_long_is_not_even_asked() -> None:
    fake = Fake({})
    long = Command("o" * 32, "wecom/school", TO, "长" * 1334)
    assert _lay(fake, long) == Refused("too_long", "content")
    assert not fake.asked


@pytest.mark.parametrize(("status", "state"), [(0, "open"), (1, "sent"), (2, "gone"), (3, "limit")])
def test_whether_it_was_confirmed(status: int, state: str) -> None:
    fake = Fake({groupmsg.RESULT: _ok(send_list=[{"chat_id": "wrGROUP", "status": status}])})
    asked = AskTask("o" * 32, "wecom/school", "T1", TO)
    assert asyncio.run(groupmsg.ask(cast("Core", fake), asked)) == Sent("", {"state": state, "task": "T1"})


@pytest.mark.parametrize(
    ("stopped", "status", "state"),
    [(_ok(), 0, "stopped"), (Verdict("content", "1"), 2, "sent"), (Verdict("content", "1"), 0, "stopped")],
)
def test_taking_it_back(stopped: Verdict, status: int, state: str) -> None:
    fake = Fake({groupmsg.STOP: stopped, groupmsg.OWNERS: _ok(task_list=[{"status": status}])})
    command = StopTask("o" * 32, "wecom/school", "T1")
    assert asyncio.run(groupmsg.stop(cast("Core", fake), command)) == Sent("", {"state": state, "task": "T1"})
