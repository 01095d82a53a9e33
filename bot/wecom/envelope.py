"""The envelope around what WeCom and this service say to each other: read before anything is proved.

Facts from developer.work.weixin.qq.com, paths 90238, 90241 and 101033: the app speaks XML, the AI bot JSON.
"""

from __future__ import annotations

from typing import Any

import orjson

from bot.wecom import xml
from bot.wecom.codec import Rejected, Sealed

_FLAT = 2


def encrypted(raw: bytes) -> str | Rejected:
    """The cipher text of a pushed body, XML or JSON; nothing else of it is looked at.

    Args:
        raw: The body's bytes as they came.
    """
    if len(raw) > xml.MAX_SIZE:
        return Rejected(413, "too_large")
    outer = _json(raw) if raw[:1] == b"{" else xml.parse(raw, _FLAT)
    if outer is None:
        return Rejected(400, "not_readable")
    found = outer.get("Encrypt") or outer.get("encrypt")
    return found if isinstance(found, str) and found else Rejected(400, "no_cipher")


def _json(raw: bytes) -> dict[str, Any] | None:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def answer(sealed: Sealed) -> bytes:
    """The body of an answer that says something."""
    return xml.build({
        "Encrypt": sealed.encrypt,
        "MsgSignature": sealed.signature,
        "TimeStamp": int(sealed.timestamp),
        "Nonce": sealed.nonce,
    })  # fmt: skip
