"""Opens what DingTalk pushes when somebody presses a button of a card. No input, no output.

Facts from open.dingtalk.com, 'Card callbacks' and 'Register a callback address'. ``userId`` is who pressed,
vouched for by the platform; what came with the button is the presser's word and no more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from bot.dingtalk.escape import clean
from bot.dingtalk.gate import (
    MAX_BODY,
    Rejected,
    Robot,
    genuine,
    id_of,
    parse,
    short_key,
    stamp,
    text_of,
)

MAX_VALUE = 2048
"""Bytes of UTF-8 of one value typed into a card; longer ones are left out, not cut."""
MAX_VALUES = 16

_OURS = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class OpenedPress:
    """One genuine press.

    Args:
        message_key: The dedup key: the same person pressing the same button again is the same press.
        conversation: The lane it is worked off in, one per person.
        payload: What the inbox keeps, JSON bytes: v, app, corp, user, track, token, values.
        user_id: Who pressed.
        track: The card's ``outTrackId``.
        token: The button's id.
        app: The app's name in the settings.
    """

    message_key: str
    conversation: str
    payload: bytes
    user_id: str
    track: str
    token: str
    app: str

    @property
    def lane(self) -> str:
        """The outbox lane of whoever pressed."""
        return f"dingtalk/{self.app}/user/{self.user_id}"


def open_card(headers: Mapping[str, str], raw: bytes, robot: Robot, now: datetime) -> OpenedPress | Rejected:
    """Verify and read one press that came over HTTP.

    Args:
        headers: The request's headers; names in lower case or case-insensitive.
        raw: The body's bytes as they came.
        robot: The app the URL names.
        now: UTC.
    """
    if len(raw) > MAX_BODY:
        return Rejected(413, "too_large")
    timestamp = headers.get("x-ddpaas-signature-timestamp", "")
    expected = robot.card_sign(stamp(timestamp))
    if not genuine(timestamp, headers.get("x-ddpaas-signature", ""), expected):
        return Rejected(403, "bad_signature")
    now_ms = int(now.timestamp() * 1000)
    if abs(now_ms - int(timestamp)) > robot.fresh_ms:
        return Rejected(403, "stale")
    if headers.get("content-encoding", "identity") != "identity":
        return Rejected(415, "encoded")
    opened = read_card(raw, robot)
    if isinstance(opened, OpenedPress) and not robot.card_guard.admits(timestamp, opened.message_key, now_ms):
        return Rejected(403, "pair_reused")
    return opened


def read_card(raw: bytes, robot: Robot) -> OpenedPress | Rejected:
    """Read one press whose origin is known: the data of a Stream frame, or a verified body."""
    if len(raw) > MAX_BODY:
        return Rejected(413, "too_large")
    body = parse(raw)
    if body is None:
        return Rejected(400, "not_json")
    user = id_of(body.get("userId"))
    # Our cards are made with userIdType 1; any other id is of another kind and means nobody here.
    if not user or str(body.get("userIdType") or 1) != "1":
        return Rejected(400, "no_sender")
    track = id_of(body.get("outTrackId"))
    if not track:
        return Rejected(400, "no_card")
    pressed = _pressed(body.get("content"))
    params = pressed.get("params")
    params = params if isinstance(params, dict) else {}
    token = _token(pressed.get("actionIds"), params.get("id"))
    if not token:
        return Rejected(400, "no_button")
    corp = id_of(body.get("corpId")) or robot.corp
    payload = orjson.dumps(
        {
            "v": 1, "app": robot.name, "corp": corp, "user": user, "track": track, "token": token,
            "values": _values(params),
        }
    )  # fmt: skip
    key = short_key(f"dingtalk:{robot.name}:press", f"{track}:{token}:{user}")
    conversation = f"dingtalk/{robot.name}/press/{user}"
    return OpenedPress(key, conversation, payload, user, track, token, robot.name)


def _pressed(content: object) -> dict[str, Any]:
    """``content`` is JSON as text; an object is taken as well."""
    whole = parse(content.encode("utf-8", "replace")) if isinstance(content, str) else content
    private = whole.get("cardPrivateData") if isinstance(whole, dict) else None
    return private if isinstance(private, dict) else {}


def _token(action_ids: object, param_id: object) -> str:
    """Ours of the two: a template may name its button itself and hand the id over as a parameter."""
    first = action_ids[0] if isinstance(action_ids, list) and action_ids else None
    candidates = [one for one in (id_of(first), id_of(param_id)) if one]
    return next((one for one in candidates if _OURS.fullmatch(one)), candidates[0] if candidates else "")


def _values(params: dict[str, Any]) -> dict[str, str]:
    """What was typed or chosen, words only."""
    values: dict[str, str] = {}
    for name, value in params.items():
        words = clean(text_of(value))
        if name == "id" or not id_of(name, 64) or len(words.encode()) > MAX_VALUE:
            continue
        if isinstance(value, str) and len(values) < MAX_VALUES:
            values[name] = words
    return values
