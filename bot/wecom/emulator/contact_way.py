"""``externalcontact/add_contact_way``: a QR code by which somebody on WeChat adds a member (path 92228)."""

from __future__ import annotations

from bot.wecom.emulator.endpoint import ApiError, Done, Endpoint, Request, Table
from bot.wecom.emulator.platform import Platform
from bot.wecom.emulator.world import is_guardian

MOST_STATE = 30
MOST_REMARK = 30
MOST_USERS = 100
ONE, SEVERAL = 1, 2


def add(platform: Platform, call: Request) -> Done:
    """``add_contact_way``: ``type`` 1 for one member, 2 for several; ``scene`` 1 program, 2 QR code."""
    body = call.body
    kind, users = body.get("type"), body.get("user", [])
    if kind not in (ONE, SEVERAL) or body.get("scene") not in (1, 2):
        raise ApiError(40058, "invalid type or scene")
    if not isinstance(users, list) or not users or len(users) > (1 if kind == ONE else MOST_USERS):
        raise ApiError(40058, "invalid user list size")
    members = {one.id.lower() for one in platform.world.people.values() if not is_guardian(one)}
    if any(str(user).lower() not in members for user in users):
        raise ApiError(40003, "invalid userid")
    for name, most in (("state", MOST_STATE), ("remark", MOST_REMARK)):
        if not isinstance(body.get(name, ""), str) or len(body.get(name, "")) > most:
            raise ApiError(40058, f"invalid {name}")
    way = platform.new_id("contact-way")
    return Done({"config_id": way, "qr_code": f"{platform.base_url}/_qr/{way}"})


ENDPOINTS: Table = {("POST", "/cgi-bin/externalcontact/add_contact_way"): Endpoint(add)}
