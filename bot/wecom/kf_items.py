"""What customers do, as rows of the inbox: words, presses of a menu, coming in, a send that failed.

Facts from developer.work.weixin.qq.com, path 94670. The school's own people who answer by hand are not heard,
and neither is what the platform says about itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from bot.command import Session
from bot.lanes import KF
from bot.received import event_payload, message_payload
from bot.wecom.kf import is_from_memory
from bot.wecom.texts import HELLO
from handlers.anonymous.words import is_anonymous
from handlers.message import Attachment, Chat, Event, Identity, Message, MessageKind
from storage.kf import Customer

PLATFORM = "wecom"
WELCOME = "welcome:"
"""Begins a session that is a welcome code; never an address."""
WELCOME_LIFE = timedelta(seconds=20)
CUSTOMER, SYSTEM = 3, 4

_CODE = re.compile(r"[0-9]{8}", re.ASCII)
_ID = re.compile(r"[!-~]{1,64}", re.ASCII)
_LONG = re.compile(r"[!-~]{1,128}", re.ASCII)
_MEDIA: dict[str, MessageKind] = {"image": "picture", "voice": "voice", "video": "video", "file": "file"}


@dataclass(frozen=True, slots=True)
class Place:
    """Whose conversations these are: the app, its organisation, the customer service account."""

    app: str
    corp: str
    kf_id: str


@dataclass(frozen=True, slots=True)
class Item:
    """Something to keep.

    Args:
        kind: ``message``, ``press`` or ``event``.
        message_key: The dedup key of its row.
        wrote: Who wrote, and when (UTC), if it gives a new turn.
    """

    kind: str
    message_key: str
    conversation: str
    payload: bytes
    wrote: tuple[Customer, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Unkept:
    """An anonymous word, to be answered at once and kept nowhere: no row, no turn, no line, no count."""

    customer: Customer
    message_id: str
    text: str


def read_item(given: Mapping[str, Any], place: Place, now: datetime) -> Item | Unkept | None:
    """One entry of a page; None if it is nobody's business, not readable, or too late to be answered."""
    message_id, at = given.get("msgid"), _moment(given.get("send_time"))
    if not isinstance(message_id, str) or _LONG.fullmatch(message_id) is None or at is None:
        return None
    if given.get("msgtype") == "event":
        return _event(_dict(given.get("event")), place, message_id, at, now)
    external_id = given.get("external_userid")
    if given.get("origin") != CUSTOMER or not _is_id(external_id):
        return None
    return _said(given, Customer(place.app, place.kf_id, str(external_id)), place, message_id, at)


def _said(
    given: Mapping[str, Any], customer: Customer, place: Place, message_id: str, at: datetime
) -> Item | Unkept | None:
    kind = str(given.get("msgtype"))
    body = _dict(given.get(kind))
    text = str(body.get("content") or "").strip() if kind == "text" else ""
    token = body.get("menu_id") if kind == "text" else None
    if isinstance(token, str) and token:
        return _item("press", _press(customer, place, token), customer, message_id, at)
    if is_anonymous(text):
        return Unkept(customer, message_id, text)
    shown, media = _media(kind, body)
    said = _message(customer, place, "text" if kind == "text" else shown, text, at, media)
    return _item("message", message_payload(said), customer, message_id, at)


def _media(kind: str, body: Mapping[str, Any]) -> tuple[MessageKind, tuple[Attachment, ...]]:
    """What is not words: fetched where there are bytes, else its sender is asked to put it in words."""
    shown, ticket = _MEDIA.get(kind), body.get("media_id")
    if shown is None or not isinstance(ticket, str) or not ticket:
        return "unknown", ()
    return shown, (Attachment(shown, ticket),)


def _event(
    event: Mapping[str, Any], place: Place, message_id: str, at: datetime, now: datetime
) -> Item | None:
    external_id = event.get("external_userid")
    if not _is_id(external_id):
        return None
    customer = Customer(place.app, place.kf_id, str(external_id))
    match event.get("event_type"):
        case "enter_session":
            late = now >= at + WELCOME_LIFE
            return _entered(event, customer, place, message_id, at, late=late)
        case "msg_send_fail" if not is_from_memory(str(event.get("fail_msgid", ""))):
            facts = {
                "external_id": customer.external_id,
                "kf_id": customer.kf_id,
                "fail_type": str(event.get("fail_type", ""))[:16],
                "msgid": str(event.get("fail_msgid", ""))[:64],
            }
            payload = event_payload(PLATFORM, place.app, Event("kf_fail", facts))
            return Item("event", _key(place, message_id), f"{PLATFORM}/{place.app}/event", payload)
    return None


def _entered(
    event: Mapping[str, Any], customer: Customer, place: Place, message_id: str, at: datetime, *, late: bool
) -> Item | None:
    """Somebody came in: by the school's code as if it had been typed, else as if they had said hello.

    Without a welcome code the platform lets nobody be greeted: they wrote lately, or were greeted.
    """
    code, scene = event.get("welcome_code"), str(event.get("scene_param") or "")
    welcome = isinstance(code, str) and _LONG.fullmatch(code) is not None and not late
    brought = _CODE.fullmatch(scene) is not None
    if not brought and not welcome:
        return None
    session = Session(f"{WELCOME}{code}", at + WELCOME_LIFE) if welcome else None
    said = _message(customer, place, "text", scene if brought else HELLO, at)
    key, lane = _key(place, message_id), _lane(customer)
    return Item("message", key, lane, message_payload(said, session))


def _message(
    customer: Customer, place: Place, kind: MessageKind, text: str, at: datetime,
    media: tuple[Attachment, ...] = (),
) -> Message:  # fmt: skip
    chat = Chat(PLATFORM, place.app, "private", place.kf_id)
    return Message("", chat, Identity(KF, place.corp, customer.external_id), "", kind, text, at, media)


def _press(customer: Customer, place: Place, token: str) -> bytes:
    """A choice of a menu cannot be changed afterwards: it names no card, and the answer is words."""
    pressed = {
        "v": 1,
        "platform": PLATFORM,
        "app": place.app,
        "chat": place.kf_id,
        "kind": KF,
        "corp": place.corp,
        "user": customer.external_id,
        "track": "",
        "token": token,
    }
    return orjson.dumps(pressed)


def _item(kind: str, payload: bytes, customer: Customer, message_id: str, at: datetime) -> Item:
    key = f"{PLATFORM}:{customer.app}:kf:{message_id}"
    return Item(kind, key, _lane(customer), payload, (customer, at))


def _key(place: Place, message_id: str) -> str:
    return f"{PLATFORM}:{place.app}:kf:{message_id}"


def _lane(customer: Customer) -> str:
    return f"{PLATFORM}/{customer.app}/kf/{customer.external_id}"


def _moment(value: object) -> datetime | None:
    """Seconds since 1970, as the platform has them."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 33:
        return None
    return datetime.fromtimestamp(value, UTC)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
