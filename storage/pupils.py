"""Children. Private to ``storage/``: everybody else asks ``storage.access``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Index, Row, Table, bindparam, insert, select

from storage.columns import Id, Sealed
from storage.engine import Db
from storage.metadata import metadata

pupils = Table(
    "pupils",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False),
    Column("name", Sealed, nullable=False),
    Index(None, "class_id"),
)

NAME = "pupils.name"


@dataclass(frozen=True, slots=True)
class Pupil:
    """One child of a class."""

    id: str
    school_id: str
    class_id: str
    name: str


_SELECT = select(pupils.c.id, pupils.c.school_id, pupils.c.class_id, pupils.c.name)
_BY_ID = _SELECT.where(pupils.c.id == bindparam("id"))
_SEVERAL = _SELECT.where(pupils.c.id.in_(bindparam("ids", expanding=True))).order_by(pupils.c.id)


def subject(pupil_id: str) -> str:
    """Whose key seals what belongs to this child; destroying it erases the child's records."""
    return f"pupil:{pupil_id}"


def add(db: Db, new_id: Callable[[], str], *, school_id: str, class_id: str, name: str) -> Pupil:
    """Add a child to a class."""
    pupil = Pupil(new_id(), school_id, class_id, name)
    db.conn.execute(insert(pupils), values(db, pupil))
    db.memo.clear()
    return pupil


def values(db: Db, pupil: Pupil) -> dict[str, object]:
    """The row of a child, its name sealed."""
    sealed = db.seal(subject(pupil.id), NAME, pupil.id, pupil.name)
    return {"id": pupil.id, "school_id": pupil.school_id, "class_id": pupil.class_id, "name": sealed}


def get(db: Db, pupil_id: str) -> Pupil | None:
    """The child with this id."""
    row = db.conn.execute(_BY_ID, {"id": pupil_id}).one_or_none()
    return None if row is None else _pupil(db, row)


def school_of(db: Db, pupil_id: str) -> str | None:
    """The child's school, without opening the name."""
    found = select(pupils.c.school_id).where(pupils.c.id == pupil_id)
    school_id: str | None = db.conn.execute(found).scalar_one_or_none()
    return school_id


def of_class(db: Db, class_id: str) -> tuple[Pupil, ...]:
    """The children of a class in the order of the roster; opened once in a unit."""
    known = ("pupils", class_id)
    if known not in db.memo:
        found = _SELECT.where(pupils.c.class_id == class_id).order_by(pupils.c.id)
        db.memo[known] = tuple(_pupil(db, row) for row in db.conn.execute(found))
    there: tuple[Pupil, ...] = db.memo[known]
    return there


def several(db: Db, pupil_ids: Iterable[str]) -> tuple[Pupil, ...]:
    """These children, in the order of the roster."""
    return tuple(_pupil(db, row) for row in db.conn.execute(_SEVERAL, {"ids": list(pupil_ids)}))


def _pupil(db: Db, row: Row[*tuple[Any, ...]]) -> Pupil:
    return Pupil(row.id, row.school_id, row.class_id, db.open(subject(row.id), NAME, row.id, row.name))
