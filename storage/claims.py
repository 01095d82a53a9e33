"""Which rows of the outbox go next: the heads of idle lanes, under their limits; the urgent first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from storage import buckets
from storage.buckets import Limit
from storage.columns import UtcDateTime, is_now
from storage.engine import Db
from storage.outbox import EXPIRED, FIRST, NEW, SENDING, UNKNOWN, USUAL, WITHDRAWN, Row, end, outbox, row_of

_SPARE = 10
"""Our limits stay so many parts of eleven below the platforms'; that part is for what comes first."""
_IS_NEW = is_now(outbox.c.state, NEW)
_earlier = outbox.alias("earlier")
_NOW = sa.bindparam("now", type_=UtcDateTime())
_SAME = _earlier.c.lane == outbox.c.lane
_CLAIMS = sa.or_(_earlier.c.due_at <= _NOW, _earlier.c.started)


def _held_by(*which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    # The index's own condition word for word, else the planner does not see that the index serves.
    is_open = is_now(_earlier.c.state, NEW, SENDING)
    return sa.select(sa.literal(1)).where(_SAME, is_open, *which).exists()


# Three looks, each a narrow one in the lane's index: under way · before it in its turn · overtaking it.
_BLOCKED = sa.or_(
    _held_by(is_now(_earlier.c.state, SENDING)),
    _held_by(
        is_now(_earlier.c.state, NEW), _earlier.c.rank == outbox.c.rank, _earlier.c.id < outbox.c.id, _CLAIMS
    ),
    _held_by(is_now(_earlier.c.state, NEW), _earlier.c.rank < outbox.c.rank, _CLAIMS),
)
_HEADS = (
    sa.select(outbox)
    .where(_IS_NEW, outbox.c.rank == sa.bindparam("rank"), outbox.c.due_at <= _NOW, ~_BLOCKED)
    .order_by(outbox.c.due_at, outbox.c.id)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True, of=outbox)
)
_SENDING = (
    sa.update(outbox)
    .where(outbox.c.id.in_(sa.bindparam("rows", expanding=True)))
    .values(
        state=SENDING,
        started=True,
        attempts=outbox.c.attempts + 1,
        fence=outbox.c.fence + 1,
        owner=sa.bindparam("who"),
        lease_until=sa.bindparam("until", type_=UtcDateTime()),
    )
)
_HOLD = (
    sa.update(outbox)
    .where(outbox.c.id == sa.bindparam("row"))
    .values(started=True, due_at=sa.bindparam("later", type_=UtcDateTime()))
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one look into the outbox gave: rows to send, and rows that ended right there."""

    send: tuple[Row, ...]
    ended: tuple[tuple[Row, str], ...]


def _heads(db: Db, now: datetime, limit: int) -> list[Row]:
    """What may be sent next: whatever overtakes, then the rest in its turn."""
    found: list[Row] = []
    for rank in (FIRST, USUAL):
        asked = {"now": now, "most": limit - len(found), "rank": rank}
        found += [row_of(db, raw) for raw in db.conn.execute(_HEADS, asked)]
    return found


def _allowed(row: Row, limits: tuple[Limit, ...]) -> tuple[Limit, ...]:
    """What overtakes may use the part of the platform's limits that everything else leaves free."""
    if row.rank != FIRST:
        return limits
    return tuple((name, most + most // _SPARE, window) for name, most, window in limits)


def claim(
    db: Db,
    owner: str,
    now: datetime,
    limit: int,
    lease: timedelta,
    wanted: Callable[[Db, Row], bool],
    limits: Callable[[Row], tuple[Limit, ...]] = lambda row: row.limits,
) -> Claim:
    """Take the heads of idle lanes that are due, still wanted and under their limits.

    Args:
        now: The moment, UTC.
        lease: After this the rows count as abandoned by us.
        wanted: Asked once more, right before sending, for rows that depend on something.
        limits: What a row counts against now; a reply address that has run out changes its road.
    """
    send: list[Row] = []
    ended: list[tuple[Row, str]] = []
    heads = _heads(db, now, limit)
    roads = {row.id: _allowed(row, limits(row)) for row in heads}
    room = buckets.open_windows(db, roads.values(), now)
    for row in heads:
        if row.deadline is not None and row.deadline < now:
            doubtful = row.payload.get("doubt") or row.payload.get("again")
            ended.append((row, UNKNOWN if doubtful else EXPIRED))
        elif not row.payload or (row.subject_kind is not None and not wanted(db, row)):
            ended.append((row, WITHDRAWN))
        elif (free_at := room.take(roads[row.id])) is not None:
            db.conn.execute(_HOLD, {"row": row.id, "later": free_at})
        else:
            send.append(row)
    room.save(db)
    if send:
        until = db.server_now() + lease
        db.conn.execute(_SENDING, {"rows": [row.id for row in send], "who": owner, "until": until})
    for row, state in ended:
        end(db, row, state, state, now, keep=state == UNKNOWN)
    sending = (replace(r, attempts=r.attempts + 1, fence=r.fence + 1, state=SENDING) for r in send)
    return Claim(tuple(sending), tuple(ended))


@dataclass(frozen=True, slots=True)
class Depth:
    """How much could be sent right now, since when (UTC) the oldest is due, how much is being sent."""

    due: int
    oldest: datetime | None
    sending: int


_READY = sa.select(sa.func.count(), sa.func.min(outbox.c.due_at)).where(
    _IS_NEW, outbox.c.due_at <= _NOW, ~_BLOCKED
)
_UNDER_WAY = sa.select(sa.func.count()).where(outbox.c.state == SENDING)


def depth(db: Db, now: datetime) -> Depth:
    """What is waiting, not counting rows that have to wait for an earlier one of their lane."""
    count, oldest = db.conn.execute(_READY, {"now": now}).one()
    return Depth(count, oldest, db.conn.execute(_UNDER_WAY).scalar_one())
