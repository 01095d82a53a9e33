"""The envelope of events over HTTP: AES-256-CBC around the words, SHA-1 around the envelope.

Facts from open.dingtalk.com, "Configure HTTP push of events": plaintext is 16 random bytes, the length (32
bits, big endian), the words and the owner's key, padded to blocks of 32 bytes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32
_HEAD = 20


class Unreadable(ValueError):
    """Not an envelope of this key."""


class EventCrypt:
    """Seals and opens.

    Args:
        aes_key: 43 characters, as the console shows it.
        owner: Whose envelope it is: the app's client id.
    """

    def __init__(self, token: str, aes_key: str, owner: str) -> None:
        self._token = token
        self._key = base64.b64decode(aes_key + "=")
        self._owner = owner.encode()

    def seal(self, words: bytes, random: bytes | None = None) -> str:
        """The ``encrypt`` of an envelope; ``random`` is 16 bytes."""
        head = (random if random is not None else secrets.token_bytes(16)) + struct.pack(">I", len(words))
        plain = head + words + self._owner
        pad = _BLOCK - len(plain) % _BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()

    def open(self, encrypted: str) -> bytes:
        """The words in it.

        Raises:
            Unreadable: It is not ours.
        """
        try:
            sealed = base64.b64decode(encrypted, validate=True)
            decryptor = self._cipher().decryptor()
            plain = decryptor.update(sealed) + decryptor.finalize()
        except ValueError:
            raise Unreadable("not sealed with this key") from None
        pad = plain[-1] if plain else 0
        if not 1 <= pad <= _BLOCK or plain[-pad:] != bytes([pad]) * pad or len(plain) < _HEAD + pad:
            raise Unreadable("not padded")
        (length,) = struct.unpack(">I", plain[16:_HEAD])
        words, owner = plain[_HEAD : _HEAD + length], plain[_HEAD + length : -pad]
        if len(words) != length or not hmac.compare_digest(owner, self._owner):
            raise Unreadable("somebody else's")
        return words

    def signature(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """SHA-1 over the four parts in order of the alphabet, as hex."""
        joined = "".join(sorted([self._token, timestamp, nonce, encrypted]))
        return hashlib.sha1(joined.encode()).hexdigest()  # noqa: S324 - as the platform does

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))
