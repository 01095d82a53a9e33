"""What somebody asks to say on an emulated platform, and the ways it can be no."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

KINDS = ("text", "richtext", "picture", "voice", "video", "file", "unknown")
MAX_COPIES = 50
MAX_DELAY_MS = 60_000


class BadSay(ValueError):
    """The request makes no sense; the text says what to change."""


class NotPossible(Exception):
    """The platform or its client app does not offer this."""


@dataclass(frozen=True, slots=True)
class Say:
    """What ``POST /_control/say`` asks for.

    Args:
        sender: A user id, a name or ``outsider:NAME``.
        chat: A group's conversation id, class id or class name; None, ``private`` or the person's own
            conversation with the robot otherwise.
        at_bot: Whether the robot is mentioned; None looks for its name in the text.
        copies: How often the platform delivers the same message.
        delay_ms: Real time the push is under way, in ms.
    """

    sender: str
    text: str = ""
    chat: str | None = None
    at_bot: bool | None = None
    kind: str = "text"
    file: bytes | None = None
    file_name: str | None = None
    transcript: str | None = None
    copies: int = 1
    delay_ms: int = 0


_FIELDS: dict[str, type | tuple[type, ...]] = {
    "chat": str, "sender": str, "text": str, "at_bot": bool, "kind": str, "file_b64": str,
    "file_name": str, "transcript": str, "copies": int, "delay_ms": int,
}  # fmt: skip


def parse_say(body: Any) -> Say:
    """Read the JSON of a say request; a null is as if not given.

    Raises:
        BadSay: Naming the field.
    """
    if not isinstance(body, dict):
        raise BadSay("the body must be a JSON object")
    given = {key: value for key, value in body.items() if value is not None}
    for key, value in given.items():
        if key not in _FIELDS:
            raise BadSay(f"unknown field {key}")
        if not isinstance(value, _FIELDS[key]) or (_FIELDS[key] is int and isinstance(value, bool)):
            raise BadSay(f"{key} has the wrong type")
    if not given.get("sender"):
        raise BadSay("sender is missing")
    if given.get("kind", "text") not in KINDS:
        raise BadSay(f"kind is one of {', '.join(KINDS)}")
    if not 1 <= given.get("copies", 1) <= MAX_COPIES:
        raise BadSay(f"copies is 1 to {MAX_COPIES}")
    if not 0 <= given.get("delay_ms", 0) <= MAX_DELAY_MS:
        raise BadSay(f"delay_ms is 0 to {MAX_DELAY_MS}")
    encoded = given.pop("file_b64", None)
    try:
        file = base64.b64decode(encoded, validate=True) if encoded is not None else None
    except (binascii.Error, ValueError):
        raise BadSay("file_b64 is no base64") from None
    if given.get("kind", "text") == "text" and not given.get("text"):
        raise BadSay("text is missing")
    return Say(file=file, **given)
