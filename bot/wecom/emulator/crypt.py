"""The platform's side of its callback encryption, written from its page and not from the product's codec.

developer.work.weixin.qq.com, path 90968: AES-256-CBC, the first 16 bytes of the key as IV, 16 random bytes,
the length, the message and the receiver; padded to 32; signed with SHA-1 over the sorted parts.
"""

from __future__ import annotations

import base64
import hashlib
import os
import struct
from dataclasses import dataclass
from xml.etree import ElementTree as Tree

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


class Unreadable(Exception):
    """What came back is not what the platform understands; the text says in which respect."""


@dataclass(frozen=True, slots=True)
class Crypt:
    """One callback's token and key.

    Args:
        token: As its console shows it.
        key: EncodingAESKey, 43 characters.
        receiver: The organisation's id; empty for an AI bot.
    """

    token: str
    key: str
    receiver: str

    def sign(self, timestamp: str, nonce: str, cipher: str) -> str:
        """``msg_signature``."""
        return hashlib.sha1("".join(sorted((self.token, timestamp, nonce, cipher))).encode()).hexdigest()  # noqa: S324

    def seal(self, plain: bytes, salt: bytes | None = None) -> str:
        """The text of ``Encrypt``; ``salt`` are its first 16 bytes, of chance unless given."""
        raw = (salt or os.urandom(16)) + struct.pack(">I", len(plain)) + plain + self.receiver.encode()
        pad = 32 - len(raw) % 32
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(raw + bytes([pad]) * pad) + encryptor.finalize()).decode()

    def open(self, cipher: str) -> bytes:
        """The message inside.

        Raises:
            Unreadable: It was not made with this key for this receiver.
        """
        try:
            decryptor = self._cipher().decryptor()
            raw = decryptor.update(base64.b64decode(cipher, validate=True)) + decryptor.finalize()
            raw = raw[: -raw[-1]]
            (size,) = struct.unpack(">I", raw[16:20])
        except (ValueError, IndexError, struct.error):
            raise Unreadable("no cipher of this key") from None
        if raw[20 + size :].decode("utf-8", "replace") != self.receiver:
            raise Unreadable("another receiver")
        return raw[20 : 20 + size]

    def _cipher(self) -> Cipher[modes.CBC]:
        key = base64.b64decode(self.key + "=")
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))

    def answer(self, raw: bytes) -> Tree.Element:
        """A passive answer, verified and opened (path 90241).

        Raises:
            Unreadable: The platform would throw it away.
        """
        envelope = _tree(raw)
        names = ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")
        parts = {name: envelope.findtext(name) or "" for name in names}
        wanted = self.sign(parts["TimeStamp"], parts["Nonce"], parts["Encrypt"])
        if parts["MsgSignature"] != wanted:
            raise Unreadable("signature of the answer does not fit")
        return _tree(self.open(parts["Encrypt"]))


def _tree(raw: bytes) -> Tree.Element:
    try:
        return Tree.fromstring(raw)  # noqa: S314 - the product's own answer on loopback
    except Tree.ParseError:
        raise Unreadable("no XML") from None
