"""The platform's school address book beside ours, and families only a phone call reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    String,
    Table,
    UniqueConstraint,
    delete,
    select,
    update,
)

from storage import pupils
from storage.columns import Id, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata

Kind = Literal["class", "pupil", "parent"]

book = Table(
    "book",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("corp", String(64), nullable=False),
    Column("kind", String(16), nullable=False, comment="class pupil parent"),
    Column("ext_id", String(128), nullable=False),
    Column("our_id", Id, nullable=False),
    Column("parent_ext_id", String(128), nullable=True, comment="the department it is in"),
    Column("subscribed", Boolean, nullable=True, comment="parents: follows the notices"),
    Column("seen_at", UtcDateTime, nullable=False),
    UniqueConstraint("corp", "kind", "ext_id"),
    Index(None, "our_id", "kind"),
    Index(None, "corp", "parent_ext_id", "kind"),
)

phone_list = Table(
    "phone_list",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("person_id", Id, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime, nullable=True),
    UniqueConstraint("class_id", "person_id"),
    Index(None, "person_id"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the platform's book and what it is with us.

    Args:
        ext_id: The platform's id.
        our_id: The class, the child or the person.
        parent_ext_id: The department it stands in; None if it has left the book.
        subscribed: Parents: whether they follow the school's notices; None if the book does not say.
    """

    school_id: str
    corp: str
    kind: Kind
    ext_id: str
    our_id: str
    parent_ext_id: str | None
    subscribed: bool | None


_ENTRY = select(*(book.c[name] for name in Entry.__dataclass_fields__))


def get(db: Db, corp: str, kind: Kind, ext_id: str) -> Entry | None:
    """The line with this id of the platform's."""
    row = db.conn.execute(_ENTRY.where(_here(corp, kind, ext_id))).one_or_none()
    return None if row is None else Entry(*row)


def of_ours(db: Db, kind: Kind, our_id: str) -> tuple[Entry, ...]:
    """The lines that are this class, child or person."""
    here = (book.c.our_id == our_id) & (book.c.kind == kind)
    return tuple(Entry(*row) for row in db.conn.execute(_ENTRY.where(here).order_by(book.c.id)))


def of_department(db: Db, corp: str, kind: Kind, department: str) -> tuple[Entry, ...]:
    """What stands in a department."""
    here = (book.c.corp == corp) & (book.c.kind == kind) & (book.c.parent_ext_id == department)
    return tuple(Entry(*row) for row in db.conn.execute(_ENTRY.where(here).order_by(book.c.ext_id)))


def put(db: Db, new_id: Callable[[], str], now: datetime, entry: Entry) -> None:
    """Note a line as the platform has it now."""
    values = {
        "school_id": entry.school_id,
        "our_id": entry.our_id,
        "parent_ext_id": entry.parent_ext_id,
        "subscribed": entry.subscribed,
        "seen_at": now,
    }
    key = {"corp": entry.corp, "kind": entry.kind, "ext_id": entry.ext_id}
    if not insert_ignore(db, book, {"id": new_id(), **key, **values}):
        here = _here(entry.corp, entry.kind, entry.ext_id)
        db.conn.execute(update(book).where(here).values(**values))


def left(db: Db, corp: str, kind: Kind, ext_id: str) -> None:
    """It stands in no department any more; the line stays, so that who comes back is the same one."""
    db.conn.execute(update(book).where(_here(corp, kind, ext_id)).values(parent_ext_id=None))


def rename(db: Db, corp: str, kind: Kind, ext_id: str, new_ext_id: str) -> bool:
    """The platform has given it another id; False if there is no such line or the new id is taken."""
    if get(db, corp, kind, new_ext_id) is not None:
        return False
    changed = update(book).where(_here(corp, kind, ext_id)).values(ext_id=new_ext_id)
    return db.conn.execute(changed).rowcount == 1


def subscribe(db: Db, corp: str, ext_id: str, *, now_follows: bool) -> bool:
    """A parent follows the school's notices, or no longer; False if we do not know this parent."""
    changed = update(book).where(_here(corp, "parent", ext_id)).values(subscribed=now_follows)
    return db.conn.execute(changed).rowcount == 1


def _here(corp: str, kind: Kind, ext_id: str) -> ColumnElement[bool]:
    return (book.c.corp == corp) & (book.c.kind == kind) & (book.c.ext_id == ext_id)


def keep_pupil(
    db: Db, new_id: Callable[[], str], pupil_id: str | None, *, school_id: str, class_id: str, name: str
) -> str:
    """A child as the book has it: added, moved or renamed; returns its id."""
    known = pupils.get(db, pupil_id) if pupil_id is not None else None
    if known is None:
        return pupils.add(db, new_id, school_id=school_id, class_id=class_id, name=name).id
    if (known.class_id, known.name) != (class_id, name):
        row = pupils.values(db, pupils.Pupil(known.id, school_id, class_id, name))
        here = pupils.pupils.c.id == known.id
        db.conn.execute(update(pupils.pupils).where(here).values(class_id=row["class_id"], name=row["name"]))
        db.memo.clear()
    return known.id


# -- families only a phone call reaches


@dataclass(frozen=True, slots=True)
class Call:
    """One family to be called.

    Args:
        reason: The code of what could not be sent.
        at: Since when, UTC.
    """

    class_id: str
    person_id: str
    reason: str
    at: datetime


def to_call(
    db: Db,
    new_id: Callable[[], str],
    now: datetime,
    *,
    school_id: str,
    class_id: str,
    person_id: str,
    reason: str,
) -> bool:
    """Put a family on the phone list; False if it stands there."""
    row = {
        "id": new_id(),
        "school_id": school_id,
        "class_id": class_id,
        "person_id": person_id,
        "reason": reason[:32],
        "at": now,
        "done_at": None,
    }
    if insert_ignore(db, phone_list, row):
        return True
    here = (phone_list.c.class_id == class_id) & (phone_list.c.person_id == person_id)
    again = update(phone_list).where(here & phone_list.c.done_at.is_not(None))
    return db.conn.execute(again.values(reason=reason[:32], at=now, done_at=None)).rowcount == 1


def calls(db: Db, class_ids: Iterable[str]) -> tuple[Call, ...]:
    """Who is to be called in these classes, longest first."""
    table = phone_list.c
    here = table.class_id.in_(list(class_ids)) & table.done_at.is_(None)
    found = select(table.class_id, table.person_id, table.reason, table.at).where(here)
    return tuple(Call(*row) for row in db.conn.execute(found.order_by(table.at, table.id)))


def called(db: Db, now: datetime, person_id: str, class_ids: Iterable[str] | None = None) -> int:
    """A family was called or can be reached again; returns in how many classes it stood on the list."""
    here = (phone_list.c.person_id == person_id) & phone_list.c.done_at.is_(None)
    if class_ids is not None:
        here &= phone_list.c.class_id.in_(list(class_ids))
    return db.conn.execute(update(phone_list).where(here).values(done_at=now)).rowcount


def forget(db: Db, before: datetime) -> None:
    """Whom somebody rang up before then, and why, is over."""
    db.conn.execute(delete(phone_list).where(phone_list.c.done_at < before))
