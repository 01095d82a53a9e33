"""Finds the bytes of what was shown or sent, and says what a browser may show them as."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.dingtalk.emulator.platform import Platform

_HEADS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


def picture_type(data: bytes) -> str | None:
    """The media type of a picture by its first bytes; None for everything else."""
    return next((kind for head, kind in _HEADS if data.startswith(head)), None)


def stored_picture(platform: Platform, sha256: str) -> bytes | None:
    """The file of that content the platform holds, uploaded by the product or sent by somebody."""
    files = (*platform.media.values(), *platform.files.values())
    return next((stored.data for stored in files if stored.sha256 == sha256), None)
