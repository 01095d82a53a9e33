"""Drawings that go wrong, for the drawing process."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any


def hang(recipe: str, data: Mapping[str, Any], font: str) -> bytes:
    """Never ends, if told so."""
    if recipe == "hang":
        threading.Event().wait()
    return str(os.getpid()).encode()


def die(recipe: str, data: Mapping[str, Any], font: str) -> bytes:
    """Takes its process along."""
    os.kill(os.getpid(), signal.SIGKILL)
    return b""


def fail(recipe: str, data: Mapping[str, Any], font: str) -> bytes:
    """A fault of ours, with a child's name in it."""
    raise RuntimeError("林小满")


def loaded(recipe: str, data: Mapping[str, Any], font: str) -> bytes:
    """Which heavy modules the process has loaded before its first drawing."""
    return ",".join(name for name in ("PIL", "sqlalchemy", "aiohttp") if name in sys.modules).encode()
