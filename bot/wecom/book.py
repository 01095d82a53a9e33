"""The school's address book on WeCom: classes, and the pupils of a class with their parents.

developer.work.weixin.qq.com, the pages of the school's address book (paths 92299, 92337, 92343).
Telephone numbers come along; they are left where they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.command import AskBook, Outcome, Refused, Sent

if TYPE_CHECKING:
    from bot.wecom.core import Core

DEPARTMENTS = "/cgi-bin/school/department/list"
PUPILS = "/cgi-bin/school/user/list"
PERSON = "/cgi-bin/school/user/get"
CLASS, GRADE = 1, 2
HEAD_TEACHER = 3
"""Types of departments and of their teachers."""
_MOST_NAME = 64


async def ask(core: Core, command: AskBook) -> Outcome:
    """Read the book.

    Returns:
        ``Sent.facts``: ``app``, and by what was asked ``classes`` (id, name, grade, group, heads), ``class``
        with ``pupils`` (id, name, parents with id, relation, subscribed, external; None where the answer has
        no list of them), or ``person`` with ``classes``. An answer that
        lacks its list is refused: it says nothing about who is gone.
    """
    match command.what:
        case "departments":
            return await _ask(core, DEPARTMENTS, {"id": command.id} if command.id else {}, _departments)
        case "class":
            return await _ask(
                core, PUPILS, {"department_id": command.id, "fetch_child": "0"}, _pupils, command.id
            )
        case "person":
            return await _ask(core, PERSON, {"userid": command.id}, _person, command.id)


async def _ask(core: Core, path: str, query: Mapping[str, str], read: Any, which: str = "") -> Outcome:
    came = await core.call(path, None, query, method="GET")
    if came.meaning == "maybe":  # looking twice harms nobody
        return Refused(came.code, "retry")
    if came.meaning != "ok":
        failed: Outcome = came.outcome()
        return failed
    found: dict[str, Any] | None = read(came.data, which)
    return Refused("unreadable", "content") if found is None else Sent("", {"app": core.name, **found})


def _departments(data: Mapping[str, Any], _which: str) -> dict[str, Any] | None:
    listed = _dicts(data.get("departments"))
    if listed is None:
        return None
    grades = {_id(one.get("id")): _name(one.get("name")) for one in listed if one.get("type") == GRADE}
    classes = [
        {
            "id": _id(one.get("id")),
            "name": _name(one.get("name")),
            "grade": grades.get(_id(one.get("parentid")), ""),
            "group": _id(one.get("group_chat_id")),
            "heads": _heads(one),
        }
        for one in listed
        if one.get("type") == CLASS and not one.get("is_graduated")
    ]
    return {"classes": [one for one in classes if one["id"] and one["name"]]}


def _heads(department: Mapping[str, Any]) -> list[str]:
    found = _dicts(department.get("department_admins")) or []
    return [_id(one.get("userid")).lower() for one in found if one.get("type") == HEAD_TEACHER]


def _pupils(data: Mapping[str, Any], which: str) -> dict[str, Any] | None:
    listed = _dicts(data.get("students"))
    if listed is None:
        return None
    pupils = [
        {
            "id": _id(one.get("student_userid")),
            "name": _name(one.get("name")),
            "parents": _parents(one.get("parents")),
        }
        for one in listed
    ]
    return {"class": which, "pupils": [one for one in pupils if one["id"] and one["name"]]}


def _parents(value: object) -> list[dict[str, Any]] | None:
    listed = _dicts(value)
    return None if listed is None else [_parent(one) for one in listed]


def _parent(one: Mapping[str, Any]) -> dict[str, Any]:
    follows = one.get("is_subscribe")
    return {
        "id": _id(one.get("parent_userid")),
        "relation": _name(one.get("relation")),
        "subscribed": None if follows is None else follows == 1,
        "external": _id(one.get("external_userid")),
    }


def _person(data: Mapping[str, Any], which: str) -> dict[str, Any] | None:
    pupil, parent = data.get("student"), data.get("parent")
    if isinstance(pupil, dict):
        listed = pupil.get("department")
        return {"person": which, "classes": [_id(one) for one in listed] if isinstance(listed, list) else []}
    if isinstance(parent, dict):
        children = _dicts(parent.get("children")) or []
        return {
            "person": which,
            "classes": [],
            "pupils": [_id(one.get("student_userid")) for one in children],
        }
    return None


def _dicts(value: object) -> list[dict[str, Any]] | None:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else None


def _id(value: object) -> str:
    known = isinstance(value, str | int) and not isinstance(value, bool)
    text = str(value) if known else ""
    return text if len(text) <= 128 else ""


def _name(value: object) -> str:
    return value.strip()[:_MOST_NAME] if isinstance(value, str) else ""
