"""What goes out to DingTalk: the request asserted, and what each answer means."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
import pytest_asyncio

from bot.command import Group, Maybe, Outcome, Private, Refused, Sent, Session
from bot.dingtalk.client import GROUP, OLD_TOKEN, PRIVATE, SESSION, TOKEN
from bot.tokens import Fetched, TokenRefused
from tests.wire.dingtalk_fake import SECRET, START, TO_GROUP, TO_ONE, Answer, Bench, command, serving


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    async with serving() as (platform, http):
        yield Bench(platform, http)


# -- requests


async def test_a_private_message(bench: Bench) -> None:
    assert await bench.send(command()) == Sent("key-1")
    path, headers, body = bench.platform.requests[-1]
    assert path == PRIVATE
    assert headers["x-acs-dingtalk-access-token"] == "token-1"
    assert headers["Content-Type"] == "application/json"
    assert body == {
        "robotCode": "dingapp",
        "userIds": ["parent-1"],
        "msgKey": "sampleText",
        "msgParam": '{"content":"记下了。"}',
    }
    assert bench.platform.body(TOKEN) == {"appKey": "dingapp", "appSecret": SECRET}
    assert bench.counted == [PRIVATE]


async def test_a_titled_private_message_is_markdown(bench: Bench) -> None:
    await bench.send(command(title="预览", text="# 三(2)班\n[表扬](http://x) @所有人"))
    body = bench.platform.body(PRIVATE)
    assert body["msgKey"] == "sampleMarkdown"
    assert json.loads(body["msgParam"]) == {
        "title": "预览",
        "text": "＃ 三(2)班  \n［表扬］(http：//x) ＠所有人",
    }


async def test_a_group_message(bench: Bench) -> None:
    assert await bench.send(command(target=TO_GROUP, title="速递")) == Sent("key-1")
    body = bench.platform.body(GROUP)
    assert (body["robotCode"], body["openConversationId"], body["msgKey"]) == (
        "dingapp",
        "cidG==",
        "sampleMarkdown",
    )
    assert bench.counted == [GROUP]


@pytest.mark.parametrize("target", [TO_ONE, TO_GROUP, Private("")])
async def test_an_answer_goes_by_session_and_is_free(bench: Bench, target: Private | Group) -> None:
    outcome = await bench.send(command(target=target, session=bench.session(), text="@所有人 好"))
    assert outcome == Sent("")
    assert bench.platform.requests[-1][2] == {"msgtype": "text", "text": {"content": "＠所有人 好"}}
    assert [path for path, _, _ in bench.platform.requests] == [SESSION]
    assert bench.counted == []


async def test_a_titled_answer_by_session(bench: Bench) -> None:
    await bench.send(command(session=bench.session(), title="预览", text="一\n二"))
    assert bench.platform.body(SESSION) == {
        "msgtype": "markdown",
        "markdown": {"title": "预览", "text": "一  \n二"},
    }


@pytest.mark.parametrize("lives_s", [-1, 0, 5])
async def test_an_expired_session_is_not_tried(bench: Bench, lives_s: float) -> None:
    assert await bench.send(command(session=bench.session(lives_s))) == Sent("key-1")
    assert bench.platform.calls(SESSION) == []


@pytest.mark.parametrize("errcode", [300001, "300001", 310000, 130101, 400101, 999999])
async def test_a_refused_session_falls_back(bench: Bench, errcode: int | str) -> None:
    bench.platform.will(SESSION, Answer(body={"errcode": errcode, "errmsg": "session 不存在"}))
    assert await bench.send(command(session=bench.session(), target=TO_GROUP)) == Sent("key-1")
    assert [path for path, _, _ in bench.platform.requests] == [SESSION, TOKEN, GROUP]


async def test_an_outsider_has_no_other_lane(bench: Bench) -> None:
    bench.platform.will(SESSION, Answer(body={"errcode": 300001}))
    refused = Refused("no_user_id", "recipient")
    assert await bench.send(command(target=Private(""), session=bench.session())) == refused
    assert await bench.send(command(target=Private(""))) == refused


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(body={"errcode": 430101}), Refused("430101", "content")),
        (Answer(body={"errcode": -1}), Maybe("-1")),
        (Answer(how="reset"), Maybe("no_answer")),
        (Answer(body=b"<html>punish</html>", content_type="text/html"), Refused("blocked", "slow", 300.0)),
    ],
)
async def test_a_session_is_not_doubled(bench: Bench, answer: Answer, outcome: Outcome) -> None:
    bench.platform.will(SESSION, answer)
    assert await bench.send(command(session=bench.session())) == outcome
    assert len(bench.platform.requests) == 1


async def test_too_long_a_text_is_refused_whole(bench: Bench) -> None:
    assert await bench.send(command(text="长" * 5001)) == Refused("msgParam.tooLong", "content")
    assert bench.platform.requests == []


# -- answers


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (
            Answer(body={"processQueryKey": "k", "invalidStaffIdList": ["parent-1"]}),
            Refused("invalidStaffIdList", "recipient"),
        ),
        (
            Answer(body={"processQueryKey": "k", "filteredStaffIdList": ["parent-1"]}),
            Refused("filteredStaffIdList", "recipient"),
        ),
        (
            Answer(body={"flowControlledStaffIdList": ["parent-1"]}),
            Refused("flowControlledStaffIdList", "slow", 1.0),
        ),
        (Answer(body={"processQueryKey": "k", "invalidStaffIdList": ["another"]}), Sent("k")),
        (Answer(body={}), Maybe("no_query_key")),
        (Answer(504, b"gateway", "text/plain"), Maybe("http504")),
        (Answer(500, {"code": "system.error"}), Maybe("system.error")),
        (Answer(how="reset"), Maybe("no_answer")),
        (Answer(body={"processQueryKey": "k"}, how="cut"), Maybe("no_answer")),
        (Answer(body=b'{"processQ'), Maybe("unreadable")),
        (Answer(302, {}), Refused("http302", "config")),
        (Answer(body={"status": 1111, "wait": 5, "punish": "deny"}), Refused("blocked", "slow", 300.0)),
        (Answer(403, b"<html>", "text/html"), Refused("blocked", "slow", 300.0)),
        (
            Answer(403, {"code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"}),
            Refused("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "slow", 1.0),
        ),
        (
            Answer(403, {"code": "Forbidden.AccessDenied.ApiCountLimitForOrg"}),
            Refused("Forbidden.AccessDenied.ApiCountLimitForOrg", "month"),
        ),
    ],
)
async def test_answers(bench: Bench, answer: Answer, outcome: Outcome) -> None:
    bench.platform.will(PRIVATE, answer)
    assert await bench.send(command()) == outcome
    at_the_gate = isinstance(outcome, Refused) and outcome.code.startswith("Forbidden.")
    assert bench.counted == ([] if at_the_gate else [PRIVATE])
    assert len(bench.platform.calls(PRIVATE)) == 1


async def test_no_answer_in_time_is_maybe(bench: Bench) -> None:
    bench.client.core.timeout = aiohttp.ClientTimeout(total=0.1)
    await bench.client.core.token.get()
    bench.platform.will(PRIVATE, Answer(how="hang"))
    assert await bench.send(command()) == Maybe("no_answer")
    assert bench.counted == [PRIVATE]


async def test_no_connection_is_certainly_not_sent(bench: Bench, unused_tcp_port: int) -> None:
    nowhere = f"http://127.0.0.1:{unused_tcp_port}"
    await bench.client.core.token.get()
    bench.client.core.api = nowhere
    assert await bench.send(command()) == Refused("connect", "retry")
    assert bench.counted == []
    session = Session(f"{nowhere}{SESSION}?session=a", START + timedelta(hours=1))
    assert await bench.send(command(session=session)) == Refused("connect", "retry")


# -- tokens


async def test_one_token_for_all_who_wait(bench: Bench) -> None:
    outcomes = await asyncio.gather(*(bench.send(command(outbox_id=str(n))) for n in range(20)))
    assert outcomes == [Sent("key-1")] * 20
    assert bench.platform.tokens == 1


async def test_a_token_is_renewed_five_minutes_early(bench: Bench) -> None:
    await bench.send(command())
    bench.clock.pass_by(6899)
    await bench.send(command())
    assert bench.platform.tokens == 1
    bench.clock.pass_by(2)
    await bench.send(command())
    assert bench.platform.tokens == 2


STALE = Answer(400, {"code": "InvalidAuthentication", "message": "不合法的access_token"})


async def test_a_stale_token_is_renewed_once(bench: Bench) -> None:
    bench.platform.will(PRIVATE, STALE)
    assert await bench.send(command()) == Sent("key-1")
    used = [headers["x-acs-dingtalk-access-token"] for _, headers, _ in bench.platform.calls(PRIVATE)]
    assert used == ["token-1", "token-2"]
    assert bench.counted == [PRIVATE]


async def test_a_second_refusal_is_the_administrators(bench: Bench) -> None:
    bench.platform.will(PRIVATE, STALE, STALE)
    assert await bench.send(command()) == Refused("InvalidAuthentication", "config")
    assert bench.platform.tokens == 2


async def test_many_stale_calls_renew_once(bench: Bench) -> None:
    bench.platform.will(PRIVATE, *[STALE] * 10)
    outcomes = await asyncio.gather(*(bench.send(command(outbox_id=str(n))) for n in range(10)))
    assert outcomes == [Sent("key-1")] * 10
    assert bench.platform.tokens == 2


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (
            Answer(400, {"code": "invalidClientIdOrSecret"}),
            Refused("token.invalidClientIdOrSecret", "config"),
        ),
        (Answer(how="reset"), Refused("token.no_answer", "retry")),
        (Answer(503, b""), Refused("token.http503", "retry")),
        (Answer(body={"accessToken": ""}), Refused("token.unreadable", "retry")),
    ],
)
async def test_without_a_token_nothing_is_sent(bench: Bench, answer: Answer, outcome: Outcome) -> None:
    bench.platform.will(TOKEN, answer)
    assert await bench.send(command()) == outcome
    assert bench.platform.calls(PRIVATE) == []
    assert bench.counted == []


async def test_the_old_token_is_another_one(bench: Bench) -> None:
    assert await bench.client.old_token() == "old-1"
    assert bench.platform.body(OLD_TOKEN) == {"appkey": "dingapp", "appsecret": SECRET}


async def test_no_secret_and_no_token_can_be_seen(bench: Bench) -> None:
    bench.platform.will(OLD_TOKEN, Answer(body={"errcode": 40096, "errmsg": "不合法的appKey或appSecret"}))
    with pytest.raises(TokenRefused) as caught:
        await bench.client.old_token()
    await bench.send(command())
    fetched = Fetched("token-1", 7200)
    things = (fetched, bench.client, bench.client.core.token, caught.value, bench.session())
    shown = f"{things!r}{caught.value}"
    for hidden in (SECRET, "token-1", "session=abc"):
        assert hidden not in shown


# -- limits


async def test_buckets(bench: Bench) -> None:
    group = ("dingtalk:school:group:cidG==", 18, 60.0)
    api = "dingtalk:school:api:"
    assert bench.client.bucket_names(command()) == [(api + PRIVATE, 18, 1.0)]
    assert bench.client.bucket_names(command(target=TO_GROUP)) == [(api + GROUP, 18, 1.0), group]
    assert bench.client.bucket_names(command(session=bench.session())) == []
    assert bench.client.bucket_names(command(session=bench.session(), target=TO_GROUP)) == [group]
    assert bench.client.api(command(session=bench.session())) == SESSION
