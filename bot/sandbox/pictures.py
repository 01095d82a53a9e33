"""Says what a browser may show bytes as."""

from __future__ import annotations

_HEADS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


def picture_type(data: bytes) -> str | None:
    """The media type of a picture by its first bytes; None for everything else."""
    return next((kind for head, kind in _HEADS if data.startswith(head)), None)
