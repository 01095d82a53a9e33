"""Signs, opens and seals what WeCom and this service say to each other. No input, no output.

Facts from developer.work.weixin.qq.com, paths 90238, 90968 and 101033. The proof covers token, time, nonce
and the cipher text joined without separators, so digits can move between time and nonce: it says who wrote
the cipher text, never when. Whatever is kept once is therefore known by what was decrypted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from typing_extensions import override

Reason = Literal[
    "too_large", "bad_signature", "stale", "bad_cipher", "bad_owner", "encoded", "not_readable",
    "no_cipher", "no_kind", "no_message_id", "no_sender", "no_button", "no_account", "wrong_door",
]  # fmt: skip

_BLOCK = 32
_RANDOM = 16
_LENGTH = 4
_PROOF = re.compile(r"[0-9a-f]{40}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{10}", re.ASCII)
_NONCE = re.compile(r"[!-~]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not from the platform, or not readable. Nothing of it is kept; the answer's body is empty."""

    status: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted text with its proof, for the envelope of an answer."""

    encrypt: str
    signature: str
    timestamp: str
    nonce: str


class _Keys:
    """One token with its key, decoded once."""

    __slots__ = ("_token", "aes")

    def __init__(self, token: str, aes_key: str) -> None:
        try:
            key = base64.b64decode(aes_key + "=", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(aes_key) != 43 or len(key) != 32:
            raise ValueError("an EncodingAESKey has exactly 43 letters and digits")
        self._token = token.encode()
        self.aes = Cipher(algorithms.AES256(key), modes.CBC(key[:16]))

    def prove(self, timestamp: str, nonce: str, encrypt: str) -> str:
        said = (part.encode("utf-8", "replace") for part in (timestamp, nonce, encrypt))
        parts = sorted([self._token, *said])
        return hashlib.sha1(b"".join(parts), usedforsecurity=False).hexdigest()


class Codec:
    """The two directions of one callback address.

    Args:
        token: The address's Token.
        aes_key: Its EncodingAESKey, 43 letters and digits.
        receive_id: Whom the platform writes to: the CorpID, or nothing for an AI bot.
        previous: Token and key before the last change in the console, accepted as well.

    Raises:
        ValueError: A key is not one.
    """

    __slots__ = ("_keys", "_owner")

    def __init__(
        self, token: str, aes_key: str, receive_id: str, previous: tuple[str, str] | None = None
    ) -> None:
        self._keys = [_Keys(*each) for each in ((token, aes_key), previous) if each is not None]
        self._owner = receive_id.encode()

    @override
    def __repr__(self) -> str:
        return f"Codec({self._owner.decode()!r})"

    def open(self, query: Mapping[str, str], encrypt: str) -> bytes | Rejected:
        """What was said, if the platform said it to us.

        Args:
            query: The address's query: ``msg_signature``, ``timestamp``, ``nonce``.
            encrypt: The signed cipher text.
        """
        given, timestamp, nonce = (query.get(name, "") for name in ("msg_signature", "timestamp", "nonce"))
        if not (_PROOF.fullmatch(given) and _SECONDS.fullmatch(timestamp) and _NONCE.fullmatch(nonce)):
            return Rejected(403, "bad_signature")
        keys = self._proving(given, timestamp, nonce, encrypt)
        return self._opened(keys, encrypt) if keys is not None else Rejected(403, "bad_signature")

    def _proving(self, given: str, timestamp: str, nonce: str, encrypt: str) -> _Keys | None:
        proof = given.encode()
        for keys in self._keys:
            if hmac.compare_digest(keys.prove(timestamp, nonce, encrypt).encode(), proof):
                return keys
        return None

    def answering(self, query: Mapping[str, str], encrypt: str) -> Codec:
        """The codec for the answer to a request that was opened: with the keys it came with.

        While a change of keys is under way the platform reads an answer with the keys of its request.
        """
        if len(self._keys) == 1:
            return self
        given, timestamp, nonce = (query.get(name, "") for name in ("msg_signature", "timestamp", "nonce"))
        keys = self._proving(given, timestamp, nonce, encrypt)
        if keys is None or keys is self._keys[0]:
            return self
        same = copy(self)
        same._keys = [keys]
        return same

    def _opened(self, keys: _Keys, encrypt: str) -> bytes | Rejected:
        plain = _decrypted(keys.aes, encrypt)
        if plain is None:
            return Rejected(400, "bad_cipher")
        length = int.from_bytes(plain[_RANDOM : _RANDOM + _LENGTH], "big")
        message, owner = plain[_RANDOM + _LENGTH :][:length], plain[_RANDOM + _LENGTH + length :]
        if len(message) != length:
            return Rejected(400, "bad_cipher")
        return message if hmac.compare_digest(owner, self._owner) else Rejected(403, "bad_owner")

    def seal(
        self, plain: bytes, nonce: str, timestamp: str, *, receive_id: str | None = None, salt: bytes = b""
    ) -> Sealed:
        """An answer for the platform, with the newest keys, see :meth:`answering`.

        Args:
            plain: The answer.
            nonce: Any few letters and digits; for an AI bot the request's own.
            timestamp: Unix seconds.
            receive_id: In place of the address's own.
            salt: 16 bytes in place of random ones, for known answers only.
        """
        keys = self._keys[0]
        owner = self._owner if receive_id is None else receive_id.encode()
        whole = (salt or secrets.token_bytes(_RANDOM)) + len(plain).to_bytes(_LENGTH, "big") + plain + owner
        pad = _BLOCK - len(whole) % _BLOCK
        sealer = keys.aes.encryptor()
        sealed = sealer.update(whole + bytes([pad]) * pad) + sealer.finalize()
        encrypt = base64.b64encode(sealed).decode()
        return Sealed(encrypt, keys.prove(timestamp, nonce, encrypt), timestamp, nonce)


def _decrypted(aes: Cipher[modes.CBC], encrypt: str) -> bytes | None:
    """The padded plain text without its padding, or None: damaged."""
    try:
        sealed = base64.b64decode(encrypt, validate=True)
    except (binascii.Error, ValueError):
        return None
    if not sealed or len(sealed) % 16:
        return None
    opener = aes.decryptor()
    plain = opener.update(sealed) + opener.finalize()
    # PKCS#7 with blocks of 32 bytes, which a reader of blocks of 16 takes for damaged.
    pad = plain[-1]
    if not 1 <= pad <= min(_BLOCK, len(plain)) or plain[-pad:] != bytes([pad]) * pad:
        return None
    return plain[:-pad] if len(plain) - pad >= _RANDOM + _LENGTH else None


def is_fresh(query: Mapping[str, str], now: datetime, freshness_s: int) -> bool:
    """Whether the address's time is near ours; only worth asking where the proof has held.

    Args:
        query: The address's query.
        now: UTC.
        freshness_s: How far off it may be, in seconds; a retry's time is seconds old.
    """
    timestamp = query.get("timestamp", "")
    return bool(_SECONDS.fullmatch(timestamp)) and abs(now.timestamp() - int(timestamp)) <= freshness_s
