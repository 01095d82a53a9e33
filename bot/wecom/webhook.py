"""A group's webhook robot: it can only speak, in internal groups only.

Facts from developer.work.weixin.qq.com, paths 91770 and 99110. Its key is the whole credential: it stands in
the address and nowhere else, neither in a log nor in an error. A message has no id, so nothing can be
recalled and nothing repeated unseen.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any, Protocol

import aiohttp
import orjson

from bot.command import Command, FileRef, Maybe, Outcome, Refused, Sent, Webhook
from bot.dingtalk.escape import clean, escape_markdown, no_mentions
from bot.wecom.aibot_upload import Files, bytes_of
from bot.wecom.plain import exchange
from config.settings import LimitSettings, WeComApp, is_loopback

SEND = "/cgi-bin/webhook/send"
UPLOAD = "/cgi-bin/webhook/upload_media"
MOST_TEXT = 2048
MOST_MARKDOWN = 4096
MOST_PICTURE = 2 * 1024 * 1024
MOST_FILE = 20 * 1024 * 1024
_PICTURES = ("png", "jpg", "jpeg")

_KEY = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
_LINK = re.compile(r"https://[a-z0-9.-]+(?::[0-9]{1,5})?/[!#-'*-;=?-\[\]^_a-~]*", re.ASCII)
_LOCAL_LINK = re.compile(r"http://(?:127\.0\.0\.1|localhost):[0-9]{1,5}/[!#-'*-;=?-\[\]^_a-~]*", re.ASCII)


class Line(Protocol):
    """The part of an app's connection that is wanted here: :class:`bot.wecom.core.Core`."""

    @property
    def app(self) -> WeComApp: ...
    @property
    def limits(self) -> LimitSettings: ...
    @property
    def http(self) -> aiohttp.ClientSession: ...


def message(command: Command) -> dict[str, Any] | None:
    """The words as a message; None if they are too long.

    Plain text where it fits, because then nothing in it can be mark-up; markdown for long words and where a
    page is to be opened.
    """
    plain = no_mentions(command.plain)
    if command.link is None and len(plain.encode()) <= MOST_TEXT:
        return {"msgtype": "text", "text": {"content": plain}}
    shown = escape_markdown(command.plain)
    if command.link is not None and _is_link(command.link[1]):
        label = escape_markdown(command.link[0]).replace("\n", " ")
        shown = f"{shown}\n[{label}]({command.link[1]})"
    if len(shown.encode()) > MOST_MARKDOWN:
        return None
    return {"msgtype": "markdown", "markdown": {"content": shown}}


def _is_link(url: str) -> bool:
    return bool(_LINK.fullmatch(url)) or bool(_LOCAL_LINK.fullmatch(url) and is_loopback(url))


def picture(data: bytes) -> dict[str, Any]:
    """A picture; the proof is over the raw bytes."""
    proof = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return {"msgtype": "image", "image": {"base64": base64.b64encode(data).decode(), "md5": proof}}


def bucket(core: Line, target: Webhook) -> tuple[str, int, float]:
    """Twenty a minute, and whether the minute glides is not said: we stay below."""
    name = hashlib.sha256(target.token.encode()).hexdigest()[:16]
    return (f"wecom:webhook:{name}", core.limits.webhook_per_minute, 60.0)


async def send(core: Line, command: Command, target: Webhook, files: Files) -> Outcome:
    """Say something in a group by its webhook robot; certainly at most once."""
    if not _KEY.fullmatch(target.token):
        return Refused("webhook.key", "config")
    if command.file is not None:
        return await _send_file(core, command, target, command.file, files)
    body = message(command)
    return Refused("webhook.tooLong", "content") if body is None else await _post(core, target, body)


async def _send_file(core: Line, command: Command, target: Webhook, file: FileRef, files: Files) -> Outcome:
    said = message(command) if command.plain or command.link else {}
    if said is None:
        return Refused("webhook.tooLong", "content")
    data = await bytes_of(file, files)
    if isinstance(data, Refused):
        return data
    ending = file.name.rpartition(".")[2].lower()
    if ending in _PICTURES:
        if not data or len(data) > MOST_PICTURE:
            return Refused("file.size", "content")
        body: dict[str, Any] | Refused = picture(data)
    else:
        body = await _uploaded(core, target, file, data)
    if isinstance(body, Refused):
        return body
    outcome = await _post(core, target, body)
    if not isinstance(outcome, Sent) or not said:
        return outcome
    # No message carries both. The file is there: whatever becomes of the words is in doubt.
    spoken = await _post(core, target, said)
    return outcome if isinstance(spoken, Sent) else Maybe(f"caption.{spoken.code}")


async def _uploaded(core: Line, target: Webhook, file: FileRef, data: bytes) -> dict[str, Any] | Refused:
    """Bytes that only this robot may show; nobody sees an upload, so it may be made again."""
    if not 5 < len(data) <= MOST_FILE:
        return Refused("file.size", "content")
    name = clean(file.name).replace("\n", " ")[-100:]

    fields = aiohttp.FormData(quote_fields=False)
    fields.add_field("media", data, filename=name, content_type="application/octet-stream")
    url = _address(core, UPLOAD, target, "&type=file")
    answer = await exchange(core.http, url, fields, core.limits)
    if isinstance(answer, Refused):
        return answer
    if isinstance(answer, Maybe):
        return Refused(f"file.{answer.code}", "retry")
    media_id = answer.get("media_id")
    if not isinstance(media_id, str) or not media_id:
        return Refused("file.noMediaId", "retry")
    return {"msgtype": "file", "file": {"media_id": media_id}}


async def _post(core: Line, target: Webhook, body: dict[str, Any]) -> Outcome:
    url = _address(core, SEND, target)
    answer = await exchange(core.http, url, orjson.dumps(body), core.limits)
    return answer if isinstance(answer, Refused | Maybe) else Sent("")


def _address(core: Line, path: str, target: Webhook, more: str = "") -> str:
    return f"{core.app.api_base}{path}?key={target.token}{more}"
