"""Ids that sort by the real time they were made at: UUID version 7 as 32 hex digits. And tokens to guard."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable

from config.clock import real_ms

_COUNTS = 1 << 12
_VERSION = 7 << 76
_VARIANT = 2 << 62


class IdSource:
    """Makes ids, each greater than the one before it, also when the host's clock is set back.

    Args:
        ms: The real time in ms since 1970.
        randomness: Gives that many random bytes.
    """

    def __init__(
        self, ms: Callable[[], int] = real_ms, randomness: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._ms = ms
        self._randomness = randomness
        self._lock = threading.Lock()
        self._last = 0
        self._count = 0

    def __call__(self) -> str:
        """A new id: 48 bits of ms, 12 bits counting within the ms, 62 random bits."""
        noise = int.from_bytes(self._randomness(8), "big") >> 2
        with self._lock:
            ms = self._ms()
            if ms > self._last:
                self._last, self._count = ms, 0
            else:
                self._count += 1
                if self._count == _COUNTS:
                    # More than 4 096 ids in one ms, or the clock went back: borrow the next ms.
                    self._last, self._count = self._last + 1, 0
            value = self._last << 80 | _VERSION | self._count << 64 | _VARIANT | noise
        return f"{value:032x}"


new_id = IdSource()
"""The process's own source; everything that stores allocates its ids with it before the insert."""


def new_token() -> str:
    """128 random bits as 32 hex digits. An id says when it was made and what comes next; this does not."""
    return secrets.token_hex(16)
