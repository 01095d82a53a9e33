"""The app's robot: what it sends, asks about and takes back.

Facts from open.dingtalk.com, "Robot sends a group message", "Query the read status of robot messages",
"Recall robot messages".
"""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.dingtalk.emulator import texts
from bot.dingtalk.emulator.content import open_msg, open_webhook
from bot.dingtalk.emulator.endpoint import Endpoint, Request, Table, new_api
from bot.dingtalk.emulator.envelope import ApiError, Done
from bot.dingtalk.emulator.platform import Platform
from bot.dingtalk.emulator.sent import SentMessage
from bot.emulation import texts as cast
from bot.emulation.records import Content

MAX_USERS = 20
MAX_KEYS = 20
MAX_PAGE = 200


def robot_body(platform: Platform, request: Request) -> dict[str, Any]:
    """The body of a call in this robot's name."""
    body = request.json("invalidParameter.msgBody.invalid")
    _check_robot(platform, body.get("robotCode"))
    return body


def _check_robot(platform: Platform, robot: Any) -> None:
    if not robot:
        raise ApiError("invalidParameter.robotCode.empty")
    if robot != platform.app.robot_code:
        raise ApiError("invalidParameter.robotCode.auth")


# -- sending --------------------------------------------------------------------------------------------


def _batch_send(platform: Platform, request: Request) -> Done:
    """``POST /v1.0/robot/oToMessages/batchSend``: one message for up to 20 people."""
    body = robot_body(platform, request)
    users = body.get("userIds")
    if not users:
        raise ApiError("invalidParameter.userIds.empty")
    if not isinstance(users, list) or not all(isinstance(user, str) for user in users):
        raise ApiError("invalidParameter.param.invalid")
    if len(users) > MAX_USERS:
        raise ApiError("invalidParameter.userIds.overMax")
    content = open_msg(body.get("msgKey"), body.get("msgParam"), platform.media)
    key = platform.new_id("query")
    wanted = list(dict.fromkeys(users))
    lists = _sorted_out(platform, wanted, request.planned)
    left = [user for user in wanted if not any(user in listed for listed in lists.values())]
    return Done({"processQueryKey": key, **lists}, partial(_show_private, platform, key, content, left))


def _sorted_out(platform: Platform, wanted: list[str], planned: str) -> dict[str, list[str]]:
    """Those who do not get it, under the list that names them.

    Args:
        planned: A fault: a list's name puts all there, with ``:partly`` every second one.
    """
    now, limit = platform.now_ms(), platform.limits.per_person_day
    known = [user for user in wanted if platform.robot_reaches(user)]
    flow = [user for user in known if not platform.quotas.take_person("robot", user, now, limit)]
    lists = {
        "invalidStaffIdList": [user for user in wanted if user not in known],
        "flowControlledStaffIdList": flow,
        "filteredStaffIdList": [],
    }
    name, _, partly = planned.partition(":")
    if name in lists:
        free = [user for user in known if user not in flow]
        lists[name] = [*lists[name], *(free[::2] if partly else free)]
    return lists


def _show_private(platform: Platform, key: str, content: Content, users: list[str]) -> None:
    at = platform.now_ms()
    message = SentMessage(key, "", tuple(users), at, "robot_private")
    for user in users:
        platform.seen.add(at, user, platform.world.people[user].chat, "robot_private", key, content)
        message.shown.append((key, user, content))
    platform.sent.add(message)


def _group_send(platform: Platform, request: Request) -> Done:
    """``POST /v1.0/robot/groupMessages/send``."""
    body = robot_body(platform, request)
    content = open_msg(body.get("msgKey"), body.get("msgParam"), platform.media)
    chat = _group(platform, body)
    if not platform.quotas.groups.take(chat, platform.now_ms(), platform.limits.per_group_minute):
        raise ApiError("send.too.fast")
    key = platform.new_id("query")

    def show() -> None:
        at = platform.now_ms()
        platform.seen.add(at, None, chat, "robot_group", key, content)
        platform.sent.add(SentMessage(key, chat, (), at, "robot_group", [(key, None, content)]))

    return Done({"processQueryKey": key}, show)


def _group(platform: Platform, body: dict[str, Any]) -> str:
    chat = body.get("openConversationId")
    if not chat:
        raise ApiError("miss.openConversationId")
    if not platform.robot_in_group(chat):
        raise ApiError("invalid.openConversationId")
    return str(chat)


def _send_by_session(platform: Platform, request: Request) -> Done:
    """The reply address of one message, alive for 90 minutes (open.dingtalk.com, "Receive messages")."""
    session = platform.session(request.query.get("session", ""))
    content = open_webhook(request.raw, platform.media)
    payload = {"errcode": 0, "errmsg": "ok"}
    if content is None:
        return Done(payload)
    message = platform.new_id("session-message")

    def show() -> None:
        platform.seen.add(platform.now_ms(), session.to, session.chat, "session", message, content)

    return Done(payload, show)


# -- asking and taking back -----------------------------------------------------------------------------


def _message(platform: Platform, key: Any, *, chat: str | None) -> SentMessage:
    """The message of a key, private ones when ``chat`` is None, else one of that group."""
    if not isinstance(key, str) or not key:
        raise ApiError("invalidParameter.processQueryKey.missing")
    message = platform.sent.get(key)
    if message is None or message.private != (chat is None) or (chat is not None and message.chat != chat):
        raise ApiError("invalid.processQueryKey")
    return message


def _read_status(platform: Platform, request: Request) -> Done:
    """``GET /v1.0/robot/oToMessages/readStatus``: who has read a private message, for 24 hours."""
    _check_robot(platform, request.query.get("robotCode"))
    message = _message(platform, request.query.get("processQueryKey"), chat=None)
    now = platform.now_ms()
    if message.expired(now):
        raise ApiError("processQueryKey.expireTime")
    people = platform.world.people
    listed = [
        {
            "userId": user,
            "name": people[user].name,
            "readStatus": "READ" if user in message.read else "UNREAD",
        }
        for user in message.users
    ]
    return Done({"sendStatus": message.status(now), "messageReadInfoList": listed})


def _group_query(platform: Platform, request: Request) -> Done:
    """``POST /v1.0/robot/groupMessages/query``: who has read a group message, a page at a time."""
    body = robot_body(platform, request)
    message = _message(platform, body.get("processQueryKey"), chat=_group(platform, body))
    size, start = _page(body)
    now = platform.now_ms()
    if message.expired(now) or message.status(now) == "PROCESSING":
        raise ApiError("processQueryKey.expireTime")
    read = list(message.read)
    page, more = read[start : start + size], start + size < len(read)
    people = platform.world.people
    payload = {
        "sendStatus": message.status(now),
        "readUserIds": page,
        "readUsers": [{"userId": user, "unionId": people[user].union_id} for user in page],
        "hasMore": more,
        "nextToken": str(start + size) if more else "",
    }
    return Done(payload)


def _page(body: dict[str, Any]) -> tuple[int, int]:
    size, token = body.get("maxResults") or MAX_PAGE, body.get("nextToken") or "0"
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MAX_PAGE:
        raise ApiError("invalidParameter.pageSize.invalid")
    if not isinstance(token, str) or not token.isascii() or not token.isdigit():
        raise ApiError("invalidParameter.cursor.invalid")
    return size, int(token)


def _batch_recall(platform: Platform, request: Request) -> Done:
    """``POST /v1.0/robot/otoMessages/batchRecall`` (a small "oto"): for 24 hours, silently."""
    return _recall(platform, robot_body(platform, request), None)


def _group_recall(platform: Platform, request: Request) -> Done:
    """``POST /v1.0/robot/groupMessages/recall``."""
    body = robot_body(platform, request)
    return _recall(platform, body, _group(platform, body))


def _recall(platform: Platform, body: dict[str, Any], chat: str | None) -> Done:
    keys = body.get("processQueryKeys")
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
        raise ApiError("invalidParameter.processQueryKey.missing")
    if len(keys) > MAX_KEYS:
        raise ApiError("invalidParameter.processQueryKeys.overMax")
    good: list[SentMessage] = []
    failed: dict[str, str] = {}
    for key in dict.fromkeys(keys):
        try:
            message = _message(platform, key, chat=chat)
            if message.expired(platform.now_ms()):
                raise ApiError("processQueryKey.expireTime")
        except ApiError as error:
            failed[key] = error.message
        else:
            good.append(message)
    payload = {"successResult": [message.key for message in good], "failedResult": failed}
    return Done(payload, partial(_recall_now, platform, good))


def _recall_now(platform: Platform, messages: list[SentMessage]) -> None:
    chats = {user: person.chat for user, person in platform.world.people.items()}
    for message in messages:
        if not message.recalled:  # once more is taken and changes nothing
            platform.sent.recall(message, platform.seen, platform.now_ms(), chats)


def _robots(platform: Platform, request: Request) -> Done:
    """``POST /v1.0/robot/groups/robots/query``: which robots a group has."""
    body = request.json("invalidParameter.msgBody.invalid")
    chat = body.get("openConversationId")
    if not chat:
        raise ApiError("miss.openConversationId")
    if chat not in platform.world.group_class:
        raise ApiError("invalid.openConversationId")
    listed = []
    if platform.robot_in_group(chat):
        listed.append({"robotCode": platform.app.robot_code, "name": cast.ROBOT, "openRobotType": 2})
    for robot in platform.world.webhooks.values():
        if robot.group == chat:
            listed.append({"robotCode": robot.code, "name": texts.WEBHOOK_ROBOT, "openRobotType": 1})
    icon = f"{platform.base_url}/_icon"
    return Done({"chatbotInstanceVOList": [{**each, "downloadIconURL": icon} for each in listed]})


def _download(platform: Platform, request: Request) -> Done:
    """``POST /v1.0/robot/messageFiles/download``: a link to an attachment, for a while."""
    body = robot_body(platform, request)
    code = body.get("downloadCode")
    link = platform.open_link(code) if isinstance(code, str) else None
    if link is None:
        raise ApiError("invalidParameter.robotCode.downloadCode")
    return Done({"downloadUrl": link})


ENDPOINTS: Table = {
    **new_api("POST", "/v1.0/robot/oToMessages/batchSend", _batch_send),
    **new_api("POST", "/v1.0/robot/groupMessages/send", _group_send),
    **new_api("GET", "/v1.0/robot/oToMessages/readStatus", _read_status),
    **new_api("POST", "/v1.0/robot/groupMessages/query", _group_query),
    **new_api("POST", "/v1.0/robot/otoMessages/batchRecall", _batch_recall),
    **new_api("POST", "/v1.0/robot/groupMessages/recall", _group_recall),
    **new_api("POST", "/v1.0/robot/groups/robots/query", _robots),
    **new_api("POST", "/v1.0/robot/messageFiles/download", _download),
    ("POST", "/robot/sendBySession"): Endpoint("POST", "webhook", False, False, _send_by_session),
}
