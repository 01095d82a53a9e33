"""The outbox: everything that goes out, one command a row, written in the commit that decided it.

``new → sending → sent | refused | unknown | expired | withdrawn``. "Sending" is committed before the
call and the end after it, nothing between: a crash leaves at most the calls in flight, and those
are known. A lane (one recipient chat) keeps its order; lanes run side by side. Only what somebody in
danger waits for overtakes, in its lane and among all lanes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, SmallInteger, String, Table

from storage.buckets import Limit
from storage.columns import Id, UtcDateTime, is_now
from storage.engine import Db
from storage.metadata import metadata
from storage.sealing import KeyGone

NEW, SENDING = "new", "sending"
SENT, REFUSED, UNKNOWN, EXPIRED, WITHDRAWN = "sent", "refused", "unknown", "expired", "withdrawn"
ENDS = (SENT, REFUSED, UNKNOWN, EXPIRED, WITHDRAWN)
FIRST, USUAL = 0, 1
"""Where a row stands: before everything that waits, or in its turn."""
_WHERE = "outbox.payload"

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=True),
    Column("lane", String(255), nullable=False),
    Column("feature", String(32), nullable=False),
    Column("thing_kind", String(32), nullable=True),
    Column("thing_id", Id, nullable=True),
    Column("to_person", Id, nullable=True),
    Column("to_class", Id, nullable=True),
    Column("sealed_for", String(64), nullable=False),
    Column("payload", LargeBinary, nullable=True, comment="sealed; blanked when it is over"),
    Column("buckets", String(1000), nullable=False),
    Column("safe", Boolean, nullable=False, comment="the platform removes duplicates"),
    Column("wants_outcome", Boolean, nullable=False),
    Column("subject_kind", String(32), nullable=True),
    Column("subject_id", Id, nullable=True),
    Column("subject_version", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("deadline", UtcDateTime, nullable=True),
    Column("started", Boolean, nullable=False, comment="tried or held back: keeps its place in the lane"),
    Column("attempts", SmallInteger, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("owner", String(32), nullable=True),
    Column("lease_until", UtcDateTime, nullable=True),
    Column("done_at", UtcDateTime, nullable=True),
    Column("code", String(80), nullable=True),
    Column("platform_id", String(200), nullable=True),
    Column("rank", SmallInteger, nullable=False, comment="0 overtakes what has 1"),
)
_OPEN = is_now(outbox.c.state, NEW, SENDING)
_IS_NEW = is_now(outbox.c.state, NEW)
Index("ix_outbox_due", outbox.c.state, outbox.c.rank, outbox.c.due_at, outbox.c.id)
Index(
    "ix_outbox_lane",
    outbox.c.lane,
    outbox.c.state,
    outbox.c.rank,
    outbox.c.id,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)
Index("ix_outbox_subject", outbox.c.subject_kind, outbox.c.subject_id)
Index("ix_outbox_thing", outbox.c.thing_kind, outbox.c.thing_id)
Index("ix_outbox_state", outbox.c.state, outbox.c.done_at)


@dataclass(frozen=True, slots=True)
class Item:
    """A command to send, before it is a row.

    Args:
        lane: The recipient chat; order is kept in it.
        payload: What the platform's client needs, JSON-ready; sealed in the row.
        limits: The platform's limits this send counts against.
        safe: Sending it twice shows it once, because the platform removes duplicates.
        sealed_for: The subject whose key seals the payload.
        rank: :data:`FIRST` or :data:`USUAL`.
    """

    id: str
    school_id: str | None
    lane: str
    feature: str
    payload: dict[str, Any]
    limits: tuple[Limit, ...]
    safe: bool
    sealed_for: str
    thing_kind: str | None = None
    thing_id: str | None = None
    to_person: str | None = None
    to_class: str | None = None
    wants_outcome: bool = False
    subject_kind: str | None = None
    subject_id: str | None = None
    subject_version: int = 0
    deadline: datetime | None = None
    rank: int = USUAL


def put(db: Db, item: Item, now: datetime, due_at: datetime | None = None) -> None:
    """Queue a command; due at once unless ``due_at`` (UTC) says later."""
    put_all(db, [(item, due_at)], now)


def put_all(db: Db, items: Sequence[tuple[Item, datetime | None]], now: datetime) -> None:
    """Queue commands in one statement, in this order in each lane; each with its due moment or None."""
    if items:
        db.conn.execute(_PUT, [_values(db, item, now, due_at) for item, due_at in items])


def _values(db: Db, item: Item, now: datetime, due_at: datetime | None) -> dict[str, Any]:
    values = {name: getattr(item, name) for name in _PLAIN}
    return values | {
        "payload": db.seal(item.sealed_for, _WHERE, item.id, json.dumps(item.payload, ensure_ascii=False)),
        "buckets": json.dumps(item.limits),
        "state": NEW,
        "created_at": now,
        "due_at": due_at or now,
        "started": False,
        "attempts": 0,
        "fence": 0,
    }


_PUT = sa.insert(outbox)
_PLAIN = tuple(name for name in Item.__dataclass_fields__ if name not in ("payload", "limits"))


@dataclass(frozen=True, slots=True)
class Row:
    """A command taken out of the outbox; ``fence`` proves the claim when its end is written."""

    id: str
    lane: str
    feature: str
    payload: dict[str, Any]
    limits: tuple[Limit, ...]
    safe: bool
    attempts: int
    fence: int
    school_id: str | None
    thing_kind: str | None
    thing_id: str | None
    to_person: str | None
    to_class: str | None
    wants_outcome: bool
    subject_kind: str | None
    subject_id: str | None
    subject_version: int
    deadline: datetime | None
    due_at: datetime
    state: str
    rank: int


def _payload(db: Db, raw: Any) -> dict[str, Any]:
    """Empty if it was blanked, or if its subject was erased: one such row must not stop all others."""
    if not raw.payload:
        return {}
    try:
        found: dict[str, Any] = json.loads(db.open(raw.sealed_for, _WHERE, raw.id, bytes(raw.payload)))
    except KeyGone:
        return {}
    return found


def row_of(db: Db, raw: Any) -> Row:
    """A row as the database gives it, its payload opened."""
    payload = _payload(db, raw)
    limits = tuple((name, most, window) for name, most, window in json.loads(raw.buckets))
    plain = {name: getattr(raw, name) for name in _ROW_PLAIN}
    return Row(payload=payload, limits=limits, **plain)


_ROW_PLAIN = tuple(name for name in Row.__dataclass_fields__ if name not in ("payload", "limits"))

_END = (
    sa.update(outbox)
    .where(outbox.c.id == sa.bindparam("row"), outbox.c.fence == sa.bindparam("mine"))
    .values(
        state=sa.bindparam("ends"),
        code=sa.bindparam("why"),
        platform_id=sa.bindparam("theirs"),
        done_at=sa.bindparam("at", type_=UtcDateTime()),
        lease_until=None,
    )
)
_END_BLANK = _END.values(payload=None)


def end(
    db: Db,
    row: Row,
    state: str,
    code: str,
    now: datetime,
    *,
    platform_id: str | None = None,
    keep: bool = False,
) -> bool:
    """Write what became of a row; False if the claim was lost to somebody else meanwhile.

    ``keep`` leaves the text in the row: for what a person may still want to send again, and for a card
    with buttons, whose words are needed when one is pressed. :func:`close_doubts` drops what is left of it.
    """
    statement = _END if keep else _END_BLANK
    values = {
        "row": row.id,
        "mine": row.fence,
        "ends": state,
        "why": code[:80],
        "theirs": platform_id and platform_id.replace("\0", "")[:200],
        "at": now,
    }
    return db.conn.execute(statement, values).rowcount == 1


def retry(db: Db, row: Row, due_at: datetime, code: str) -> bool:
    """Certainly not sent: try again at ``due_at`` (UTC), keeping its place in the lane."""
    mine = (outbox.c.id == row.id, outbox.c.fence == row.fence)
    values = {"state": NEW, "due_at": due_at, "code": code[:80], "lease_until": None}
    return db.conn.execute(sa.update(outbox).where(*mine).values(values)).rowcount == 1


def retry_in_doubt(db: Db, row: Row, due_at: datetime, code: str, since: datetime) -> bool:
    """Maybe sent (at the earliest ``since``), and a second copy is removed: again, where it still is."""
    doubt = row.payload.get("doubt") or since.timestamp()
    return repeat(db, row, row.payload | {"doubt": doubt}, due_at, code)


def repeat(db: Db, row: Row, payload: dict[str, Any], due_at: datetime, code: str) -> bool:
    """Maybe sent, and it has to arrive: once more, with words that say so."""
    sealed_for = db.conn.execute(sa.select(outbox.c.sealed_for).where(outbox.c.id == row.id)).scalar_one()
    blob = db.seal(sealed_for, _WHERE, row.id, json.dumps(payload, ensure_ascii=False))
    mine = (outbox.c.id == row.id, outbox.c.fence == row.fence)
    values = {"state": NEW, "due_at": due_at, "code": code[:80], "lease_until": None, "payload": blob}
    return db.conn.execute(sa.update(outbox).where(*mine).values(values)).rowcount == 1


def mark_safe(db: Db, row: Row, safe: bool) -> None:
    """Note, before the call, whether the platform will remove a second copy of this very send."""
    db.conn.execute(sa.update(outbox).where(outbox.c.id == row.id).values(safe=safe))


def abandoned(db: Db, owner: str | None) -> list[Row]:
    """Rows somebody was sending when it died: this node's own at start, else those out of lease."""
    mine = outbox.c.owner == owner if owner is not None else outbox.c.lease_until < db.server_now()
    found = sa.select(outbox).where(outbox.c.state == SENDING, mine).order_by(outbox.c.id)
    return [row_of(db, raw) for raw in db.conn.execute(found.with_for_update(skip_locked=True))]


def fence_off(db: Db, row: Row) -> Row:
    """Take an abandoned row over: what its former owner still writes about it no longer counts."""
    db.conn.execute(sa.update(outbox).where(outbox.c.id == row.id).values(fence=row.fence + 1))
    return replace(row, fence=row.fence + 1)


def withdraw(db: Db, subject_kind: str, subject_id: str) -> int:
    """Take back what has not been sent for a subject that changed; returns how many rows."""
    about = (outbox.c.subject_kind == subject_kind, outbox.c.subject_id == subject_id, _IS_NEW)
    return db.conn.execute(sa.update(outbox).where(*about).values(state=WITHDRAWN, payload=None)).rowcount


_earlier = outbox.alias("earlier")
_BEFORE_IT = (
    sa.select(sa.literal(1))
    .where(
        _earlier.c.subject_kind == outbox.c.subject_kind,
        _earlier.c.subject_id == outbox.c.subject_id,
        is_now(_earlier.c.state, NEW, SENDING),
        _earlier.c.id < outbox.c.id,
    )
    .exists()
)


def answered(db: Db, outbox_id: str, now: datetime) -> bool:
    """What a row was to bring has been said another way.

    False if it is being sent already, or has to follow something earlier of its subject that is under way.
    Its payload stays until :func:`close_doubts`: nobody knows whether what was said has been heard.
    """
    done = {"state": SENT, "code": "answered", "done_at": now}
    mine = (outbox.c.id == outbox_id, _IS_NEW, ~_BEFORE_IT)
    return db.conn.execute(sa.update(outbox).where(*mine).values(done)).rowcount == 1


def find(db: Db, outbox_id: str) -> Row | None:
    """A row, whatever became of it; its payload is empty if the text was blanked."""
    raw = db.conn.execute(sa.select(outbox).where(outbox.c.id == outbox_id)).first()
    return None if raw is None else row_of(db, raw)


def rewrite(db: Db, outbox_id: str, payload: dict[str, Any] | None) -> None:
    """What a sent row's message shows from now on; None if nobody needs to know any more."""
    if payload is None:
        blank(db, outbox_id)
        return
    sealed_for = db.conn.execute(sa.select(outbox.c.sealed_for).where(outbox.c.id == outbox_id)).scalar_one()
    blob = db.seal(sealed_for, _WHERE, outbox_id, json.dumps(payload, ensure_ascii=False))
    db.conn.execute(sa.update(outbox).where(outbox.c.id == outbox_id).values(payload=blob))


def content(db: Db, outbox_id: str) -> Row | None:
    """A row with its text, if the text is still kept (open, or unknown and undecided)."""
    raw = db.conn.execute(sa.select(outbox).where(outbox.c.id == outbox_id)).first()
    return None if raw is None or raw.payload is None else row_of(db, raw)


def blank(db: Db, outbox_id: str) -> None:
    """The person decided: the text is not needed any more."""
    db.conn.execute(sa.update(outbox).where(outbox.c.id == outbox_id).values(payload=None))


def quarantine(db: Db, now: datetime) -> list[Row]:
    """After a restore: nothing that was queued goes out by itself; returns the rows held."""
    rows = [row_of(db, raw) for raw in db.conn.execute(sa.select(outbox).where(_OPEN).order_by(outbox.c.id))]
    held = {"state": UNKNOWN, "code": "restored", "done_at": now, "lease_until": None}
    db.conn.execute(sa.update(outbox).where(_OPEN).values(held))
    return rows


def next_due(db: Db, now: datetime) -> datetime | None:
    """When, after ``now``, the next unsent row becomes due (UTC)."""
    coming = sa.select(sa.func.min(outbox.c.due_at)).where(_IS_NEW, outbox.c.due_at > now)
    found: datetime | None = db.conn.execute(coming).scalar_one()
    return found


def close_doubts(db: Db, before: datetime) -> int:
    """Nobody decided or pressed: drop the kept texts of what ended before ``before``; returns how many."""
    kept = (outbox.c.done_at < before, outbox.c.payload.is_not(None), ~_OPEN)
    return db.conn.execute(sa.update(outbox).where(*kept).values(payload=None)).rowcount


def forget(db: Db, before: datetime) -> int:
    """Drop what is over since before ``before``; returns how many rows."""
    ended_at = sa.func.coalesce(outbox.c.done_at, outbox.c.created_at)  # a withdrawn row has no end
    over = (outbox.c.state.not_in([NEW, SENDING, UNKNOWN]), ended_at < before)
    return db.conn.execute(sa.delete(outbox).where(*over)).rowcount
