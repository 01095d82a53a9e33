"""When the database refuses: sealed callbacks in a file of their own, on space reserved beforehand.

A record is ``length | crc | JSON``; a length of zero ends the file. Writing is followed by fdatasync
before the platform is answered. The space is allocated at start, so a full disk does not close
this door too. Draining twice is harmless: the rows carry their inbox key.
"""

from __future__ import annotations

import base64
import json
import os
import struct
import threading
import zlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

_HEAD = struct.Struct(">II")
_END = _HEAD.pack(0, 0)


class SpoolFull(Exception):
    """The reserved space is used up: the platform must be told to come again."""


class Spool:
    """One append-only file that is emptied as a whole.

    Args:
        path: The file; made and reserved if missing.
        size: Bytes to reserve.

    Raises:
        OSError: The space cannot be reserved; the start stops there rather than at the first need.
    """

    def __init__(self, path: Path, size: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._lock = threading.Lock()
        self._size = max(size, os.fstat(self._file).st_size)
        os.posix_fallocate(self._file, 0, self._size)
        os.fsync(self._file)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        records, self._end = self._scan()
        self.count = len(records)

    def append(self, rows: Sequence[dict[str, Any]]) -> None:
        """Keep inbox rows; on disk when this returns.

        Raises:
            SpoolFull: No room; nothing of ``rows`` was kept.
        """
        data = b"".join(_record(row) for row in rows)
        with self._lock:
            if self._end + len(data) + len(_END) > self._size:
                raise SpoolFull
            os.pwrite(self._file, data + _END, self._end)
            os.fdatasync(self._file)
            self._end += len(data)
            self.count += len(rows)

    def rows(self) -> tuple[list[dict[str, Any]], int]:
        """What is kept, oldest first, and the mark up to which :meth:`clear` may empty."""
        with self._lock:
            return self._scan()

    def clear(self, mark: int) -> bool:
        """Empty the file if nothing was added since ``mark``; False if something was."""
        with self._lock:
            if self._end != mark:
                return False
            os.pwrite(self._file, _END, 0)
            os.fdatasync(self._file)
            self._end = self.count = 0
            return True

    @property
    def size(self) -> int:
        """Bytes in use."""
        return self._end

    def close(self) -> None:
        os.close(self._file)

    def _scan(self) -> tuple[list[dict[str, Any]], int]:
        found: list[dict[str, Any]] = []
        at = 0
        while True:
            head = os.pread(self._file, _HEAD.size, at)
            length, crc = _HEAD.unpack(head) if len(head) == _HEAD.size else (0, 0)
            body = os.pread(self._file, length, at + _HEAD.size) if 0 < length <= self._size else b""
            # A torn last record was never answered for, so it may be dropped.
            if not length or len(body) != length or zlib.crc32(body) != crc:
                return found, at
            found.append(_row(body))
            at += _HEAD.size + length


def _record(row: dict[str, Any]) -> bytes:
    plain = dict(row)
    plain["payload"] = base64.b64encode(row["payload"]).decode()
    plain["received_at"] = row["received_at"].isoformat()
    body = json.dumps(plain).encode()
    return _HEAD.pack(len(body), zlib.crc32(body)) + body


def _row(body: bytes) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(body)
    row["payload"] = base64.b64decode(row["payload"])
    row["received_at"] = datetime.fromisoformat(row["received_at"])
    return row
