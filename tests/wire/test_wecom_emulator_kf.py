"""The emulated customer service refuses what WeCom refuses: each limit once at the limit and once over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.emulation.say import NotPossible
from bot.emulation.world import UnknownReference
from bot.wecom.emulator.limits import Limits
from tests.wire.wecom_school import School, school

MOTHER = "c301/小明妈妈"


@pytest.fixture
async def kf() -> AsyncIterator[School]:
    async with school() as stand:
        yield stand


def text(stand: School, words: str = "好", who: str = MOTHER, **more: Any) -> dict[str, Any]:
    return {
        "touser": stand.external(who), "open_kfid": stand.platform.kf.account, "msgtype": "text",
        "text": {"content": words}, **more,
    }  # fmt: skip


def shaped(stand: School, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    return {**text(stand), "msgtype": kind, kind: body}


async def pull(stand: School, **more: Any) -> dict[str, Any]:
    return await stand.post("kf/sync_msg", {"open_kfid": stand.platform.kf.account, **more})


async def test_a_parents_words_ring_and_are_pulled(kf: School) -> None:
    said = await kf.emulator.say(MOTHER, "明天带什么")
    assert said["delivered"] is True
    bell = kf.got[-1]
    assert (bell["Event"], bell["OpenKfId"]) == ("kf_msg_or_event", kf.platform.kf.account)
    page = await pull(kf, token=bell["Token"])
    (one,) = page["msg_list"]
    assert (one["text"]["content"], one["origin"], one["external_userid"]) == (
        "明天带什么", 3, kf.external(MOTHER),
    )  # fmt: skip
    assert page["has_more"] == 0
    assert (await pull(kf, token=bell["Token"], cursor=page["next_cursor"]))["msg_list"] == []


async def test_pages_have_a_length(kf: School) -> None:
    for number in range(3):
        await kf.emulator.say(MOTHER, f"{number}")
    token = kf.got[-1]["Token"]
    first = await pull(kf, token=token, limit=2)
    assert (len(first["msg_list"]), first["has_more"]) == (2, 1)
    second = await pull(kf, token=token, limit=2, cursor=first["next_cursor"])
    assert ([one["text"]["content"] for one in second["msg_list"]], second["has_more"]) == (["2"], 0)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"limit": 1000}, 0),
        ({"limit": 1001}, 40058),
        ({"limit": 0}, 40058),
        ({"cursor": "kfc1"}, 0),
        ({"cursor": "kfc2"}, 40058),
        ({"cursor": "x"}, 40058),
        ({"voice_format": 2}, 40058),
        ({"open_kfid": "wkother"}, 95000),
        ({"token": "made up"}, 95007),
    ],
)
async def test_what_may_be_pulled(kf: School, more: dict[str, Any], code: int) -> None:
    await kf.emulator.say(MOTHER, "好")
    assert (await pull(kf, **more))["errcode"] == code


async def test_a_token_lives_ten_minutes(kf: School) -> None:
    await kf.emulator.say(MOTHER, "好")
    token = kf.got[-1]["Token"]
    kf.pass_s(599)
    assert (await pull(kf, token=token))["errcode"] == 0
    kf.pass_s(1)
    assert (await pull(kf, token=token))["errcode"] == 95007


async def test_without_a_token_pulling_is_scarce(kf: School) -> None:
    kf.platform.kf.knobs.tokenless_minute = 2
    assert [(await pull(kf))["errcode"] for _ in range(3)] == [0, 0, 45009]
    kf.pass_s(60)
    assert (await pull(kf))["errcode"] == 0


async def test_an_empty_page_may_say_there_is_more(kf: School) -> None:
    await kf.emulator.say(MOTHER, "好")
    kf.platform.kf.knobs.empty_pages = 1
    empty = await pull(kf)
    assert (empty["msg_list"], empty["has_more"]) == ([], 1)
    assert len((await pull(kf, cursor=empty["next_cursor"]))["msg_list"]) == 1


async def test_three_days_are_kept(kf: School) -> None:
    await kf.emulator.say(MOTHER, "old")
    kf.pass_s(3 * 86_400 - 1)
    assert len((await pull(kf))["msg_list"]) == 1
    kf.pass_s(1)
    assert (await pull(kf))["msg_list"] == []


async def test_five_for_each_message_of_hers(kf: School) -> None:
    await kf.emulator.say(MOTHER, "好")
    assert [await kf.code("kf/send_msg", text(kf, str(n))) for n in range(6)] == [0] * 5 + [95001]
    assert len(kf.emulator.seen()) == 5
    await kf.emulator.say(MOTHER, "还有")
    assert await kf.code("kf/send_msg", text(kf)) == 0


async def test_forty_eight_hours(kf: School) -> None:
    await kf.emulator.say(MOTHER, "好")
    kf.pass_s(48 * 3600 - 1)
    assert await kf.code("kf/send_msg", text(kf)) == 0
    kf.pass_s(1)
    assert await kf.code("kf/send_msg", text(kf)) == 95002


async def test_coming_in_is_not_writing(kf: School) -> None:
    assert await kf.code("kf/send_msg", text(kf)) == 40096
    await kf.emulator.enter_kf(MOTHER, "")
    assert await kf.code("kf/send_msg", text(kf)) == 95002


async def test_the_same_msgid_is_shown_once(kf: School) -> None:
    await kf.emulator.say(MOTHER, "好")
    for _ in range(7):
        assert await kf.code("kf/send_msg", text(kf, msgid="a-1")) == 0
    assert len(kf.emulator.seen()) == 1
    kf.platform.kf.knobs.repeat_code = 95003
    assert await kf.code("kf/send_msg", text(kf, msgid="a-1")) == 95003


@pytest.mark.parametrize(("msgid", "code"), [("a" * 32, 0), ("a" * 33, 40058), ("a b", 40058), ("", 40058)])
async def test_an_own_msgid(kf: School, msgid: str, code: int) -> None:
    await kf.emulator.say(MOTHER, "好")
    assert await kf.code("kf/send_msg", text(kf, msgid=msgid)) == code


CLICK = {"type": "click", "click": {"id": "1", "content": "好"}}


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("text", {"content": "a" * 2048}, 0),
        ("text", {"content": "a" * 2049}, 45002),
        ("text", {"content": "好" * 683}, 45002),
        ("text", {"content": ""}, 44004),
        ("msgmenu", {"head_content": "a" * 1024, "list": [CLICK] * 10}, 0),
        ("msgmenu", {"head_content": "a" * 1025, "list": [CLICK]}, 45002),
        ("msgmenu", {"head_content": "a", "list": [CLICK] * 11}, 40058),
        ("msgmenu", {"list": [{"type": "click", "click": {"id": "1", "content": "a" * 129}}]}, 45002),
        ("msgmenu", {"list": [{"type": "click", "click": {"id": "a" * 129, "content": "a"}}]}, 45002),
        ("msgmenu", {"list": [{"type": "dance"}]}, 40058),
        ("msgmenu", {}, 40058),
        ("location", {"latitude": 90, "longitude": 180}, 0),
        ("location", {"latitude": 91, "longitude": 0}, 40058),
        ("image", {"media_id": "none"}, 40007),
        ("link", {"title": "a", "url": "https://a.example", "thumb_media_id": "none"}, 40007),
        ("template_card", {}, 40008),
    ],
)
async def test_what_may_be_said(kf: School, kind: str, body: dict[str, Any], code: int) -> None:
    await kf.emulator.say(MOTHER, "好")
    assert await kf.code("kf/send_msg", shaped(kf, kind, body)) == code


async def test_a_picture_and_a_link(kf: School) -> None:
    await kf.emulator.say(MOTHER, "好")
    picture = kf.picture()
    assert await kf.code("kf/send_msg", shaped(kf, "image", {"media_id": picture})) == 0
    link = {"title": "通知", "desc": "今天", "url": "https://a.example/x", "thumb_media_id": picture}
    assert await kf.code("kf/send_msg", shaped(kf, "link", link)) == 0
    first, second = kf.emulator.seen()
    assert (first.content.kind, first.lane, first.to) == ("picture", "kf", kf.person(MOTHER).id)
    assert (second.content.kind, second.content.url) == ("link", "https://a.example/x")


async def test_a_choice_comes_back_as_words_with_its_id(kf: School) -> None:
    await kf.emulator.say(MOTHER, "好")
    await kf.post("kf/send_msg", shaped(kf, "msgmenu", {"head_content": "选", "list": [CLICK]}))
    message = kf.emulator.seen()[-1].message
    assert await kf.emulator.press(message, "1", MOTHER) == (True, "")
    pressed = (await pull(kf))["msg_list"][-1]
    assert pressed["text"] == {"content": "好", "menu_id": "1"}
    with pytest.raises(NotPossible):
        await kf.emulator.press(message, "2", MOTHER)
    with pytest.raises(UnknownReference):
        await kf.emulator.press(message, "1", "c301/小明爸爸")


async def test_a_welcome_is_for_strangers_once_within_20_seconds(kf: School) -> None:
    async def code_of(who: str) -> str:
        await kf.emulator.enter_kf(who, "12345678")
        event = (await pull(kf))["msg_list"][-1]["event"]
        assert (event["event_type"], event["scene_param"]) == ("enter_session", "12345678")
        return str(event.get("welcome_code", ""))

    def hello(code: str) -> dict[str, Any]:
        return {"code": code, "msgtype": "text", "text": {"content": "您好"}}

    welcome = await code_of("outsider:路人")
    kf.pass_s(19)
    assert await kf.code("kf/send_msg_on_event", hello(welcome)) == 0
    assert await kf.code("kf/send_msg_on_event", hello(welcome)) == 95007
    assert kf.emulator.seen()[-1].chat == "kf:outsider:路人"
    assert await code_of("outsider:路人") == ""  # greeted within 48 hours
    late = await code_of(MOTHER)
    kf.pass_s(20)
    assert await kf.code("kf/send_msg_on_event", hello(late)) == 95007
    await kf.emulator.say(MOTHER, "好")
    assert await code_of(MOTHER) == ""
    picture = {"code": late, "msgtype": "image", "image": {"media_id": kf.picture()}}
    assert await kf.code("kf/send_msg_on_event", picture) == 40008


async def test_a_scene_holds_128_bytes(kf: School) -> None:
    await kf.emulator.enter_kf(MOTHER, "a" * 128)
    with pytest.raises(NotPossible):
        await kf.emulator.enter_kf(MOTHER, "a" * 129)


async def test_states(kf: School) -> None:
    await kf.emulator.say(MOTHER, "好")
    who = {"open_kfid": kf.platform.kf.account, "external_userid": kf.external(MOTHER)}

    async def go(state: int, **more: str) -> int:
        return await kf.code("kf/service_state/trans", {**who, "service_state": state, **more})

    assert await go(1) == 0
    assert await kf.code("kf/send_msg", text(kf)) == 0
    assert await go(0) == 95016
    assert await go(3) == 40058  # by whom?
    assert await go(3, servicer_userid="t-301") == 0
    assert await kf.code("kf/send_msg", text(kf)) == 95018
    assert await go(4) == 0
    assert await kf.code("kf/send_msg", text(kf)) == 95013
    assert await go(1) == 95016
    await kf.emulator.say(MOTHER, "还在吗")
    assert (await kf.post("kf/service_state/get", who))["service_state"] == 0
    assert await kf.code("kf/send_msg", text(kf)) == 0


async def test_links_and_customers(kf: School) -> None:
    account = {"open_kfid": kf.platform.kf.account}
    assert "scene" in (await kf.post("kf/add_contact_way", {**account, "scene": "a" * 32}))["url"]
    assert await kf.code("kf/add_contact_way", {**account, "scene": "a" * 33}) == 40058
    await kf.emulator.say(MOTHER, "好")
    mine = kf.external(MOTHER)
    found = await kf.post("kf/customer/batchget", {"external_userid_list": [mine, "wmnobody"]})
    assert [one["external_userid"] for one in found["customer_list"]] == [mine]
    assert found["invalid_external_userid"] == ["wmnobody"]
    assert await kf.code("kf/customer/batchget", {"external_userid_list": [mine] * 101}) == 40058
    assert (await kf.get("kf/account/list"))["account_list"][0]["open_kfid"] == kf.platform.kf.account


@pytest.mark.parametrize(
    ("kind", "wire"),
    [("picture", "image"), ("voice", "voice"), ("video", "video"), ("file", "file"), ("unknown", "location")],
)
async def test_other_kinds(kf: School, kind: str, wire: str) -> None:
    await kf.emulator.say(MOTHER, kind=kind)
    one = (await pull(kf))["msg_list"][-1]
    assert one["msgtype"] == wire
    if wire != "location":
        assert kf.platform.medium(one[wire]["media_id"]) is not None


async def test_copies_lie_in_the_log_too(kf: School) -> None:
    await kf.emulator.say(MOTHER, "好", copies=3)
    listed = (await pull(kf))["msg_list"]
    assert len(listed) == 3
    assert len({one["msgid"] for one in listed}) == 1
    assert len(kf.got) == 3


async def test_a_failure_is_told() -> None:
    async with school(limits=Limits(kf_turn=None)) as kf:
        await kf.emulator.say(MOTHER, "好")
        assert {await kf.code("kf/send_msg", text(kf, str(n))) for n in range(7)} == {0}
        await kf.emulator.customers.fail(kf.person(MOTHER), "a-1", 2)
        event = (await pull(kf))["msg_list"][-1]["event"]
        assert (event["event_type"], event["fail_msgid"], event["fail_type"]) == ("msg_send_fail", "a-1", 2)
