"""What each peer does with a WeCom callback: wechatpy verifies and decrypts it and reads the message."""

from __future__ import annotations

from collections.abc import Mapping

from wechatpy.exceptions import WeChatException
from wechatpy.work.crypto import WeChatCrypto
from wechatpy.work.parser import parse_message

from tests.bench.wecom_callbacks import AES_KEY, CORP, TOKEN

_crypto = WeChatCrypto(TOKEN, AES_KEY, CORP)


def heard(query: Mapping[str, str], raw: bytes) -> bool:
    """Whether it was genuine; nothing of it is kept."""
    try:
        plain = _crypto.decrypt_message(raw, query["msg_signature"], query["timestamp"], query["nonce"])
    except WeChatException:
        return False
    return bool(parse_message(plain).content)
