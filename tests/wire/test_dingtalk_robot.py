"""What the robot can do beside speaking: several people at once, taking back, asking who has read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.command import AnyCommand, AskRead, Maybe, Outcome, Page, Refused, Sent, TakeBack, Webhook
from bot.dingtalk import robot
from bot.dingtalk.robot import (
    PRIVATE,
    READ_GROUP,
    READ_PRIVATE,
    RECALL_GROUP,
    RECALL_PRIVATE,
    ROBOTS,
    Batch,
    GroupRobot,
)
from tests.wire.dingtalk_fake import TO_GROUP, TO_ONE, Answer, Bench, command, serving


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    async with serving() as (platform, http):
        yield Bench(platform, http)


# -- several people


async def test_one_call_for_twenty(bench: Bench) -> None:
    people = [f"u{n}" for n in range(20)]
    answer = {
        "processQueryKey": "k",
        "invalidStaffIdList": ["u1"],
        "flowControlledStaffIdList": ["u2", "u1"],
        "filteredStaffIdList": ["u3", "stranger"],
    }
    bench.platform.will(PRIVATE, Answer(body=answer))
    came = await robot.send_many(bench.client.core, people, robot.words("提醒", "明天春游"))
    refused = {"u1": "invalidStaffIdList", "u2": "flowControlledStaffIdList", "u3": "filteredStaffIdList"}
    assert came == Batch("k", refused)
    body = bench.platform.body(PRIVATE)
    assert body["userIds"] == people
    assert json.loads(body["msgParam"]) == {"title": "提醒", "text": "明天春游"}
    assert bench.counted == [PRIVATE]


@pytest.mark.parametrize("number", [0, 21])
async def test_more_than_twenty_are_a_fault_of_ours(bench: Bench, number: int) -> None:
    with pytest.raises(ValueError, match="in one call"):
        await robot.send_many(bench.client.core, ["u"] * number, robot.words("", "好"))


async def test_a_batch_without_an_answer_is_in_doubt(bench: Bench) -> None:
    bench.platform.will(PRIVATE, Answer(body={}), Answer(how="reset"))
    for code in ("no_query_key", "no_answer"):
        assert await robot.send_many(bench.client.core, ["u1"], robot.words("", "好")) == Maybe(code)


# -- taking back


def take_back(target: Any = TO_ONE, *ids: str) -> TakeBack:
    return TakeBack("o2", "dingtalk/school", target, ids or ("k1",))


async def test_a_private_message_is_taken_back(bench: Bench) -> None:
    bench.platform.will(RECALL_PRIVATE, Answer(body={"successResult": ["k1"], "failedResult": {}}))
    assert await bench.send(take_back()) == Sent("", {"recalled": ["k1"], "failed": {}})
    assert bench.platform.body(RECALL_PRIVATE) == {"robotCode": "dingapp", "processQueryKeys": ["k1"]}
    assert bench.counted == [RECALL_PRIVATE]


async def test_a_group_message_is_taken_back(bench: Bench) -> None:
    answer = {"successResult": ["k1"], "failedResult": {"k2": "expired"}}
    bench.platform.will(RECALL_GROUP, Answer(body=answer))
    came = await bench.send(take_back(TO_GROUP, "k1", "k2", ""))
    assert came == Sent("", {"recalled": ["k1"], "failed": {"k2": "expired"}})
    assert bench.platform.body(RECALL_GROUP) == {
        "robotCode": "dingapp",
        "openConversationId": "cidG==",
        "processQueryKeys": ["k1", "k2"],
    }


async def test_many_are_taken_back_twenty_at_a_time(bench: Bench) -> None:
    bench.platform.will(RECALL_PRIVATE, *[Answer(body={"successResult": ["k"]})] * 3)
    await bench.send(take_back(TO_ONE, *(f"k{n}" for n in range(45))))
    sizes = [len(body["processQueryKeys"]) for _, _, body in bench.platform.calls(RECALL_PRIVATE)]
    assert sizes == [20, 20, 5]


async def test_what_cannot_be_taken_back(bench: Bench) -> None:
    refused = Refused("recall.notPossible", "recipient")
    assert await bench.send(TakeBack("o", "a", TO_ONE, ("",))) == refused
    assert await bench.send(take_back(Webhook("t"), "k1")) == refused
    assert await bench.send(take_back(Page("p"), "k1")) == refused
    bench.platform.will(RECALL_PRIVATE, Answer(body={"failedResult": {"k1": "expired"}}))
    assert await bench.send(take_back()) == Refused("recall.failed", "recipient")


# -- who has read


def ask_read(target: Any = TO_ONE, key: str = "k+1/2=") -> AskRead:
    return AskRead("o3", "dingtalk/school", target, key)


@pytest.mark.parametrize("word", ["READ", "read", "Read"])
async def test_who_has_read_a_private_message(bench: Bench, word: str) -> None:
    rows = [{"userId": "u1", "readStatus": word}, {"userId": "u2", "readStatus": "UNREAD"}, "?"]
    bench.platform.will(READ_PRIVATE, Answer(body={"sendStatus": "SUCESS", "messageReadInfoList": rows}))
    assert await bench.send(ask_read()) == Sent("", {"read": ["u1"], "status": "success"})
    # The key is encoded once: it comes out as it went in.
    assert bench.platform.body(READ_PRIVATE) == {"robotCode": "dingapp", "processQueryKey": "k+1/2="}


async def test_who_has_read_a_group_message(bench: Bench) -> None:
    pages = [
        {"sendStatus": "SUCCESS", "readUserIds": ["u1", "u2"], "hasMore": True, "nextToken": "2"},
        {"sendStatus": "SUCCESS", "readUserIds": ["u2", "u3"], "hasMore": "false", "nextToken": "9"},
    ]
    bench.platform.will(READ_GROUP, *(Answer(body=page) for page in pages))
    came = await bench.send(ask_read(TO_GROUP))
    assert came == Sent("", {"read": ["u1", "u2", "u3"], "status": "success"})
    asked = [body.get("nextToken") for _, _, body in bench.platform.calls(READ_GROUP)]
    assert asked == [None, "2"]
    assert bench.counted == [READ_GROUP] * 2


async def test_an_endless_list_ends(bench: Bench) -> None:
    page = {"readUserIds": ["u1"], "hasMore": True, "nextToken": "1"}
    bench.platform.will(READ_GROUP, *[Answer(body=page)] * 60)
    assert isinstance(await bench.send(ask_read(TO_GROUP)), Sent)
    assert len(bench.platform.calls(READ_GROUP)) == 50


@pytest.mark.parametrize(
    ("target", "answer", "outcome"),
    [
        (TO_ONE, Answer(400, {"code": "processQueryKey.expireTime"}),
         Refused("processQueryKey.expireTime", "slow", 60.0)),
        (TO_GROUP, Answer(400, {"code": "processQueryKey.expireTime"}),
         Refused("processQueryKey.expireTime", "slow", 60.0)),
        (TO_GROUP, Answer(how="reset"), Maybe("no_answer")),
        (TO_ONE, Answer(body={}), Sent("", {"read": [], "status": ""})),
    ],
)  # fmt: skip
async def test_read_answers(bench: Bench, target: Any, answer: Answer, outcome: Outcome) -> None:
    bench.platform.will(READ_PRIVATE if target is TO_ONE else READ_GROUP, answer)
    assert await bench.send(ask_read(target)) == outcome


async def test_a_reply_by_session_has_no_readers(bench: Bench) -> None:
    refused = Refused("read.notPossible", "recipient")
    assert await bench.send(ask_read(key="")) == refused
    assert await bench.send(ask_read(Webhook("t"))) == refused
    assert bench.platform.requests == []


# -- which robots


async def test_the_robots_of_a_group(bench: Bench) -> None:
    rows = [
        {"robotCode": "dingapp", "name": "小助手", "openRobotType": 2},
        {"robotCode": "c1", "name": "通知\x07", "openRobotType": "1"},
        {},
        None,
    ]
    bench.platform.will(ROBOTS, Answer(body={"chatbotInstanceVOList": rows}))
    assert await robot.group_robots(bench.client.core, "cidG==") == [
        GroupRobot("dingapp", "小助手", "internal"),
        GroupRobot("c1", "通知", "custom"),
        GroupRobot("", "", "unknown"),
    ]


# -- limits


@pytest.mark.parametrize(
    ("asked", "path", "safe"),
    [
        (command(), PRIVATE, False),
        (take_back(), RECALL_PRIVATE, True),
        (take_back(TO_GROUP), RECALL_GROUP, True),
        (ask_read(), READ_PRIVATE, True),
        (ask_read(TO_GROUP), READ_GROUP, True),
    ],
)
async def test_every_kind_has_its_interface(bench: Bench, asked: AnyCommand, path: str, safe: bool) -> None:
    assert bench.client.api(asked) == path
    assert bench.client.bucket_names(asked) == [(f"dingtalk:school:api:{path}", 18, 1.0)]
    assert bench.client.idempotent(asked) == safe
