"""Groups: made by the app, asked for their members, and their ids converted.

Facts from open.dingtalk.com, "Create a group", "Query the members of a group".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bot.dingtalk.emulator.addressbook import need
from bot.dingtalk.emulator.endpoint import Endpoint, Request, Table, new_api, old_api
from bot.dingtalk.emulator.envelope import ApiError, Done
from bot.dingtalk.emulator.platform import Platform

MAX_NAME = 20


@dataclass(frozen=True, slots=True)
class OwnGroup:
    """A group the app made itself."""

    chat_id: str
    conversation: str
    name: str
    owner: str
    members: tuple[str, ...]


def _create(platform: Platform, request: Request) -> Done:
    """``POST /v1.0/im/group/create``."""
    body = request.json("invalidParameter.msgBody.invalid")
    name, owner, users = body.get("name"), body.get("owner"), body.get("useridlist")
    if not isinstance(name, str) or not 1 <= len(name) <= MAX_NAME:
        raise ApiError("invalidParameter.name.invalid")
    if owner not in platform.world.people:
        raise ApiError("permession.checkFailed")
    if not isinstance(users, list) or not users or any(user not in platform.world.people for user in users):
        raise ApiError("invalidParameter.useridlist.invalid")
    conversation = "cid" + platform.new_id("group") + "=="
    group = OwnGroup(
        "chat" + platform.new_id("chat"),
        conversation,
        name,
        str(owner),
        tuple(dict.fromkeys([str(owner), *users])),
    )

    def keep() -> None:
        platform.own_groups[group.chat_id] = group

    payload = {"conversationTag": 2, "openConversationId": conversation, "chatid": group.chat_id}
    return Done(payload, keep)


def _update(platform: Platform, request: Request) -> Done:
    """``POST /v1.0/im/group/update``: other members, another name."""
    body = request.json("invalidParameter.msgBody.invalid")
    group = platform.own_groups.get(str(body.get("chatid")))
    if group is None:
        raise ApiError("invalidParameter.chatId.invalid")
    added, gone = body.get("add_useridlist") or [], body.get("del_useridlist") or []
    if any(user not in platform.world.people for user in (*added, *gone)):
        raise ApiError("invalidParameter.useridlist.invalid")
    name = str(body.get("name") or group.name)
    if len(name) > MAX_NAME:
        raise ApiError("invalidParameter.name.invalid")
    kept = [user for user in dict.fromkeys((*group.members, *added)) if user not in gone]

    def keep() -> None:
        platform.own_groups[group.chat_id] = replace(group, name=name, members=tuple(kept))

    return Done({"chatid": group.chat_id}, keep)


def _members(platform: Platform, request: Request) -> Done:
    """``POST /v1.0/im/sceneGroups/members/batchQuery``: only for groups of the app's own template."""
    body = request.json("invalidParameter.msgBody.invalid")
    if not body.get("openConversationId"):
        raise ApiError("miss.openConversationId")
    raise ApiError("groupPermissionDenied", 403)


def _convert(platform: Platform, chat_id: str) -> Done:
    """``POST /v1.0/im/chat/{chatId}/convertToOpenConversationId``."""
    group = platform.own_groups.get(chat_id)
    if group is None:
        raise ApiError("invalidParameter.chatId.invalid")
    return Done({"openConversationId": group.conversation})


def _get(platform: Platform, request: Request) -> Done:
    """``GET /chat/get``: members, only of groups the API made."""
    group = platform.own_groups.get(need(request.fields(), "chatid"))
    if group is None:
        raise ApiError("400013")
    info: dict[str, Any] = {
        "chatid": group.chat_id, "name": group.name, "owner": group.owner, "useridlist": list(group.members),
    }  # fmt: skip
    return Done({"errcode": 0, "errmsg": "ok", "chat_info": info})


_CHAT, _CONVERT = "/v1.0/im/chat/", "/convertToOpenConversationId"


def by_path(method: str, path: str) -> Endpoint | None:
    """The one API whose id stands in its path."""
    if method != "POST" or not (path.startswith(_CHAT) and path.endswith(_CONVERT)):
        return None
    chat_id = path[len(_CHAT) : -len(_CONVERT)]
    return Endpoint("POST", "new", True, True, lambda platform, request: _convert(platform, chat_id))


ENDPOINTS: Table = {
    **new_api("POST", "/v1.0/im/group/create", _create),
    **new_api("POST", "/v1.0/im/group/update", _update),
    **new_api("POST", "/v1.0/im/sceneGroups/members/batchQuery", _members),
    **old_api("/chat/get", _get, counted=True, method="GET"),
}
