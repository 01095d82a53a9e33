"""The bytes of files: attachments kept sealed on disk, opened and swept away; pictures that are drawn."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar, cast

from bot.command import FileRef
from bot.log import get_logger
from bot.media_kinds import download_name, kind_of
from config.clock import Clock
from storage import media
from storage.engine import Db, Store
from storage.media import Fetched, Medium
from storage.sealing import KeyGone, Lock

MOST_BYTES = 20 * 1024 * 1024
"""What a platform takes back, too (open.dingtalk.com, "Upload media files")."""
_OURS = re.compile(r"[0-9a-f]{64}(?:\.part)?")

T = TypeVar("T")
Files = Callable[[FileRef], Awaitable[bytes]]
"""The bytes of a message's file; raises as :meth:`MediaKeeper.file`."""
Keep = Callable[[str, bytes], Awaitable[None]]
"""Takes an attachment's bytes in under the medium's id."""

_log = get_logger("media")


class NotKept(Exception):
    """The bytes were not taken in: ``code`` is ``empty``, ``too_large`` or ``no_row`` (nobody asked)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Gone(Exception):
    """There are no bytes (any more): never fetched, too old, erased, or changed on disk."""


class Drawer(Protocol):
    """What draws; see ``bot/render.py``."""

    async def draw(self, recipe: str, data: Mapping[str, Any]) -> bytes: ...


def ref(medium: Medium) -> FileRef:
    """A fetched attachment as the file of a message; how long it plays stands in ``data``."""
    kind = cast("Literal['picture', 'voice', 'video', 'file']", medium.kind)
    data = {} if medium.duration_ms is None else {"duration": _duration(medium.duration_ms, kind)}
    return FileRef(kind, medium.name, data=data, medium_id=medium.id)


def _duration(milliseconds: int, kind: str) -> int:
    """As the platform counts it: voices in milliseconds, videos in seconds."""
    return max(1, round(milliseconds / 1000)) if kind == "video" else milliseconds


class MediaKeeper:
    """See the module.

    Args:
        store: Where the rows are.
        folder: Where the sealed files lie; made on first use, readable by nobody else.
        clock: For the moment something came.
        drawer: Makes what has a recipe.
    """

    def __init__(self, store: Store, folder: Path, clock: Clock, drawer: Drawer) -> None:
        self._store = store
        self._folder = folder
        self._clock = clock
        self._drawer = drawer
        self._strays: set[str] = set()

    async def keep(self, medium_id: str, data: bytes) -> None:
        """Seal fetched bytes into a file and note them in their row; a second time changes nothing.

        Raises:
            NotKept: See there.
            storage.engine.Refused: The database would not take it; try again.
        """
        if not data:
            raise NotKept("empty")
        if len(data) > MOST_BYTES:
            raise NotKept("too_large")
        try:
            medium, lock = await self._look_up(medium_id)
        except Gone:
            raise NotKept("no_row") from None
        if medium.fetched_at is not None:
            return
        found = await asyncio.to_thread(kind_of, data)
        name = await asyncio.to_thread(self._write, lock, data)
        got = Fetched(found.kind, download_name(found, medium.name), name, len(data), found.mime)
        if not await self._in_store(lambda db: media.fetched(db, medium_id, got, self._clock.now())):
            await asyncio.to_thread(self._remove, name)

    async def open(self, medium_id: str) -> bytes:
        """The bytes of a fetched attachment.

        Raises:
            Gone: See there.
        """
        medium, lock = await self._look_up(medium_id)
        if medium.sha256 is None:
            raise Gone(medium_id)
        try:
            return await asyncio.to_thread(self._read, lock, medium.sha256)
        except (KeyGone, OSError):
            raise Gone(medium_id) from None

    async def file(self, wanted: FileRef) -> bytes:
        """The bytes of a message's file: drawn from its recipe, or opened.

        Raises:
            Gone: It was an attachment, and is no more.
            bot.render.NotDrawn: It could not be drawn.
        """
        if wanted.recipe:
            return await self._drawer.draw(wanted.recipe, wanted.data)
        return await self.open(wanted.medium_id)

    async def sweep(self) -> int:
        """Remove files no row stands for; how many went.

        A file without a row may be one that is being kept at this moment: it goes when the next sweep
        finds it still without.
        """
        there = await asyncio.to_thread(self._names)
        known = await self._in_store(lambda db: media.known_files(db, there))
        strays = there - known
        gone = strays & self._strays
        for name in gone:
            await asyncio.to_thread(self._remove, name)
        self._strays = strays - gone
        if gone:
            _log.info("media_swept", count=len(gone))
        return len(gone)

    async def _look_up(self, medium_id: str) -> tuple[Medium, Lock]:
        def unit(db: Db) -> tuple[Medium | None, Lock | None]:
            return media.get(db, medium_id), media.lock_of(db, medium_id)

        try:
            medium, lock = await self._in_store(unit)
        except KeyGone:
            raise Gone(medium_id) from None
        if medium is None or lock is None:
            raise Gone(medium_id)
        return medium, lock

    async def _in_store(self, unit: Callable[[Db], T]) -> T:
        return await asyncio.wrap_future(self._store.run(unit))

    def _write(self, lock: Lock, data: bytes) -> str:
        sealed = lock.seal(data)
        name = hashlib.sha256(sealed).hexdigest()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._folder / f"{name}.part"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self._folder / name)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)  # the row will say that the file is there
        finally:
            os.close(folder)
        return name

    def _read(self, lock: Lock, name: str) -> bytes:
        descriptor = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            return lock.open(file.read())

    def _names(self) -> set[str]:
        """Our own files only: whatever else lies there is not ours to remove."""
        with contextlib.suppress(FileNotFoundError):
            return {path.name for path in self._folder.iterdir() if _OURS.fullmatch(path.name)}
        return set()

    def _remove(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)
