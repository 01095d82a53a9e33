"""Genuine requests of the platform, made here and signed."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson

from bot.dingtalk.wire import Opened, Robot, open_robot
from config.settings import DingTalkApp

SECRET = "abcDEF123-_abcDEF123-_abcDEF123-_abcDEF123-_"
MS = 1_700_000_000_000
STAMP = str(MS)
NOW = datetime.fromtimestamp(MS / 1000, UTC)
REPLY = "https://oapi.dingtalk.com/robot/sendBySession?session=0123456789abcdef"

Request = tuple[dict[str, str], bytes]


def make_robot(secret: str = SECRET, **more: Any) -> Robot:
    app = DingTalkApp.model_validate(
        {"client_id": "dingapp", "client_secret": secret, "corp_id": "corp1", **more}
    )
    return Robot("school", app)


def body(**changes: Any) -> dict[str, Any]:
    """A parent's words in the group, as the platform sends them."""
    whole: dict[str, Any] = {
        "msgId": "msgAAAA==",
        "msgtype": "text",
        "text": {"content": " 明天带什么"},
        "conversationId": "cidBBBB==",
        "conversationType": "2",
        "conversationTitle": "三(2)班",
        "senderId": "$:LWCP_v1:$sender",
        "senderStaffId": "parent-1",
        "senderNick": "小明妈妈",
        "isInAtList": True,
        "atUsers": [{"dingtalkId": "$:LWCP_v1:$robot"}],
        "chatbotUserId": "$:LWCP_v1:$robot",
        "robotCode": "dingapp",
        "createAt": MS,
        "sessionWebhook": REPLY,
        "sessionWebhookExpiredTime": MS + 5_400_000,
    }
    whole.update(changes)
    return {key: value for key, value in whole.items() if value is not ...}


def signed(raw: bytes | dict[str, Any], stamp: str = STAMP) -> Request:
    content = raw if isinstance(raw, bytes) else orjson.dumps(raw)
    return {
        "content-type": "application/json; charset=utf-8",
        "timestamp": stamp,
        "sign": sign(stamp),
    }, content


@cache
def sign(stamp: str, secret: str = SECRET) -> str:
    return make_robot(secret).sign(stamp).decode()


def opened(raw: bytes | dict[str, Any], robot: Robot | None = None) -> Opened:
    headers, content = signed(raw)
    result = open_robot(headers, content, robot or make_robot(), NOW)
    assert isinstance(result, Opened), result
    return result
