"""The emulated platform refuses what the platform refuses, in its words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import orjson
import pytest

from bot.dingtalk.emulator.content import shown
from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.platform import Limits
from bot.dingtalk.escape import escape_markdown
from tests.wire.emulated import BATCH, CARD, CARD_UPDATE, DOWNLOAD, GROUP, TOKEN, Client


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    emulator = Emulator(limits=Limits(per_second=None))
    await emulator.start()
    async with aiohttp.ClientSession() as session:
        yield Client(emulator, session)
    await emulator.stop()


async def test_token_is_the_same_while_valid_and_refused_when_expired(client: Client) -> None:
    token = await client.token()
    assert await client.token() == token
    later = client.emulator.clock.now() + timedelta(seconds=7199)
    await client.emulator.jump(later)
    assert (await client.call(BATCH, client.batch("t-301"), token=token)).status == 200
    await client.emulator.jump(later + timedelta(seconds=2))
    got = await client.call(BATCH, client.batch("t-301"), token=token)
    assert (got.status, got.body["code"]) == (400, "InvalidAuthentication")
    assert set(got.body) == {"code", "requestid", "message"}
    assert await client.token() != token


async def test_asking_again_renews_the_token(client: Client) -> None:
    token = await client.token()
    for _ in range(2):
        await client.emulator.jump(client.emulator.clock.now() + timedelta(seconds=5000))
        assert await client.token() == token


async def test_credentials_are_checked_by_both_token_apis(client: Client) -> None:
    app = client.emulator.platform.app
    wrong = await client.request("POST", TOKEN, {"appKey": app.client_id, "appSecret": "no"})
    assert (wrong.status, wrong.body["code"]) == (400, "invalidClientIdOrSecret")
    old = await client.request("GET", f"/gettoken?appkey={app.client_id}&appsecret=no")
    assert (old.status, old.body["errcode"]) == (200, 40096)
    missing = await client.request("GET", f"/gettoken?appkey={app.client_id}")
    assert (missing.status, missing.body["errcode"]) == (200, 40035)
    good = await client.request("GET", f"/gettoken?appkey={app.client_id}&appsecret={app.client_secret}")
    assert (good.body["errcode"], good.body["expires_in"]) == (0, 7200)
    assert (await client.call(GROUP, client.group(), token=good.body["access_token"])).status == 200


async def test_missing_token_has_its_own_code(client: Client) -> None:
    got = await client.request("POST", BATCH, client.batch("t-301"))
    assert (got.status, got.body["code"]) == (400, "AuthenticationFailed.MissingParameter")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"robotCode": ""}, "invalidParameter.robotCode.empty"),
        ({"robotCode": "other"}, "invalidParameter.robotCode.auth"),
        ({"userIds": []}, "invalidParameter.userIds.empty"),
        ({"userIds": "t-301"}, "invalidParameter.param.invalid"),
        ({"userIds": [f"u{i}" for i in range(21)]}, "invalidParameter.userIds.overMax"),
        ({"msgKey": None}, "invalidParameter.msgKey.empty"),
        ({"msgKey": "feedCard"}, "invalidParameter.msgKey.invalid"),
        ({"msgParam": {"content": "你好"}}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": "你好"}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": "{}"}, "miss.param.contentOfText"),
        ({"msgParam": '{"content":1}'}, "invalidParameter.param.invalid"),
        ({"msgKey": "sampleMarkdown", "msgParam": '{"text":"x"}'}, "miss.param.markdownTotitle"),
        ({"msgParam": '{"content":"%s"}' % ("好" * 5000)}, "invalidParameter.msgParam.tooLong"),
    ],
)
async def test_bad_private_sends_are_refused_by_name(
    client: Client, changed: dict[str, Any], code: str
) -> None:
    got = await client.call(BATCH, client.batch("t-301", **changed))
    assert (got.status, got.body["code"]) == (400, code)
    assert client.emulator.seen() == []


async def test_param_of_exactly_the_limit_is_taken(client: Client) -> None:
    fitting = orjson.dumps({"content": "a" * (15_000 - len('{"content":""}'))}).decode()
    assert (await client.call(BATCH, client.batch("t-301", msgParam=fitting))).status == 200
    over = client.batch("t-301", msgParam=fitting.replace("a", "aa", 1))
    assert (await client.call(BATCH, over)).body["code"] == "invalidParameter.msgParam.tooLong"


async def test_unknown_people_are_listed_and_the_others_reached(client: Client) -> None:
    got = await client.call(BATCH, client.batch("t-301", "nobody", "d-301", "t-301"))
    assert got.body["invalidStaffIdList"] == ["nobody"]
    assert [item.to for item in client.emulator.seen()] == ["t-301", "d-301"]
    assert {item.lane for item in client.emulator.seen()} == {"robot_private"}


async def test_group_send_is_one_item_and_needs_a_known_group(client: Client) -> None:
    await client.call(GROUP, client.group())
    (item,) = client.emulator.seen()
    assert (item.to, item.lane, item.content.text) == (None, "robot_group", "今天的速递")
    unknown = await client.call(GROUP, client.group(openConversationId="cidX=="))
    assert unknown.body["code"] == "invalid.openConversationId"
    missing = await client.call(GROUP, client.group(openConversationId=None))
    assert missing.body["code"] == "miss.openConversationId"


@pytest.mark.parametrize(
    ("markdown", "seen"),
    [
        ("一\n二", "一 二"),
        ("一  \n二", "一\n二"),
        ("一\n\n二", "一\n\n二"),
        ("一\n- 二\n1. 三", "一\n- 二\n1. 三"),
        (escape_markdown("一\n二\n\n三\n\n\n四"), "一\n二\n\n三\n\n\n四"),
    ],
)
def test_markdown_breaks_lines_only_where_it_does(markdown: str, seen: str) -> None:
    assert shown(markdown) == seen


async def test_card_is_seen_once_however_often_it_is_sent(client: Client) -> None:
    first = await client.call(CARD, client.card("row-1"))
    assert first.body["result"]["outTrackId"] == "row-1"
    assert first.body["result"]["deliverResults"][0]["success"] is True
    again = await client.call(CARD, client.card("row-1"))
    assert (again.status, again.body["code"]) == (400, "param.cardAlreadyExist")
    (item,) = client.emulator.seen()
    assert (item.message, item.content.kind, item.content.text) == ("row-1", "card", "速递\n今天的速递")
    assert [call.body["outTrackId"] for call in client.emulator.calls() if call.api == CARD] == ["row-1"] * 2


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"cardTemplateId": ""}, "param.cardTemplateIdEmpty"),
        ({"cardTemplateId": "no.schema"}, "param.templateNotExist"),
        ({"outTrackId": ""}, "param.outTrackIdEmpty"),
        ({"openSpaceId": ""}, "param.openSpaceIdEmpty"),
        ({"openSpaceId": "cid"}, "param.openSpaceIdInvalid"),
        ({"imGroupOpenDeliverModel": None}, "param.openDeliverModelEmpty"),
        ({"imGroupOpenDeliverModel": {"robotCode": "x"}}, "param.openDeliverModelError"),
        ({"cardData": {}}, "param.cardPublicDataEmpty"),
        ({"cardData": {"cardParamMap": {"title": 1}}}, "param.invalid"),
        ({"cardData": {"cardParamMap": {"title": "好" * 342}}}, "param.invalid"),
        ({"privateData": {"nobody": {"cardParamMap": {"title": "x"}}}}, "param.userIdNotExist"),
    ],
)
async def test_bad_cards_are_refused_by_name(client: Client, changed: dict[str, Any], code: str) -> None:
    got = await client.call(CARD, client.card("row-1", **changed))
    assert (got.status, got.body["code"]) == (400, code)
    assert client.emulator.seen() == []
    assert (await client.call(CARD, client.card("row-1"))).status == 200  # the id was not used up


async def test_unpublished_template_is_refused(client: Client) -> None:
    draft = client.card("row-1", cardTemplateId=client.emulator.platform.draft_template)
    assert (await client.call(CARD, draft)).body["code"] == "param.templateUnpublished"


async def test_card_for_nobody_fails_in_its_result_only(client: Client) -> None:
    card = client.card(
        "row-1", openSpaceId="dtv1.card//IM_ROBOT.nobody", imRobotOpenDeliverModel={"spaceType": "IM_ROBOT"}
    )
    got = await client.call(CARD, card)
    assert (got.status, got.body["result"]["deliverResults"][0]["success"]) == (200, False)
    assert client.emulator.seen() == []


async def test_card_update_replaces_unless_told_by_key(client: Client) -> None:
    await client.call(CARD, client.card("row-1"))
    data = {"cardParamMap": {"body": "改过的"}}
    by_key = {"outTrackId": "row-1", "cardData": data, "cardUpdateOptions": {"updateCardDataByKey": True}}
    assert (await client.call(CARD_UPDATE, by_key, "PUT")).body == {"success": True, "result": True}
    await client.call(CARD_UPDATE, {"outTrackId": "row-1", "cardData": data}, "PUT")
    changes = [(item.change, item.of, item.content.text) for item in client.emulator.seen()[1:]]
    assert changes == [("updated", "row-1", "速递\n改过的"), ("updated", "row-1", "改过的")]
    unknown = await client.call(CARD_UPDATE, {"outTrackId": "row-2", "cardData": data}, "PUT")
    assert unknown.body["code"] == "param.cardNotExist"
    empty = await client.call(CARD_UPDATE, {"outTrackId": "row-1"}, "PUT")
    assert empty.body["code"] == "param.cardDataAndPrivateDataBothEmpty"


async def test_unknown_paths_and_methods_are_no_api(client: Client) -> None:
    assert (await client.call("/v1.0/robot/nothing", {})).status == 404
    assert (await client.request("GET", BATCH)).status == 404
    old = await client.request("POST", "/topapi/nothing", {})
    assert (old.status, old.body["errcode"]) == (200, 22)


async def test_session_answers_and_dies_after_ninety_minutes(client: Client) -> None:
    world = client.emulator.world
    url, expires = client.emulator.platform.open_session(world.people["t-301"].chat, "t-301")
    assert abs(expires - client.emulator.platform.now_ms() - 5_400_000) < 1000
    path = url.removeprefix(client.emulator.url)
    hello = {"msgtype": "text", "text": {"content": "您好"}}
    assert (await client.request("POST", path, hello)).body == {"errcode": 0, "errmsg": "ok"}
    bad = await client.request("POST", path, {"msgtype": "text"})
    assert (bad.status, bad.body["errcode"]) == (200, 40035)
    unknown = await client.request("POST", path, {"msgtype": "image"})
    assert unknown.body["errcode"] == 400105
    await client.emulator.jump(client.emulator.clock.now() + timedelta(minutes=90))
    dead = await client.request("POST", path, hello)
    assert (dead.status, dead.body) == (200, {"errcode": 300001, "errmsg": "session 不存在"})
    assert [(item.to, item.lane) for item in client.emulator.seen()] == [("t-301", "session")]
    assert [call.counted for call in client.emulator.calls()] == [False] * 4


async def test_twenty_calls_a_second_per_api(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = client.emulator.platform
    platform.limits = Limits(per_group_minute=None)
    token = await client.token()
    at = platform.now_ms()
    monkeypatch.setattr(platform, "now_ms", lambda: at)
    statuses = [(await client.call(GROUP, client.group(), token=token)).status for _ in range(21)]
    assert statuses == [200] * 20 + [403]
    over = client.emulator.calls()[-1]
    assert (over.code, over.counted) == ("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", False)
    assert (await client.call(BATCH, client.batch("t-301"), token=token)).status == 200  # another API
    monkeypatch.setattr(platform, "now_ms", lambda: at + 1000)
    assert (await client.call(GROUP, client.group(), token=token)).status == 200


async def test_monthly_calls_end_and_begin_again_next_month(client: Client) -> None:
    client.emulator.platform.limits = Limits(per_second=None, per_month=2)
    for _ in range(2):
        assert (await client.call(GROUP, client.group())).status == 200
    got = await client.call(GROUP, client.group())
    assert (got.status, got.body["code"]) == (403, "Forbidden.AccessDenied.ApiCountLimitForOrg")
    counted = [call.counted for call in client.emulator.calls() if call.api == GROUP]
    assert counted == [True, True, False]
    await client.emulator.jump(client.emulator.clock.now().replace(month=11, day=1))
    assert (await client.call(GROUP, client.group())).status == 200


async def test_download_gives_the_very_bytes(client: Client) -> None:
    code = client.emulator.platform.keep_file("a.pdf", b"bytes")
    got = await client.call(DOWNLOAD, {"downloadCode": code, "robotCode": client.robot})
    path = got.body["downloadUrl"].removeprefix(client.emulator.url)
    assert (await client.request("GET", path)).body == b"bytes"
    bad = await client.call(DOWNLOAD, {"downloadCode": "x", "robotCode": client.robot})
    assert bad.body["code"] == "invalidParameter.robotCode.downloadCode"
