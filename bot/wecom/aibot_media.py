"""Attachments of the AI bot: fetched within the five minutes their address lives, and decrypted.

Facts from developer.work.weixin.qq.com, paths 100719 and 101463: AES-256-CBC, the first half of the key is
the IV, padded by PKCS#7 to 32 bytes. By callback the key is the bot's EncodingAESKey, over the long
connection every item brings its own. An address is followed only if it leads to the platform or its file
store, over https, without a redirect and without a credential.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Awaitable, Callable
from typing import Protocol

import aiohttp
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from yarl import URL

from bot.command import Fetch, Outcome, Refused, Sent
from bot.media import NotKept
from config.settings import WeComApp, is_loopback
from storage.engine import Refused as StoreRefused

PREFIX = "aibot:"
"""How the ticket of such an attachment begins."""
MOST_BYTES = 20 * 1024 * 1024
HOST_ENDINGS = (".qq.com", ".qpic.cn", ".myqcloud.com")
"""Where the platform's own addresses lead: itself, its pictures and its file store."""
PATIENCE_S = 15.0

Keep = Callable[[str, bytes], Awaitable[None]]
"""Takes an attachment's bytes in under the medium's id."""

_BLOCK = 32
_LINK = re.compile(r"https://((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24})(/[!-~]*)", re.ASCII)
_PATH = re.compile(r"/[!-~]*", re.ASCII)
_REFUSED_IN_PATH = re.compile(r"[\\#]")


class Reader(Protocol):
    """The part of an app's connection that is wanted here: :class:`bot.wecom.core.Core`."""

    @property
    def app(self) -> WeComApp: ...
    @property
    def http(self) -> aiohttp.ClientSession: ...


def ticket(url: str, aes_key: str) -> str:
    """The address and its key as one opaque word; the key is empty where it is the bot's own."""
    return f"{PREFIX}{aes_key}:{url}"


def decrypt(sealed: bytes, aes_key: str) -> bytes | None:
    """The bytes of an attachment, or None: damaged, or not for this key.

    Args:
        sealed: What lay at the address.
        aes_key: Base64, its padding may be missing.
    """
    try:
        key = base64.b64decode(aes_key + "=" * (-len(aes_key) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(key) != 32 or not sealed or len(sealed) % 16:
        return None
    opener = Cipher(algorithms.AES256(key), modes.CBC(key[:16])).decryptor()
    plain = opener.update(sealed) + opener.finalize()
    pad = plain[-1]
    if not 1 <= pad <= min(_BLOCK, len(plain)) or plain[-pad:] != bytes([pad]) * pad:
        return None
    return plain[:-pad]


def allowed(link: str, app: WeComApp) -> bool:
    """Whether an attachment's address may be followed; read as text, not parsed.

    The configured base counts only on this machine: there it is an emulator, which keeps the files itself.
    """
    if len(link) > 4096 or _REFUSED_IN_PATH.search(link):
        return False
    base = app.api_base
    if is_loopback(base) and link.startswith(base) and _PATH.fullmatch(link, len(base)):
        return True
    found = _LINK.fullmatch(link)
    return found is not None and found[1].endswith(HOST_ENDINGS)


async def fetch(core: Reader, command: Fetch, keep: Keep) -> Outcome:
    """Follow the address in the ticket, decrypt, keep; a second time changes nothing."""
    aes_key, _, url = command.ticket.removeprefix(PREFIX).partition(":")
    if not aes_key and core.app.aibot_aes_key is not None:
        aes_key = core.app.aibot_aes_key.get_secret_value()
    if not command.ticket.startswith(PREFIX) or not allowed(url, core.app):
        return Refused("link.notAllowed", "content")
    sealed = await _get(core.http, URL(url, encoded=True))
    if isinstance(sealed, Refused):
        return sealed
    data = decrypt(sealed, aes_key)
    if data is None:
        return Refused("file.notDecrypted", "content")
    try:
        await keep(command.medium_id, data)
    except NotKept as error:
        return Refused(f"file.{error.code}", "content")
    except (StoreRefused, OSError):
        return Refused("file.notKept", "retry")
    return Sent("", {"bytes": len(data)})


async def _get(http: aiohttp.ClientSession, url: URL) -> bytes | Refused:
    """What lies at an address; asking twice harms nobody."""
    patience = aiohttp.ClientTimeout(total=PATIENCE_S, connect=3.0)
    headers = {"Accept-Encoding": "identity"}
    parts: list[bytes] = []
    size = 0
    try:
        async with http.get(url, headers=headers, timeout=patience, allow_redirects=False) as answer:
            if answer.status != 200:  # the address lives five minutes
                gone = 400 <= answer.status < 500
                return Refused(f"link.http{answer.status}", "content" if gone else "retry")
            async for chunk in answer.content.iter_chunked(65_536):
                parts.append(chunk)
                size += len(chunk)
                if size > MOST_BYTES + _BLOCK:
                    return Refused("link.tooLarge", "content")
    except (TimeoutError, aiohttp.ClientError, OSError):
        return Refused("link.no_answer", "retry")
    return b"".join(parts)
