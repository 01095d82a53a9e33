"""The emulated login: who comes back with which code, and whose it is; the toolbar's script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from yarl import URL

from bot.dialogue.control import Control, ControlError
from bot.emulation.browser import LOGIN_PATH, WHO
from bot.emulation.say import NotPossible
from tests.wire.wecom_school import School, school, sha1

MOTHER = "c301/小明妈妈"


@pytest.fixture
async def wecom() -> AsyncIterator[School]:
    async with school() as stand:
        yield stand


def login(stand: School, **more: str) -> str:
    """The address of the login page."""
    asked = {
        "appid": stand.platform.app.corp_id, "redirect_uri": f"{stand.emulator.target}/h5/back",
        "response_type": "code", "scope": "snsapi_base", "state": "abc1",
        "agentid": str(stand.platform.app.agent_id), **more,
    }  # fmt: skip
    return str(URL(stand.emulator.url + LOGIN_PATH).with_query(asked))


def comes_back(stand: School) -> list[web.Request]:
    """The product's page: sends people to the login, and takes them back."""
    back: list[web.Request] = []

    async def enter(_request: web.Request) -> web.Response:
        response = web.Response(status=302, headers={"Location": login(stand)})
        response.set_cookie("cb_page", "secret")
        return response

    async def taken(request: web.Request) -> web.Response:
        back.append(request)
        return web.Response(text="<p data-seen='x'>welcome</p>", content_type="text/html")

    stand.pages |= {"/h5/enter": enter, "/h5/back": taken}
    return back


async def test_a_phone_goes_to_the_login_and_back(wecom: School) -> None:
    back = comes_back(wecom)
    status, html = await wecom.emulator.open_page(MOTHER, "/h5/enter")
    assert (status, "welcome" in html) == (200, True)
    (request,) = back
    assert (request.query["state"], request.cookies["cb_page"]) == ("abc1", "secret")
    assert WHO not in request.headers
    assert request.headers["Sec-Fetch-Site"] == "cross-site"
    mother = wecom.person(MOTHER)
    answer = await wecom.get("school/getuserinfo", code=request.query["code"])
    assert (answer["errcode"], answer["parent_userid"]) == (0, f"p-{mother.id}")
    again = await wecom.get("school/getuserinfo", code=request.query["code"])
    assert again["errcode"] == 40029


async def code_of(stand: School, who: str) -> str:
    back = comes_back(stand)
    await stand.emulator.open_page(who, login(stand))
    return back[0].query["code"]


async def test_who_somebody_is(wecom: School) -> None:
    mother = await wecom.get("auth/getuserinfo", code=await code_of(wecom, MOTHER))
    assert (mother["external_userid"], mother["parent_userid"]) == (wecom.external(MOTHER), "p-g-301-01-1")
    teacher = await wecom.get("auth/getuserinfo", code=await code_of(wecom, "c301/王老师"))
    assert teacher["userid"] == "t-301"
    again = await wecom.get("school/getuserinfo", code=await code_of(wecom, "c301/王老师"))
    assert again["UserId"] == "t-301"
    stranger = await wecom.get("school/getuserinfo", code=await code_of(wecom, "outsider:路人"))
    assert "OpenId" in stranger
    assert "parent_userid" not in stranger


async def test_a_code_lives_five_minutes(wecom: School) -> None:
    fresh, late = await code_of(wecom, MOTHER), await code_of(wecom, MOTHER)
    wecom.pass_s(295)
    assert (await wecom.get("school/getuserinfo", code=fresh))["errcode"] == 0
    wecom.pass_s(5)
    assert (await wecom.get("school/getuserinfo", code=late))["errcode"] == 40029
    assert (await wecom.get("school/getuserinfo", code="made-up"))["errcode"] == 40029


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({"redirect_uri": "https://elsewhere.example/h5/back"}, "50001"),
        ({"redirect_uri": ""}, "50001"),
        ({"appid": "wwother"}, "40013"),
        ({"response_type": "token"}, "40058"),
        ({"scope": "snsapi_all"}, "40058"),
        ({"scope": "snsapi_privateinfo", "agentid": "7"}, "40056"),
        ({"state": "a" * 129}, "40058"),
        ({"state": "a-b"}, "40058"),
    ],
)
async def test_a_wrong_address_ends_at_the_platforms_page(
    wecom: School, more: dict[str, str], shown: str
) -> None:
    back = comes_back(wecom)
    _, html = await wecom.emulator.open_page(MOTHER, login(wecom, **more))
    assert shown in html
    assert back == []


async def test_a_phone_opens_nothing_else_of_the_platform(wecom: School) -> None:
    for path in ("/_control/people", "/cgi-bin/gettoken", LOGIN_PATH + "/x"):
        with pytest.raises(NotPossible):
            await wecom.emulator.open_page(MOTHER, wecom.emulator.url + path)


# -- the toolbar


async def ask(stand: School, what: str, body: dict[str, Any]) -> dict[str, Any]:
    async with stand.http.post(f"{stand.emulator.url}/_jssdk/{what}", json=body) as response:
        answer: dict[str, Any] = await response.json()
        return answer


async def test_a_page_is_signed_with_the_ticket(wecom: School) -> None:
    ticket = (await wecom.get("ticket/get", type="agent_config"))["ticket"]
    assert (await wecom.get("ticket/get", type="agent_config"))["ticket"] == ticket
    assert (await wecom.get("get_jsapi_ticket"))["ticket"] != ticket
    assert (await wecom.get("ticket/get"))["errcode"] == 40058
    url = "https://school.example/h5/toolbar?a=1"
    line = f"jsapi_ticket={ticket}&noncestr=n&timestamp=1&url={url}"
    app = wecom.platform.app
    signed = {
        "kind": "agent", "corpId": app.corp_id, "agentId": app.agent_id, "nonceStr": "n",
        "timestamp": "1", "url": f"{url}#top", "signature": sha1(line),
    }  # fmt: skip
    assert (await ask(wecom, "register", signed))["errCode"] == 0
    assert (await ask(wecom, "register", {**signed, "url": url + "2"}))["errCode"] == 40093
    assert (await ask(wecom, "register", {**signed, "kind": "corp"}))["errCode"] == 40093
    assert (await ask(wecom, "register", {**signed, "agentId": 7}))["errCode"] == 40056
    wecom.pass_s(7200)
    assert (await ask(wecom, "register", signed))["errCode"] == 40093


async def test_tickets_are_scarce(wecom: School) -> None:
    codes = [(await wecom.get("get_jsapi_ticket"))["errcode"] for _ in range(401)]
    assert codes == [0] * 400 + [45009]


async def test_the_teacher_sends_into_the_open_group(wecom: School) -> None:
    words = {"msgtype": "text", "text": {"content": "今天的速递"}}
    assert (await ask(wecom, "send", words))["errCode"] == 40050
    assert (await ask(wecom, "context", {}))["entry"] == "normal"
    wecom.platform.toolbar.group = group = wecom.emulator.world.classes[0].group
    assert (await ask(wecom, "context", {}))["entry"] == "group_chat_tools"
    assert (await ask(wecom, "chat", {}))["chatId"] == group
    assert (await ask(wecom, "send", words))["errCode"] == 0
    picture = {"msgtype": "image", "image": {"mediaid": wecom.picture()}}
    assert (await ask(wecom, "send", picture))["errCode"] == 0
    assert [(one.to, one.chat, one.content.kind) for one in wecom.emulator.seen()] == [
        (None, group, "text"), (None, group, "picture"),
    ]  # fmt: skip
    assert (await ask(wecom, "send", {"msgtype": "voice", "voice": {}}))["errCode"] == 40008


async def test_the_group_of_the_toolbar_can_be_said(wecom: School) -> None:
    async with Control(wecom.emulator.url) as control:
        group = await control.open_toolbar("c302")
        assert (await ask(wecom, "chat", {}))["chatId"] == group
        assert await control.open_toolbar(group) == group
        with pytest.raises(ControlError, match="404"):
            await control.open_toolbar("c999")
        assert (await ask(wecom, "chat", {}))["chatId"] == group, "nothing has changed"
        assert await control.open_toolbar() == ""
    assert (await ask(wecom, "context", {}))["entry"] == "normal"


async def test_an_internal_group_has_no_such_toolbar() -> None:
    async with school(profile="internal") as stand, Control(stand.emulator.url) as control:
        with pytest.raises(ControlError, match="409"):
            await control.open_toolbar("c302")


async def test_the_script_names_the_emulator(wecom: School) -> None:
    async with wecom.http.get(f"{wecom.emulator.url}/node/open/js/wecom-jssdk-2.0.2.js") as response:
        text = await response.text()
    assert "window.ww" in text
    assert wecom.emulator.url in text
