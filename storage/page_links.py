"""Links that let one person in, once: into the own mobile page, without a password.

A link's token is its id and a signature under the installation's key, 256 bits together. Only the id is
kept: whoever has the database without the key can make no link of it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, String, Table, bindparam, delete, insert, select, update

from storage import people
from storage.columns import Id, UtcDateTime
from storage.engine import Db
from storage.metadata import metadata

page_links = Table(
    "page_links",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("person_id", Id, nullable=False, index=True),
    Column("purpose", String(16), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("used_at", UtcDateTime),
)

LIFE = timedelta(days=7)
_TOKEN = re.compile(r"[0-9a-f]{64}")
_BY_ID = select(page_links).where(page_links.c.id == bindparam("id"))


@dataclass(frozen=True, slots=True)
class Link:
    """One link.

    Args:
        id: The row.
        school_id: The person's school.
        person_id: Whom it lets in.
        purpose: What for: ``home``.
        expires_at: From this moment on (UTC) it opens nothing.
        used: Whether it was used.
    """

    id: str
    school_id: str
    person_id: str
    purpose: str
    expires_at: datetime
    used: bool

    def opens(self, now: datetime) -> bool:
        """Whether it still lets in."""
        return not self.used and now < self.expires_at


def make(
    db: Db,
    new_id: Callable[[], str],
    now: datetime,
    person_id: str,
    *,
    purpose: str = "home",
    life: timedelta = LIFE,
) -> Link:
    """A new link for a person; earlier unused ones of that purpose end.

    Raises:
        ValueError: No such person.
    """
    school_id = people.school_of(db, person_id)
    if school_id is None:
        raise ValueError("a link needs an existing person")
    end(db, now, person_id, purpose)
    link = Link(new_id(), school_id, person_id, purpose, now + life, used=False)
    row = {
        "id": link.id,
        "school_id": school_id,
        "person_id": person_id,
        "purpose": purpose,
        "made_at": now,
        "expires_at": link.expires_at,
        "used_at": None,
    }
    db.conn.execute(insert(page_links), row)
    return link


def token(db: Db, link_id: str) -> str:
    """What stands in the address: 64 hex digits."""
    return link_id + _signature(db, link_id)


def look(db: Db, given: str) -> Link | None:
    """The link a token is for, used or not; None if it is no token of ours."""
    if _TOKEN.fullmatch(given) is None:
        return None
    link_id, signature = given[:32], given[32:]
    # Checked before the row is looked for: a guess learns nothing from the time it takes.
    if not hmac.compare_digest(signature, _signature(db, link_id)):
        return None
    row = db.conn.execute(_BY_ID, {"id": link_id}).one_or_none()
    if row is None:
        return None
    return Link(row.id, row.school_id, row.person_id, row.purpose, row.expires_at, row.used_at is not None)


def use(db: Db, now: datetime, link_id: str) -> bool:
    """Use a link up; of several who try at once exactly one gets True."""
    table = page_links.c
    here = (table.id == link_id) & table.used_at.is_(None) & (table.expires_at > now)
    return db.conn.execute(update(page_links).where(here).values(used_at=now)).rowcount == 1


def end(db: Db, now: datetime, person_id: str, purpose: str = "home") -> int:
    """End what a person's unused links open; returns how many."""
    table = page_links.c
    here = (table.person_id == person_id) & (table.purpose == purpose) & table.used_at.is_(None)
    return db.conn.execute(update(page_links).where(here).values(used_at=now)).rowcount


def forget(db: Db, before: datetime) -> int:
    """Delete links that expired before a moment (UTC); returns how many."""
    return db.conn.execute(delete(page_links).where(page_links.c.expires_at < before)).rowcount


def _signature(db: Db, link_id: str) -> str:
    return db.keyed_hash("page link", link_id).hex()[:32]
