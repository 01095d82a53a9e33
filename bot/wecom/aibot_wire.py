"""Reads what the AI bot of internal groups is told: messages, presses and events. No input, no output.

Facts from developer.work.weixin.qq.com, paths 100719, 101027 and 101463. The same JSON comes by callback and
by the long connection; over the latter every medium brings its own key, and the frame's ``req_id`` is the
reply address. Whose bytes these are was proved before: by the callback's cipher, or by the connection.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from bot.command import Session
from bot.dingtalk.escape import clean
from bot.dingtalk.gate import id_of, short_key, text_of
from bot.received import event_payload, message_payload
from bot.wecom.aibot_media import ticket
from bot.wecom.codec import Rejected
from config.settings import WeComApp
from handlers.message import Attachment, Chat, Event, Identity, Message, MessageKind

SOCKET, REPLY = "aibot:", "aibot-reply:"
"""How a reply address begins: a ``req_id`` of the long connection, or an address good for one answer."""
SOCKET_LIVES = timedelta(hours=24)
REPLY_LIVES = timedelta(hours=1)
RESPONSE = "/cgi-bin/aibot/response"
MEMBER = "wecom_member"
OLDEST_S = 86_400
"""How old, in seconds, what is inside may be: below the days a key is remembered, above any delay."""

_AT_TOKEN = re.compile(r"\s*@\S+(\s+|$)")
_CODE = re.compile(r"\?[A-Za-z0-9._~%&=+\-]{1,1024}", re.ASCII)
_MEDIA: dict[str, MessageKind] = {"image": "picture", "file": "file", "video": "video"}


@dataclass(frozen=True, slots=True)
class OpenedMessage:
    """One message.

    Args:
        message_key: The dedup key of the inbox row.
        conversation: The lane it is worked off in.
        text: Its words, without the bot's own name.
        payload: What the inbox keeps, JSON; read back by :func:`bot.received.read_payload`.
        chat_id: Where it was said as the platform writes it: ids are case-sensitive when sent back.
        session: Its reply address, or None.
    """

    message_key: str
    conversation: str
    text: str
    payload: bytes
    chat_id: str
    session: Session | None


@dataclass(frozen=True, slots=True)
class OpenedPress:
    """One pressed button; ``track`` is the card's ``task_id``, ``lane`` the presser's own outbox lane."""

    message_key: str
    conversation: str
    payload: bytes
    track: str
    token: str
    lane: str


@dataclass(frozen=True, slots=True)
class OpenedEvent:
    """Something that happened."""

    message_key: str
    conversation: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Poll:
    """The platform asks how an answer that it shows piece by piece goes on."""

    stream_id: str


@dataclass(frozen=True, slots=True)
class Passed:
    """Genuine, and nothing to keep: ``why`` is for the log."""

    why: str


Read = OpenedMessage | OpenedPress | OpenedEvent | Poll | Passed | Rejected


class Bot:
    """One AI bot made ready for reading: whose it is, and where its answers may go.

    Args:
        name: The app's name in the settings.
        app: Its settings.
    """

    __slots__ = ("corp", "id", "name", "reply_prefix")

    def __init__(self, name: str, app: WeComApp) -> None:
        self.name = name
        self.corp = app.corp_id
        self.id = app.aibot_id or ""
        self.reply_prefix = f"{app.api_base}{RESPONSE}"


def read(body: dict[str, Any], bot: Bot, now: datetime, req_id: str = "") -> Read:
    """What one decrypted callback, or one frame's body, says.

    Args:
        body: The JSON object.
        bot: Whose address or connection it came to.
        now: UTC.
        req_id: The frame's; empty for a callback.
    """
    if bot.id and body.get("aibotid") not in (None, bot.id):
        return Rejected(403, "bad_owner")
    said_s = body.get("create_time")
    if isinstance(said_s, int) and abs(now.timestamp() - said_s) > OLDEST_S:
        return Rejected(403, "stale")
    kind = body.get("msgtype")
    if kind == "stream":
        return Poll(id_of(_part(body, "stream").get("id"), 512))
    sender = _part(body, "from")
    user = id_of(sender.get("userid"), 64)
    if not user:
        return Rejected(400, "no_sender")
    if sender.get("corpid") not in (None, "", bot.corp):
        return Passed("outsider")
    if kind == "event":
        return _event(body, bot, user)
    return _message(body, bot, user, now, req_id)


def _part(body: dict[str, Any], name: str) -> dict[str, Any]:
    part = body.get(name)
    return part if isinstance(part, dict) else {}


# -- messages


def _message(body: dict[str, Any], bot: Bot, user: str, now: datetime, req_id: str) -> Read:
    message_id = id_of(body.get("msgid"))
    if not message_id:
        return Rejected(400, "no_message_id")
    # An unknown kind of chat counts as a group: what is for one person is never said there.
    group = body.get("chattype") != "single"
    chat_id = id_of(body.get("chatid")) if group else user
    if not chat_id:
        return Rejected(400, "not_readable")
    chat = Chat("wecom", bot.name, "group" if group else "private", chat_id)
    sender = Identity(MEMBER, bot.corp, user.lower())
    kind, text, media = _content(body, group=group)
    session = _session(body, bot, now, req_id)
    message = Message("", chat, sender, "", kind, text, now, media)
    conversation = chat.key if group else f"wecom/{bot.name}/user/{sender.id}"
    key = short_key(f"wecom:{bot.name}:aibot", message_id)
    return OpenedMessage(key, conversation, text, message_payload(message, session), chat_id, session)


_Content = tuple[MessageKind, str, tuple[Attachment, ...]]


def _content(body: dict[str, Any], *, group: bool) -> _Content:
    """What was said; what it quotes is left aside."""
    kind = body.get("msgtype")
    part = _part(body, str(kind))
    if kind == "text":
        return "text", _words(text_of(part.get("content")), group=group), ()
    if kind == "voice":
        return "voice", _words(text_of(part.get("content")), group=group), ()
    if kind == "mixed":
        return _mixed(part, group=group)
    if isinstance(kind, str) and kind in _MEDIA:
        return _MEDIA[kind], "", _attachment(_MEDIA[kind], part)
    return "unknown", "", ()


def _mixed(part: dict[str, Any], *, group: bool) -> _Content:
    items = part.get("msg_item")
    texts: list[str] = []
    pictures: list[Attachment] = []
    for item in items if isinstance(items, list) else ():
        if not isinstance(item, dict):
            continue
        if item.get("msgtype") == "text":
            texts.append(text_of(_part(item, "text").get("content")))
        elif item.get("msgtype") == "image":
            pictures.extend(_attachment("picture", _part(item, "image")))
    words = "\n".join(each for each in texts if each.strip())
    return "richtext", _words(words, group=group), tuple(pictures)


def _attachment(kind: MessageKind, part: dict[str, Any]) -> tuple[Attachment, ...]:
    url = id_of(part.get("url"), 4096)
    if not url:
        return ()
    name = clean(text_of(part.get("filename"))).replace("\n", " ")[:200]
    return (Attachment(kind, ticket(url, id_of(part.get("aeskey"))), name),)


def _words(text: str, *, group: bool) -> str:
    """In a group the bot's own name stands before the words."""
    text = clean(text)
    return (_AT_TOKEN.sub("", text, count=1) if group and _AT_TOKEN.match(text) else text).strip()


def _session(body: dict[str, Any], bot: Bot, now: datetime, req_id: str) -> Session | None:
    if req_id:
        return Session(SOCKET + req_id, now + SOCKET_LIVES)
    url = text_of(body.get("response_url"))
    return Session(REPLY + url, now + REPLY_LIVES) if pinned(url, bot.reply_prefix) else None


def pinned(url: str, prefix: str) -> bool:
    """Whether it is exactly the configured base, the one path and a code: no URL is parsed."""
    return url.startswith(prefix) and _CODE.fullmatch(url, len(prefix)) is not None


# -- events and presses


def _event(body: dict[str, Any], bot: Bot, user: str) -> Read:
    event = _part(body, "event")
    kind = id_of(event.get("eventtype"), 64)
    if not kind:
        return Rejected(400, "no_kind")
    key = f"wecom:{bot.name}:event:{hashlib.sha256(_canonical(body)).hexdigest()}"
    if kind == "template_card_event":
        return _press(_part(event, kind), bot, user, key)
    if kind == "feedback_event":
        return Passed("feedback")
    payload = event_payload("wecom", bot.name, Event("other", {"event": kind}))
    return OpenedEvent(key, f"wecom/{bot.name}/event", payload)


def _canonical(body: dict[str, Any]) -> bytes:
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def _press(pressed: dict[str, Any], bot: Bot, user: str, key: str) -> Read:
    """There is no code for later: such a card is changed in the answer to the press, or not at all."""
    track, token = id_of(pressed.get("task_id")), id_of(pressed.get("event_key"), 1024)
    if not track or not token:
        return Rejected(400, "no_button")
    who = user.lower()
    payload = {
        "v": 1, "platform": "wecom", "app": bot.name, "chat": who, "kind": MEMBER, "corp": bot.corp,
        "user": who, "track": track, "token": token, "code": "",
    }  # fmt: skip
    lane = f"wecom/{bot.name}/user/{who}"
    return OpenedPress(key, lane, orjson.dumps(payload), track, token, lane)
