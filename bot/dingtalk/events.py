"""Opens what DingTalk pushes as an event: encrypted over HTTP, plain over Stream. No input, no output.

Facts from open.dingtalk.com, 'Configure HTTP push of events'. The proof covers token, time, nonce and the
cipher text joined without separators, so digits can move between time and nonce: one body in new clothes has
one key, made from what was decrypted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from typing_extensions import override

from bot.dingtalk.gate import MAX_BODY, Rejected, Robot, id_of, parse, short_key, stamp, well_formed

if TYPE_CHECKING:
    from config.settings import DingTalkApp

CHECK_URL = "check_url"
"""The kind of the first event, asked when the address is set: to be answered, not to be kept."""
_BLOCK = 32
_RANDOM = 16
_LENGTH = 4


@dataclass(frozen=True, slots=True)
class OpenedEvent:
    """One genuine event.

    Args:
        message_key: The dedup key: the event's id, or the hash of what it says.
        conversation: The lane it is worked off in, one per app: events are kept in order.
        payload: What the inbox keeps, JSON bytes: v, app, kind, corp, data.
        kind: ``EventType``; :data:`CHECK_URL` is answered only.
    """

    message_key: str
    conversation: str
    payload: bytes
    kind: str


class EventKeys:
    """One app's keys for events over HTTP.

    Args:
        name: The app's name in the settings, part of keys and lanes.
        app: Its settings, with ``event_token`` and ``event_aes_key``.

    Raises:
        ValueError: One of the two is missing, or the key is not 43 characters of base64.
    """

    __slots__ = ("_aes", "_robot", "_token", "name", "owners")

    def __init__(self, name: str, app: DingTalkApp) -> None:
        if app.event_token is None or app.event_aes_key is None:
            raise ValueError("event_token and event_aes_key belong together")
        text = app.event_aes_key.get_secret_value()
        try:
            key = base64.b64decode(text + "=", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(text) != 43 or len(key) != 32:
            raise ValueError("event_aes_key has 43 characters, letters and digits")
        self.name = name
        # The console's page says AppKey, an older one says corp id.
        self.owners = (app.client_id.encode(), app.corp_id.encode())
        self._robot = Robot(name, app)
        self._token = app.event_token.get_secret_value().encode()
        self._aes = Cipher(algorithms.AES256(key), modes.CBC(key[:16]))

    @override
    def __repr__(self) -> str:
        return f"EventKeys({self.name!r})"

    @property
    def robot(self) -> Robot:
        """Whose events these are."""
        return self._robot

    def prove(self, timestamp: str, nonce: str, cipher: str) -> bytes:
        """The signature, 40 characters."""
        parts = sorted(
            [self._token, *(part.encode("utf-8", "replace") for part in (timestamp, nonce, cipher))]
        )
        return hashlib.sha1(b"".join(parts), usedforsecurity=False).hexdigest().encode()

    def decrypt(self, cipher: str) -> bytes | None:
        """The message inside, or None: not ours, or damaged."""
        try:
            sealed = base64.b64decode(cipher, validate=True)
        except (binascii.Error, ValueError):
            return None
        if not sealed or len(sealed) % 16:
            return None
        opener = self._aes.decryptor()
        plain = _unpadded(opener.update(sealed) + opener.finalize())
        if plain is None or len(plain) < _RANDOM + _LENGTH:
            return None
        length = int.from_bytes(plain[_RANDOM : _RANDOM + _LENGTH], "big")
        message, owner = plain[_RANDOM + _LENGTH :][:length], plain[_RANDOM + _LENGTH + length :]
        # Every owner is compared, in the same time: which one it is must not show.
        known = [hmac.compare_digest(owner, one) for one in self.owners]
        return message if len(message) == length and any(known) else None

    def encrypt(self, message: bytes, salt: bytes) -> str:
        """The message for the platform. ``salt``: 16 random bytes."""
        plain = salt + len(message).to_bytes(_LENGTH, "big") + message + self.owners[0]
        pad = _BLOCK - len(plain) % _BLOCK
        sealer = self._aes.encryptor()
        sealed = sealer.update(plain + bytes([pad]) * pad) + sealer.finalize()
        return base64.b64encode(sealed).decode()


def _unpadded(plain: bytes) -> bytes | None:
    """PKCS#7 with blocks of 32 bytes, which a reader of blocks of 16 takes for damaged."""
    pad = plain[-1]
    if not 1 <= pad <= min(_BLOCK, len(plain)) or plain[-pad:] != bytes([pad]) * pad:
        return None
    return plain[:-pad]


def open_event(
    query: Mapping[str, str], raw: bytes, keys: EventKeys, now: datetime
) -> OpenedEvent | Rejected:
    """Verify, decrypt and read one event that came over HTTP.

    Args:
        query: The address's query: ``signature`` or ``msg_signature``, ``timestamp``, ``nonce``.
        raw: The body's bytes as they came.
        keys: The keys of the app the URL names.
        now: UTC.
    """
    if len(raw) > MAX_BODY:
        return Rejected(413, "too_large")
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    outer = parse(raw)
    cipher = outer.get("encrypt") if outer is not None else None
    if not isinstance(cipher, str):
        return Rejected(400, "not_json")
    given = query.get("msg_signature") or query.get("signature") or ""
    expected = keys.prove(stamp(timestamp), nonce[:256], cipher)
    proof = given.encode("ascii", "replace") if len(given) <= 64 else b""
    if not (hmac.compare_digest(expected, proof) and well_formed(timestamp) and len(nonce) <= 256):
        return Rejected(403, "bad_signature")
    if abs(int(now.timestamp() * 1000) - int(timestamp)) > keys.robot.fresh_ms:
        return Rejected(403, "stale")
    plain = keys.decrypt(cipher)
    if plain is None:
        return Rejected(403, "bad_cipher")
    body = parse(plain)
    if body is None:
        return Rejected(400, "not_json")
    return _event(keys.robot, _flat(body), plain, body)


def event_success(keys: EventKeys, now: datetime, nonce: str, salt: bytes | None = None) -> bytes:
    """The answer that says "kept": ``success``, encrypted and signed.

    Args:
        keys: The app's keys.
        now: UTC.
        nonce: The request's, or any word of a few characters.
        salt: 16 random bytes, in tests only.
    """
    timestamp = str(int(now.timestamp() * 1000))
    cipher = keys.encrypt(b"success", secrets.token_bytes(_RANDOM) if salt is None else salt)
    proof = keys.prove(timestamp, nonce, cipher).decode()
    return orjson.dumps({"msg_signature": proof, "timeStamp": timestamp, "nonce": nonce, "encrypt": cipher})


def read_event(headers: Mapping[str, Any], data: bytes, robot: Robot) -> OpenedEvent | Rejected:
    """Read one event of a Stream frame, whose origin is known.

    Args:
        headers: The frame's headers: ``eventType``, ``eventId``, ``eventCorpId``.
        data: The frame's data, JSON.
        robot: The app whose connection it came over.
    """
    if len(data) > MAX_BODY:
        return Rejected(413, "too_large")
    body = parse(data)
    if body is None:
        return Rejected(400, "not_json")
    names = (headers.get("eventType"), headers.get("eventId"), headers.get("eventCorpId"))
    return _event(robot, names, data, body)


_Names = tuple[object, object, object]


def _flat(body: dict[str, Any]) -> _Names:
    """Over HTTP kind, id and organisation stand among the event's own fields."""
    return body.get("EventType"), body.get("eventId") or body.get("EventId"), body.get("CorpId")


def _event(robot: Robot, names: _Names, plain: bytes, body: dict[str, Any]) -> OpenedEvent | Rejected:
    kind, event_id, corp = (id_of(name) for name in names)
    if not kind:
        return Rejected(400, "no_kind")
    unique = event_id or hashlib.sha256(plain).hexdigest()
    key = short_key(f"dingtalk:{robot.name}:event", unique)
    payload = orjson.dumps(
        {"v": 1, "app": robot.name, "kind": kind, "corp": corp or robot.corp, "data": body}
    )
    return OpenedEvent(key, f"dingtalk/{robot.name}/event", payload, kind)
