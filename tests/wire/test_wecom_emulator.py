"""The emulated WeCom's gate, messages to members, cards and files: strict where the platform is."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.wecom.emulator.limits import Limits
from tests.wire.wecom_school import PNG, School, school

HOUR_S = 3_600
FULL = {"card_type": "button_interaction", "main_title": {"title": "速递"}, "task_id": "t-1"}
YES = {"text": "发送", "key": "yes"}
OPTION = {"id": "1", "text": "好"}
VOTE = {**FULL, "card_type": "vote_interaction", "submit_button": {"text": "好", "key": "k"}}


@pytest.fixture
async def stand() -> AsyncIterator[School]:
    async with school() as made:
        yield made


def message(stand: School, kind: str = "text", part: Any = None, **more: Any) -> dict[str, Any]:
    part = {"content": "你好"} if part is None else part
    agent = stand.platform.app.agent_id
    return {"touser": "t-301", "agentid": agent, "msgtype": kind, kind: part, **more}


def card(**more: Any) -> dict[str, Any]:
    return {**FULL, "button_list": [YES], **more}


def seen(stand: School) -> list[tuple[str, str]]:
    return [(item.change, item.content.text) for item in stand.emulator.seen()]


# -- the gate


async def raw(stand: School, method: str, path: str, data: Any = None, **query: str) -> Any:
    url = f"{stand.emulator.url}{path}"
    async with stand.http.request(method, url, params=query, data=data) as response:
        assert response.status == 200
        return await response.json()


@pytest.mark.parametrize(
    ("corp", "secret", "code"),
    [(1, 1, 0), (0, 1, 40013), (1, 0, 40001), (None, 1, 41002), (1, None, 41004)],
)
async def test_who_gets_a_token(stand: School, corp: int | None, secret: int | None, code: int) -> None:
    app = stand.platform.app
    query = {}
    if corp is not None:
        query["corpid"] = app.corp_id if corp else "wwother"
    if secret is not None:
        query["corpsecret"] = app.secret if secret else "other"
    assert (await raw(stand, "GET", "/cgi-bin/gettoken", **query))["errcode"] == code


async def test_the_same_token_until_its_end(stand: School) -> None:
    app = stand.platform.app
    query = {"corpid": app.corp_id, "corpsecret": app.secret}
    first = await raw(stand, "GET", "/cgi-bin/gettoken", **query)
    stand.pass_s(7100)
    again = await raw(stand, "GET", "/cgi-bin/gettoken", **query)
    assert first["expires_in"] == 7200
    assert 0 < again["expires_in"] <= 100
    assert first["access_token"] == again["access_token"]
    stand.pass_s(100)
    late = await raw(stand, "GET", "/cgi-bin/getcallbackip", access_token=first["access_token"])
    assert late["errcode"] == 42001
    assert (await raw(stand, "GET", "/cgi-bin/gettoken", **query))["access_token"] != first["access_token"]


async def test_every_call_wants_a_good_token(stand: School) -> None:
    path = "/cgi-bin/getcallbackip"
    assert (await raw(stand, "GET", path))["errcode"] == 41001
    assert (await raw(stand, "GET", path, access_token="made up"))["errcode"] == 40014
    token = stand.platform.token()[0]
    assert (await raw(stand, "GET", path, access_token=token))["errcode"] == 0
    stand.platform.expire_tokens()
    assert (await raw(stand, "GET", path, access_token=token))["errcode"] == 42001


async def test_what_a_refusal_says_cannot_be_read(stand: School) -> None:
    words = (await raw(stand, "GET", "/cgi-bin/getcallbackip"))["errmsg"]
    assert "hint: [" in words
    assert "from ip: 127.0.0.1" in words
    assert words.endswith("devtool/query?e=41001")


async def test_bodies(stand: School) -> None:
    path, token = "/cgi-bin/message/send", stand.platform.token()[0]
    broken = await raw(stand, "POST", path, b'{"touser":', access_token=token)
    assert broken["errmsg"].startswith("Warning: wrong json format.")
    escaped = await raw(stand, "POST", path, b'{"touser":"\\u4f60"}', access_token=token)
    assert escaped["errcode"] == 40033
    assert (await raw(stand, "GET", path, access_token=token))["errcode"] == 43002
    assert (await raw(stand, "POST", "/cgi-bin/nothing", b"{}", access_token=token))["errcode"] == -1


async def test_calls_of_one_interface_a_minute() -> None:
    async with school(limits=Limits(api_minute=2, debug_minute=1)) as stand:
        codes = [(await stand.get("getcallbackip"))["errcode"] for _ in range(3)]
        assert codes == [0, 0, 45009]
        codes = [(await stand.get("user/list", debug="1"))["errcode"] for _ in range(2)]
        assert codes == [0, 45009]
        stand.pass_s(60)
        assert (await stand.get("getcallbackip"))["errcode"] == 0


# -- messages to members


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, 0),
        ({"touser": "T-301|Nobody"}, 0),
        ({"touser": "@all"}, 0),
        ({"touser": "nobody"}, 81013),
        ({"touser": "g-302-01-1"}, 81013),
        ({"touser": ""}, 82001),
        ({"touser": "|".join(["t-301"] * 1001)}, 40032),
        ({"toparty": "|".join(["1"] * 101)}, 82002),
        ({"totag": "|".join(["1"] * 101)}, 82003),
        ({"agentid": "1000002"}, 40056),
        ({"agentid": None}, 40056),
        ({"agentid": 1}, 301002),
        ({"msgtype": "hologram"}, 40008),
        ({"text": {"content": ""}}, 44004),
        ({"text": None}, 40063),
        ({"enable_duplicate_check": 1, "duplicate_check_interval": 14_401}, 40058),
    ],
)
async def test_what_may_be_sent(stand: School, changed: dict[str, Any], code: int) -> None:
    answer = await stand.post("message/send", {**message(stand), **changed})
    assert answer["errcode"] == code
    assert bool(seen(stand)) is (code == 0)


async def test_who_is_unknown_is_named_in_small_letters(stand: School) -> None:
    answer = await stand.post("message/send", message(stand, touser="t-301|NoBody|X"))
    assert answer["invaliduser"] == "nobody|x"


async def test_words_are_cut_at_2048_bytes(stand: School) -> None:
    await stand.post("message/send", message(stand, part={"content": "好" * 700}))
    assert seen(stand) == [("new", "好" * 682)]


async def test_too_many_to_one_member_are_dropped_in_silence(stand: School) -> None:
    codes = {await stand.code("message/send", message(stand)) for _ in range(32)}
    assert codes == {0}
    assert len(seen(stand)) == 30
    await stand.post("message/send", message(stand, touser="t-302"))
    assert len(seen(stand)) == 31
    stand.pass_s(60)
    await stand.post("message/send", message(stand))
    assert len(seen(stand)) == 32


async def test_a_second_copy_is_taken_and_not_shown(stand: School) -> None:
    body = message(stand, enable_duplicate_check=1, duplicate_check_interval=60)
    assert [await stand.code("message/send", body) for _ in range(2)] == [0, 0]
    assert len(seen(stand)) == 1
    stand.pass_s(60)
    await stand.post("message/send", body)
    assert len(seen(stand)) == 2


async def test_recall(stand: School) -> None:
    first, second = [(await stand.post("message/send", message(stand)))["msgid"] for _ in range(2)]
    assert await stand.code("message/recall", {"msgid": "nothing"}) == 40058
    stand.pass_s(24 * HOUR_S - 60)
    assert await stand.code("message/recall", {"msgid": first}) == 0
    assert seen(stand)[-1] == ("recalled", "你好")
    stand.pass_s(60)
    assert await stand.code("message/recall", {"msgid": second}) == 42052


# -- cards


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, 0),
        ({"card_type": "poster"}, 42031),
        ({"main_title": {}}, 42033),
        ({"task_id": None}, 40058),
        ({"task_id": "a b"}, 40058),
        ({"task_id": "a" * 128}, 0),
        ({"task_id": "a" * 129}, 40058),
        ({"button_list": []}, 42038),
        ({"button_list": [YES] * 6}, 0),
        ({"button_list": [YES] * 7}, 42038),
        ({"button_list": [{"key": "yes"}]}, 42038),
        ({"button_list": [{"text": "发送"}]}, 42039),
        ({"button_list": [{"text": "发送", "key": "k" * 1025}]}, 42039),
        ({"horizontal_content_list": [{"keyname": "a"}] * 7}, 42035),
        ({"horizontal_content_list": [{"value": "a"}]}, 42027),
        ({"horizontal_content_list": [{"keyname": "a", "type": 1}]}, 42028),
        ({"horizontal_content_list": [{"keyname": "a", "type": 2}]}, 42029),
        ({"horizontal_content_list": [{"keyname": "a", "type": 3}]}, 42050),
        ({"vertical_content_list": [{"title": "a"}] * 5}, 42036),
        ({"jump_list": [{"title": "a"}] * 4}, 42042),
        ({"card_type": "text_notice"}, 42045),
        ({"card_type": "text_notice", "card_action": {"type": 1, "url": "https://127.0.0.1"}}, 0),
        ({**VOTE}, 42043),
        ({**VOTE, "checkbox": {"question_key": "q", "option_list": []}}, 42037),
        ({**VOTE, "checkbox": {"question_key": "q", "option_list": [{"text": "好"}]}}, 42040),
        ({**VOTE, "checkbox": {"question_key": "q", "option_list": [{"id": "1"}]}}, 42041),
        ({**VOTE, "checkbox": {"question_key": "q", "option_list": [OPTION]}}, 0),
        ({**VOTE, "checkbox": {"question_key": "q", "option_list": [OPTION]}, "submit_button": {}}, 42046),
    ],
)
async def test_which_cards_are_taken(stand: School, changed: dict[str, Any], code: int) -> None:
    assert await stand.code("message/send", message(stand, "template_card", card(**changed))) == code


async def test_a_task_is_named_once(stand: School) -> None:
    body = message(stand, "template_card", card())
    assert [await stand.code("message/send", body) for _ in range(2)] == [0, 40058]


async def test_without_a_callback_no_cards() -> None:
    async with school(takes_cards=False) as stand:
        assert await stand.code("message/send", message(stand, "template_card", card())) == 43012


def change(stand: School, code: str, **more: Any) -> dict[str, Any]:
    button = {"replace_name": "已发送"}
    agent = stand.platform.app.agent_id
    return {"agentid": agent, "response_code": code, "button": button, **more}


async def test_a_code_changes_a_card_once(stand: School) -> None:
    body = message(stand, "template_card", card(), touser="t-301|t-302")
    sent = await stand.post("message/send", body)
    wrong = change(stand, sent["response_code"], agentid=1)
    assert await stand.code("message/update_template_card", wrong) == 301002
    good = change(stand, sent["response_code"], userids=["t-301", "t-302"])
    assert await stand.code("message/update_template_card", good) == 0
    changed = [(item.to, item.of, item.content.buttons[0].label) for item in stand.emulator.seen()[-2:]]
    assert changed == [("t-301", sent["msgid"], "已发送"), ("t-302", sent["msgid"], "已发送")]
    assert await stand.code("message/update_template_card", good) == 60140


async def test_a_code_lives_72_hours(stand: School) -> None:
    sent = await stand.post("message/send", message(stand, "template_card", card()))
    stand.pass_s(72 * HOUR_S)
    body = change(stand, sent["response_code"])
    assert await stand.code("message/update_template_card", body) == 60140


# -- files


async def upload(stand: School, kind: str, data: bytes, field: str = "media") -> Any:
    form = aiohttp.FormData()
    form.add_field(field, io.BytesIO(data), filename="a.bin", content_type="application/octet-stream")
    token = stand.platform.token()[0]
    url = f"{stand.emulator.url}/cgi-bin/media/upload"
    async with stand.http.post(url, params={"access_token": token, "type": kind}, data=form) as response:
        return await response.json()


@pytest.mark.parametrize(
    ("kind", "data", "field", "code"),
    [
        ("image", PNG, "media", 0),
        ("image", PNG, "file", 41005),
        ("image", b"12345", "media", 44001),
        ("image", b"no picture", "media", 40009),
        ("voice", b"#!AMR" + b"0" * (2 << 20), "media", 45001),
        ("voice", b"RIFF0000", "media", 301017),
        ("poster", PNG, "media", 40004),
        ("file", b"0" * 6, "media", 0),
    ],
)
async def test_what_may_be_uploaded(stand: School, kind: str, data: bytes, field: str, code: int) -> None:
    assert (await upload(stand, kind, data, field))["errcode"] == code


async def test_a_file_lives_three_days(stand: School) -> None:
    made = await upload(stand, "image", PNG)
    assert made["created_at"] == str(stand.platform.now_ms() // 1000)
    media_id = made["media_id"]
    token = {"access_token": stand.platform.token()[0], "media_id": media_id}
    url = f"{stand.emulator.url}/cgi-bin/media/get"
    async with stand.http.get(url, params=token) as response:
        assert await response.read() == PNG
        assert "a.bin" in response.headers["Content-Disposition"]
    async with stand.http.get(url, params=token, headers={"Range": "bytes=1-3"}) as response:
        assert (response.status, await response.read()) == (206, PNG[1:4])
    part = {"media_id": media_id}
    assert await stand.code("message/send", message(stand, "file", part)) == 40007
    assert await stand.code("message/send", message(stand, "image", part)) == 0
    stand.pass_s(72 * HOUR_S)
    assert await stand.code("message/send", message(stand, "image", part)) == 40007
    assert (await stand.get("media/get", media_id=media_id))["errcode"] == 40007


# -- what goes wrong as planned


@pytest.mark.parametrize(
    ("kind", "value", "code", "shown"),
    [("code", 45009, 45009, 0), ("silent_drop", None, 0, 0), ("expire_token", None, 42001, 0)],
)
async def test_planned_faults(stand: School, kind: str, value: Any, code: int, shown: int) -> None:
    rule = {"api": "/cgi-bin/message/send", "nth": 1, "kind": kind, "value": value}
    stand.emulator.faults.set({"rules": [rule]})
    assert await stand.code("message/send", message(stand)) == code
    assert len(seen(stand)) == shown
    assert await stand.code("message/send", message(stand)) == 0
