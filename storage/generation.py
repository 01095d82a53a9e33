"""Is this the database we left, or an older copy put back?

Each start writes a new random generation into the database and into a file beside it; and while it
serves, a second file is told every second or so how far the database has come. A database of another
generation, or one that has not come so far, was restored: what it had queued may have been sent long ago.
"""

from __future__ import annotations

import json
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from sqlalchemy import Column, String, Table, func, select

from storage.columns import is_now
from storage.engine import Db, Store
from storage.inbox import inbox
from storage.metadata import metadata
from storage.outbox import ENDS, outbox

Verdict = Literal["fresh", "same", "restored"]
FORGOTTEN = timedelta(days=6)
_PENDING = "restored"

meta = Table(
    "meta",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("value", String(200), nullable=False),
)


def get_meta(db: Db, key: str) -> str | None:
    """One fact about the installation."""
    found: str | None = db.conn.execute(sa.select(meta.c.value).where(meta.c.key == key)).scalar()
    return found


def put_meta(db: Db, key: str, value: str) -> None:
    """Set one fact about the installation."""
    if db.conn.execute(sa.update(meta).where(meta.c.key == key).values(value=value)).rowcount == 0:
        db.conn.execute(sa.insert(meta).values(key=key, value=value))


def node_id(state_dir: Path) -> str:
    """This installation's own name among several on one database; made once, kept in a file."""
    path = state_dir / "node"
    if not path.exists():
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, secrets.token_hex(8))
    return path.read_text().strip()


def mark(db: Db) -> int:
    """How far the database has come: the latest moment (ms) anything was handled or sent."""
    found = [db.conn.execute(statement).scalar_one() for statement in _REACHED]
    return max((int(when.timestamp() * 1000) for when in found if when is not None), default=0)


_REACHED = (
    select(func.max(inbox.c.handled_at)),
    *(select(func.max(outbox.c.done_at)).where(is_now(outbox.c.state, state)) for state in ENDS),
)


def remember(state_dir: Path, reached: int) -> None:
    """Write down a :func:`mark`. Not synced: after a power cut it may only be too low, which is harmless."""
    temporary = state_dir / "reached.new"
    temporary.write_text(str(reached))
    temporary.replace(state_dir / "reached")


def settled(state_dir: Path) -> None:
    """What a restored copy had queued is held: from now on it is a database like any other."""
    (state_dir / _PENDING).unlink(missing_ok=True)


def _remembered(state_dir: Path) -> int:
    """The mark; 0 if there is none, or a power cut left the file empty."""
    try:
        return int((state_dir / "reached").read_text())
    except (FileNotFoundError, ValueError):
        return 0


def _is_behind(store: Store, state_dir: Path, now: datetime) -> bool:
    remembered = _remembered(state_dir)
    # What is over is dropped after seven days, so an idle database falls behind an old mark by itself.
    if remembered < (now - FORGOTTEN).timestamp() * 1000:
        return False
    return store.run(mark).result() < remembered


def enter(store: Store, state_dir: Path, now: datetime) -> Verdict:
    """Compare database and file, then begin a new generation in both.

    The file first names the coming generation beside the present one, so a crash between the two
    writes is not mistaken for a restore.
    """
    path = state_dir / "generation.json"
    key = f"generation:{node_id(state_dir)}"
    kept = json.loads(path.read_text()) if path.exists() else []
    present = store.run(lambda db: get_meta(db, key)).result()
    verdict = _verdict(store, present, kept)
    if verdict == "same" and _is_behind(store, state_dir, now):
        verdict = "restored"
    # A crash before the queue is held must not make the next start believe that all is well.
    if (state_dir / _PENDING).exists():
        verdict = "restored"
    elif verdict == "restored":
        _write(state_dir / _PENDING, "")
    coming = secrets.token_hex(8)
    _write(path, json.dumps([present, coming]))
    store.run(lambda db: put_meta(db, key, coming)).result()
    _write(path, json.dumps([coming]))
    return verdict


def _verdict(store: Store, present: str | None, kept: list[str | None]) -> Verdict:
    if present is not None:
        return "same" if present in kept else "restored"
    if None in kept:  # the very first start ended between its two writes
        return "fresh"
    if store.dialect == "postgresql" and not kept:  # a further replica joining a database that is in use
        return "fresh"
    others = store.run(lambda db: _any_generation(db)).result()
    return "restored" if others or kept else "fresh"


def _any_generation(db: Db) -> bool:
    found = sa.select(meta.c.key).where(meta.c.key.like("generation:%")).limit(1)
    return db.conn.execute(found).first() is not None


def _write(path: Path, text: str) -> None:
    temporary = path.with_suffix(".new")
    with temporary.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
