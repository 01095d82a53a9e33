"""What may be said in customer service, and how it looks (developer.work.weixin.qq.com, path 94677)."""

from __future__ import annotations

import re
from typing import Any

from bot.emulation.records import Button, Content
from bot.wecom.emulator.endpoint import ApiError
from bot.wecom.emulator.messages import medium
from bot.wecom.emulator.platform import Platform

MOST_TEXT = 2048
MOST_HEAD = 1024
MOST_CHOICES = 10
MOST_LABEL = 128
MOST_TITLE, MOST_DESC = 128, 512
_URL = re.compile(r"https?://[!-~]+")


def look(platform: Platform, body: dict[str, Any]) -> Content:
    """How a message looks.

    Raises:
        ApiError: The platform does not take it.
    """
    kind = body.get("msgtype")
    given = body.get(kind) if isinstance(kind, str) else None
    if kind not in ("text", "msgmenu", "link", "miniprogram", "location", "image", "voice", "video", "file"):
        raise ApiError(40008, "invalid message type")
    if not isinstance(given, dict):
        raise ApiError(40063, "some parameters are empty")
    match kind:
        case "text":
            words = _within(given.get("content"), MOST_TEXT)
            url = _URL.search(words)
            return Content("text", words, url=url[0] if url else None)
        case "msgmenu":
            return _menu(given)
        case "link":
            return _link(platform, given)
        case "miniprogram":
            return _program(platform, given)
        case "location":
            return _place(given)
    return medium(platform, str(kind), given)


def _within(words: Any, most: int, *, empty: bool = False) -> str:
    if empty and words is None:
        return ""
    if not isinstance(words, str) or (not words and not empty):
        raise ApiError(44004, "empty content")
    if len(words.encode()) > most:
        raise ApiError(45002, "content size out of limit")
    return words


def _menu(given: dict[str, Any]) -> Content:
    head = _within(given.get("head_content"), MOST_HEAD, empty=True)
    tail = _within(given.get("tail_content"), MOST_HEAD, empty=True)
    listed = given.get("list", [])
    if not isinstance(listed, list) or len(listed) > MOST_CHOICES or not (head or listed or tail):
        raise ApiError(40058, "invalid msgmenu.list size")
    words, buttons = [head], []
    for one in listed:
        kind = one.get("type") if isinstance(one, dict) else None
        part = one.get(kind) if isinstance(kind, str) else None
        if kind not in ("click", "view", "miniprogram", "text") or not isinstance(part, dict):
            raise ApiError(40058, "invalid msgmenu.list item")
        if kind == "text":
            words.append(_within(part.get("content"), 256))
        else:
            buttons.append(_choice(kind, part))
    return Content("card", "\n".join(part for part in (*words, tail) if part), tuple(buttons))


def _choice(kind: str, part: dict[str, Any]) -> Button:
    if kind == "click":
        label = _within(part.get("content"), MOST_LABEL)
        return Button(_within(part.get("id"), MOST_LABEL, empty=True), label)
    label = _within(part.get("content"), MOST_HEAD)
    where = _within(part.get("url" if kind == "view" else "pagepath"), MOST_TEXT)
    return Button("", label, url=where)


def _link(platform: Platform, given: dict[str, Any]) -> Content:
    title = _within(given.get("title"), MOST_TITLE)
    desc = _within(given.get("desc"), MOST_DESC, empty=True)
    url = _within(given.get("url"), MOST_TEXT)
    medium(platform, "image", {"media_id": given.get("thumb_media_id")})
    return Content("link", "\n".join(part for part in (title, desc) if part), url=url)


def _program(platform: Platform, given: dict[str, Any]) -> Content:
    medium(platform, "image", {"media_id": given.get("thumb_media_id")})
    _within(given.get("appid"), MOST_LABEL)
    page = _within(given.get("pagepath"), MOST_HEAD)
    return Content("link", _within(given.get("title", ""), 64, empty=True), url=page)


def _place(given: dict[str, Any]) -> Content:
    sides = (("latitude", 90), ("longitude", 180))
    for name, most in sides:
        value = given.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > most:
            raise ApiError(40058, f"invalid {name}")
    return Content("text", f"{given.get('name', '')} {given.get('address', '')}".strip())
