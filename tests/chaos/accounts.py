"""What the database says after a crash run: effects per mark, doubtful sends, and what is still open."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from storage import contact_log, digests, inbox, outbox
from storage.classes import subject as class_subject
from storage.engine import Db, open_store
from storage.pupils import subject as pupil_subject
from tests.chaos.ledger import effects_of


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A send of which nobody knows whether it arrived; ``text`` is empty once somebody was shown it."""

    id: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Database:
    """See the module."""

    effects: Counter[str]
    unknown: tuple[Doubtful, ...]
    open: dict[str, int]


def look_into(url: str, data_dir: Path) -> Database:
    """Read the database of a service that has stopped."""
    store = open_store(url, data_dir / "keys" / "installation.key", create=False)
    try:
        return store.read(_look).result()
    finally:
        store.close()


def _look(db: Db) -> Database:
    return Database(effects_of(_effects(db)), tuple(_unknown(db)), _open(db))


def _effects(db: Db) -> list[str]:
    log = contact_log.contact_log
    texts = []
    for row in db.conn.execute(sa.select(log)):
        subject = class_subject(row.class_id) if row.pupil_id is None else pupil_subject(row.pupil_id)
        texts.append(db.open(subject, "contact_log.content", row.id, row.content))
    for row in db.conn.execute(sa.select(digests.digests.c.id)):
        texts += [note.text for note in digests.notes(db, row.id)]
    return texts


def _unknown(db: Db) -> list[Doubtful]:
    table = outbox.outbox
    rows = db.conn.execute(sa.select(table.c.id, table.c.code).where(table.c.state == outbox.UNKNOWN))
    found = []
    for row in rows:
        kept = outbox.content(db, row.id)
        found.append(Doubtful(row.id, row.code or "", str(kept.payload.get("text", "")) if kept else ""))
    return found


def _open(db: Db) -> dict[str, int]:
    counts = {}
    for table, states in (
        (inbox.inbox, {"new": inbox.NEW, "parked": inbox.PARKED}),
        (outbox.outbox, {"new": outbox.NEW, "sending": outbox.SENDING, "expired": outbox.EXPIRED,
                         "refused": outbox.REFUSED}),
    ):  # fmt: skip
        for name, state in states.items():
            counted = sa.select(sa.func.count()).select_from(table).where(table.c.state == state)
            if count := db.conn.execute(counted).scalar_one():
                counts[f"{table.name} {name}"] = count
    return counts
