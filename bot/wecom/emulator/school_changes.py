"""``school/user/*`` as far as it changes the book: pupils and parents, one by one or up to a hundred at once.

Facts from developer.work.weixin.qq.com, paths 92325 to 92336 and 90313 (the 65000s).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bot.wecom.emulator.endpoint import ApiError, Done, Endpoint, Request, Table
from bot.wecom.emulator.platform import Platform
from bot.wecom.emulator.schoolbook import CLASS, Parent, Pupil

MOST_NAME = 32
MOST_DEPARTMENTS = 20
MOST_CHILDREN = 10
MOST_RELATION = 32
MOST_AT_ONCE = 100
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_\-@.]{0,63}", re.ASCII)

Effect = Callable[[], None]
Change = Callable[[Platform, dict[str, Any]], Effect]
"""Checks one entry and says what then happens."""


def _new_id(platform: Platform, given: object) -> str:
    book = platform.school
    if not isinstance(given, str) or not _ID.fullmatch(given):
        raise ApiError(40003, "invalid userid")
    if book.pupil(given) is not None or book.parent(given) is not None:
        raise ApiError(60102, "userid existed")
    return given


def _departments(platform: Platform, given: object) -> list[int]:
    book = platform.school.departments
    if not isinstance(given, list) or not 0 < len(given) <= MOST_DEPARTMENTS:
        raise ApiError(40058, "invalid department size")
    if any(one not in book or book[one].kind != CLASS for one in given):
        raise ApiError(65004, "department not found")
    return list(given)


def _name(given: object) -> str:
    if not isinstance(given, str) or not 0 < len(given) <= MOST_NAME:
        raise ApiError(40058, "invalid name")
    return given


def create_student(platform: Platform, body: dict[str, Any]) -> Effect:
    """A new pupil."""
    pupil = Pupil(
        _new_id(platform, body.get("student_userid")), _name(body.get("name")),
        _departments(platform, body.get("department")), str(body.get("mobile", "")),
    )  # fmt: skip

    def effect() -> None:
        platform.school.pupils[pupil.id.lower()] = pupil
        platform.school.told("create_student", pupil.id)

    return effect


def update_student(platform: Platform, body: dict[str, Any]) -> Effect:
    """Another name, class or id."""
    book, pupil = platform.school, _pupil(platform, body.get("student_userid"))
    name = _name(body.get("name", pupil.name))
    classes = _departments(platform, body.get("department", pupil.departments))
    new = _new_id(platform, body["new_student_userid"]) if "new_student_userid" in body else ""

    def effect() -> None:
        old = pupil.id
        pupil.name, pupil.departments = name, classes
        if new:
            del book.pupils[old.lower()]
            for parent in book.parents_of(pupil):
                parent.children[new] = parent.children.pop(old)
            pupil.id = new
            book.pupils[new.lower()] = pupil
        book.told("update_student", old, new)

    return effect


def delete_student(platform: Platform, body: dict[str, Any]) -> Effect:
    """A pupil leaves, and is nobody's child in the book."""
    book, pupil = platform.school, _pupil(platform, body.get("userid"))

    def effect() -> None:
        for parent in book.parents_of(pupil):
            del parent.children[pupil.id]
        del book.pupils[pupil.id.lower()]
        book.told("delete_student", pupil.id)

    return effect


def create_parent(platform: Platform, body: dict[str, Any]) -> Effect:
    """A new parent."""
    book, mobile = platform.school, body.get("mobile")
    ident = _new_id(platform, body.get("parent_userid"))
    if not isinstance(mobile, str) or not mobile:
        raise ApiError(40058, "mobile missing")
    if any(parent.mobile == mobile for parent in book.parents.values()):
        raise ApiError(60137, "parent mobile existed")
    parent = Parent(ident, mobile, _children(platform, body.get("children")))

    def effect() -> None:
        book.parents[parent.id.lower()] = parent
        book.told("create_parent", parent.id)

    return effect


def update_parent(platform: Platform, body: dict[str, Any]) -> Effect:
    """Another number, other children or another id."""
    book, parent = platform.school, _parent(platform, body.get("parent_userid"))
    children = _children(platform, body["children"]) if "children" in body else parent.children
    mobile = str(body.get("mobile", parent.mobile))
    if any(one.mobile == mobile and one is not parent for one in book.parents.values()):
        raise ApiError(60137, "parent mobile existed")
    new = _new_id(platform, body["new_parent_userid"]) if "new_parent_userid" in body else ""

    def effect() -> None:
        old, parent.mobile, parent.children = parent.id, mobile, dict(children)
        if new:
            person = book.person(parent)
            del book.parents[old.lower()]
            parent.id = new
            book.parents[new.lower()] = parent
            if person is not None:
                platform.world.by_parent[new] = person
        book.told("update_parent", old, new)

    return effect


def delete_parent(platform: Platform, body: dict[str, Any]) -> Effect:
    """A parent leaves the book."""
    book, parent = platform.school, _parent(platform, body.get("userid"))

    def effect() -> None:
        del book.parents[parent.id.lower()]
        book.told("delete_parent", parent.id)

    return effect


def _pupil(platform: Platform, userid: object) -> Pupil:
    book = platform.school
    found = book.pupil(userid)
    if found is None:
        raise ApiError(65010 if book.parent(userid) else 60111, "userid is not a student")
    return found


def _parent(platform: Platform, userid: object) -> Parent:
    found = platform.school.parent(userid)
    if found is None:
        raise ApiError(60111, "userid not found")
    return found


def _children(platform: Platform, given: object) -> dict[str, str]:
    if not isinstance(given, list) or not 0 < len(given) <= MOST_CHILDREN:
        raise ApiError(40058, "invalid children size")
    children: dict[str, str] = {}
    for one in given:
        relation = one.get("relation") if isinstance(one, dict) else None
        if not isinstance(relation, str) or not 0 < len(relation.encode()) <= MOST_RELATION:
            raise ApiError(40058, "invalid relation")
        children[_pupil(platform, one.get("student_userid")).id] = relation
    return children


# -- one by one, or many


def _write(platform: Platform) -> None:
    if not platform.school.is_school:
        raise ApiError(65014, "not a school")
    if not platform.school.may_write:
        raise ApiError(65022, "no privilege to the school contact")


def _single(change: Change, said: str) -> Endpoint:
    def call(platform: Platform, request: Request) -> Done:
        _write(platform)
        body = dict(request.query) if said == "deleted" else request.body
        return Done({"errmsg": said}, change(platform, body))

    return Endpoint(call)


def _many(change: Change, name: str, key: str) -> Endpoint:
    """Each entry by itself: the call succeeds though some of it fails."""

    def call(platform: Platform, request: Request) -> Done:
        _write(platform)
        given = request.body.get(name)
        if not isinstance(given, list) or not given:
            raise ApiError(40058, f"{name} missing")
        if len(given) > MOST_AT_ONCE:
            raise ApiError(65011 if key == "parent_userid" else 65012, "batch too big")
        results, effects = [], []
        for one in given:
            entry = one if isinstance(one, dict) else {"userid": one}
            result = {key: entry.get(key, entry.get("userid", "")), "errcode": 0, "errmsg": "ok"}
            try:
                effects.append(change(platform, entry))
            except ApiError as error:
                result |= {"errcode": error.code, "errmsg": error.text}
            results.append(result)

        def together() -> None:
            for effect in effects:
                effect()

        return Done({"result_list": results}, together)

    return Endpoint(call)


_USER = "/cgi-bin/school/user"
ENDPOINTS: Table = {
    ("POST", f"{_USER}/create_student"): _single(create_student, "created"),
    ("POST", f"{_USER}/update_student"): _single(update_student, "updated"),
    ("GET", f"{_USER}/delete_student"): _single(delete_student, "deleted"),
    ("POST", f"{_USER}/create_parent"): _single(create_parent, "created"),
    ("POST", f"{_USER}/update_parent"): _single(update_parent, "updated"),
    ("GET", f"{_USER}/delete_parent"): _single(delete_parent, "deleted"),
    ("POST", f"{_USER}/batch_create_student"): _many(create_student, "students", "student_userid"),
    ("POST", f"{_USER}/batch_update_student"): _many(update_student, "students", "student_userid"),
    ("POST", f"{_USER}/batch_delete_student"): _many(delete_student, "useridlist", "student_userid"),
    ("POST", f"{_USER}/batch_create_parent"): _many(create_parent, "parents", "parent_userid"),
    ("POST", f"{_USER}/batch_update_parent"): _many(update_parent, "parents", "parent_userid"),
    ("POST", f"{_USER}/batch_delete_parent"): _many(delete_parent, "useridlist", "parent_userid"),
}
