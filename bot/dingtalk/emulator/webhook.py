"""A group's custom robot: it can only speak, and whoever has its token can make it.

Facts from open.dingtalk.com, "Custom robot sends a group message", "Security settings of custom robots".
"""

from __future__ import annotations

import hmac
import re
from typing import Any

import orjson

from bot.dingtalk.emulator import texts
from bot.dingtalk.emulator.content import open_webhook
from bot.dingtalk.emulator.endpoint import Endpoint, Request, Table
from bot.dingtalk.emulator.envelope import ApiError, Done
from bot.dingtalk.emulator.platform import Platform, sign
from bot.dingtalk.emulator.world import WebhookRobot
from bot.emulation.records import Content

HOUR_MS = 3_600_000
BLOCK_MS = 600_000
MAX_AT = 50
_STAMP = re.compile(r"[0-9]{13}", re.ASCII)


def _send(platform: Platform, request: Request) -> Done:
    """``POST /robot/send``."""
    robot = platform.world.webhooks.get(request.query.get("access_token", ""))
    if robot is None:
        raise ApiError("300005")
    content = open_webhook(request.raw, platform.media)
    _check_security(platform, robot, request, content)
    _take(platform, robot)
    done = {"errcode": 0, "errmsg": "ok"}
    body = orjson.loads(request.raw)
    if content is None or not _first(platform, robot, body):
        return Done(done)
    message = platform.new_id("webhook-message")
    content = _mentioning(platform, robot, content, body.get("at"))

    def show() -> None:
        platform.seen.add(platform.now_ms(), None, robot.group, "webhook", message, content)

    return Done(done, show)


def _check_security(
    platform: Platform, robot: WebhookRobot, request: Request, content: Content | None
) -> None:
    """What the robot's owner chose: a signature, words that must occur, addresses to come from.

    Raises:
        ApiError: 310000, with the platform's own words for each.
    """
    if robot.secret:
        stamp, given = request.query.get("timestamp", ""), request.query.get("sign", "")
        if not _STAMP.fullmatch(stamp) or abs(platform.now_ms() - int(stamp)) > HOUR_MS:
            raise ApiError("310000", message=texts.WEBHOOK_STAMP)
        if not hmac.compare_digest(sign(stamp, robot.secret).encode(), given.encode()):
            raise ApiError("310000", message=texts.WEBHOOK_SIGN)
    words = content.text if content is not None else ""
    if robot.keywords and not any(word in words for word in robot.keywords):
        raise ApiError("310000", message=texts.WEBHOOK_KEYWORD)
    if robot.addresses and "127.0.0.1" not in robot.addresses:  # everybody here comes from this machine
        raise ApiError("310000", message=texts.WEBHOOK_ADDRESS)


def _take(platform: Platform, robot: WebhookRobot) -> None:
    """Twenty a minute; one more and it is blocked for ten."""
    now = platform.now_ms()
    if now < platform.blocked.get(robot.token, 0):
        raise ApiError("410100")
    if not platform.quotas.webhooks.take(robot.token, now, platform.limits.per_webhook_minute):
        platform.blocked[robot.token] = now + BLOCK_MS
        raise ApiError("410100")


def _first(platform: Platform, robot: WebhookRobot, body: dict[str, Any]) -> bool:
    """With ``msgUuid`` switched on the same one is shown once."""
    uuid = body.get("msgUuid")
    if not platform.webhook_dedupe or not isinstance(uuid, str) or not uuid:
        return True
    if (robot.token, uuid) in platform.webhook_uuids:
        return False
    platform.webhook_uuids.add((robot.token, uuid))
    return True


def _mentioning(platform: Platform, robot: WebhookRobot, content: Content, at: Any) -> Content:
    """``@userId`` in the words becomes the name of a member; who is none is masked."""
    at = at if isinstance(at, dict) else {}
    users = [user for user in at.get("atUserIds") or () if isinstance(user, str)][:MAX_AT]
    klass = platform.world.group_class[robot.group]
    text = content.text
    for user in users:
        person = platform.world.people.get(user)
        name = person.name if person is not None and person.in_class(klass.id) else "***"
        text = text.replace(f"@{user}", f"@{name}")
    if at.get("isAtAll"):
        text = f"@{texts.EVERYBODY} {text}"
    return Content(content.kind, text, content.buttons, content.url, content.sha256)


ENDPOINTS: Table = {("POST", "/robot/send"): Endpoint("POST", "webhook", False, False, _send)}
