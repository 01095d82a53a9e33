"""The old API: address books, notices, custom robots; events; and the profile without the app's robot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
import pytest
from aiohttp import web

from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.event_crypt import EventCrypt, Unreadable
from bot.dingtalk.emulator.platform import Limits, sign
from bot.emulation.say import NotPossible
from config.settings import load_settings
from tests.wire.emulated import BATCH, GROUP, Client

NOTICE = "/topapi/message/corpconversation/asyncsend_v2"
RESULT = "/topapi/message/corpconversation/getsendresult"
TEXT = {"msgtype": "text", "text": {"content": "明天带水彩笔"}}
PAGE = """<html><body><h1>小明</h1><article data-seen="m1"><p>明天
带什么</p><form><button name="press" value="tok">好<i></i>的</button></form></article>
<figure data-seen="m2"><img data-picture src="/h5/p.png"></figure></body></html>"""


class House:
    """A product with a page and an event address."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.crypt: EventCrypt | None = None
        self.word = b"success"
        self.headers: list[dict[str, str]] = []

    async def event(self, request: web.Request) -> web.Response:
        assert self.crypt is not None
        sealed = orjson.loads(await request.read())["encrypt"]
        query = request.query
        assert query["signature"] == self.crypt.signature(query["timestamp"], query["nonce"], sealed)
        self.events.append(orjson.loads(self.crypt.open(sealed)))
        answer = self.crypt.seal(self.word)
        signature = self.crypt.signature("1", "n", answer)
        body = {"msg_signature": signature, "timeStamp": "1", "nonce": "n", "encrypt": answer}
        return web.Response(body=orjson.dumps(body))

    async def page(self, request: web.Request) -> web.StreamResponse:
        self.headers.append({key.lower(): value for key, value in request.headers.items()})
        if request.method == "POST":
            form = await request.post()
            response = web.HTTPSeeOther("/h5/x")
            response.set_cookie("pressed", str(form["press"]))
            raise response
        return web.Response(text=PAGE, content_type="text/html")

    async def picture(self, request: web.Request) -> web.Response:
        return web.Response(body=b"png", content_type="image/png")

    async def away(self, request: web.Request) -> web.Response:
        raise web.HTTPFound("http://127.0.0.2/")


@pytest.fixture
def house() -> House:
    return House()


async def _open(house: House, profile: str) -> AsyncIterator[Client]:
    app = web.Application()
    app.router.add_post("/dingtalk/school/event", house.event)
    app.router.add_route("*", "/h5/x", house.page)
    app.router.add_get("/h5/p.png", house.picture)
    app.router.add_get("/h5/away", house.away)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    target = f"http://127.0.0.1:{runner.addresses[0][1]}"
    emulator = Emulator(limits=Limits(per_second=None), target=target, profile=profile, event_pace=0.0)
    platform = emulator.platform
    house.crypt = EventCrypt(platform.event_token, platform.event_aes_key, platform.app.client_id)
    await emulator.start()
    async with aiohttp.ClientSession() as session:
        yield Client(emulator, session)
    await emulator.stop()
    await runner.cleanup()


@pytest.fixture
async def client(house: House) -> AsyncIterator[Client]:
    async for one in _open(house, "full"):
        yield one


@pytest.fixture
async def alone(house: House) -> AsyncIterator[Client]:
    async for one in _open(house, "custom-robot-only"):
        yield one


# -- address books --------------------------------------------------------------------------------------


async def test_staff_are_found_by_every_key(client: Client) -> None:
    user = (await client.old("/topapi/v2/user/get", {"userid": "t-301"})).body["result"]
    for path, fields in (
        ("/topapi/v2/user/getbymobile", {"mobile": user["mobile"]}),
        ("/topapi/user/getbyunionid", {"unionid": user["unionid"]}),
    ):
        assert (await client.old(path, fields)).body["result"]["userid"] == "t-301"
    listed = (await client.old("/topapi/user/listid", {"dept_id": 700000001})).body["result"]
    assert "t-301" in listed["userid_list"]
    assert "g-301-01-1" not in listed["userid_list"]
    assert not any(call.counted for call in client.emulator.calls())


@pytest.mark.parametrize(
    ("path", "fields", "code"),
    [
        ("/topapi/v2/user/get", {"userid": "nobody"}, 33012),
        ("/topapi/v2/user/get", {}, 40035),
        ("/topapi/v2/user/getbymobile", {"mobile": "1"}, 40104),
        ("/topapi/v2/user/getbymobile", {"mobile": "13000000000"}, 60121),
        ("/topapi/user/getbyunionid", {"unionid": "x"}, 60121),
        ("/topapi/user/listid", {"dept_id": 5}, 60003),
        ("/topapi/edu/user/list", {"class_id": 1, "role": "teacher", "page_size": 30, "page_no": 1}, 60003),
        ("/topapi/edu/dept/list", {"page_size": 31, "page_no": 1}, 33001),
        (NOTICE, {"agent_id": 1, "userid_list": "t-301", "msg": TEXT}, 400002),
        (NOTICE, {"agent_id": 3000000001, "msg": TEXT}, 40035),
        (RESULT, {"agent_id": 3000000001, "task_id": 5}, 33001),
        ("/chat/nothing", {}, 22),
    ],
)
async def test_old_api_refuses_with_http_200(
    client: Client, path: str, fields: dict[str, Any], code: int
) -> None:
    got = await client.old(path, fields)
    assert (got.status, got.body["errcode"]) == (200, code)


async def test_old_api_names_a_bad_token_in_its_gateways_words(client: Client) -> None:
    got = await client.old("/topapi/v2/user/get", {"userid": "t-301"}, token="bad")
    assert (got.status, got.body["errcode"], got.body["sub_code"]) == (200, 88, "40014")


async def test_school_is_in_the_home_school_address_book(client: Client) -> None:
    page = {"page_size": 30, "page_no": 1}
    campus = (await client.old("/topapi/edu/dept/list", page)).body["result"]["details"][0]
    grade = (await client.old("/topapi/edu/dept/list", {**page, "super_id": campus["dept_id"]})).body
    dept = grade["result"]["details"][0]["dept_id"]
    classes = (await client.old("/topapi/edu/dept/list", {**page, "super_id": dept})).body["result"]
    assert [each["name"] for each in classes["details"]] == ["三(1)班", "三(2)班", "三(3)班"]
    assert orjson.loads(classes["details"][1]["feature"])["class_level"] == 2
    number = classes["details"][1]["dept_id"]
    teachers = {"class_id": number, "role": "teacher", **page}
    listed = (await client.old("/topapi/edu/user/list", teachers)).body["result"]["details"]
    assert [each["userid"] for each in listed if each.get("is_adviser") == "1"] == ["t-302"]
    found: list[Any] = []
    for at in range(1, 9):
        asked = {"class_id": number, "page_size": 30, "page_no": at}
        result = (await client.old("/topapi/edu/user/relation/list", asked)).body["result"]
        found += result["relations"]
        if not result["has_more"]:
            break
    wanted = {"from_userid": "g-302-02-3", "to_userid": "s-302-02", "relation_code": "GM"}
    assert any(wanted.items() <= each.items() for each in found)
    guardians = [p for p in client.emulator.world.people.values() if p.id.startswith("g-302-")]
    assert len(found) == len(guardians)


# -- work notices ---------------------------------------------------------------------------------------


async def test_same_notice_reaches_somebody_once_a_day(client: Client) -> None:
    body = {"agent_id": client.emulator.platform.app.agent_id, "userid_list": "t-301,nobody", "msg": TEXT}
    first = (await client.old(NOTICE, body)).body["task_id"]
    again = (await client.old(NOTICE, body)).body["task_id"]
    assert [(item.to, item.lane) for item in client.emulator.seen()] == [("t-301", "work_notice")]
    await client.control("read", {"message": f"notice-{first}", "sender": "t-301"})
    told = [(await client.old(RESULT, {"agent_id": 1, "task_id": task})).body["send_result"]
            for task in (first, again)]  # fmt: skip
    assert (told[0]["read_user_id_list"], told[0]["invalid_user_id_list"]) == (["t-301"], ["nobody"])
    assert told[1]["forbidden_user_id_list"] == ["t-301"]


# -- custom robots --------------------------------------------------------------------------------------


def _address(client: Client, secret: str | None = None, stamp: int | None = None) -> str:
    robot = next(iter(client.emulator.world.webhooks.values()))
    at = str(stamp if stamp is not None else client.emulator.platform.now_ms())
    signed = quote(sign(at, secret if secret is not None else robot.secret), safe="")
    return f"/robot/send?access_token={robot.token}&timestamp={at}&sign={signed}"


async def test_custom_robot_speaks_in_its_group(client: Client) -> None:
    said = {**TEXT, "text": {"content": "@t-301 @t-302 您好"}, "at": {"atUserIds": ["t-301", "t-302"]}}
    assert (await client.request("POST", _address(client), said)).body == {"errcode": 0, "errmsg": "ok"}
    (item,) = client.emulator.seen()
    assert (item.lane, item.to, item.chat) == ("webhook", None, client.emulator.world.classes[0].group)
    assert item.content.text == "@王老师 @*** 您好"
    assert [call.counted for call in client.emulator.calls()] == [False]


async def test_custom_robot_refuses_strangers_and_floods(client: Client) -> None:
    unknown = await client.request("POST", "/robot/send?access_token=no", TEXT)
    assert unknown.body["errcode"] == 300005
    for address in (_address(client, "SECwrong"), _address(client, stamp=1_700_000_000_000)):
        assert (await client.request("POST", address, TEXT)).body["errcode"] == 310000
    codes = [(await client.request("POST", _address(client), TEXT)).body["errcode"] for _ in range(21)]
    assert codes == [0] * 20 + [410100]
    now = client.emulator.clock.now()
    await client.emulator.jump(now.replace(minute=now.minute + 9))
    assert (await client.request("POST", _address(client), TEXT)).body["errcode"] == 410100
    await client.emulator.jump(now.replace(minute=now.minute + 11))
    assert (await client.request("POST", _address(client), TEXT)).body["errcode"] == 0


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"secret": "", "keywords": ("速递",)}, 310000),
        ({"secret": "", "keywords": ("水彩",)}, 0),
        ({"secret": "", "addresses": ("192.0.2.1",)}, 310000),
        ({"secret": ""}, 0),
    ],
)
async def test_other_securities_of_a_custom_robot(client: Client, changed: dict[str, Any], code: int) -> None:
    robots = client.emulator.world.webhooks
    robot = next(iter(robots.values()))
    robots[robot.token] = replace(robot, **changed)
    got = await client.request("POST", f"/robot/send?access_token={robot.token}", TEXT)
    assert got.body["errcode"] == code


async def test_message_uuid_is_one_message_only_where_switched_on(client: Client) -> None:
    said = {**TEXT, "msgUuid": "u"}
    for _ in range(2):
        await client.request("POST", _address(client), said)
    assert len(client.emulator.seen()) == 2
    client.emulator.platform.webhook_dedupe = True
    for _ in range(2):
        await client.request("POST", _address(client), said)
    assert len(client.emulator.seen()) == 3


# -- groups ---------------------------------------------------------------------------------------------


async def test_own_group_is_made_changed_and_found(client: Client) -> None:
    made = {"name": "家委会", "owner": "t-301", "useridlist": ["g-301-01-1"]}
    got = (await client.call("/v1.0/im/group/create", made)).body
    await client.call("/v1.0/im/group/update", {"chatid": got["chatid"], "add_useridlist": ["d-301"]})
    converted = await client.call(f"/v1.0/im/chat/{got['chatid']}/convertToOpenConversationId", {})
    assert converted.body == {"openConversationId": got["openConversationId"]}
    address = f"/chat/get?access_token={await client.token()}&chatid={got['chatid']}"
    info = (await client.request("GET", address)).body["chat_info"]
    assert info["useridlist"] == ["t-301", "g-301-01-1", "d-301"]
    stranger = await client.call("/v1.0/im/group/create", {**made, "owner": "nobody"})
    assert stranger.body["code"] == "permession.checkFailed"


async def test_members_of_a_class_group_are_not_told(client: Client) -> None:
    asked = {"openConversationId": client.emulator.world.classes[0].group}
    got = await client.call("/v1.0/im/sceneGroups/members/batchQuery", asked)
    assert (got.status, got.body["code"]) == (403, "groupPermissionDenied")


# -- events ---------------------------------------------------------------------------------------------


def test_event_vectors() -> None:
    crypt = EventCrypt("testtoken123", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "dingappkey0001")
    sealed = crypt.seal(b"success", b"0123456789abcdef")
    assert sealed == (
        "Q3stYC6hdFzMh9T8HCvyDPAmVUAR9ZeRhlEwYP+nuEBRFhY5hPnJphiLrsk5JQ77nHTRPON2ndQ1W0dSzbphjg=="
    )
    assert crypt.signature("1700000000000", "nonceABC", sealed) == "fb61d34bbaa930cdcf63bf46bdcccfcd18b4a52f"
    assert crypt.open(sealed) == b"success"
    with pytest.raises(Unreadable):
        crypt.open(sealed[:-8] + "AAAAAAA=")


async def test_event_comes_after_the_address_was_checked(client: Client, house: House) -> None:
    got = await client.control("event", {"kind": "edu_user_insert", "data": {"ClassId": 1}})
    assert got.body == {"delivered": True, "reason": ""}
    assert [event["EventType"] for event in house.events] == ["check_url", "edu_user_insert"]
    assert house.events[1]["CorpId"] == client.emulator.world.corp


async def test_event_that_is_not_taken_comes_twice_more(client: Client, house: House) -> None:
    await client.emulator.event("a", {})
    house.word = b"no"
    assert (await client.emulator.event("b", {}))[0] is False
    await client.emulator.events.settle()
    assert [event["EventType"] for event in house.events] == ["check_url", "a", "b", "b", "b"]


@pytest.mark.parametrize(
    ("rule", "first", "arrived"),
    [
        ({"kind": "drop"}, False, 0),
        ({"kind": "refuse"}, False, 1),
        ({"kind": "http", "value": 503}, False, 1),
        ({"kind": "timeout_after"}, False, 2),
        ({"kind": "duplicate"}, True, 2),
        ({"kind": "slow", "value": 1}, True, 1),
    ],
)
async def test_planned_faults_of_an_event(
    client: Client, house: House, rule: dict[str, Any], first: bool, arrived: int
) -> None:
    await client.emulator.event("check_url", {})
    house.events.clear()
    client.emulator.faults.set({"rules": [{"api": "push:event", "nth": 1, **rule}]})
    assert (await client.emulator.event("b", {}))[0] is first
    await client.emulator.events.settle()
    assert len([event for event in house.events if event["EventType"] == "b"]) == arrived


async def test_reading_is_an_event(client: Client, house: House) -> None:
    key = (await client.call(BATCH, client.batch("t-301"))).body["processQueryKey"]
    assert await client.emulator.read(key, "t-301") == (True, "")
    assert (house.events[-1]["processQueryKey"], house.events[-1]["userId"]) == (key, "t-301")


# -- pages and the profile without the robot ------------------------------------------------------------


async def test_page_is_opened_like_a_browser_and_seen_once(alone: Client, house: House) -> None:
    url = f"{alone.emulator.target}/h5/x"
    for _ in range(2):
        got = await alone.control("open", {"sender": "g-302-01-1", "url": url})
        assert got.body == {"status": 200, "html": PAGE}
    text, picture = alone.emulator.seen()
    assert (text.lane, text.to, text.message, text.content.text) == (
        "page",
        "g-302-01-1",
        "m1",
        "明天 带什么",
    )
    assert [(button.id, button.label) for button in text.content.buttons] == [("tok", "好的")]
    assert (picture.content.kind, len(str(picture.content.sha256))) == ("picture", 64)
    person = alone.emulator.world.people["g-302-01-1"]
    assert house.headers[0]["cookie"] == f"cb_page={alone.emulator.world.page_session(person)}"
    assert house.headers[0]["sec-fetch-site"] == "none"
    assert "origin" not in house.headers[0]
    form = {"sender": "g-302-01-1", "url": url, "form": {"press": "tok"}}
    assert (await alone.control("open", form)).body["status"] == 200
    posted, followed = house.headers[2:]
    assert (posted["origin"], posted["sec-fetch-site"]) == (alone.emulator.target, "same-origin")
    assert "pressed=tok" in followed["cookie"]
    await alone.control("open", {"sender": "outsider:路人", "url": url})
    assert "cookie" not in house.headers[-1]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.2:1/h5/x", "http://user@127.0.0.1/h5/x", "https://a.example/"]
)
async def test_phones_open_the_products_pages_only(client: Client, url: str) -> None:
    assert (await client.control("open", {"sender": "t-301", "url": url})).status == 409


async def test_redirect_elsewhere_is_not_followed(client: Client) -> None:
    got = await client.control("open", {"sender": "t-301", "url": f"{client.emulator.target}/h5/away"})
    assert got.body["status"] == 302


async def test_robot_is_nowhere_near_parents(alone: Client) -> None:
    with pytest.raises(NotPossible):
        await alone.emulator.say("g-302-01-1", "您好")
    said = await alone.emulator.say("小明妈妈", "@小助手 在吗", "三(2)班")
    assert said["delivered"] is False
    got = await alone.call(BATCH, alone.batch("g-302-01-1", "t-302"))
    assert got.body["invalidStaffIdList"] == ["g-302-01-1"]
    assert (await alone.call(GROUP, alone.group())).body["code"] == "invalid.openConversationId"


async def test_written_school_has_robots_and_pages(alone: Client, tmp_path: Path) -> None:
    alone.emulator.write_config(tmp_path / "c.toml", 18080)
    settings = load_settings(tmp_path / "c.toml", {})
    app = settings.dingtalk["school"]
    assert (app.guardians, app.receive, app.digest_card_template) == ("page", "http", None)
    assert settings.server.public_url == "http://127.0.0.1:18080"
    assert app.event_token is not None
    assert app.event_aes_key is not None
    assert len(app.event_aes_key.get_secret_value()) == 43
    school = alone.emulator.world.school_json()
    assert set(school["classes"][0]["group"]) == {"platform", "app", "webhook", "token", "secret"}
    people = {person["id"]: person["identity"] for person in school["people"]}
    assert people["t-301"]["kind"] == "dingtalk_user"
    assert people["g-302-01-1"]["kind"] == "page"
    assert len(people["g-302-01-1"]["session"]) == 64
