"""Contact cards 家校联系卡: a line about one child for its family alone, and who has signed it.

Words and answers are sealed under the child. A signature is only ever added.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    Index,
    Row,
    String,
    Table,
    UniqueConstraint,
    delete,
    select,
    update,
)

from storage import pupils
from storage.columns import Id, Sealed, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata

State = Literal["draft", "sent", "dropped"]

contact_cards = Table(
    "contact_cards",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("batch_id", Id, nullable=False, comment="cards that were written and are sent together"),
    Column("pupil_id", Id, nullable=False),
    Column("author_id", Id, nullable=False),
    Column("day", Date, nullable=False),
    Column("text", Sealed, nullable=False),
    Column("state", String(8), nullable=False, comment="draft sent dropped"),
    Column("at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime, nullable=True),
    UniqueConstraint("batch_id", "pupil_id"),
    Index(None, "class_id", "state", "day"),
    Index(None, "pupil_id", "state", "day"),
    Index(None, "at"),
)

card_signatures = Table(
    "contact_card_signatures",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("card_id", Id, nullable=False),
    Column("pupil_id", Id, nullable=False),
    Column("guardian_id", Id, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("card_id", "guardian_id"),
    Index(None, "at"),
)

_TEXT = "contact_cards.text"


@dataclass(frozen=True, slots=True)
class Card:
    """One line to one family.

    Args:
        batch_id: What was written together.
        author_id: The teacher, who gets the family's opinion.
        day: The local day it is of.
        at: When it was written, UTC.
        sent_at: When it was handed over, UTC.
    """

    id: str
    school_id: str
    class_id: str
    batch_id: str
    pupil_id: str
    author_id: str
    day: date
    text: str
    state: State
    at: datetime
    sent_at: datetime | None = None


def put(db: Db, card: Card) -> str:
    """Write one down; the same child in the same batch takes the new words. Returns the row's id."""
    row = {name: getattr(card, name) for name in Card.__dataclass_fields__}
    row["text"] = _sealed(db, card.pupil_id, card.id, card.text)
    if insert_ignore(db, contact_cards, row):
        return card.id
    here = (contact_cards.c.batch_id == card.batch_id) & (contact_cards.c.pupil_id == card.pupil_id)
    row_id = str(db.conn.execute(select(contact_cards.c.id).where(here)).scalar_one())
    again = {"text": _sealed(db, card.pupil_id, row_id, card.text), "state": card.state}
    drafts = (contact_cards.c.id == row_id) & (contact_cards.c.state != "sent")
    db.conn.execute(update(contact_cards).where(drafts).values(again))
    return row_id


def get(db: Db, card_id: str) -> Card | None:
    """The card with this id."""
    return next(iter(_read(db, contact_cards.c.id == card_id)), None)


def batch(db: Db, batch_id: str, states: Collection[State]) -> tuple[Card, ...]:
    """What was written together and is in some states, in order."""
    return _read(db, (contact_cards.c.batch_id == batch_id) & contact_cards.c.state.in_(states))


def drafts_of(db: Db, author_id: str, since: datetime) -> tuple[Card, ...]:
    """What a teacher has written since a moment (UTC) and not sent."""
    table = contact_cards.c
    return _read(db, (table.author_id == author_id) & (table.state == "draft") & (table.at >= since))


def of_class(db: Db, class_ids: Collection[str], first: date, last: date) -> tuple[Card, ...]:
    """What the families of classes were sent from one local day to another."""
    table = contact_cards.c
    here = table.class_id.in_(class_ids) & (table.state == "sent") & table.day.between(first, last)
    return _read(db, here)


def of_pupils(db: Db, pupil_ids: Collection[str], first: date, last: date) -> tuple[Card, ...]:
    """What the families of children were sent from one local day to another."""
    table = contact_cards.c
    here = table.pupil_id.in_(pupil_ids) & (table.state == "sent") & table.day.between(first, last)
    return _read(db, here)


def set_state(db: Db, batch_id: str, after: State, sent_at: datetime | None = None) -> int:
    """Bring a batch's drafts to another state; returns how many there were."""
    here = (contact_cards.c.batch_id == batch_id) & (contact_cards.c.state == "draft")
    return db.conn.execute(update(contact_cards).where(here).values(state=after, sent_at=sent_at)).rowcount


def drop(db: Db, card_id: str) -> bool:
    """Take one draft out of its batch."""
    here = (contact_cards.c.id == card_id) & (contact_cards.c.state == "draft")
    return db.conn.execute(update(contact_cards).where(here).values(state="dropped")).rowcount == 1


def sign(db: Db, new_id: Callable[[], str], card: Card, guardian_id: str, now: datetime) -> bool:
    """A guardian has read it; False if that was known."""
    row = {
        "id": new_id(),
        "school_id": card.school_id,
        "card_id": card.id,
        "pupil_id": card.pupil_id,
        "guardian_id": guardian_id,
        "at": now,
    }
    return insert_ignore(db, card_signatures, row)


def signed(db: Db, card_ids: Sequence[str]) -> dict[str, dict[str, datetime]]:
    """Who has signed which card, and when (UTC)."""
    table = card_signatures.c
    found = select(table.card_id, table.guardian_id, table.at).where(table.card_id.in_(card_ids))
    by_card: dict[str, dict[str, datetime]] = {}
    for card_id, guardian_id, at in db.conn.execute(found.order_by(table.at)):
        by_card.setdefault(card_id, {})[guardian_id] = at
    return by_card


def forget(db: Db, school_id: str, before: datetime) -> int:
    """Drop a school's cards written before a moment (UTC), with their signatures."""
    for table in (card_signatures, contact_cards):
        old = (table.c.school_id == school_id) & (table.c.at < before)
        gone = db.conn.execute(delete(table).where(old)).rowcount
    return gone


def _sealed(db: Db, pupil_id: str, row_id: str, text: str) -> bytes:
    return db.seal(pupils.subject(pupil_id), _TEXT, row_id, text)


def _read(db: Db, here: ColumnElement[bool]) -> tuple[Card, ...]:
    found = select(contact_cards).where(here)
    order = (contact_cards.c.day, contact_cards.c.at, contact_cards.c.id)
    return tuple(_card(db, row) for row in db.conn.execute(found.order_by(*order)))


def _card(db: Db, row: Row[*tuple[Any, ...]]) -> Card:
    fields = {name: getattr(row, name) for name in Card.__dataclass_fields__}
    return Card(**fields | {"text": db.open(pupils.subject(row.pupil_id), _TEXT, row.id, row.text)})
