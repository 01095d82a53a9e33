"""Small questions about members and the app (developer.work.weixin.qq.com, paths 90196, 90227, 90930)."""

from __future__ import annotations

from bot.emulation import texts
from bot.wecom.emulator.endpoint import ApiError, Done, Endpoint, Request, Table
from bot.wecom.emulator.platform import Platform
from bot.wecom.emulator.world import is_guardian


def user(platform: Platform, call: Request) -> Done:
    """``user/get``."""
    wanted = call.query.get("userid", "").lower()
    for person in platform.world.people.values():
        if person.id.lower() == wanted and not is_guardian(person):
            return Done({"userid": person.id, "name": person.name, "department": [1], "status": 1})
    raise ApiError(60111, "userid not found")


def users(platform: Platform, _call: Request) -> Done:
    """``user/list``: the members there are, all in the one department."""
    people = (person for person in platform.world.people.values() if not is_guardian(person))
    listed = [{"userid": one.id, "name": one.name, "department": [1], "status": 1} for one in people]
    return Done({"userlist": listed})


def agent(platform: Platform, call: Request) -> Done:
    """``agent/get``."""
    if call.query.get("agentid") != str(platform.app.agent_id):
        raise ApiError(301002, "not allow operate another agent with this accesstoken")
    return Done({"agentid": platform.app.agent_id, "name": texts.ROBOT, "close": 0})


def addresses(_platform: Platform, _call: Request) -> Done:
    """``getcallbackip``."""
    return Done({"ip_list": ["127.0.0.0/8"]})


ENDPOINTS: Table = {
    ("GET", "/cgi-bin/user/get"): Endpoint(user),
    ("GET", "/cgi-bin/user/list"): Endpoint(users),
    ("GET", "/cgi-bin/agent/get"): Endpoint(agent),
    ("GET", "/cgi-bin/getcallbackip"): Endpoint(addresses),
}
