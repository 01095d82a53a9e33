"""How the installation is doing: the facts of ``/healthz``, and the same as gauges."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from typing import Any

from bot.metrics import Metrics
from config.clock import Clock
from storage import claims, inbox, outbox, schedule
from storage.engine import Db, Refused, Store
from storage.spool import Spool

OLD_S = 60.0
"""An inbox row older than this means that something is stuck."""
PATIENCE_S = 2.0
_UNKNOWN = dict.fromkeys(("inbox_open", "inbox_oldest_s", "outbox_due", "outbox_oldest_s", "next_due"))


class Health:
    """Asks the parts; holds no state of its own."""

    def __init__(self, store: Store, clock: Clock, spool: Spool, metrics: Metrics) -> None:
        self._store = store
        self._clock = clock
        self._spool = spool
        self._metrics = metrics

    async def facts(self) -> dict[str, Any]:
        """The facts of the admin listener's ``/healthz``; sets the gauges on the way."""
        now = self._clock.now()
        found: dict[str, Any] = {
            "status": "ok",
            "version": _version(),
            "pid": int(os.environ.get("CLASSBRIDGE_SUPERVISOR_PID", os.getpid())),
            "child_pid": os.getpid(),
            "database": self._store.dialect,
            "loop_lag_ms": round(self._metrics.loop_lag_seconds.value * 1000, 1),
            "spool": self._spool.count,
        }
        try:
            async with asyncio.timeout(PATIENCE_S):
                found |= await asyncio.wrap_future(self._store.read(lambda db: _depths(db, now)))
        except (Refused, TimeoutError):
            found |= {**_UNKNOWN, "status": "degraded"}
        if self._spool.count or (found["inbox_oldest_s"] or 0) > OLD_S:
            found["status"] = "degraded"
        self._gauge(found)
        return found

    def _gauge(self, facts: dict[str, Any]) -> None:
        metrics = self._metrics
        metrics.spool_bytes.set(self._spool.size)
        metrics.inbox_open.set(facts["inbox_open"] or 0)
        metrics.inbox_oldest_seconds.set(facts["inbox_oldest_s"] or 0)
        metrics.outbox_due.set(facts["outbox_due"] or 0)
        metrics.outbox_oldest_seconds.set(facts["outbox_oldest_s"] or 0)


def look(db: Db, now: datetime) -> tuple[bool, datetime | None]:
    """Whether anything could be done right now, and when something is due next."""
    out = claims.depth(db, now)
    busy = bool(out.due or out.sending or inbox.depth(db).open or schedule.due(db, now, 1))
    return busy, _next_due(db, now)


def _depths(db: Db, now: datetime) -> dict[str, Any]:
    out, arrived, coming = claims.depth(db, now), inbox.depth(db), _next_due(db, now)
    return {
        "inbox_open": arrived.open,
        "inbox_oldest_s": _age(arrived.oldest, now),
        "outbox_due": out.due,
        "outbox_oldest_s": _age(out.oldest, now),
        "next_due": coming.isoformat() if coming else None,
    }


def _next_due(db: Db, now: datetime) -> datetime | None:
    coming = (outbox.next_due(db, now), schedule.next_due(db, now))
    return min((when for when in coming if when is not None), default=None)


def _age(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else round(max(0.0, (now - since).total_seconds()), 1)


def _version() -> str:
    from importlib.metadata import version

    return version("classbridge")
