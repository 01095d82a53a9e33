"""The class-broadcast slot: the only maker of :class:`handlers.reply.ToClass`."""

from __future__ import annotations

from handlers.broadcast.post import Post, post

__all__ = ["Post", "post"]
