"""The platform's side of the AI bot's ciphers, apart from the product's, so that no error is made twice.

Facts from developer.work.weixin.qq.com, paths 90968, 101033 and 100719.
"""

from __future__ import annotations

import base64
import hashlib
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def proof(token: str, timestamp: str, nonce: str, encrypt: str) -> str:
    """``msg_signature``."""
    return hashlib.sha1("".join(sorted((token, timestamp, nonce, encrypt))).encode()).hexdigest()  # noqa: S324


def seal(aes_key: str, message: bytes) -> str:
    """A callback's cipher text; an AI bot's has no receiver's id."""
    whole = os.urandom(16) + struct.pack(">I", len(message)) + message
    return base64.b64encode(seal_bytes(whole, _key(aes_key))).decode()


def unseal(aes_key: str, encrypt: str) -> bytes:
    """An answer's words.

    Raises:
        ValueError: It is damaged, or somebody's else.
    """
    key = _key(aes_key)
    opener = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    padded = opener.update(base64.b64decode(encrypt)) + opener.finalize()
    whole = padded[: -padded[-1]]
    (length,) = struct.unpack(">I", whole[16:20])
    if len(whole) != 20 + length:
        raise ValueError("the receiver's id is not empty")
    return whole[20:]


def seal_bytes(data: bytes, key: bytes) -> bytes:
    """An attachment: padded to 32."""
    pad = 32 - len(data) % 32
    sealer = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return sealer.update(data + bytes([pad]) * pad) + sealer.finalize()


def _key(aes_key: str) -> bytes:
    return base64.b64decode(aes_key + "=")


def media_key(aes_key: str) -> bytes:
    """By callback attachments are sealed with the bot's own key."""
    return _key(aes_key)
