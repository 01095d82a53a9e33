"""What goes out to DingTalk: the request asserted, and what each answer means."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import orjson
import pytest
import pytest_asyncio
from aiohttp import web

from bot.command import Command, Group, Maybe, Outcome, Private, Refused, Sent, Session
from bot.dingtalk.cards import CREATE_AND_DELIVER, MAX_VALUE, PARAMS, card_params
from bot.dingtalk.client import GROUP, OLD_TOKEN, PRIVATE, SESSION, TOKEN, DingTalk
from bot.dingtalk.tokens import Fetched, TokenRefused
from config.settings import DingTalkApp, LimitSettings

START = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)
SECRET = "a-secret-nobody-may-see"


class HeldClock:
    """A clock that stands until it is told to move."""

    def __init__(self) -> None:
        self.moment = START
        self.seconds = 100.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass
class Answer:
    """One answer of the platform; ``how`` may be "hang", "reset" or "cut" instead."""

    status: int = 200
    body: Any = None
    content_type: str = "application/json"
    how: str = ""


@dataclass
class Platform:
    """A few lines of DingTalk: takes down every request and gives the answers it was handed."""

    base: str = ""
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    tokens: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def will(self, path: str, *answers: Answer) -> None:
        self.answers.setdefault(path, []).extend(answers)

    def calls(self, path: str) -> list[tuple[str, dict[str, str], Any]]:
        return [request for request in self.requests if request[0] == path]

    def body(self, path: str) -> Any:
        (call,) = self.calls(path)
        return call[2]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw) if raw else dict(request.query)
        self.requests.append((request.path, dict(request.headers), body))
        waiting = self.answers.get(request.path, [])
        answer = waiting.pop(0) if waiting else self.usual(request.path)
        if answer.how == "hang":
            await self.released.wait()
        if answer.how == "reset" and request.transport is not None:
            request.transport.abort()
        content = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
        if answer.how == "cut":
            return await self.cut(request, content)
        headers = {"Location": "http://127.0.0.1:1/"} if answer.status == 302 else {}
        headers["Content-Type"] = answer.content_type
        return web.Response(status=answer.status, body=content, headers=headers)

    async def cut(self, request: web.Request, content: bytes) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(content) + 50)})
        await response.prepare(request)
        await response.write(content)
        assert request.transport is not None
        request.transport.close()
        return response

    def usual(self, path: str) -> Answer:
        if path == TOKEN:
            self.tokens += 1
            return Answer(body={"accessToken": f"token-{self.tokens}", "expireIn": 7200})
        if path == OLD_TOKEN:
            return Answer(body={"errcode": 0, "errmsg": "ok", "access_token": "old-1", "expires_in": 7200})
        if path == SESSION:
            return Answer(body={"errcode": 0, "errmsg": "ok"})
        if path == CREATE_AND_DELIVER:
            rows = [{"spaceType": "IM_GROUP", "success": True, "carrierId": "carrier-1"}]
            return Answer(body={"success": True, "result": {"outTrackId": "o1", "deliverResults": rows}})
        return Answer(body={"processQueryKey": "key-1"})


@pytest_asyncio.fixture
async def platform() -> AsyncIterator[Platform]:
    fake = Platform()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", fake.handle)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield fake
    fake.released.set()
    await runner.cleanup()


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


class Bench:
    """A client with everything it was given in reach."""

    def __init__(self, platform: Platform, http: aiohttp.ClientSession, **app: Any) -> None:
        self.platform = platform
        self.clock = HeldClock()
        self.counted: list[str] = []
        bases = {"api_base": platform.base, "oapi_base": platform.base}
        common = {"client_id": "dingapp", "client_secret": SECRET, "corp_id": "corp1"}
        settings = DingTalkApp.model_validate({**common, **bases, **app})
        limits = LimitSettings(connect_timeout_s=1, total_timeout_s=app.get("total", 5))
        self.client = DingTalk("school", settings, limits, http, self.clock, self.counted.append)

    async def send(self, command: Command) -> Outcome:
        return await self.client.send(command)

    def session(self, lives_s: float = 5400) -> Session:
        url = f"{self.platform.base}{SESSION}?session=abc"
        return Session(url, self.clock.now() + timedelta(seconds=lives_s))


@pytest.fixture
def bench(platform: Platform, http: aiohttp.ClientSession) -> Bench:
    return Bench(platform, http)


@pytest.fixture
def carded(platform: Platform, http: aiohttp.ClientSession) -> Bench:
    return Bench(platform, http, digest_card_template="digest.schema", message_card_template="message.schema")


TO_ONE = Private("parent-1", "cid1")
TO_GROUP = Group("cidG==")


def command(**changes: Any) -> Command:
    return Command(**{"outbox_id": "o1", "app": "school", "target": TO_ONE, "text": "记下了。", **changes})


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


# -- cards


async def test_a_digest_card(carded: Bench) -> None:
    digest = command(
        target=TO_GROUP, card=True, title="每日速递", text="每日速递\n要闻：春游", session=carded.session()
    )
    assert carded.client.idempotent(digest)
    assert await carded.send(digest) == Sent("carrier-1")
    body = carded.platform.body(CREATE_AND_DELIVER)
    assert body["outTrackId"] == "o1"
    assert body["cardTemplateId"] == "digest.schema"
    assert body["openSpaceId"] == "dtv1.card//IM_GROUP.cidG=="
    assert body["imGroupOpenDeliverModel"] == {"robotCode": "dingapp"}
    params = body["cardData"]["cardParamMap"]
    assert list(params) == list(PARAMS)
    assert (params["title"], params["body"], params["more1"]) == ("每日速递", "要闻：春游", "")
    assert carded.counted == [CREATE_AND_DELIVER]


async def test_a_private_card(carded: Bench) -> None:
    assert await carded.send(command(card=True, title="请看")) == Sent("carrier-1")
    body = carded.platform.body(CREATE_AND_DELIVER)
    assert body["cardTemplateId"] == "message.schema"
    assert body["openSpaceId"] == "dtv1.card//IM_ROBOT.parent-1"
    assert body["imRobotOpenDeliverModel"] == {"spaceType": "IM_ROBOT", "robotCode": "dingapp"}


async def test_our_own_card_found_there_is_sent(carded: Bench) -> None:
    carded.platform.will(CREATE_AND_DELIVER, Answer(400, {"code": "param.cardAlreadyExist"}))
    assert await carded.send(command(target=TO_GROUP, card=True)) == Sent("o1")


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (
            {"deliverResults": [{"success": False, "errorMsg": "no"}]},
            Refused("card.notDelivered", "recipient"),
        ),
        (
            {"deliverResults": [{"success": True}, {"success": False}]},
            Refused("card.notDelivered", "recipient"),
        ),
        ({"deliverResults": []}, Maybe("card.noResult")),
        ("o1", Maybe("card.noResult")),
    ],
)
async def test_a_card_is_sent_only_if_every_space_took_it(
    carded: Bench, result: Any, outcome: Outcome
) -> None:
    carded.platform.will(CREATE_AND_DELIVER, Answer(body={"success": True, "result": result}))
    assert await carded.send(command(target=TO_GROUP, card=True)) == outcome


@pytest.mark.parametrize(
    "code",
    ["template.stopped", "Forbidden.AccessDenied.AccessTokenPermissionDenied", "param.templateNotExist"],
)
async def test_where_cards_are_refused_the_next_try_is_markdown(carded: Bench, code: str) -> None:
    digest = command(target=TO_GROUP, card=True, title="速递")
    carded.platform.will(CREATE_AND_DELIVER, Answer(400, {"code": code}))
    first = await carded.send(digest)
    assert first == Refused(f"card.{code}", "retry")
    assert not carded.client.idempotent(digest)
    assert await carded.send(digest) == Sent("key-1")
    assert carded.platform.body(GROUP)["msgKey"] == "sampleMarkdown"
    assert carded.client.idempotent(command(card=True, title="x"))  # the other template is untouched
    carded.clock.pass_by(3601)
    assert await carded.send(digest) == Sent("carrier-1")


async def test_unsafe_words_are_not_tried_again_as_markdown(carded: Bench) -> None:
    carded.platform.will(CREATE_AND_DELIVER, Answer(400, {"code": "param.contentUnsafe"}))
    refused = Refused("param.contentUnsafe", "content")
    assert await carded.send(command(target=TO_GROUP, card=True)) == refused
    assert carded.client.idempotent(command(target=TO_GROUP, card=True))


async def test_what_does_not_fit_a_card_goes_as_markdown(carded: Bench) -> None:
    long = command(target=TO_GROUP, card=True, title="速递", text="长" * 2100)
    assert not carded.client.idempotent(long)
    assert await carded.send(long) == Sent("key-1")


def test_long_words_are_spread_over_the_variables() -> None:
    lines = "\n".join(f"{n}. " + "字" * 40 for n in range(30))
    params = card_params("速递", "速递\n" + lines)
    assert params is not None
    parts = [params[name] for name in PARAMS[1:]]
    assert max(len(part.encode()) for part in parts) <= MAX_VALUE
    assert "\n".join(part for part in parts if part) == lines
    unbroken = card_params("", "字" * 1900)
    assert unbroken is not None
    assert "".join(unbroken.values()) == "字" * 1900
    assert max(len(part.encode()) for part in unbroken.values()) <= MAX_VALUE
    assert card_params("", "字" * 2001) is None


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
    assert bench.counted == [PRIVATE]
    assert len(bench.platform.calls(PRIVATE)) == 1


async def test_no_answer_in_time_is_maybe(platform: Platform, http: aiohttp.ClientSession) -> None:
    bench = Bench(platform, http)
    bench.client._timeout = aiohttp.ClientTimeout(total=0.1)
    await bench.client._token.get()
    platform.will(PRIVATE, Answer(how="hang"))
    assert await bench.send(command()) == Maybe("no_answer")
    assert bench.counted == [PRIVATE]


async def test_no_connection_is_certainly_not_sent(
    platform: Platform, http: aiohttp.ClientSession, unused_tcp_port: int
) -> None:
    nowhere = f"http://127.0.0.1:{unused_tcp_port}"
    bench = Bench(platform, http)
    await bench.client._token.get()
    bench.client._api = nowhere
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
    shown = (
        f"{fetched!r}{bench.client!r}{bench.client._token!r}{caught.value!r}{caught.value}{bench.session()!r}"
    )
    for hidden in (SECRET, "token-1", "session=abc"):
        assert hidden not in shown


# -- limits


def test_buckets(bench: Bench, carded: Bench) -> None:
    group = ("dingtalk:school:group:cidG==", 18, 60.0)
    api = "dingtalk:school:api:"
    assert bench.client.bucket_names(command()) == [(api + PRIVATE, 18, 1.0)]
    assert bench.client.bucket_names(command(target=TO_GROUP)) == [(api + GROUP, 18, 1.0), group]
    assert bench.client.bucket_names(command(session=bench.session())) == []
    assert bench.client.bucket_names(command(session=bench.session(), target=TO_GROUP)) == [group]
    digest = command(target=TO_GROUP, card=True)
    assert carded.client.bucket_names(digest) == [(api + CREATE_AND_DELIVER, 18, 1.0), group]
    assert bench.client.api(command(session=bench.session())) == SESSION
