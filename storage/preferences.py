"""What a teacher or a school has set, with its history: effective at once, never overwritten.

Values are settings (``16:50``, ``true``), no personal text: they stand in the open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, overload

from sqlalchemy import Column, ColumnElement, Index, String, Table, Text, bindparam, select, text, update

from storage.classes import classes
from storage.columns import Id, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata
from storage.people import people

Scope = Literal["school", "class", "person"]

preferences = Table(
    "preferences",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("scope", String(8), nullable=False),
    Column("scope_id", Id, nullable=False),
    Column("key", String(64), nullable=False),
    Column("value", Text, nullable=False),
    Column("by_id", Id),
    Column("at", UtcDateTime, nullable=False),
    Column("superseded_at", UtcDateTime),
    Index(None, "scope", "scope_id", "key", "at"),
    Index(
        "uq_preferences_current",
        "scope",
        "scope_id",
        "key",
        unique=True,
        sqlite_where=text("superseded_at IS NULL"),
        postgresql_where=text("superseded_at IS NULL"),
    ),
)

_current = preferences.c.superseded_at.is_(None)
_OF_SCOPE = select(preferences.c.key, preferences.c.value).where(
    (preferences.c.scope == bindparam("scope")) & (preferences.c.scope_id == bindparam("scope_id")) & _current
)
_GET = select(preferences.c.value).where(
    (preferences.c.scope == bindparam("scope"))
    & (preferences.c.scope_id == bindparam("scope_id"))
    & (preferences.c.key == bindparam("key"))
    & _current
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One value and the time it held. ``by`` is who set it; None for the service."""

    value: str
    by: str | None
    at: datetime
    superseded_at: datetime | None


@overload
def get(db: Db, scope: Scope, scope_id: str, key: str, default: str) -> str: ...


@overload
def get(db: Db, scope: Scope, scope_id: str, key: str, default: None = None) -> str | None: ...


def get(db: Db, scope: Scope, scope_id: str, key: str, default: str | None = None) -> str | None:
    """What is set now, else ``default``. A unit reads a scope's settings once, all of them: there are few."""
    known = _known(scope, scope_id)
    if known not in db.memo:
        rows = db.conn.execute(_OF_SCOPE, {"scope": scope, "scope_id": scope_id})
        db.memo[known] = {row.key: row.value for row in rows}
    found: str | None = db.memo[known].get(key)
    return default if found is None else found


def _known(scope: Scope, scope_id: str) -> tuple[str, str]:
    return f"preferences.{scope}", scope_id


def put(
    db: Db,
    new_id: Callable[[], str],
    now: datetime,
    scope: Scope,
    scope_id: str,
    key: str,
    value: str,
    by: str | None,
) -> None:
    """Set a value from now on. The same value again changes nothing.

    Raises:
        ValueError: There is no such school, class or person.
    """
    school_id = _school_of(db, scope, scope_id)
    row = values(new_id(), now, school_id, scope, scope_id, key, value, by)
    db.memo.pop(_known(scope, scope_id), None)
    given = {"scope": scope, "scope_id": scope_id, "key": key}
    while db.conn.execute(_GET, given).scalar_one_or_none() != value:
        here = _here(scope, scope_id, key) & _current
        db.conn.execute(update(preferences).where(here).values(superseded_at=now))
        # Somebody on another replica may have been quicker: then theirs is superseded in turn.
        if insert_ignore(db, preferences, row):
            return


def values(
    row_id: str,
    now: datetime,
    school_id: str,
    scope: Scope,
    scope_id: str,
    key: str,
    value: str,
    by: str | None,
) -> dict[str, object]:
    """The row of a value that holds from now on."""
    return {
        "id": row_id,
        "school_id": school_id,
        "scope": scope,
        "scope_id": scope_id,
        "key": key,
        "value": value,
        "by_id": by,
        "at": now,
        "superseded_at": None,
    }


def history(db: Db, scope: Scope, scope_id: str, key: str) -> tuple[Setting, ...]:
    """Every value that ever held, oldest first."""
    table = preferences.c
    found = select(table.value, table.by_id, table.at, table.superseded_at).where(_here(scope, scope_id, key))
    return tuple(Setting(*row) for row in db.conn.execute(found.order_by(table.at, table.id)))


def _here(scope: Scope, scope_id: str, key: str) -> ColumnElement[bool]:
    table = preferences.c
    return (table.scope == scope) & (table.scope_id == scope_id) & (table.key == key)


def _school_of(db: Db, scope: Scope, scope_id: str) -> str:
    if scope == "school":
        return scope_id
    table = classes if scope == "class" else people
    found = db.conn.execute(select(table.c.school_id).where(table.c.id == scope_id)).scalar_one_or_none()
    if found is None:
        raise ValueError(f"no such {scope}")
    return str(found)
