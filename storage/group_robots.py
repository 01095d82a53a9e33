"""Custom robots of class groups: they can only speak, and whoever holds the token can speak as they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Column, String, Table, bindparam, delete, insert, select

from storage import classes
from storage.columns import Id, Sealed
from storage.engine import Db
from storage.metadata import metadata

group_robots = Table(
    "group_robots",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("class_id", Id, nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("token", Sealed, nullable=False),
    Column("secret", Sealed, nullable=False),
)

_TOKEN, _SECRET = "group_robots.token", "group_robots.secret"
_OF_CLASS = select(group_robots).where(group_robots.c.class_id == bindparam("class_id"))


@dataclass(frozen=True, slots=True)
class GroupRobot:
    """One class group's custom robot.

    Args:
        class_id: Whose group.
        name: What the school calls it.
        token: ``access_token`` of its address.
        secret: The key of its signature, or empty.
    """

    class_id: str
    name: str
    token: str = field(repr=False)
    secret: str = field(repr=False)


def put(
    db: Db, new_id: Callable[[], str], *, school_id: str, class_id: str, name: str, token: str, secret: str
) -> None:
    """Set a class's custom robot; an earlier one is forgotten."""
    remove(db, class_id)
    row_id, owner = new_id(), classes.subject(class_id)
    row = {
        "id": row_id,
        "school_id": school_id,
        "class_id": class_id,
        "name": name,
        "token": db.seal(owner, _TOKEN, row_id, token),
        "secret": db.seal(owner, _SECRET, row_id, secret),
    }
    db.conn.execute(insert(group_robots), row)


def remove(db: Db, class_id: str) -> None:
    """Take a class's custom robot away."""
    db.conn.execute(delete(group_robots).where(group_robots.c.class_id == class_id))


def of_class(db: Db, class_id: str) -> GroupRobot | None:
    """The class's custom robot, if it has one."""
    row = db.conn.execute(_OF_CLASS, {"class_id": class_id}).one_or_none()
    if row is None:
        return None
    owner = classes.subject(class_id)
    token = db.open(owner, _TOKEN, row.id, row.token)
    return GroupRobot(class_id, row.name, token, db.open(owner, _SECRET, row.id, row.secret))
