"""What every door of a DingTalk app needs: whose door it is, who is turned away, how values are read.

Facts from open.dingtalk.com, 'Receive messages' and 'Card callbacks'. Neither signature covers the body,
so a captured pair of headers could carry any body for as long as it is fresh: hence the short window and the
:class:`PairGuard`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import orjson
from typing_extensions import override

if TYPE_CHECKING:
    from config.settings import DingTalkApp

MAX_BODY = 64 * 1024
YEAR_2100_MS = 4_102_444_800_000

Reason = Literal[
    "too_large", "bad_signature", "stale", "pair_reused", "encoded", "not_json", "no_message_id",
    "no_conversation", "no_sender", "no_card", "no_button", "bad_cipher", "no_kind",
]  # fmt: skip

_TIMESTAMP = re.compile(r"[0-9]{13}", re.ASCII)
_NOUGHTS = "0" * 13
_MOST_KEY = 255
"""Characters of the inbox's key column; PostgreSQL refuses longer ones, and with them their neighbours."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not from the platform, or not readable. Nothing of it is kept; the answer's body is empty."""

    status: int
    reason: Reason


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
    """One configured app made ready for its doors: the keys as bytes, the pinned reply address.

    Args:
        name: The app's name in the settings, part of keys and lanes.
        app: Its settings.
    """

    __slots__ = ("_card_key", "_secret", "card_guard", "corp", "fresh_ms", "guard", "name", "reply_prefix")

    def __init__(self, name: str, app: DingTalkApp) -> None:
        self.name = name
        self.corp = app.corp_id
        self.fresh_ms = int(app.freshness_s * 1000)
        self.guard = PairGuard(window_ms=2 * self.fresh_ms)
        self.card_guard = PairGuard(window_ms=2 * self.fresh_ms)
        self.reply_prefix = f"{str(app.oapi_base).rstrip('/')}/robot/sendBySession?session="
        self._secret = app.client_secret.get_secret_value().encode()
        self._card_key = callback_secret(app).encode()

    @override
    def __repr__(self) -> str:
        return f"Robot({self.name!r})"

    def sign(self, timestamp: str) -> bytes:
        """The header value DingTalk sends with a message of this timestamp (13 digits, ms)."""
        mac = hmac.digest(self._secret, timestamp.encode() + b"\n" + self._secret, "sha256")
        return base64.b64encode(mac)

    def card_sign(self, timestamp: str) -> bytes:
        """The header value DingTalk sends with a pressed button of this timestamp (13 digits, ms)."""
        return sign_card(self._card_key, timestamp)


def callback_secret(app: DingTalkApp) -> str:
    """The ``apiSecret`` we register for card callbacks: ours to choose, so it follows from the app's own."""
    secret = app.client_secret.get_secret_value().encode()
    return hmac.new(secret, b"classbridge card callback", "sha256").hexdigest()[:43]


def sign_card(key: bytes, timestamp: str) -> bytes:
    """``x-ddpaas-signature`` of a card callback."""
    return base64.b64encode(hmac.digest(key, timestamp.encode(), "sha256"))


def genuine(timestamp: str, given: str, expected: bytes) -> bool:
    """Whether the pair is the platform's. ``expected`` belongs to :func:`stamp` of the timestamp."""
    proof = given.encode("ascii", "replace") if len(given) <= 64 else b""
    return hmac.compare_digest(expected, proof) and well_formed(timestamp)


def well_formed(timestamp: str) -> bool:
    """13 plain digits: milliseconds."""
    return _TIMESTAMP.fullmatch(timestamp) is not None


def stamp(timestamp: str) -> str:
    """The timestamp, or noughts for a malformed one, so that the same work is done for it."""
    return timestamp if well_formed(timestamp) else _NOUGHTS


def parse(raw: bytes) -> dict[str, Any] | None:
    """A JSON object, or None."""
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


def text_of(value: object) -> str:
    """The text, or nothing."""
    return value if isinstance(value, str) else ""


def id_of(value: object, most: int = 128) -> str:
    """A usable id: short and printable, so that keys, lanes and logs stay clean on every database."""
    return value if isinstance(value, str) and len(value) <= most and value.isprintable() else ""


def ms_of(value: object) -> int | None:
    """Milliseconds as the platform sends them: a number, or a number as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value < YEAR_2100_MS else None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,13}", value, re.ASCII):
        return int(value)
    return None


def short_key(prefix: str, rest: str) -> str:
    """A dedup key that fits its column: hashed behind the prefix where it is longer."""
    key = f"{prefix}:{rest}"
    return key if len(key) <= _MOST_KEY else f"{prefix}:{hashlib.sha256(key.encode()).hexdigest()}"
