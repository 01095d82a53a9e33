"""Files over the AI bot's long connection: in pieces, then named in a message.

Facts from developer.work.weixin.qq.com, path 101463: at most a hundred pieces of 512 KB, a session of half an
hour, media for three days. Pieces are counted from 0, as the official client does; the page's example
suggests 1, and the platform takes them in any order.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from bot.command import FileRef, Maybe, Refused
from bot.dingtalk.escape import clean
from bot.media import Gone
from bot.render import NotDrawn
from bot.wecom.aibot_link import Ack, NoAck, NotOpen
from bot.wecom.plain import outcome
from storage.engine import Refused as StoreRefused

INIT, CHUNK, FINISH = "aibot_upload_media_init", "aibot_upload_media_chunk", "aibot_upload_media_finish"
PIECE = 512 * 1024
MOST_PIECES = 100
PATIENCE_S = 12.0
MB = 1024 * 1024
SHAPES: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "picture": ("image", 10 * MB, ("png", "jpg", "jpeg")),
    "voice": ("voice", 2 * MB, ("amr",)),
    "video": ("video", 10 * MB, ("mp4",)),
    "file": ("file", 20 * MB, ()),
}
"""What the platform takes of each kind: its own word, bytes, endings (any, where none is named)."""

Files = Callable[[FileRef], Awaitable[bytes]]


class Asks(Protocol):
    """The connection."""

    async def ask(self, cmd: str, body: dict[str, Any], req_id: str = "") -> Ack: ...


async def body_of(socket: Asks, file: FileRef, files: Files) -> dict[str, Any] | Refused:
    """The message that shows a file, uploaded; nobody has seen it before the message is sent."""
    data = await bytes_of(file, files)
    if isinstance(data, Refused):
        return data
    kind = "picture" if file.kind == "file" and _ending(file.name) in SHAPES["picture"][2] else file.kind
    word, most, endings = SHAPES[kind]
    if endings and _ending(file.name) not in endings:
        return Refused("file.kind", "content")
    if not 5 < len(data) <= most:
        return Refused("file.size", "content")
    media_id = await _uploaded(socket, word, clean(file.name).replace("\n", " ")[-100:], data)
    return media_id if isinstance(media_id, Refused) else {"msgtype": word, word: {"media_id": media_id}}


async def bytes_of(file: FileRef, files: Files) -> bytes | Refused:
    """The bytes of a message's file, drawn or opened, or why there are none."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await files(file)
    except TimeoutError:
        return Refused("file.late", "retry")
    except (Gone, OSError):
        return Refused("file.gone", "content")
    except NotDrawn as error:
        passing = error.code in ("late", "broken", "stopped")
        return Refused(f"file.{error.code}", "retry" if passing else "content")
    except StoreRefused:
        return Refused("file.notOpened", "retry")


async def _uploaded(socket: Asks, word: str, name: str, data: bytes) -> str | Refused:
    """The media id; whatever went wrong, it may be made again."""
    pieces = [data[start : start + PIECE] for start in range(0, len(data), PIECE)]
    about = {
        "type": word, "filename": name, "total_size": len(data), "total_chunks": len(pieces),
        "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
    }  # fmt: skip
    upload_id = await _said(socket, INIT, about, "upload_id")
    if isinstance(upload_id, Refused):
        return upload_id
    for index, piece in enumerate(pieces):
        body = {
            "upload_id": upload_id, "chunk_index": index, "base64_data": base64.b64encode(piece).decode(),
        }  # fmt: skip
        went = await _said(socket, CHUNK, body, "")
        if isinstance(went, Refused):
            return went
    return await _said(socket, FINISH, {"upload_id": upload_id}, "media_id")


async def _said(socket: Asks, cmd: str, body: dict[str, Any], wanted: str) -> str | Refused:
    try:
        ack = await socket.ask(cmd, body)
    except NotOpen:
        return Refused("aibot.offline", "retry")
    except NoAck:
        return Refused("file.noAck", "retry")
    came = outcome(ack.code)
    if isinstance(came, Refused):
        return Refused(f"file.{came.code}", came.action, came.after_s)
    if isinstance(came, Maybe):
        return Refused(f"file.{came.code}", "retry")
    value = ack.body.get(wanted) if wanted else ""
    return value if isinstance(value, str) else Refused("file.noMediaId", "retry")


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()
