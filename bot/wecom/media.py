"""Files to and from WeCom: uploaded once in three days, fetched before the platform forgets them.

Facts from developer.work.weixin.qq.com, path 90253 (upload: one field ``media``, sizes by kind, three days)
and path 90254 (fetching).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import aiohttp

from bot.command import Fetch, FileRef, Maybe, Outcome, Refused, Sent
from bot.media import MOST_BYTES, Files, Keep, NotKept
from bot.wecom import aibot_media
from bot.wecom.aibot_upload import bytes_of
from config.ids import new_id
from storage import uploads
from storage.engine import Refused as StoreRefused

if TYPE_CHECKING:
    from bot.wecom.core import Core
    from storage.engine import Db, Store

UPLOAD, DOWNLOAD = "/cgi-bin/media/upload", "/cgi-bin/media/get"
MB = 1024 * 1024
_MOST = {"image": 10 * MB, "voice": 2 * MB, "video": 10 * MB, "file": 20 * MB}
_LEAST = 6
_PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
T = TypeVar("T")


class Uploads:
    """Makes media ids of files, and remembers them: the same bytes have the same id for three days.

    Args:
        store: Where they are remembered; without one every try uploads again.
        files: The bytes of a message's file.
    """

    def __init__(self, core: Core, store: Store | None, files: Files) -> None:
        self._core = core
        self._store = store
        self._files = files

    async def media_id(self, file: FileRef, of: str = "") -> tuple[str, str] | Refused | Maybe:
        """What the platform calls the file: its kind there and the id.

        Args:
            of: The row it is for, where the same file for another row has to be another one.
        """
        data = await bytes_of(file, self._files)
        if isinstance(data, Refused):
            return data
        kind = kind_of(file, data)
        if not _LEAST <= len(data) <= _MOST[kind]:
            return Refused("file.size", "content")
        digest = self._digest(f"{kind} {of}", file.name, data)
        try:
            known = await self._run(partial(self._find, digest=digest))
        except StoreRefused:
            return Refused("database", "retry")
        if known:
            return kind, known
        made = await self._upload(kind, file.name, data)
        if isinstance(made, str):
            await self._remember(digest, made)
            return kind, made
        return made

    async def forget(self, media_id: str) -> None:
        """The platform says it does not know it."""
        name = self._core.name
        try:
            await self._run(lambda db: uploads.drop(db, name, media_id))
        except StoreRefused:
            return

    async def _upload(self, kind: str, name: str, data: bytes) -> str | Refused | Maybe:
        content_type = next((t for head, t in _PICTURES.items() if data.startswith(head)), "")

        def form() -> aiohttp.FormData:
            made = aiohttp.FormData(quote_fields=False)
            given = content_type or "application/octet-stream"
            made.add_field("media", data, filename=_safe(name), content_type=given)
            return made

        verdict = await self._core.upload(UPLOAD, {"type": kind}, form)
        found = verdict.data.get("media_id")
        if verdict.meaning == "ok" and isinstance(found, str) and found:
            return found
        outcome = verdict.outcome()
        # An upload shows nothing to anybody: what is in doubt can be done again.
        return Refused(f"file.{outcome.code}", "retry") if isinstance(outcome, Maybe) else outcome

    def _digest(self, kind: str, name: str, data: bytes) -> str:
        text = f"{kind}\0{name}\0{hashlib.sha256(data).hexdigest()}"
        if self._store is None:
            return hashlib.sha256(text.encode()).hexdigest()
        return self._store.vault.keyed_hash("upload", text).hex()[:64]

    def _find(self, db: Db, digest: str) -> str:
        return uploads.find(db, self._core.name, digest, self._core.clock.now())

    async def _remember(self, digest: str, media_id: str) -> None:
        core = self._core
        try:
            await self._run(lambda db: uploads.put(db, new_id, core.name, digest, media_id, core.clock.now()))
        except StoreRefused:
            return  # it is uploaded once more if there is another try

    async def _run(self, unit: Callable[[Db], T]) -> T | None:
        return None if self._store is None else await asyncio.wrap_future(self._store.run(unit))


def kind_of(file: FileRef, data: bytes) -> str:
    """What the platform takes these bytes as: a picture or voice it cannot show goes as a file."""
    if file.kind == "picture" and any(data.startswith(head) for head in _PICTURES):
        return "image" if len(data) <= _MOST["image"] else "file"
    if file.kind == "voice" and data.startswith(b"#!AMR") and len(data) <= _MOST["voice"]:
        return "voice"
    if file.kind == "video" and len(data) <= _MOST["video"] and file.name.lower().endswith(".mp4"):
        return "video"
    return "file"


def _safe(name: str) -> str:
    return "".join(char for char in name if char.isprintable() and char not in '"\\/')[-100:] or "file"


async def fetch(core: Core, command: Fetch, keep: Keep) -> Outcome:
    """Bring an attachment in; what only the AI bot can open it fetches itself."""
    if command.ticket.startswith(aibot_media.PREFIX):
        return await aibot_media.fetch(core, command, keep)
    data = await core.get_bytes(DOWNLOAD, {"media_id": command.ticket}, MOST_BYTES)
    if isinstance(data, Maybe):
        return Refused(data.code, "retry")
    if isinstance(data, Refused):
        return data
    try:
        await keep(command.medium_id, data)
    except NotKept as error:
        return Refused(f"file.{error.code}", "content")
    except (StoreRefused, OSError):
        return Refused("file.notKept", "retry")
    return Sent("")
