"""Looks for what must stand nowhere: in all forms it could be written in, in everything that is written."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bot import log


def forms(canary: str) -> list[bytes]:
    """As it could be written: plain, as JSON, in hex, in base64."""
    plain = canary.encode()
    escaped = json.dumps(canary)[1:-1].encode()
    return [plain, escaped, plain.hex().encode(), base64.b64encode(plain).rstrip(b"=")[:-1]]


def found(canaries: Mapping[str, str], where: bytes) -> list[str]:
    """The names of those that stand there."""
    return [name for name, canary in canaries.items() if any(form in where for form in forms(canary))]


def files(folder: Path) -> dict[str, bytes]:
    """What the bot has written: not its configuration, nor the document it was set up from."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".toml", ".json")
    }


@contextmanager
def all_written() -> Iterator[io.StringIO]:
    """All that is logged, other libraries included."""
    out, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    log.setup("DEBUG", out)
    try:
        yield out
    finally:
        root.handlers[:], root.level = handlers, level
