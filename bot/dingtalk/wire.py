"""Opens what DingTalk pushes to the robot: signature first, then the words. No input, no output.

Facts from open.dingtalk.com, 'Receive messages' and 'Robot message types'. The signature does not cover
the body, so a captured pair of headers could carry any body for as long as it is fresh: hence the short
window, the :class:`PairGuard`, the pinned reply address and the dedup key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import orjson
from typing_extensions import override

from bot.command import Session
from bot.dingtalk.escape import clean, no_mentions
from handlers.message import Attachment, Chat, ChatKind, Identity, Message, MessageKind

if TYPE_CHECKING:
    from config.settings import DingTalkApp

MAX_BODY = 64 * 1024
EMPTY = b'{"msgtype":"empty"}'
"""Says nothing in the HTTP response."""

Reason = Literal[
    "too_large", "bad_signature", "stale", "pair_reused", "encoded", "not_json", "no_message_id",
    "no_conversation", "no_sender",
]  # fmt: skip

_TIMESTAMP = re.compile(r"[0-9]{13}", re.ASCII)
_SESSION_ID = re.compile(r"[A-Za-z0-9._~%&=+\-]{1,512}", re.ASCII)
_AT_TOKEN = re.compile(r"@\S+\s*")
_MOST_KEY = 255
"""Characters of the inbox's key column; PostgreSQL refuses longer ones, and with them their neighbours."""
_YEAR_2100_MS = 4_102_444_800_000
_MEDIA: dict[str, MessageKind] = {"picture": "picture", "audio": "voice", "video": "video", "file": "file"}


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not from the platform, or not readable. Nothing of it is kept; the answer's body is empty."""

    status: int
    reason: Reason


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


class PairGuard:
    """Refuses a pair of headers that turns up with more than a few different messages.

    A valid sign follows from the timestamp, so the timestamp stands for the pair. Two generations
    are kept, each at most ``window_ms`` and ``most`` pairs, so memory stays bounded.

    Args:
        max_msgs: Different message ids one pair may carry; honest ones share a millisecond now and then.
        window_ms: How long a pair can be fresh, in ms.
        most: Pairs per generation.
    """

    def __init__(self, max_msgs: int = 3, window_ms: int = 600_000, most: int = 50_000) -> None:
        self._max = max_msgs
        self._window = window_ms
        self._most = most
        self._since = 0
        self._new: dict[str, tuple[str, ...]] = {}
        self._old: dict[str, tuple[str, ...]] = {}

    def admits(self, timestamp: str, msg_id: str, now_ms: int) -> bool:
        """Note the pair; False once it has carried too many different messages."""
        if now_ms - self._since > self._window or len(self._new) >= self._most:
            self._old = self._new
            self._new = {}
            self._since = now_ms
        seen = self._new.get(timestamp)
        if seen is None:
            seen = self._old.get(timestamp, ())
        if msg_id in seen:
            return True
        if len(seen) >= self._max:
            return False
        self._new[timestamp] = (*seen, msg_id)
        return True


class Robot:
    """One configured app made ready for :func:`open_robot`: the key as bytes, the pinned reply address.

    Args:
        name: The app's name in the settings, part of keys and lanes.
        app: Its settings.
    """

    __slots__ = ("_secret", "corp", "fresh_ms", "guard", "name", "reply_prefix")

    def __init__(self, name: str, app: DingTalkApp) -> None:
        self.name = name
        self.corp = app.corp_id
        self.fresh_ms = int(app.freshness_s * 1000)
        self.guard = PairGuard(window_ms=2 * self.fresh_ms)
        self.reply_prefix = f"{str(app.oapi_base).rstrip('/')}/robot/sendBySession?session="
        self._secret = app.client_secret.get_secret_value().encode()

    @override
    def __repr__(self) -> str:
        return f"Robot({self.name!r})"

    def sign(self, timestamp: str) -> bytes:
        """The header value DingTalk sends with this timestamp (13 digits, ms)."""
        mac = hmac.digest(self._secret, timestamp.encode() + b"\n" + self._secret, "sha256")
        return base64.b64encode(mac)


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
    if not _signed(robot, timestamp, headers.get("sign", "")):
        return Rejected(403, "bad_signature")
    now_ms = int(now.timestamp() * 1000)
    if abs(now_ms - int(timestamp)) > robot.fresh_ms:
        return Rejected(403, "stale")
    if headers.get("content-encoding", "identity") != "identity":
        return Rejected(415, "encoded")
    body = _parse(raw)
    if body is None:
        return Rejected(400, "not_json")
    msg_id = _id(body.get("msgId"))
    if not msg_id:
        return Rejected(400, "no_message_id")
    if not robot.guard.admits(timestamp, msg_id, now_ms):
        return Rejected(403, "pair_reused")
    return _read(body, msg_id, robot, now_ms)


def _signed(robot: Robot, timestamp: str, sign: str) -> bool:
    """Whether the pair is ours; the same work is done for a malformed pair as for a wrong one."""
    well_formed = _TIMESTAMP.fullmatch(timestamp) is not None
    expected = robot.sign(timestamp if well_formed else "0" * 13)
    given = sign.encode("ascii", "replace") if len(sign) <= 64 else b""
    return hmac.compare_digest(expected, given) and well_formed


def _parse(raw: bytes) -> dict[str, Any] | None:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        body = _parse_leniently(raw)
    return body if isinstance(body, dict) else None


def _parse_leniently(raw: bytes) -> object:
    """Lone surrogates and broken UTF-8 come from real phones; a signed message is not dropped for them."""
    try:
        return json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _read(body: dict[str, Any], msg_id: str, robot: Robot, now_ms: int) -> Opened | Rejected:
    conversation = _id(body.get("conversationId"))
    if not conversation:
        return Rejected(400, "no_conversation")
    sender_id, staff_id = _id(body.get("senderId")), _id(body.get("senderStaffId"))
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
            "nick": clean(_str(body.get("senderNick")))[:64],
            "kind": kind,
            "text": text,
            "quota": quota,
            "said_ms": _int(body.get("createAt")),
            "session": [session.url, expires_ms] if session else None,
            "media": [[item.kind, item.ticket, item.name, item.duration_ms] for item in attachments],
        }
    )
    key = f"dingtalk:{robot.name}:{msg_id}:{sender_id or staff_id}"
    if len(key) > _MOST_KEY:
        key = f"dingtalk:{robot.name}:{hashlib.sha256(key.encode()).hexdigest()}"
    return Opened(key, chat.key, chat, sender, kind, text, payload, session, quota)


_Content = tuple[MessageKind, str, tuple[Attachment, ...]]


def _content(body: dict[str, Any], chat: ChatKind) -> _Content:
    kind, content = body.get("msgtype"), body.get("content")
    if kind == "text":
        text = body.get("text")
        words = _str(text.get("content")) if isinstance(text, dict) else ""
        return "text", _words(words or _str(content)), ()
    if not isinstance(content, dict):
        return "unknown", "", ()
    if kind == "richText":
        return _rich(content, chat)
    if isinstance(kind, str) and kind in _MEDIA:
        ours = _MEDIA[kind]
        spoken = _words(_str(content.get("recognition"))) if ours == "voice" else ""
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
        if words := _str(item.get("text")):
            texts.append(words)
        elif item.get("type") == "picture":
            pictures.extend(_attachment("picture", item))
    if chat == "group" and texts and _AT_TOKEN.fullmatch(texts[0].lstrip()):
        del texts[0]
    return "richtext", _words("".join(texts)), tuple(pictures)


def _attachment(kind: MessageKind, item: dict[str, Any]) -> tuple[Attachment, ...]:
    ticket = _id(item.get("downloadCode"), 4096) or _id(item.get("pictureDownloadCode"), 4096)
    if not ticket:
        return ()
    name = clean(_str(item.get("fileName"))).replace("\n", " ")[:200]
    duration = _int(item.get("duration")) if kind == "voice" else None
    return (Attachment(kind, ticket, name, duration),)


def _session(body: dict[str, Any], robot: Robot, now_ms: int) -> tuple[Session | None, int]:
    """The reply address only if it is literally the configured one: no URL is parsed, nothing to confuse."""
    expires = _int(body.get("sessionWebhookExpiredTime")) or 0
    url = pinned(_str(body.get("sessionWebhook")), robot)
    if not url or not now_ms < expires < _YEAR_2100_MS:
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


def _str(value: object) -> str:
    return value if isinstance(value, str) else ""


def _id(value: object, most: int = 128) -> str:
    """A usable id: short and printable, so that keys, lanes and logs stay clean on every database."""
    return value if isinstance(value, str) and len(value) <= most and value.isprintable() else ""


def _int(value: object) -> int | None:
    """Milliseconds as the platform sends them: a number, or a number as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value < _YEAR_2100_MS else None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,13}", value, re.ASCII):
        return int(value)
    return None


@dataclass(frozen=True, slots=True)
class Received:
    """An inbox row read back. ``quota``: the words were withheld, tell the administrator."""

    message: Message
    session: Session | None = field(default=None)
    quota: bool = False


def read_payload(row_id: str, payload: bytes, received_at: datetime) -> Received:
    """What :attr:`Opened.payload` holds, whole."""
    kept = orjson.loads(payload)
    chat = Chat("dingtalk", kept["app"], kept["chat"][0], kept["chat"][1])
    media = tuple(Attachment(*item) for item in kept["media"])
    message = Message(
        id=row_id, chat=chat, sender=Identity(*kept["sender"]), nick=kept["nick"], kind=kept["kind"],
        text=kept["text"], at=received_at, attachments=media,
    )  # fmt: skip
    session = None
    if kept["session"]:
        url, expires_ms = kept["session"]
        session = Session(url, datetime.fromtimestamp(expires_ms / 1000, UTC))
    return Received(message, session, kept["quota"])


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
