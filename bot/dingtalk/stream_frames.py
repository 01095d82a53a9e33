"""The frames of a stream socket and their acknowledgements. No input, no output.

Facts from open.dingtalk.com, "Stream mode protocol". Only what is needed is required: official samples leave
out ``specVersion``, ``appId``, ``connectionId`` and, for system frames, even ``messageId``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

BOT = "/v1.0/im/bot/messages/get"
CARD = "/v1.0/card/instances/callback"
SUBSCRIPTIONS = (
    {"type": "EVENT", "topic": "*"},
    {"type": "CALLBACK", "topic": BOT},
    {"type": "CALLBACK", "topic": CARD},
)
"""What is not named here is never pushed, and nobody says so."""
MOST = 256 * 1024
"""Bytes of a frame; a longer one is none of the platform's."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame from the platform.

    Args:
        kind: ``SYSTEM``, ``EVENT``, ``CALLBACK``, or whatever else it says.
        message: Its id, to be named in the acknowledgement; empty if it has none.
        data: The payload, JSON text.
    """

    kind: str
    topic: str
    message: str
    headers: dict[str, str]
    data: bytes


def read(text: str) -> Frame | None:
    """A frame, or None if this is none."""
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(given, dict):
        return None
    headers = given.get("headers") or given.get("header")  # one official sample has it without the s
    named = headers if isinstance(headers, dict) else {}
    texts = {key: value for key, value in named.items() if isinstance(value, str)}
    data = given.get("data", "")
    raw = data.encode("utf-8", "replace") if isinstance(data, str) else orjson.dumps(data)
    return Frame(str(given.get("type")), texts.get("topic", ""), texts.get("messageId", ""), texts, raw)


def ack(frame: Frame, data: Any = None, code: int = 200, says: str = "OK") -> str:
    """The acknowledgement of a frame.

    Args:
        data: What it carries; sent as JSON text.
        code: 200, 404 for an unknown topic, 500 for a fault of ours.
    """
    headers = {"contentType": "application/json"}
    if frame.message:
        headers["messageId"] = frame.message
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else orjson.dumps(data).decode()
    return orjson.dumps({"code": code, "headers": headers, "message": says, "data": text}).decode()
