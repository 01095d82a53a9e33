"""The way of a message through the eight steps, remembered only where an emulator's clock is followed.

Ids and times only, a few thousand of them in memory: for the sandbox, which draws the line as it is walked.
In service nothing is noted, and ``GET /trace`` of the admin listener does not exist.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
import time
from collections import deque
from contextvars import ContextVar

import orjson
from aiohttp import web

KEPT = 4096
SERVER, OPEN, INTAKE, WORKER, ROUTER, FEATURE, COMMIT, SENDER = range(1, 9)

_PRESS = "press:"
_WECOM = "wecom"
_Note = tuple[int, int, str, str | None, float]
_boot = secrets.token_hex(8)
_numbers = itertools.count(1)
_kept: deque[_Note] = deque(maxlen=KEPT)
_came: ContextVar[float] = ContextVar("came", default=0.0)
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
        row: The id of the inbox or outbox row; at step 1 nothing yet, at step 2 the message's dedup key.
        of: What the row came from: the dedup key for an inbox row, the inbox row for an outbox row.
    """
    if not _followers:
        return
    at = time.monotonic() * 1000
    if step == SERVER:  # nobody knows yet whose it is: remembered until the same request opens it
        _came.set(at)
    elif step == OPEN:
        named = _named(row)
        _kept.append((next(_numbers), SERVER, named, None, _came.get() or at))
        _kept.append((next(_numbers), OPEN, named, None, at))
    else:
        _kept.append((next(_numbers), step, row, _named(of) if step == INTAKE and of else of, at))


def _named(message_key: str) -> str:
    """The mark of what the platform calls a message in its dedup key: its id, or what was pressed by whom."""
    parts = message_key.split(":")
    if parts[0] == _WECOM:  # platform:app:kind:id, and perhaps who
        return mark(parts[3] if len(parts) > 3 else message_key)
    rest = message_key.split(":", 2)[-1]
    return mark(rest if rest.startswith(_PRESS) else rest.split(":")[0])


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
