"""A post laid before a group's owner: one task, also when the answer is lost; asked for and taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typing_extensions import override

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
    came = asyncio.run(groupmsg.ask(cast("Core", fake), asked))
    assert came == Sent("", {"state": state, "task": "T1"})


@pytest.mark.parametrize("stranger", [Verdict("recipient", "40003"), _ok(send_list=[]), _ok(send_list=None)])
def test_whether_the_teacher_who_was_confirmed_it(stranger: Verdict) -> None:
    """The class has another teacher since: the platform answers only about whom it was laid before."""

    class Another(Fake):
        @override
        async def call(self, path: str, body: dict[str, Any]) -> Verdict:
            came = await super().call(path, body)
            return came if body.get("userid") != "t-new" else stranger

    line = {"chat_id": "wrGROUP", "status": 1}
    fake = Another(
        {groupmsg.RESULT: _ok(send_list=[line]), groupmsg.OWNERS: _ok(task_list=[{"userid": "t-302"}])}
    )
    asked = AskTask("o" * 32, "wecom/school", "T1", Broadcast("wrGROUP", "t-new"))
    came = asyncio.run(groupmsg.ask(cast("Core", fake), asked))
    assert came == Sent("", {"state": "sent", "task": "T1"})


def test_lists_that_are_null_are_empty() -> None:
    answers = {
        groupmsg.LAY: _ok(msgid="T1", fail_list=None),
        groupmsg.FIND: _ok(group_msg_list=None),
        groupmsg.STOP: Verdict("content", "1"),
        groupmsg.OWNERS: _ok(task_list=None),
    }
    assert _lay(Fake(answers)) == Sent("", {"task": "T1"})
    assert _lay(Fake(answers | {groupmsg.LAY: MAYBE})) == Maybe("no_answer")
    stopped = groupmsg.stop(cast("Core", Fake(answers)), StopTask("o" * 32, "wecom/school", "T1"))
    assert asyncio.run(stopped) == Sent("", {"state": "stopped", "task": "T1"})


@pytest.mark.parametrize(
    ("found", "minutes", "expected"),
    [
        (_ok(group_msg_list=[{"msgid": "T1", "text": {"content": WORDS.text}}]), 0, Sent("", {"task": "T1"})),
        (_ok(group_msg_list=[]), 0, Refused("task.absent", "retry")),
        (_ok(group_msg_list=[]), 1, Refused("task.absent", "content")),
        (MAYBE, 9, Refused("no_answer", "retry")),
        (Verdict("config", "48002"), 0, Refused("48002", "config")),
    ],
)
def test_a_second_try_makes_nothing(found: Verdict, minutes: int, expected: Outcome) -> None:
    lines = [{"chat_id": "wrGROUP", "status": 1}]  # confirmed meanwhile: it is there all the same
    fake = Fake({groupmsg.FIND: found, groupmsg.RESULT: _ok(send_list=lines)})
    tried = fake.clock.now() - timedelta(minutes=minutes)
    assert _lay(fake, replace(WORDS, tried=tried)) == expected
    assert groupmsg.LAY not in [path for path, _ in fake.asked]
    assert fake.asked[0][1]["start_time"] <= tried.timestamp()


def test_of_several_the_newest_is_it() -> None:
    """An older one of the same words was taken back a moment ago."""
    listed = [{"msgid": f"T{n}", "create_time": n, "text": {"content": WORDS.text}} for n in (1, 2)]
    lines = [{"chat_id": "wrGROUP", "status": 0}]
    answers = {groupmsg.FIND: _ok(group_msg_list=listed), groupmsg.RESULT: _ok(send_list=lines)}
    assert _lay(Fake(answers | {groupmsg.LAY: MAYBE})) == Sent("", {"task": "T2"})


@pytest.mark.parametrize(
    ("stopped", "status", "state"),
    [(_ok(), 0, "stopped"), (Verdict("content", "1"), 2, "sent"), (Verdict("content", "1"), 0, "stopped")],
)
def test_taking_it_back(stopped: Verdict, status: int, state: str) -> None:
    fake = Fake({groupmsg.STOP: stopped, groupmsg.OWNERS: _ok(task_list=[{"status": status}])})
    command = StopTask("o" * 32, "wecom/school", "T1")
    came = asyncio.run(groupmsg.stop(cast("Core", fake), command))
    assert came == Sent("", {"state": state, "task": "T1"})
