"""Work notices, old API: taken at once, delivered or silently not.

Facts from open.dingtalk.com, "Send work notices": the same content reaches the same person once a day, an
exceeded quota is answered with success; only ``getsendresult`` tells.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import orjson

from bot.dingtalk.emulator import texts
from bot.dingtalk.emulator.addressbook import need
from bot.dingtalk.emulator.content import shown
from bot.dingtalk.emulator.endpoint import Request, Table, old_api
from bot.dingtalk.emulator.envelope import ApiError, Done
from bot.dingtalk.emulator.platform import Platform
from bot.emulation.records import Content

MAX_USERS = 100
MSG_BYTES = 2_048
DAY_MS = 86_400_000
_ID_FIELDS = ("userid_list", "dept_id_list", "to_all_user")


@dataclass(slots=True)
class Notice:
    """One task: who gets it, who does not, and who has read it."""

    id: int
    at_ms: int
    delivered: list[str]
    forbidden: list[str]
    invalid: list[str]
    message: str
    read: set[str] = field(default_factory=set)


def _send(platform: Platform, request: Request) -> Done:
    """``topapi/message/corpconversation/asyncsend_v2``."""
    fields = request.fields()
    if need(fields, "agent_id") != str(platform.app.agent_id):
        raise ApiError("400002", message=texts.PLATFORM_MESSAGES["400002"])
    if not any(fields.get(name) for name in _ID_FIELDS):
        raise ApiError("40035", message=texts.MISSING_PARAMETER.format(name="userid_list"))
    users = list(dict.fromkeys(filter(None, str(fields.get("userid_list") or "").split(","))))
    if len(users) > MAX_USERS:
        raise ApiError("33001")
    content = _content(fields.get("msg"))
    people = platform.world.people
    invalid = [user for user in users if user not in people]
    mark = hashlib.sha256(repr(content).encode()).hexdigest()
    delivered = [user for user in users if user in people and _may(platform, user, mark)]
    forbidden = [user for user in users if user in people and user not in delivered]
    number = 900_000_000 + len(platform.notices) + 1
    notice = Notice(number, platform.now_ms(), delivered, forbidden, invalid, f"notice-{number}")

    def show() -> None:
        platform.notices[number] = notice
        for user in delivered:
            platform.seen.add(
                platform.now_ms(), user, people[user].chat, "work_notice", notice.message, content
            )

    payload = {"errcode": 0, "errmsg": "ok", "task_id": number, "request_id": platform.new_id("request")}
    return Done(payload, show)


def _may(platform: Platform, user: str, mark: str) -> bool:
    """Whether it reaches this person: the same words once a day, and so many a day."""
    now, quotas = platform.now_ms(), platform.quotas
    if not quotas.take_person(f"notice:{mark}", user, now, 1):
        return False
    return quotas.take_person("notice", user, now, platform.limits.notices_per_day)


def _content(msg: Any) -> Content:
    """``msg`` as an object, or as its JSON where the request is a form."""
    if isinstance(msg, str):
        try:
            msg = orjson.loads(msg)
        except orjson.JSONDecodeError:
            raise ApiError("40035", message=texts.MISSING_PARAMETER.format(name="msg")) from None
    if not isinstance(msg, dict) or not msg.get("msgtype"):
        raise ApiError("40035", message=texts.MISSING_PARAMETER.format(name="msg"))
    if len(orjson.dumps(msg)) > MSG_BYTES:
        raise ApiError("400027")
    kind = msg["msgtype"]
    body = msg.get(kind)
    if not isinstance(body, dict):
        raise ApiError("40035", message=texts.MISSING_PARAMETER.format(name=f"msg->{kind}"))
    if kind == "text":
        return Content("text", need(body, "content"))
    if kind == "markdown":
        need(body, "title")
        return Content("text", shown(need(body, "text")))
    if kind == "link":
        return Content("link", f"{need(body, 'title')}\n{need(body, 'text')}", url=need(body, "messageUrl"))
    if kind == "action_card":
        need(body, "single_title")
        return Content(
            "link", f"{need(body, 'title')}\n{need(body, 'markdown')}", url=need(body, "single_url")
        )
    raise ApiError("400105")


def _result(platform: Platform, request: Request) -> Done:
    """``topapi/message/corpconversation/getsendresult``, for 24 hours."""
    fields = request.fields()
    number = need(fields, "task_id")
    notice = platform.notices.get(int(number)) if number.isdigit() else None
    if notice is None or platform.now_ms() - notice.at_ms > DAY_MS:
        raise ApiError("33001")
    unread = [user for user in notice.delivered if user not in notice.read]
    result = {
        "invalid_user_id_list": notice.invalid,
        "forbidden_user_id_list": notice.forbidden,
        "failed_user_id_list": [],
        "read_user_id_list": [user for user in notice.delivered if user in notice.read],
        "unread_user_id_list": unread,
        "invalid_dept_id_list": [],
    }
    payload = {
        "errcode": 0, "errmsg": "ok", "send_result": result, "request_id": platform.new_id("request"),
    }  # fmt: skip
    return Done(payload)


_PATH = "/topapi/message/corpconversation"
ENDPOINTS: Table = {
    **old_api(f"{_PATH}/asyncsend_v2", _send, counted=True),
    **old_api(f"{_PATH}/getsendresult", _result, counted=True),
}
