"""The inbox: everything that came in, one row each, written before the platform is answered.

A row's ``key`` makes the platform's retries and replays fall onto the first copy. The worker claims
rows under a lease; the deciding unit itself takes the row (:func:`take`), so its effects and the
"handled" mark are one commit and a row can be decided only once, in the order of its conversation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Index, LargeBinary, SmallInteger, String, Table

from storage import sealing
from storage.columns import Id, UtcDateTime, is_now
from storage.engine import Db, insert_ignore
from storage.metadata import metadata
from storage.sealing import KeyGone

NEW, HANDLED, PARKED = 0, 1, 2
MAIL = "mail"
"""The subject whose key seals what has not been decided yet and so belongs to nobody."""
_WHERE = "inbox.payload"

inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(255), nullable=False, unique=True),
    Column("conversation", String(255), nullable=False),
    Column("kind", String(16), nullable=False, comment="message | outcome"),
    Column("payload", LargeBinary, nullable=True, comment="sealed; blanked after handling"),
    Column("received_at", UtcDateTime, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("owner", String(32), nullable=True),
    Column("lease_until", UtcDateTime, nullable=True),
    Column("handled_at", UtcDateTime, nullable=True),
    Column("error", String(120), nullable=True),
)
_OPEN = is_now(inbox.c.state, NEW)
Index("ix_inbox_open", inbox.c.id, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_inbox_conversation", inbox.c.conversation, inbox.c.id, sqlite_where=_OPEN, postgresql_where=_OPEN)
_IS_PARKED = is_now(inbox.c.state, PARKED)
Index(
    "ix_inbox_parked",
    inbox.c.handled_at,
    inbox.c.id,
    sqlite_where=_IS_PARKED,
    postgresql_where=_IS_PARKED,
)
Index("ix_inbox_handled_at", inbox.c.handled_at)


class OutOfTurn(Exception):
    """An earlier message of the same conversation is not decided yet."""


class MailKey:
    """Seals payloads without a database at hand: the acknowledge path may not wait for one."""

    def __init__(self, key: Any) -> None:
        self._key = key

    def seal(self, row_id: str, payload: str) -> bytes:
        return sealing.encrypt(self._key, _WHERE, row_id, payload)

    def open(self, row_id: str, blob: bytes) -> str:
        return sealing.decrypt(self._key, _WHERE, row_id, blob)


def mail_key(db: Db) -> MailKey:
    """The key of undecided mail, made at first use."""
    return MailKey(db.vault.load(db.conn, MAIL, make=True))


def arrival(
    row_id: str, key: str, conversation: str, kind: str, sealed: bytes, received_at: datetime
) -> dict[str, Any]:
    """The row of something that just came in, for ``Store.insert(inbox, [...])``."""
    return {
        "id": row_id,
        "key": key,
        "conversation": conversation,
        "kind": kind,
        "payload": sealed,
        "received_at": received_at,
        "state": NEW,
        "attempts": 0,
    }


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row to decide. ``attempts`` counts this try; it was committed before the work began."""

    id: str
    conversation: str
    kind: str
    payload: str
    received_at: datetime
    attempts: int


SUSPECT = 2
"""A row that was claimed at two crashes may be their cause: from then on it is claimed alone."""

_before = inbox.alias("before")
_BEHIND_SUSPECT = (
    sa.select(sa.literal(1))
    .where(
        _before.c.conversation == inbox.c.conversation,
        is_now(_before.c.state, NEW),
        _before.c.attempts >= SUSPECT,
        _before.c.id < inbox.c.id,
    )
    .exists()
)


def _claiming(*which: sa.ColumnElement[bool]) -> Any:
    lease = inbox.c.lease_until
    free = sa.or_(lease.is_(None), lease < sa.bindparam("real", type_=UtcDateTime()))
    # A common table expression: as a plain subquery PostgreSQL may run the LIMIT more than once.
    oldest = (
        sa.select(inbox.c.id)
        .where(_OPEN, free, *which)
        .order_by(inbox.c.id)
        .limit(sa.bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("oldest")
    )
    values = {
        "attempts": inbox.c.attempts + 1,
        "owner": sa.bindparam("who"),
        "lease_until": sa.bindparam("until", type_=UtcDateTime()),
    }
    fields = ("id", "conversation", "kind", "payload", "received_at", "attempts")
    claimed = sa.update(inbox).where(inbox.c.id.in_(sa.select(oldest.c.id)), _OPEN).values(values)
    return claimed.returning(*(inbox.c[name] for name in fields))


_CLAIM = _claiming(inbox.c.attempts < SUSPECT, ~_BEHIND_SUSPECT)
_CLAIM_SUSPECT = _claiming(inbox.c.attempts >= SUSPECT)


def claim(db: Db, owner: str, limit: int, lease: timedelta) -> list[Claimed]:
    """Lease the oldest undecided rows, counting the attempt before the work."""
    return _claimed(db, _CLAIM, owner, limit, lease)


def claim_suspect(db: Db, owner: str, lease: timedelta) -> list[Claimed]:
    """Lease the oldest row that was there at crashes; only when nothing else is being decided."""
    return _claimed(db, _CLAIM_SUSPECT, owner, 1, lease)


def _claimed(db: Db, statement: Any, owner: str, limit: int, lease: timedelta) -> list[Claimed]:
    real = db.server_now()
    rows = db.conn.execute(
        statement, {"real": real, "most": limit, "who": owner, "until": real + lease}
    ).all()
    opened = [Claimed(r.id, r.conversation, r.kind, _open(db, r), r.received_at, r.attempts) for r in rows]
    return sorted(opened, key=lambda row: row.id)


def _open(db: Db, row: Any) -> str:
    try:
        return db.open(MAIL, _WHERE, row.id, bytes(row.payload)) if row.payload else ""
    except KeyGone:  # nobody can read it: it fails by itself and is set aside, the others go on
        return ""


_earlier = inbox.alias("earlier")
_WAITS = (
    sa.select(sa.literal(1))
    .where(_earlier.c.conversation == inbox.c.conversation, is_now(_earlier.c.state, NEW))
    .where(_earlier.c.id < inbox.c.id)
    .exists()
)
_TAKE = (
    sa.update(inbox)
    .where(inbox.c.id == sa.bindparam("row"), _OPEN, ~_WAITS)
    .values(
        state=HANDLED,
        handled_at=sa.bindparam("at", type_=UtcDateTime()),
        payload=None,
        lease_until=None,
    )
)
_STILL_OPEN = sa.select(inbox.c.id).where(inbox.c.id == sa.bindparam("row"), _OPEN)
_TURN = sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(sa.bindparam("talk"), 0)))


def take(db: Db, row: Claimed, now: datetime) -> bool:
    """Mark the row as handled inside the unit that decides it; False if somebody else already did.

    Raises:
        OutOfTurn: An earlier row of the conversation is still open; try again after it.
    """
    if db.dialect == "postgresql":  # on SQLite there is only one writer
        db.conn.execute(_TURN, {"talk": row.conversation})
    if db.conn.execute(_TAKE, {"row": row.id, "at": now}).rowcount == 1:
        return True
    if db.conn.execute(_STILL_OPEN, {"row": row.id}).first() is not None:
        raise OutOfTurn
    return False


_IS_THERE = sa.select(inbox.c.id).where(inbox.c.id == sa.bindparam("row"))


def has(db: Db, row_id: str) -> bool:
    """Whether a row was put in, and not passed over because its key stood there already."""
    return db.conn.execute(_IS_THERE, {"row": row_id}).first() is not None


def release(db: Db, row_ids: list[str], *, counted: bool = False) -> None:
    """Give leases back. The attempt counts only if deciding was ``counted`` as tried and failed."""
    back = {"lease_until": None, "attempts": inbox.c.attempts - (0 if counted else 1)}
    db.conn.execute(sa.update(inbox).where(inbox.c.id.in_(row_ids), _OPEN).values(back))


def release_owned(db: Db, owner: str) -> None:
    """At start: whatever this node had leased when it died is free again."""
    db.conn.execute(sa.update(inbox).where(inbox.c.owner == owner, _OPEN).values(lease_until=None))


def park(db: Db, row_id: str, error: str, now: datetime) -> None:
    """Set aside a row that cannot be decided, with its text, for a person to look at."""
    values = {"state": PARKED, "error": error[:120], "handled_at": now, "lease_until": None}
    db.conn.execute(sa.update(inbox).where(inbox.c.id == row_id, _OPEN).values(values))


def put(db: Db, row_id: str, key: str, conversation: str, kind: str, payload: str, now: datetime) -> None:
    """Something our own side has to say to a feature, for example an outcome."""
    sealed = db.seal(MAIL, _WHERE, row_id, payload)
    insert_ignore(db, inbox, arrival(row_id, key, conversation, kind, sealed, now))


@dataclass(frozen=True, slots=True)
class Depth:
    """How much is waiting: rows, and since when (UTC) the oldest."""

    open: int
    oldest: datetime | None
    parked: int


_WAITING = sa.select(sa.func.count(), sa.func.min(inbox.c.received_at)).where(_OPEN)
_PARKED_COUNT = sa.select(sa.func.count()).select_from(inbox).where(_IS_PARKED)


def depth(db: Db) -> Depth:
    waiting = db.conn.execute(_WAITING).one()
    parked = db.conn.execute(_PARKED_COUNT).scalar_one()
    return Depth(waiting[0], waiting[1], parked)


def forget(db: Db, before: datetime) -> int:
    """Drop handled rows, and so their keys, older than ``before``; returns how many."""
    return db.conn.execute(
        sa.delete(inbox).where(inbox.c.handled_at < before, inbox.c.state == HANDLED)
    ).rowcount
