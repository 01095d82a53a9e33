"""DING by robot: on the screen, by SMS or by phone; the professional and exclusive editions only.

Facts from open.dingtalk.com, "Send a DING message by robot".
"""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.dingtalk.emulator.endpoint import Request, Table, new_api
from bot.dingtalk.emulator.envelope import ApiError, Done
from bot.dingtalk.emulator.platform import Platform
from bot.dingtalk.emulator.robot import robot_body
from bot.emulation.records import Content

MOST = {1: 200, 2: 20, 3: 20}
"""Receivers of one DING, by its type: in the app, by SMS, by phone."""
LANES = {1: "ding", 2: "ding_sms", 3: "ding_phone"}


def _send(platform: Platform, request: Request) -> Done:
    """``POST /v1.0/robot/ding/send``."""
    if not platform.world.has_ding:
        raise ApiError("Forbidden.AccessDenied.AccessTokenPermissionDenied", 403)
    body = robot_body(platform, request)
    kind, users, content = body.get("remindType"), body.get("receiverUserIdList"), body.get("content")
    if kind not in MOST or not isinstance(users, list) or not users or not isinstance(content, str):
        raise ApiError("invalidParameter.param.invalid")
    if len(users) > MOST[kind]:
        raise ApiError("ding.receivercount.limit")
    known = [user for user in dict.fromkeys(users) if user in platform.world.people]
    if kind != 1:
        _take(platform, len(known))
    strangers = [user for user in users if user not in known]
    failed = {"invalidUser": strangers} if strangers else {}
    payload = {"openDingId": platform.new_id("ding"), "failedList": failed}
    return Done(payload, partial(_show, platform, payload, LANES[kind], known, content))


def _take(platform: Platform, count: int) -> None:
    left = platform.limits.dings
    if left is not None and platform.quotas.dings + count > left:
        raise ApiError("ding.serverquota.insufficient")
    platform.quotas.dings += count


def _show(platform: Platform, payload: dict[str, Any], lane: str, users: list[str], content: str) -> None:
    for user in users:
        chat = platform.world.people[user].chat
        shown = Content("text", content)
        platform.seen.add(platform.now_ms(), user, chat, lane, str(payload["openDingId"]), shown)


ENDPOINTS: Table = new_api("POST", "/v1.0/robot/ding/send", _send)
