"""Classes, and the one place that knows that 三(2)班, 302班 and 三年二班 are the same class."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import (
    Column,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    insert,
    select,
    update,
)

from storage.columns import Id
from storage.engine import Db
from storage.metadata import metadata

classes = Table(
    "classes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("school_id", Id, nullable=False),
    Column("name", String(64), nullable=False),
    Column("grade", Integer),
    Column("number", Integer),
    Column("group_chat", String(255), unique=True),
    UniqueConstraint("school_id", "name"),
    Index(None, "school_id", "grade", "number"),
)


@dataclass(frozen=True, slots=True)
class SchoolClass:
    """One class.

    Args:
        id: The row.
        school_id: Its school.
        name: The name the school uses, for example ``三(2)班``.
        grade: 1 to 9 for compulsory school, 10 to 12 for senior school; None if the name does not say.
        number: The class's number in its grade, or None.
        group_chat: The key of its group chat (``platform/app/group/id``), or None.
    """

    id: str
    school_id: str
    name: str
    grade: int | None
    number: int | None
    group_chat: str | None


_SELECT = select(
    classes.c.id, classes.c.school_id, classes.c.name, classes.c.grade, classes.c.number, classes.c.group_chat
)
_BY_ID = _SELECT.where(classes.c.id == bindparam("id"))
_BY_GROUP = _SELECT.where(classes.c.group_chat == bindparam("key"))


def subject(class_id: str) -> str:
    """Whose key seals what belongs to the whole class."""
    return f"class:{class_id}"


def add(
    db: Db, new_id: Callable[[], str], *, school_id: str, name: str, group_chat: str | None = None
) -> SchoolClass:
    """Add a class; grade and number come from its name."""
    grade, number = parse_name(name) or (None, None)
    added = SchoolClass(new_id(), school_id, name, grade, number, group_chat)
    db.conn.execute(insert(classes), values(added))
    return added


def values(of: SchoolClass) -> dict[str, object]:
    """The row of a class."""
    return {
        "id": of.id,
        "school_id": of.school_id,
        "name": of.name,
        "grade": of.grade,
        "number": of.number,
        "group_chat": of.group_chat,
    }


def get(db: Db, class_id: str) -> SchoolClass | None:
    """The class with this id."""
    known = ("class", class_id)
    if known not in db.memo:
        row = db.conn.execute(_BY_ID, {"id": class_id}).one_or_none()
        db.memo[known] = None if row is None else SchoolClass(*row)
    found: SchoolClass | None = db.memo[known]
    return found


def of_school(db: Db, school_id: str) -> tuple[SchoolClass, ...]:
    """All classes of a school by grade, number and name."""
    order = (classes.c.grade, classes.c.number, classes.c.name)
    rows = db.conn.execute(_SELECT.where(classes.c.school_id == school_id).order_by(*order))
    return tuple(SchoolClass(*row) for row in rows)


def by_group(db: Db, chat_key: str) -> SchoolClass | None:
    """The class whose group this chat is."""
    row = db.conn.execute(_BY_GROUP, {"key": chat_key}).one_or_none()
    return None if row is None else SchoolClass(*row)


def by_name(db: Db, school_id: str, name: str) -> SchoolClass | None:
    """The class somebody means by a name, in any of the usual spellings; None if none or several fit."""
    exact = _SELECT.where((classes.c.school_id == school_id) & (classes.c.name == name))
    row = db.conn.execute(exact).one_or_none()
    if row is not None:
        return SchoolClass(*row)
    meant = parse_name(name)
    if meant is None:
        return None
    same = (classes.c.grade == meant[0]) & (classes.c.number == meant[1])
    rows = db.conn.execute(_SELECT.where((classes.c.school_id == school_id) & same)).all()
    return SchoolClass(*rows[0]) if len(rows) == 1 else None


Way = Literal["by_itself", "confirmed", "by_hand"]
_WAYS: dict[str, Way] = {"broadcast": "confirmed", "forward": "by_hand"}


def way(group_chat: str | None) -> Way:
    """How a post comes into the class's group, from the kind in its key.

    Returns:
        ``by_itself``: a robot is in the group (or there is no group at all, which a post then says) ·
        ``confirmed``: its owner confirms what is laid before them · ``by_hand``: only people post there.
    """
    parts = (group_chat or "").split("/", 3)
    return _WAYS.get(parts[2], "by_itself") if len(parts) == 4 else "by_itself"


def bind_group(db: Db, class_id: str, chat_key: str | None) -> bool:
    """Say which group is the class's; None takes it away.

    False if there is no such class or the group is another's.
    """
    if chat_key is not None:
        owner = by_group(db, chat_key)
        if owner is not None and owner.id != class_id:
            return False
    db.memo.clear()
    done = db.conn.execute(update(classes).where(classes.c.id == class_id).values(group_chat=chat_key))
    return done.rowcount == 1


_DIGITS = dict(zip("零〇一二两三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_NUMERAL = "[0-9零〇一二两三四五六七八九十]"
_STAGES = {"小": 0, "初": 6, "高": 9}
_GRADE = rf"(?P<stage>[小初高]?)(?P<grade>{_NUMERAL}{{1,3}})"
_NUMBER = rf"(?P<number>{_NUMERAL}{{1,3}})"
_SPELLINGS = (
    re.compile(rf"{_GRADE}(?:年级|年)?[(\[-]{_NUMBER}[)\]]?班?"),  # 三(2)班 · 三年级(2)班 · 初一(3)班 · 3-2班
    re.compile(rf"{_GRADE}(?:年级|年){_NUMBER}班?"),  # 三年二班 · 三年级2班
    re.compile(r"(?P<stage>[小初高]?)(?P<grade>[0-9]{1,2})(?P<number>[0-9]{2})班?"),  # 302班 · 1012班
    re.compile(rf"(?P<stage>[小初高]?)(?P<grade>[一二三四五六七八九]){_NUMBER}班"),  # 三2班 · 三二班
)


def parse_name(name: str) -> tuple[int, int] | None:
    """Grade and number a class name says, or None.

    ``三(2)班``, ``三（2）班``, ``302班``, ``三年二班`` and ``三年级2班`` all mean ``(3, 2)``.
    """
    plain = "".join(unicodedata.normalize("NFKC", name).split()).replace("第", "")
    for spelling in _SPELLINGS:
        found = spelling.fullmatch(plain)
        if found is None:
            continue
        grade, number = _number(found["grade"]), _number(found["number"])
        if grade is None or not number:
            return None
        grade += _STAGES.get(found["stage"], 0)
        return (grade, number) if 1 <= grade <= 12 else None
    return None


def _number(text: str) -> int | None:
    """12, 十二 or 二十一 as an integer; None if it is no number below 100."""
    if text.isascii():
        return int(text)
    if "十" not in text:
        return _DIGITS.get(text)
    tens, _, ones = text.partition("十")
    high = 1 if not tens else _DIGITS.get(tens)
    low = 0 if not ones else _DIGITS.get(ones)
    return None if high is None or low is None else high * 10 + low
