"""``externalcontact/groupchat/*``: groups of customers, and, as far as known, the class groups among them.

Facts from developer.work.weixin.qq.com, paths 92120 (list) and 92122 (get). Whether class groups are told is
said nowhere: :attr:`GroupState.listed` decides.
"""

from __future__ import annotations

from typing import Any

from bot.emulation.world import SchoolClass
from bot.wecom.emulator.endpoint import ApiError, Done, Endpoint, Request, Table
from bot.wecom.emulator.platform import Platform
from bot.wecom.emulator.world import is_guardian

MOST_LISTED = 1000
MOST_OWNERS = 100
MEMBER, EXTERNAL = 1, 2


def listing(platform: Platform, call: Request) -> Done:
    """``groupchat/list``."""
    body, groups = call.body, platform.groups
    most, owners = body.get("limit"), body.get("owner_filter", {}).get("userid_list", [])
    if (
        not isinstance(most, int)
        or not 0 < most <= MOST_LISTED
        or body.get("status_filter", 0) not in range(4)
    ):
        raise ApiError(40058, "invalid limit or status_filter")
    if not isinstance(owners, list) or len(owners) > MOST_OWNERS:
        raise ApiError(40058, "invalid owner_filter")
    named = {str(owner).lower() for owner in owners}
    shown = [klass for klass in platform.world.classes if groups.listed and groups.class_of(klass.group)]
    chosen = [klass.group for klass in shown if not named or groups.owner(klass).lower() in named]
    at = _position(body.get("cursor", ""))
    page = [{"chat_id": group, "status": 0} for group in chosen[at : at + most]]
    more = {"next_cursor": f"gc{at + most}"} if at + most < len(chosen) else {}
    return Done({"group_chat_list": page, **more})


def _position(cursor: object) -> int:
    if not cursor:
        return 0
    if not isinstance(cursor, str) or not cursor.startswith("gc") or not cursor[2:].isdigit():
        raise ApiError(40058, "invalid cursor")
    return int(cursor[2:])


def get(platform: Platform, call: Request) -> Done:
    """``groupchat/get``."""
    body, groups = call.body, platform.groups
    klass = groups.class_of(body.get("chat_id"))
    if klass is None:
        raise ApiError(40050, "invalid chatid")
    if not groups.listed:
        raise ApiError(90501, "chat is not external group chat")
    owner = groups.owner(klass)
    members = _members(platform, klass, names=body.get("need_name") == 1)
    chat = {
        "chat_id": klass.group, "name": klass.name, "owner": owner, "create_time": 1_788_220_800,
        "notice": "", "member_list": members, "admin_list": [],
    }  # fmt: skip
    return Done({"group_chat": chat})


def _members(platform: Platform, klass: SchoolClass, *, names: bool) -> list[dict[str, Any]]:
    shown = []
    for person in platform.world.people.values():
        if not person.in_class(klass.id):
            continue
        outside = is_guardian(person)
        one: dict[str, Any] = {
            "userid": platform.world.external_id(person) if outside else person.id,
            "type": EXTERNAL if outside else MEMBER,
            "join_time": 1_788_220_800, "join_scene": 3, "group_nickname": "",
        }  # fmt: skip
        shown.append(one | ({"name": person.name} if names else {}))
    return shown


ENDPOINTS: Table = {
    ("POST", "/cgi-bin/externalcontact/groupchat/list"): Endpoint(listing),
    ("POST", "/cgi-bin/externalcontact/groupchat/get"): Endpoint(get),
}
