"""WeChat customer service: how far it was read, and how many answers each conversation still takes.

The platform takes five messages after each of the customer's, within 48 hours
(developer.work.weixin.qq.com, path 94677); what is sent is counted before it is sent. A welcome by code
(path 95122) is not one of the five. Each send notes the way it took: a second try takes the same one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from storage.columns import Id, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata
from storage.page_messages import page_messages

kf_cursors = Table(
    "kf_cursors",
    metadata,
    Column("id", Id, primary_key=True),
    Column("app", String(64), nullable=False),
    Column("kf_id", String(64), nullable=False),
    Column("cursor", String(255), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("app", "kf_id"),
)

kf_turns = Table(
    "kf_turns",
    metadata,
    Column("id", Id, primary_key=True),
    Column("app", String(64), nullable=False),
    Column("external_id", String(64), nullable=False),
    Column("kf_id", String(64), nullable=False),
    Column("last_at", UtcDateTime, nullable=False, comment="when the customer last wrote"),
    Column("used", Integer, nullable=False, comment="messages of ours since then"),
    UniqueConstraint("app", "external_id", "kf_id"),
    Index(None, "last_at"),
)

kf_ways = Table(
    "kf_ways",
    metadata,
    Column("id", Id, primary_key=True, comment="the outbox row"),
    Column("who", String(128), nullable=False, comment="whom it is for"),
    Column("way", String(8), nullable=False, comment="welcome kf page noticed"),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "who", "at"),
    Index(None, "at"),
)

MOST = 5
WINDOW = timedelta(hours=48)
MARGIN = timedelta(minutes=1)
"""So much earlier a window counts as closed: the platform's clock is not ours."""
KEPT = timedelta(days=3)
"""So long the platform keeps what a customer wrote, and nothing here is needed for longer."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

Way = Literal["welcome", "kf", "page", "noticed"]

_CURSOR = select(kf_cursors.c.cursor).where(
    (kf_cursors.c.app == bindparam("app")) & (kf_cursors.c.kf_id == bindparam("kf_id"))
)
_WAY = select(kf_ways.c.way).where(kf_ways.c.id == bindparam("outbox_id"))
_UNSEEN = (
    select(kf_ways.c.id)
    .join(page_messages, page_messages.c.outbox_id == kf_ways.c.id)
    .where(
        (kf_ways.c.who == bindparam("who"))
        & (kf_ways.c.at > bindparam("since"))
        & (kf_ways.c.way == "noticed")
        & page_messages.c.seen_at.is_(None)
        & page_messages.c.content.is_not(None)
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Customer:
    """One conversation: an app's customer service account and who writes to it.

    Args:
        app: The app's name in the settings.
        kf_id: ``open_kfid``.
        external_id: ``external_userid``.
    """

    app: str
    kf_id: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Turn:
    """How a conversation stands: when the customer last wrote (UTC), and what was sent since."""

    last_at: datetime
    used: int

    def takes(self, now: datetime, count: int = 1) -> bool:
        """Whether so many more messages may be sent now."""
        return self.used + count <= MOST and now < self.last_at + WINDOW - MARGIN


# -- reading


def cursor(db: Db, app: str, kf_id: str) -> str:
    """How far the conversations of an account were read; empty before the first page."""
    found = db.conn.execute(_CURSOR, {"app": app, "kf_id": kf_id}).scalar_one_or_none()
    return str(found or "")


def advance(
    db: Db, new_id: Callable[[], str], now: datetime | None, app: str, kf_id: str, reached: str
) -> None:
    """Note how far they were read; in the unit that keeps what was read.

    Args:
        now: When, UTC; None leaves no moment behind.
    """
    table = kf_cursors.c
    here = (table.app == app) & (table.kf_id == kf_id)
    to: dict[str, Any] = {"cursor": reached} | ({"at": now} if now is not None else {})
    if db.conn.execute(update(kf_cursors).where(here).values(to)).rowcount == 0:
        row = {"id": new_id(), "app": app, "kf_id": kf_id, "cursor": reached, "at": now or _NEVER}
        db.conn.execute(insert(kf_cursors), row)


# -- turns


def wrote(db: Db, new_id: Callable[[], str], customer: Customer, at: datetime) -> None:
    """The customer wrote: from that moment on there are five again. What is older changes nothing.

    Args:
        at: When, UTC, as the platform says.
    """
    row = {
        "id": new_id(),
        "app": customer.app,
        "external_id": customer.external_id,
        "kf_id": customer.kf_id,
        "last_at": at,
        "used": 0,
    }
    if not insert_ignore(db, kf_turns, row):
        here = _of(customer) & (kf_turns.c.last_at <= at)
        db.conn.execute(update(kf_turns).where(here).values(last_at=at, used=0))


def look(db: Db, customer: Customer) -> Turn | None:
    """How a conversation stands; None if the customer never wrote, or so long ago that it is forgotten."""
    row = db.conn.execute(select(kf_turns).where(_of(customer))).one_or_none()
    return None if row is None else Turn(row.last_at, row.used)


def reserve(db: Db, now: datetime, customer: Customer, count: int = 1) -> bool:
    """Count messages that are about to be sent; False if the conversation does not take so many now."""
    open_now = (kf_turns.c.used <= MOST - count) & (kf_turns.c.last_at > now - WINDOW + MARGIN)
    here = _of(customer) & open_now
    return db.conn.execute(update(kf_turns).where(here).values(used=kf_turns.c.used + count)).rowcount == 1


def give_back(db: Db, customer: Customer, count: int = 1) -> None:
    """Messages that were counted were certainly not sent."""
    here = _of(customer) & (kf_turns.c.used >= count)
    db.conn.execute(update(kf_turns).where(here).values(used=kf_turns.c.used - count))


def shut(db: Db, customer: Customer) -> None:
    """The platform takes no more, whatever our book says: until the customer writes again."""
    db.conn.execute(update(kf_turns).where(_of(customer)).values(used=MOST))


# -- ways


def way_of(db: Db, outbox_id: str) -> Way | None:
    """The way an earlier try of this send took; None at the first."""
    found = db.conn.execute(_WAY, {"outbox_id": outbox_id}).scalar_one_or_none()
    return None if found is None else cast("Way", found)


def take_way(db: Db, now: datetime, outbox_id: str, who: str, way: Way) -> None:
    """Note the way a send takes, before it is sent, or that it takes another one now."""
    row = {"id": outbox_id, "who": who, "way": way, "at": now}
    if not insert_ignore(db, kf_ways, row):
        db.conn.execute(update(kf_ways).where(kf_ways.c.id == outbox_id).values(way=way, at=now))


def leave_way(db: Db, outbox_id: str) -> None:
    """It was certainly not sent: the next try chooses anew."""
    db.conn.execute(delete(kf_ways).where(kf_ways.c.id == outbox_id))


def unseen_since(db: Db, since: datetime, who: str) -> bool:
    """Whether a page message somebody was notified of after a moment (UTC) has not been looked at yet."""
    return db.conn.execute(_UNSEEN, {"who": who, "since": since}).first() is not None


def forget(db: Db, now: datetime) -> None:
    """Delete what is over: who wrote when is nobody's business any more."""
    db.conn.execute(delete(kf_turns).where(kf_turns.c.last_at < now - KEPT))
    db.conn.execute(delete(kf_ways).where(kf_ways.c.at < now - KEPT))


def _of(customer: Customer) -> ColumnElement[bool]:
    table = kf_turns.c
    return (
        (table.app == customer.app)
        & (table.external_id == customer.external_id)
        & (table.kf_id == customer.kf_id)
    )
