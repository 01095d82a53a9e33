"""The platforms' limits as sliding windows, counted in the database so all replicas share them.

A token bucket of 20 a minute lets 39 through in one sliding minute; platforms count the minute.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Index, String, Table

from storage.columns import UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata

Limit = tuple[str, int, float]
"""A sliding window: bucket name, at most so many sends, window in seconds."""

send_log = Table(
    "send_log",
    metadata,
    Column("bucket", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
Index("ix_send_log_bucket", send_log.c.bucket, send_log.c.at)

_LOCK = sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(sa.bindparam("bucket"), 1)))
_SEEN = (
    sa.select(send_log.c.at)
    .where(send_log.c.bucket == sa.bindparam("bucket"))
    .where(send_log.c.at > sa.bindparam("since"), send_log.c.at <= sa.bindparam("until"))
    .order_by(send_log.c.at)
)


@dataclass(slots=True)
class Windows:
    """The windows concerned, as they stand inside one claim."""

    now: datetime
    sends: dict[str, list[datetime]]
    added: list[dict[str, Any]] = field(default_factory=list)

    def take(self, limits: Iterable[Limit]) -> datetime | None:
        """Count one send against all its limits, or say when (UTC) there is room again."""
        waits = [free for limit in limits if (free := self._free_at(limit)) is not None]
        if waits:
            return max(waits)
        for name, _most, _window in limits:
            self.sends[name].append(self.now)
            self.added.append({"bucket": name, "at": self.now})
        return None

    def _free_at(self, limit: Limit) -> datetime | None:
        name, most, window = limit
        sends = self.sends[name]
        if len(sends) < most:
            return None
        return sends[-most] + timedelta(seconds=window, milliseconds=1)

    def save(self, db: Db) -> None:
        """Write down what was counted."""
        if self.added:
            db.conn.execute(sa.insert(send_log), self.added)


def open_windows(db: Db, sends_limits: Iterable[tuple[Limit, ...]], now: datetime) -> Windows:
    """Read the windows of all limits some sends count against; locked until the unit ends."""
    widest: dict[str, float] = {}
    for limits in sends_limits:
        for name, _most, window in limits:
            widest[name] = max(window, widest.get(name, 0))
    sends: dict[str, list[datetime]] = {}
    for name, window in sorted(widest.items()):  # sorted: two replicas never wait for each other in a ring
        if db.dialect == "postgresql":
            db.conn.execute(_LOCK, {"bucket": name})
        # A little ahead: a replica's clock. Far ahead: the clock was set back, and that was long ago.
        reach = timedelta(seconds=window)
        seen = {"bucket": name, "since": now - reach, "until": now + reach}
        sends[name] = list(db.conn.execute(_SEEN, seen).scalars())
    return Windows(now, sends)


def forget(db: Db, before: datetime) -> None:
    """Drop sends no window reaches back to."""
    db.conn.execute(sa.delete(send_log).where(send_log.c.at <= before))


calls = Table(
    "counted_calls",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("app", String(64), primary_key=True),
    Column("api", String(64), primary_key=True),
    Column("count", sa.Integer, nullable=False),
)


def count_calls(db: Db, month: str, app: str, api: str, by: int = 1) -> None:
    """Add to a month's counted platform calls (``month`` is YYYY-MM, local)."""
    insert_ignore(db, calls, {"month": month, "app": app, "api": api, "count": 0})
    key = (calls.c.month == month, calls.c.app == app, calls.c.api == api)
    db.conn.execute(sa.update(calls).where(*key).values(count=calls.c.count + by))


def calls_in(db: Db, month: str, app: str) -> int:
    """The counted calls of an app in a month so far."""
    total = sa.select(sa.func.coalesce(sa.func.sum(calls.c.count), 0))
    count: int = db.conn.execute(total.where(calls.c.month == month, calls.c.app == app)).scalar_one()
    return count
