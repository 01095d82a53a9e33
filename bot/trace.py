"""The way of a message through the eight steps, remembered only where an emulator's clock is followed.

Ids and times only, a few thousand of them in memory: for the sandbox, which draws the line as it is walked.
In service nothing is noted, and ``GET /trace`` of the admin listener does not exist.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import time
from collections import deque

import orjson
from aiohttp import web

KEPT = 4096
SERVER, OPEN, INTAKE, WORKER, ROUTER, FEATURE, COMMIT, SENDER = range(1, 9)

_Note = tuple[int, int, str, str | None, float]
_boot = f"{os.getpid():x}-{time.time_ns():x}"
_numbers = itertools.count(1)
_kept: deque[_Note] = deque(maxlen=KEPT)
_followers = 0


def enable() -> None:
    """Begin to note; called when an emulator's clock is followed."""
    global _followers
    _followers += 1


def disable() -> None:
    """The other way round; with the last follower the notes are gone."""
    global _followers
    _followers = max(0, _followers - 1)
    if not _followers:
        _kept.clear()


def mark(message_id: str) -> str:
    """How a platform's message id is named in the trace: enough to be found by who has the id."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:12]


def note(step: int, row: str, of: str | None = None) -> None:
    """Something has come through a step; callable from any thread, and nothing at all in service.

    Args:
        step: 1 to 8, see the names above.
        row: The id of the inbox or outbox row, or :func:`mark` of a message that is no row yet.
        of: What it came from: the mark for an inbox row, the inbox row for an outbox row.
    """
    if _followers:
        _kept.append((next(_numbers), step, row, of, time.time() * 1000))


async def show(request: web.Request) -> web.Response:
    """``GET /trace?since=N`` → ``{boot, next, items: [{n, step, id, of, at_ms}]}``; 404 in service."""
    if not _followers:
        raise web.HTTPNotFound
    text = request.query.get("since", "0")
    since = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
    notes = [one for one in list(_kept) if one[0] > since]
    items = [
        {"n": n, "step": step, "id": row, "of": of, "at_ms": round(at, 2)} for n, step, row, of, at in notes
    ]
    body = {"boot": _boot, "next": notes[-1][0] if notes else since, "items": items}
    return web.Response(body=orjson.dumps(body), content_type="application/json")
