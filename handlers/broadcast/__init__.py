"""The class-broadcast slot: the only maker of :class:`handlers.reply.ToClass`."""

from __future__ import annotations

from handlers.broadcast.post import NOT_TOLD, SKIPPED, TAKEN_OUT, Photo, Post, beside, post, take_out, waits

__all__ = ["NOT_TOLD", "SKIPPED", "TAKEN_OUT", "Photo", "Post", "beside", "post", "take_out", "waits"]
