"""Login within WeChat and WeCom: the page that sends people back with a code, and whose code it is.

Facts from developer.work.weixin.qq.com, paths 91022 (address), 95791 (``school/getuserinfo``) and 96712
(``auth/getuserinfo``). The emulated phone says by a header of its own who holds it.
"""

from __future__ import annotations

from aiohttp import web
from yarl import URL

from bot.emulation.browser import LOGIN_PATH, WHO
from bot.emulation.world import Person, UnknownReference
from bot.wecom.emulator import texts
from bot.wecom.emulator.endpoint import ApiError, Done, Endpoint, Request, Table
from bot.wecom.emulator.platform import Platform
from bot.wecom.emulator.world import is_guardian

SCOPES = ("snsapi_base", "snsapi_privateinfo")
MOST_STATE = 128


def add_login(router: web.UrlDispatcher, platform: Platform) -> None:
    """Add the login page."""

    async def authorize(request: web.Request) -> web.Response:
        return _authorize(platform, request)

    router.add_get(LOGIN_PATH, authorize)


def _authorize(platform: Platform, request: web.Request) -> web.Response:
    asked = request.query
    wrong = _wrong(platform, dict(asked))
    if wrong:
        return web.Response(text=f"<p>{wrong}</p>", content_type="text/html")
    try:
        person = platform.world.person(request.headers.get(WHO, ""))
    except UnknownReference:
        return web.Response(text="<p>only phones log in here</p>", content_type="text/html")
    back = URL(asked["redirect_uri"]).update_query(
        {"code": platform.logins.give(person), "state": asked.get("state", "")}
    )
    return web.Response(status=302, headers={"Location": str(back)})


def _wrong(platform: Platform, asked: dict[str, str]) -> str:
    """Why the page shows an error instead; empty if it does not."""
    if asked.get("appid") != platform.app.corp_id:
        return "40013"
    if asked.get("response_type") != "code" or asked.get("scope") not in SCOPES:
        return "40058"
    if asked["scope"] == SCOPES[1] and asked.get("agentid") != str(platform.app.agent_id):
        return "40056"
    state = asked.get("state", "")
    if len(state) > MOST_STATE or not all(one.isascii() and one.isalnum() for one in state):
        return "40058"
    back = URL(asked.get("redirect_uri", ""))
    if back.scheme not in ("http", "https") or back.host not in platform.logins.trusted:
        return texts.WRONG_DOMAIN
    return ""


def _take(platform: Platform, call: Request) -> tuple[Person, str]:
    code = call.query.get("code", "")
    person = platform.logins.whose(code)
    if person is None:
        raise ApiError(40029, "invalid code")
    return person, code


def school(platform: Platform, call: Request) -> Done:
    """``school/getuserinfo``: parents by their id in the school's book, members by theirs."""
    person, code = _take(platform, call)
    world = platform.world
    shown: dict[str, str] = {"DeviceId": ""}
    if person.outsider:
        shown["OpenId"] = f"o{world.external_id(person)[2:]}"
    elif is_guardian(person):
        shown["parent_userid"] = world.parent_id(person)
    else:
        shown["UserId"] = person.id
    return Done(shown, lambda: _use(platform, code))


def auth(platform: Platform, call: Request) -> Done:
    """``auth/getuserinfo``: parents also by their ``external_userid``."""
    person, code = _take(platform, call)
    world = platform.world
    shown: dict[str, str] = {"userid": person.id}
    if person.outsider or is_guardian(person):
        external = world.external_id(person)
        shown = {"openid": f"o{external[2:]}", "external_userid": external}
        shown |= {} if person.outsider else {"parent_userid": world.parent_id(person)}
    return Done(shown, lambda: _use(platform, code))


def _use(platform: Platform, code: str) -> None:
    platform.logins.codes.pop(code, None)


ENDPOINTS: Table = {
    ("GET", "/cgi-bin/school/getuserinfo"): Endpoint(school),
    ("GET", "/cgi-bin/auth/getuserinfo"): Endpoint(auth),
}
