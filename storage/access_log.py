"""Who looked at a child's record: a log that shows when somebody changed it.

Every entry holds the hash of the one before it and a keyed hash of its own. The key of the next entry
is the SHA-256 of this one's, and the old one is thrown away: who breaks in today cannot rewrite
yesterday. The chain's head is sealed with the installation's keys, so entries cannot be cut off the
end or the whole chain be built anew by somebody who has only the database.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Row, String, Table, insert, select, update

from storage.columns import Id, Sealed, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata
from storage.sealing import KeyGone

access_log = Table(
    "access_log",
    metadata,
    Column("school_id", Id, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_id", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("object_kind", String(16), nullable=False),
    Column("object_id", Id, nullable=False),
    Column("reason", Sealed, nullable=False),
    Column("prev", LargeBinary, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    Index(None, "object_kind", "object_id", "seq"),
)

access_chain = Table(
    "access_chain",
    metadata,
    Column("school_id", Id, primary_key=True),
    Column("state", Sealed, nullable=False),
)

_START = bytes(32)
_REASON, _STATE = "access_log.reason", "access_chain.state"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry's number (0: none yet) and its hash; told outside, it anchors all before it."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One look at a record."""

    seq: int
    at: datetime
    actor_id: str
    action: str
    object_kind: str
    object_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Chain:
    seq: int
    head: bytes
    key: bytes

    def dump(self) -> str:
        return json.dumps({"seq": self.seq, "head": self.head.hex(), "key": self.key.hex()})

    @classmethod
    def load(cls, text: str) -> _Chain:
        held = json.loads(text)
        return cls(held["seq"], bytes.fromhex(held["head"]), bytes.fromhex(held["key"]))


def begin(db: Db, school_id: str) -> bytes:
    """Begin a school's chain and hand out its first key, for a copy on paper: with it all macs are checked.

    Raises:
        ValueError: The chain has begun already; the first key is gone by design.
    """
    key = secrets.token_bytes(32)
    if not _create(db, school_id, key):
        raise ValueError("this school's access log has begun already")
    return key


def append(
    db: Db,
    *,
    school_id: str,
    actor_id: str,
    action: str,
    object_kind: str,
    object_id: str,
    reason: str,
    at: datetime | None = None,
) -> int:
    """Add an entry and return its number. The time is the database's own unless given (UTC)."""
    chain = _locked(db, school_id)
    seq = chain.seq + 1
    row = {
        "school_id": school_id,
        "seq": seq,
        "at": at or db.server_now(),
        "actor_id": actor_id,
        "action": action,
        "object_kind": object_kind,
        "object_id": object_id,
        "reason": db.seal(_subject(school_id), _REASON, f"{school_id}:{seq}", reason),
        "prev": chain.head,
    }
    row["mac"] = mac = hmac.digest(chain.key, _canonical(row), hashlib.sha256)
    db.conn.execute(insert(access_log), row)
    after = _Chain(seq, _hash(row, mac), hashlib.sha256(chain.key).digest())
    sealed = db.seal(_subject(school_id), _STATE, school_id, after.dump())
    db.conn.execute(update(access_chain).where(access_chain.c.school_id == school_id).values(state=sealed))
    return seq


def head(db: Db, school_id: str) -> Head:
    """The newest entry, for telling it outside."""
    chain = _read(db, school_id)
    return Head(0, _START) if chain is None else Head(chain.seq, chain.head)


def verify(db: Db, school_id: str, first_key: bytes | None = None) -> int | None:
    """Recompute the chain from the stored rows.

    Args:
        db: The unit.
        school_id: Whose log.
        first_key: What :func:`begin` gave out; with it every entry's keyed hash is checked too.

    Returns:
        None if all is well, else the number of the first entry that is missing, changed or out of place.
    """
    try:
        chain = _read(db, school_id)
    except KeyGone:
        return 1
    expected, key, seq = _START, first_key, 0
    rows = select(access_log).where(access_log.c.school_id == school_id).order_by(access_log.c.seq)
    for found in db.conn.execute(rows):
        seq += 1
        row = _plain(found)
        if found.seq != seq or bytes(found.prev) != expected or not _mac_holds(row, bytes(found.mac), key):
            return seq
        expected = _hash(row, bytes(found.mac))
        key = None if key is None else hashlib.sha256(key).digest()
    # The last entry is vouched for by the sealed head only.
    known = _Chain(0, _START, b"") if chain is None else chain
    if known.seq > seq:
        return seq + 1
    return None if (known.seq, known.head) == (seq, expected) else max(seq, 1)


def who_looked(db: Db, object_kind: str, object_id: str) -> tuple[Entry, ...]:
    """Who looked at this record, oldest first."""
    here = (access_log.c.object_kind == object_kind) & (access_log.c.object_id == object_id)
    rows = db.conn.execute(select(access_log).where(here).order_by(access_log.c.seq))
    return tuple(_entry(db, row) for row in rows)


def _subject(school_id: str) -> str:
    return f"chain:{school_id}"


def _create(db: Db, school_id: str, key: bytes) -> bool:
    sealed = db.seal(_subject(school_id), _STATE, school_id, _Chain(0, _START, key).dump())
    return insert_ignore(db, access_chain, {"school_id": school_id, "state": sealed})


def _read(db: Db, school_id: str, *, lock: bool = False) -> _Chain | None:
    found = select(access_chain.c.state).where(access_chain.c.school_id == school_id)
    state = db.conn.execute(found.with_for_update() if lock else found).scalar_one_or_none()
    return None if state is None else _Chain.load(db.open(_subject(school_id), _STATE, school_id, state))


def _locked(db: Db, school_id: str) -> _Chain:
    """The chain with its row locked until the commit: one writer at a time."""
    chain = _read(db, school_id, lock=True)
    if chain is None:
        _create(db, school_id, secrets.token_bytes(32))
        chain = _read(db, school_id, lock=True)
    assert chain is not None  # noqa: S101 - the row was just made, by us or by the one we waited for
    return chain


def _plain(row: Row[*tuple[Any, ...]]) -> dict[str, object]:
    held = dict(row._mapping)
    held.pop("mac")
    return held | {"reason": bytes(row.reason), "prev": bytes(row.prev)}


def _canonical(row: dict[str, object]) -> bytes:
    """One spelling of an entry: fixed order, milliseconds, hex."""
    at = row["at"]
    assert isinstance(at, datetime)  # noqa: S101 - for the type checker; the column is not null
    reason, prev = row["reason"], row["prev"]
    assert isinstance(reason, bytes) and isinstance(prev, bytes)  # noqa: S101, PT018 - as above
    fields = [row[name] for name in ("school_id", "seq", "actor_id", "action", "object_kind", "object_id")]
    return prev + json.dumps([*fields, at.isoformat(timespec="milliseconds"), reason.hex()]).encode()


def _hash(row: dict[str, object], mac: bytes) -> bytes:
    return hashlib.sha256(_canonical(row) + mac).digest()


def _mac_holds(row: dict[str, object], mac: bytes, key: bytes | None) -> bool:
    return key is None or hmac.compare_digest(hmac.digest(key, _canonical(row), hashlib.sha256), mac)


def _entry(db: Db, row: Row[*tuple[Any, ...]]) -> Entry:
    reason = db.open(_subject(row.school_id), _REASON, f"{row.school_id}:{row.seq}", row.reason)
    return Entry(row.seq, row.at, row.actor_id, row.action, row.object_kind, row.object_id, reason)
