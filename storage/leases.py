"""Who owns what only one process may have: a name, its owner, and until when.

The database's real clock decides, so replicas with wrong clocks agree. An owner stops on its own, monotonic
clock before the lease is over; the fence grows with every owner, so that what an earlier one left is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, String, Table

from storage.columns import UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata

leases = Table(
    "leases",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("fence", BigInteger, nullable=False, comment="grows with every owner"),
    Column("until", UtcDateTime, nullable=False, comment="on the database's real clock"),
)

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lease:
    """What was given.

    Args:
        fence: Greater than that of every owner before.
        until: UTC, on the database's clock.
    """

    name: str
    owner: str
    fence: int
    until: datetime


def acquire(db: Db, name: str, owner: str, length: timedelta) -> Lease | None:
    """Take the lease if nobody holds it, or ``owner`` itself does; None if somebody else holds it.

    One statement looks and takes: of two that come at once the second waits for the first one's commit
    and then finds it taken.
    """
    insert_ignore(db, leases, {"name": name, "owner": "", "fence": 0, "until": _NEVER})
    now = db.server_now()
    free = sa.or_(leases.c.until <= now, leases.c.owner == owner)
    values = {"owner": owner, "fence": leases.c.fence + 1, "until": now + length}
    take = sa.update(leases).where(leases.c.name == name, free).values(values)
    fence = db.conn.execute(take.returning(leases.c.fence)).scalar_one_or_none()
    return None if fence is None else Lease(name, owner, fence, now + length)


def renew(db: Db, lease: Lease, length: timedelta) -> Lease | None:
    """Hold on to it from now on for ``length``; None if it was over or somebody else has it."""
    now = db.server_now()
    kept = sa.update(leases).where(*_same(lease), leases.c.until > now).values(until=now + length)
    if db.conn.execute(kept).rowcount == 0:
        return None
    return Lease(lease.name, lease.owner, lease.fence, now + length)


def release(db: Db, lease: Lease) -> None:
    """Give it back, so that the next one need not wait. Nothing happens if it is somebody else's by now."""
    given = sa.update(leases).where(*_same(lease)).values(until=_NEVER, owner="")
    db.conn.execute(given)


def _same(lease: Lease) -> tuple[sa.ColumnElement[bool], ...]:
    return (leases.c.name == lease.name, leases.c.owner == lease.owner, leases.c.fence == lease.fence)
