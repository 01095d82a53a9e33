"""The one-time codes by which a WeCom template card is changed (developer.work.weixin.qq.com, path 94888).

Each is good once, within 72 hours; sending a card brings one, and every press brings a new one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Column, Index, Table, bindparam, delete, select, update

from storage import inbox
from storage.columns import Id, Sealed, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata

card_codes = Table(
    "card_codes",
    metadata,
    Column("id", Id, primary_key=True, comment="the outbox row that made the card"),
    Column("code", Sealed, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "at"),
)

LIFE = timedelta(hours=72)
_WHERE = "card_codes.code"
_FIND = select(card_codes).where(card_codes.c.id == bindparam("track"))


def put(db: Db, track: str, code: str, now: datetime) -> None:
    """Keep a card's newest code; earlier ones are forgotten. A send and a press may keep one at once."""
    row = {"id": track, "code": db.seal(inbox.MAIL, _WHERE, track, code), "at": now}
    if not insert_ignore(db, card_codes, row):
        newer = update(card_codes).where(card_codes.c.id == track)
        db.conn.execute(newer.values(code=row["code"], at=now))


def take(db: Db, track: str, now: datetime) -> str:
    """A card's code, which is used up by asking; empty if there is none, or it is too old."""
    row = db.conn.execute(_FIND, {"track": track}).one_or_none()
    if row is None:
        return ""
    db.conn.execute(delete(card_codes).where(card_codes.c.id == track))
    return db.open(inbox.MAIL, _WHERE, track, row.code) if now - row.at < LIFE else ""


def forget(db: Db, now: datetime) -> None:
    """Codes nobody can use any more."""
    db.conn.execute(delete(card_codes).where(card_codes.c.at < now - LIFE))
