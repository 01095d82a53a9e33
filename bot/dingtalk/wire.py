"""Opens what DingTalk pushes to the robot: signature first, then the words. No input, no output.

Facts from open.dingtalk.com, 'Receive messages' and 'Robot message types'. What guards the door stands in
:mod:`bot.dingtalk.gate`, what a pressed button becomes in :mod:`bot.dingtalk.presses`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from bot.command import Session
from bot.dingtalk.escape import clean, no_mentions
from bot.dingtalk.gate import (
    MAX_BODY,
    YEAR_2100_MS,
    PairGuard,
    Rejected,
    Robot,
    genuine,
    id_of,
    ms_of,
    parse,
    short_key,
    stamp,
    text_of,
)
from bot.dingtalk.presses import OpenedPress, open_card, read_card
from bot.received import Received, read_payload
from handlers.message import Attachment, Chat, ChatKind, Identity, Message, MessageKind

__all__ = [
    "EMPTY",
    "MAX_BODY",
    "Opened",
    "OpenedPress",
    "PairGuard",
    "Received",
    "Rejected",
    "Robot",
    "from_payload",
    "open_card",
    "open_robot",
    "pinned",
    "read_card",
    "read_payload",
    "read_robot",
    "to_response",
]

EMPTY = b'{"msgtype":"empty"}'
"""Says nothing in the HTTP response."""

_SESSION_ID = re.compile(r"[A-Za-z0-9._~%&=+\-]{1,512}", re.ASCII)
_AT_TOKEN = re.compile(r"@\S+\s*")
_MEDIA: dict[str, MessageKind] = {"picture": "picture", "audio": "voice", "video": "video", "file": "file"}


@dataclass(frozen=True, slots=True)
class Opened:
    """One genuine message.

    Args:
        message_key: The dedup key of the inbox row.
        conversation: :attr:`handlers.message.Chat.key`, the lane it is worked off in.
        chat: Where it was said.
        sender: Who said it.
        kind: What kind of message it is.
        text: Its words, trimmed, without the robot's own name; may be long.
        payload: What the inbox keeps, JSON bytes; read back by :func:`from_payload`.
        session: The reply address, if it is one of the platform's and still alive.
        quota: The platform withheld the words because the reception quota is used up (20001).
    """

    message_key: str
    conversation: str
    chat: Chat
    sender: Identity
    kind: MessageKind
    text: str
    payload: bytes
    session: Session | None
    quota: bool


def open_robot(headers: Mapping[str, str], raw: bytes, robot: Robot, now: datetime) -> Opened | Rejected:
    """Verify and read one pushed message.

    Args:
        headers: The request's headers; names in lower case or case-insensitive.
        raw: The body's bytes as they came.
        robot: The app the URL names.
        now: UTC.
    """
    if len(raw) > MAX_BODY:
        return Rejected(413, "too_large")
    timestamp = headers.get("timestamp", "")
    if not genuine(timestamp, headers.get("sign", ""), robot.sign(stamp(timestamp))):
        return Rejected(403, "bad_signature")
    now_ms = int(now.timestamp() * 1000)
    if abs(now_ms - int(timestamp)) > robot.fresh_ms:
        return Rejected(403, "stale")
    if headers.get("content-encoding", "identity") != "identity":
        return Rejected(415, "encoded")
    body = parse(raw)
    if body is None:
        return Rejected(400, "not_json")
    msg_id = id_of(body.get("msgId"))
    if not msg_id:
        return Rejected(400, "no_message_id")
    if not robot.guard.admits(timestamp, msg_id, now_ms):
        return Rejected(403, "pair_reused")
    return _read(body, msg_id, robot, now_ms)


def read_robot(raw: bytes, robot: Robot, now: datetime) -> Opened | Rejected:
    """Read one message whose origin is known: the data of a Stream frame, which carries no signature.

    Args:
        raw: The frame's data.
        robot: The app whose connection it came over.
        now: UTC.
    """
    if len(raw) > MAX_BODY:
        return Rejected(413, "too_large")
    body = parse(raw)
    if body is None:
        return Rejected(400, "not_json")
    msg_id = id_of(body.get("msgId"))
    if not msg_id:
        return Rejected(400, "no_message_id")
    return _read(body, msg_id, robot, int(now.timestamp() * 1000))


def _read(body: dict[str, Any], msg_id: str, robot: Robot, now_ms: int) -> Opened | Rejected:
    conversation = id_of(body.get("conversationId"))
    if not conversation:
        return Rejected(400, "no_conversation")
    sender_id, staff_id = id_of(body.get("senderId")), id_of(body.get("senderStaffId"))
    if not sender_id and not staff_id:
        return Rejected(400, "no_sender")
    # An unknown conversation type counts as a group: what is for one person is never said there.
    chat_kind: ChatKind = "private" if str(body.get("conversationType")) == "1" else "group"
    chat = Chat("dingtalk", robot.name, chat_kind, conversation)
    if staff_id:
        sender = Identity("dingtalk_user", robot.corp, staff_id)
    else:
        sender = Identity("dingtalk_outsider", robot.corp, sender_id)
    quota = str(body.get("errorCode") or body.get("errCode")) == "20001"
    kind, text, attachments = _content(body, chat_kind)
    session, expires_ms = _session(body, robot, now_ms)
    payload = orjson.dumps(
        {
            "v": 1,
            "app": robot.name,
            "chat": [chat_kind, conversation],
            "sender": [sender.kind, sender.corp, sender.id],
            "nick": clean(text_of(body.get("senderNick")))[:64],
            "kind": kind,
            "text": text,
            "quota": quota,
            "said_ms": ms_of(body.get("createAt")),
            "session": [session.url, expires_ms] if session else None,
            "media": [[item.kind, item.ticket, item.name, item.duration_ms] for item in attachments],
        }
    )
    key = short_key(f"dingtalk:{robot.name}", f"{msg_id}:{sender_id or staff_id}")
    return Opened(key, chat.key, chat, sender, kind, text, payload, session, quota)


_Content = tuple[MessageKind, str, tuple[Attachment, ...]]


def _content(body: dict[str, Any], chat: ChatKind) -> _Content:
    kind, content = body.get("msgtype"), body.get("content")
    if kind == "text":
        text = body.get("text")
        words = text_of(text.get("content")) if isinstance(text, dict) else ""
        return "text", _words(words or text_of(content)), ()
    if not isinstance(content, dict):
        return "unknown", "", ()
    if kind == "richText":
        return _rich(content, chat)
    if isinstance(kind, str) and kind in _MEDIA:
        ours = _MEDIA[kind]
        spoken = _words(text_of(content.get("recognition"))) if ours == "voice" else ""
        return ours, spoken, _attachment(ours, content)
    return "unknown", "", ()


def _rich(content: dict[str, Any], chat: ChatKind) -> _Content:
    """Texts joined, pictures aside. HarmonyOS phones repeat the robot's name as a first text item."""
    items = content.get("richText")
    texts: list[str] = []
    pictures: list[Attachment] = []
    for item in items if isinstance(items, list) else ():
        if not isinstance(item, dict):
            continue
        if words := text_of(item.get("text")):
            texts.append(words)
        elif item.get("type") == "picture":
            pictures.extend(_attachment("picture", item))
    if chat == "group" and texts and _AT_TOKEN.fullmatch(texts[0].lstrip()):
        del texts[0]
    return "richtext", _words("".join(texts)), tuple(pictures)


def _attachment(kind: MessageKind, item: dict[str, Any]) -> tuple[Attachment, ...]:
    ticket = id_of(item.get("downloadCode"), 4096) or id_of(item.get("pictureDownloadCode"), 4096)
    if not ticket:
        return ()
    name = clean(text_of(item.get("fileName"))).replace("\n", " ")[:200]
    duration = ms_of(item.get("duration")) if kind == "voice" else None
    return (Attachment(kind, ticket, name, duration),)


def _session(body: dict[str, Any], robot: Robot, now_ms: int) -> tuple[Session | None, int]:
    """The reply address only if it is literally the configured one: no URL is parsed, nothing to confuse."""
    expires = ms_of(body.get("sessionWebhookExpiredTime")) or 0
    url = pinned(text_of(body.get("sessionWebhook")), robot)
    if not url or not now_ms < expires < YEAR_2100_MS:
        return None, 0
    return Session(url, datetime.fromtimestamp(expires / 1000, UTC)), expires


def pinned(url: str, robot: Robot) -> str:
    """The URL itself if it is exactly the configured base, the one path and a session id, else empty."""
    prefix = robot.reply_prefix
    if url.startswith(prefix) and _SESSION_ID.fullmatch(url, len(prefix)):
        return url
    return ""


def _words(text: str) -> str:
    return clean(text).strip()


def from_payload(row_id: str, payload: bytes, received_at: datetime) -> tuple[Message, Session | None]:
    """The message of an inbox row and its reply address.

    Args:
        row_id: The inbox row's id, which becomes the message's.
        payload: :attr:`Opened.payload`.
        received_at: UTC.
    """
    received = read_payload(row_id, payload, received_at)
    return received.message, received.session


def to_response(text: str) -> bytes:
    """An answer inside the HTTP response, in the webhook format; no mention can come of it."""
    return orjson.dumps({"msgtype": "text", "text": {"content": no_mentions(text)}})
