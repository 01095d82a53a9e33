"""Reads what WeCom pushes to an app, once it is decrypted: words, presses, events. No input, no output.

Facts from developer.work.weixin.qq.com, paths 90239 (messages), 90240 (events), 92052 (school address book)
and 94670 (customer service). An app hears its members, one to one: never a group, never a guardian.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from bot.dingtalk.escape import clean
from bot.dingtalk.gate import id_of, short_key, text_of
from bot.lanes import MEMBER
from bot.received import event_payload, message_payload
from bot.wecom import xml
from bot.wecom.codec import Rejected
from bot.wecom.happenings import event_of
from handlers.message import Attachment, Chat, Event, Identity, Message, MessageKind

OLDEST_S = 86_400
"""How old, in seconds, what is inside may be: well below the days a key is remembered, so that no replay is
older than the memory of it, and far above any delay of the platform."""
MAX_VALUES = 16
_PRESSES = ("template_card_event", "template_card_menu_event")
_RINGS = "kf_msg_or_event"
_MEDIA: dict[str, MessageKind] = {"image": "picture", "voice": "voice", "video": "video"}


@dataclass(frozen=True, slots=True)
class Us:
    """Whose callback it is.

    Args:
        name: The app's name in the settings, part of keys and lanes.
        corp: The organisation.
    """

    name: str
    corp: str


@dataclass(frozen=True, slots=True)
class Opened:
    """One genuine message of a member.

    Args:
        message_key: The dedup key of the inbox row.
        conversation: The lane it is worked off in.
        payload: What the inbox keeps, see :func:`bot.received.message_payload`.
        user_id: Who said it.
        text: The words.
    """

    message_key: str
    conversation: str
    payload: bytes
    user_id: str
    text: str


@dataclass(frozen=True, slots=True)
class OpenedEvent:
    """Something that happened.

    Args:
        message_key: The dedup key: the hash of what was said, so that a retry is the same and the 45th
            of one second is another.
        conversation: One lane per app.
        payload: What the inbox keeps, see :func:`bot.received.event_payload`.
        event: What it is.
    """

    message_key: str
    conversation: str
    payload: bytes
    event: Event


@dataclass(frozen=True, slots=True)
class Rung:
    """Customer service has something to fetch. Of this nothing is kept: the word may be an anonymous one.

    Args:
        kf_id: The customer service account.
        ticket: For fetching it.
    """

    kf_id: str
    ticket: str


@dataclass(frozen=True, slots=True)
class OpenedPress:
    """One button pressed on a card.

    Args:
        message_key: The dedup key, as an event's.
        conversation: The lane it is worked off in, the presser's own.
        payload: What the inbox keeps, see :mod:`bot.pressing`.
        user_id: Who pressed.
        track: The card, by its ``task_id``; empty for one that never had any.
        token: The button's key.
        card_type: What kind of card it is.
        lane: The outbox lane of whoever pressed.
    """

    message_key: str
    conversation: str
    payload: bytes
    user_id: str
    track: str
    token: str
    card_type: str
    lane: str


Read = Opened | OpenedEvent | OpenedPress | Rung | Rejected


def read(plain: bytes, us: Us, now: datetime) -> Read:
    """What was pushed, of known origin.

    Args:
        plain: The decrypted words: XML, or JSON with the same names.
        us: The app it was pushed to.
        now: UTC.
    """
    if len(plain) > xml.MAX_SIZE:
        return Rejected(413, "too_large")
    body = _json(plain) if plain[:1] == b"{" else xml.parse_leniently(plain)
    if body is None:
        return Rejected(400, "not_readable")
    said_s = _number(body.get("CreateTime"))
    if said_s is not None and abs(now.timestamp() - said_s) > OLDEST_S:
        return Rejected(403, "stale")
    # The cipher names its owner; what is inside must be for nobody else either.
    if body.get("ToUserName") not in (None, "", us.corp):
        return Rejected(403, "bad_owner")
    kind, user = id_of(body.get("MsgType")), id_of(body.get("FromUserName")).lower()
    if not kind:
        return Rejected(400, "no_kind")
    if kind == "event":  # some have no sender: customer service rings by itself
        return _happened(body, plain, us, user)
    if not user:
        return Rejected(400, "no_sender")
    return _said(body, us, user, kind, now)


def _json(plain: bytes) -> dict[str, Any] | None:
    try:
        body = orjson.loads(plain)
        return _as_text(body) if isinstance(body, dict) else None
    except (orjson.JSONDecodeError, RecursionError):
        return None


def _as_text(value: Any) -> Any:
    """JSON has numbers where XML has words."""
    if isinstance(value, dict):
        return {name: _as_text(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_as_text(each) for each in value]
    return value if isinstance(value, str) else "" if value is None else str(value)


def _number(value: object) -> int | None:
    """Plain digits; nothing else that Python would take for a number."""
    plain = isinstance(value, str) and len(value) < 12 and value.isascii() and value.isdigit()
    return int(str(value)) if plain else None


# -- words


def _said(body: Mapping[str, Any], us: Us, user: str, kind: str, now: datetime) -> Opened | Rejected:
    msg_id = id_of(body.get("MsgId"))
    if not msg_id:
        return Rejected(400, "no_message_id")
    ours, text, media = _content(body, kind)
    chat = Chat("wecom", us.name, "private", user)
    sender = Identity(MEMBER["wecom"], us.corp, user)
    message = Message("", chat, sender, "", ours, text, now, media)
    key = short_key(f"wecom:{us.name}:msg", f"{msg_id}:{user}")
    return Opened(key, f"wecom/{us.name}/user/{user}", message_payload(message), user, text)


def _content(body: Mapping[str, Any], kind: str) -> tuple[MessageKind, str, tuple[Attachment, ...]]:
    if kind == "text":
        return "text", _words(body, "Content"), ()
    if kind == "link":
        return "text", "\n".join(filter(None, (_words(body, "Title"), _words(body, "Url")))), ()
    if kind == "location":
        return "unknown", _words(body, "Label"), ()
    ours = _MEDIA.get(kind)
    if ours is None:
        return "unknown", "", ()
    ticket = id_of(body.get("MediaId"), 4096)
    return ours, "", (Attachment(ours, ticket),) if ticket else ()


def _words(body: Mapping[str, Any], name: str) -> str:
    return clean(text_of(body.get(name))).strip()


# -- presses and events


def _happened(
    body: Mapping[str, Any], plain: bytes, us: Us, user: str
) -> OpenedEvent | OpenedPress | Rung | Rejected:
    name = id_of(body.get("Event"))
    if not name:
        return Rejected(400, "no_kind")
    key = f"wecom:{us.name}:event:{hashlib.sha256(plain).hexdigest()}"
    if name in _PRESSES:
        return _press(body, key, us, user)
    if name == _RINGS:
        kf_id = id_of(body.get("OpenKfId"))
        return Rung(kf_id, id_of(body.get("Token"))) if kf_id else Rejected(400, "no_account")
    event = event_of(name, body, user)
    return OpenedEvent(key, f"wecom/{us.name}/event", event_payload("wecom", us.name, event), event)


def _press(body: Mapping[str, Any], key: str, us: Us, user: str) -> OpenedPress | Rejected:
    token, track = id_of(body.get("EventKey"), 1024), id_of(body.get("TaskId"))
    if not user or not token:
        return Rejected(400, "no_button" if user else "no_sender")
    lane = f"wecom/{us.name}/user/{user}"
    payload = orjson.dumps({
        "v": 1, "platform": "wecom", "app": us.name, "chat": user, "kind": MEMBER["wecom"],
        "corp": us.corp, "user": user, "track": track, "token": token,
        "code": id_of(body.get("ResponseCode"), 1024), "values": _chosen(body.get("SelectedItems")),
    })  # fmt: skip
    return OpenedPress(key, lane, payload, user, track, token, id_of(body.get("CardType")), lane)


def _chosen(selected: object) -> dict[str, list[str]]:
    """What was ticked on a card, by question."""
    values: dict[str, list[str]] = {}
    for item in _several(selected.get("SelectedItem") if isinstance(selected, dict) else None)[:MAX_VALUES]:
        if not isinstance(item, dict):
            continue
        question, options = id_of(item.get("QuestionKey")), item.get("OptionIds")
        ids = _several(options.get("OptionId") if isinstance(options, dict) else None)
        if question:
            values[question] = [each for each in map(id_of, ids) if each]
    return values


def _several(value: object) -> list[Any]:
    """A name that came once, several times or not at all."""
    return value if isinstance(value, list) else [] if value is None else [value]
