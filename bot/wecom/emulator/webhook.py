"""A group's webhook robot: whoever has its key can make it speak, in an internal group.

Facts from developer.work.weixin.qq.com, paths 91770 and 99110, and from what its address answers to a wrong
key and to an empty file.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Any

from bot.emulation import texts as cast
from bot.emulation.records import Content
from bot.wecom.emulator import media
from bot.wecom.emulator.endpoint import ApiError, Done, Endpoint, Request, Table
from bot.wecom.emulator.platform import Platform
from bot.wecom.emulator.world import robot_key

MOST_TEXT = 2048
MOST_MARKDOWN = 4096
MOST_PICTURE = 2 << 20
_SOFT = re.compile(r" {2}\n")
_LINK = re.compile(r"\[([^\]\n]*)\]\((\S+?)\)")


def _group(platform: Platform, call: Request) -> tuple[str, str]:
    """The key and its group.

    Raises:
        ApiError: 93000.
    """
    key = call.query.get("key", "")
    world = platform.world
    for klass in world.classes:
        if world.profile == "internal" and key == robot_key(world.corp, klass):
            return key, klass.group
    raise ApiError(93000, "invalid webhook url")


def send(platform: Platform, call: Request) -> Done:
    """``webhook/send``."""
    key, group = _group(platform, call)
    content = look(platform, key, call.body)
    if not platform.by_webhook.take(key, platform.now_ms(), platform.limits.webhook_minute):
        raise ApiError(45009, "api freq out of limit")

    def show() -> None:
        platform.show(None, group, "webhook", content)

    return Done(effect=show)


def look(platform: Platform, key: str, body: dict[str, Any]) -> Content:
    """How a message looks.

    Raises:
        ApiError: The platform does not take it.
    """
    kind = body.get("msgtype")
    part = body.get(kind) if isinstance(kind, str) else None
    if not isinstance(part, dict):
        raise ApiError(40008, "invalid message type")
    match kind:
        case "text":
            return Content("text", _within(part.get("content"), MOST_TEXT))
        case "markdown":
            words = _within(part.get("content"), MOST_MARKDOWN)
            link = _LINK.search(words)
            shown = _LINK.sub(r"\1", _SOFT.sub("\n", words))
            return Content("link" if link else "text", shown, url=link[2] if link else None)
        case "image":
            return _picture(platform, part)
        case "file":
            found = platform.medium(f"{key}:{part.get('media_id')}")
            if found is None:
                raise ApiError(40007, "invalid media_id")
            return Content("file", found.name or cast.PLACEHOLDERS["file"], sha256=found.sha256)
        case _:
            raise ApiError(40008, "invalid message type")


def _within(words: Any, most: int) -> str:
    if not isinstance(words, str) or not words:
        raise ApiError(44004, "empty content")
    if len(words.encode()) > most:
        raise ApiError(45002, "content size out of limit")
    return words


def _picture(platform: Platform, part: dict[str, Any]) -> Content:
    try:
        data = base64.b64decode(str(part.get("base64")), validate=True)
    except (binascii.Error, ValueError):
        raise ApiError(40058, "invalid base64") from None
    if hashlib.md5(data, usedforsecurity=False).hexdigest() != part.get("md5"):
        raise ApiError(301019, "media md5 not match")
    if len(data) > MOST_PICTURE:
        raise ApiError(45001, "media size out of limit")
    media.check("image", data)
    platform.keep_bytes(data)
    return Content("picture", cast.PLACEHOLDERS["picture"], sha256=hashlib.sha256(data).hexdigest())


def upload(platform: Platform, call: Request) -> Done:
    """``webhook/upload_media``: an empty file is refused before the key is looked at."""
    kind = call.query.get("type", "")
    name, data = media.part(call)
    key, _group_id = _group(platform, call)
    if kind not in ("file", "voice"):
        raise ApiError(40004, "invalid media type")
    media.check(kind, data)
    media_id = platform.store(kind, name, data)
    # Only this robot may show it.
    platform.media[f"{key}:{media_id}"] = platform.media.pop(media_id)
    return Done({"type": kind, "media_id": media_id, "created_at": str(platform.now_ms() // 1000)})


ENDPOINTS: Table = {
    ("POST", "/cgi-bin/webhook/send"): Endpoint(send, token=False),
    ("POST", "/cgi-bin/webhook/upload_media"): Endpoint(upload, token=False, multipart=True),
}
