"""Open talks: what the bot asked last and waits for, one per chat and person, with an end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    delete,
    select,
    update,
)

from storage import schools
from storage.columns import Id, Sealed, UtcDateTime
from storage.engine import Db, insert_ignore
from storage.metadata import metadata

talks = Table(
    "talks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("chat_key", String(255), nullable=False),
    Column("who", String(255), nullable=False),
    Column("feature", String(32), nullable=False),
    Column("state", Sealed, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("chat_key", "who"),
)

_STATE = "talks.state"
_CURRENT = select(talks).where(
    (talks.c.chat_key == bindparam("key"))
    & (talks.c.who == bindparam("person"))
    & (talks.c.expires_at > bindparam("now", type_=UtcDateTime))
)


@dataclass(frozen=True, slots=True)
class Talk:
    """One open talk.

    Args:
        id: The row; another talk in the same place has another id.
        chat_key: Where.
        who: A person's id, or a stranger's identity as one string.
        feature: Whose talk it is.
        state: The feature's own JSON.
        expires_at: From this moment on (UTC) it counts as closed.
    """

    id: str
    chat_key: str
    who: str
    feature: str
    state: str
    expires_at: datetime


def open_talk(
    db: Db,
    new_id: Callable[[], str],
    now: datetime,
    *,
    school_id: str,
    chat_key: str,
    person_id: str,
    feature: str,
    state: str,
    expires_at: datetime,
) -> Talk:
    """Open a talk; it takes the place of the one before."""
    talk = Talk(new_id(), chat_key, person_id, feature, state, expires_at)
    row = {
        "id": talk.id,
        "school_id": school_id,
        "chat_key": chat_key,
        "who": person_id,
        "feature": feature,
        "state": db.seal(schools.subject(school_id), _STATE, talk.id, state),
        "opened_at": now,
        "expires_at": expires_at,
    }
    while True:
        changed = db.conn.execute(update(talks).where(_here(chat_key, person_id)).values(row)).rowcount
        if changed or insert_ignore(db, talks, row):
            return talk


def current(db: Db, chat_key: str, person_id: str, now: datetime) -> Talk | None:
    """The talk that is open there now."""
    row = db.conn.execute(_CURRENT, {"key": chat_key, "person": person_id, "now": now}).one_or_none()
    if row is None:
        return None
    state = db.open(schools.subject(row.school_id), _STATE, row.id, row.state)
    return Talk(row.id, row.chat_key, row.who, row.feature, state, row.expires_at)


def close(db: Db, talk_id: str) -> bool:
    """Close this talk; False if it was closed or replaced."""
    return db.conn.execute(delete(talks).where(talks.c.id == talk_id)).rowcount == 1


def forget_expired(db: Db, now: datetime) -> int:
    """Delete what nobody can answer any more."""
    return db.conn.execute(delete(talks).where(talks.c.expires_at <= now)).rowcount


def _here(chat_key: str, person_id: str) -> ColumnElement[bool]:
    return (talks.c.chat_key == chat_key) & (talks.c.who == person_id)
