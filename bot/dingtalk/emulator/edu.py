"""The home-school address book: campus, grade, classes, teachers, pupils, guardians and who is whose.

Facts from open.dingtalk.com, "Home-school address book 2.0". ``feature`` and ``chain`` are JSON in a string.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from bot.dingtalk.emulator import texts
from bot.dingtalk.emulator.addressbook import answer, need
from bot.dingtalk.emulator.endpoint import Request, Table, old_api
from bot.dingtalk.emulator.envelope import ApiError, Done
from bot.dingtalk.emulator.platform import Platform
from bot.emulation import texts as cast
from bot.emulation.world import Person, Pupil

CAMPUS, GRADE = 800_000_001, 800_000_010
_FIRST_CLASS = 800_000_100
MAX_PAGE = 30
START_YEAR = 2024
_TEACHES = ("teacher", "deputy", "co_teacher")


def _dept_id(index: int) -> int:
    return _FIRST_CLASS + index


def _text(value: Any) -> str:
    return orjson.dumps(value).decode()


def _departments(platform: Platform) -> list[dict[str, Any]]:
    """Campus, grade and classes, each with ``super_id`` for the listing."""
    chain = [CAMPUS, GRADE]
    listed: list[dict[str, Any]] = [
        _dept(CAMPUS, cast.SCHOOL, "campus", [], {}, 0),
        _dept(GRADE, texts.GRADE, "grade", [CAMPUS], {"grade_level": 3, "start_year": START_YEAR}, CAMPUS),
    ]
    for index, klass in enumerate(platform.world.classes):
        feature = {
            "class_level": index + 1,
            "grade_level": 3,
            "start_year": START_YEAR,
            "name_mode": "number",
        }
        listed.append(_dept(_dept_id(index), klass.name, "class", chain, feature, GRADE))
    return listed


def _dept(
    number: int, name: str, kind: str, chain: list[int], feature: dict[str, Any], above: int
) -> dict[str, Any]:
    return {
        "dept_id": number, "name": name, "nick": "", "dept_type": kind, "contact_type": "classic",
        "chain": _text(chain), "feature": _text(feature), "super_id": above,
    }  # fmt: skip


def _class_of(platform: Platform, fields: dict[str, Any]) -> str:
    """The world's class id of a ``class_id``."""
    number = need(fields, "class_id")
    for index, klass in enumerate(platform.world.classes):
        if number == str(_dept_id(index)):
            return klass.id
    raise ApiError("60003")


def _number_of(platform: Platform, class_id: str) -> int:
    return next(_dept_id(i) for i, klass in enumerate(platform.world.classes) if klass.id == class_id)


def _page(fields: dict[str, Any], listed: Sequence[Any]) -> tuple[list[Any], bool]:
    size, number = need(fields, "page_size"), need(fields, "page_no")
    if not size.isdigit() or not number.isdigit() or not 1 <= int(size) <= MAX_PAGE or int(number) < 1:
        raise ApiError("33001")
    start = (int(number) - 1) * int(size)
    return list(listed[start : start + int(size)]), start + int(size) < len(listed)


# -- departments ----------------------------------------------------------------------------------------


def _dept_list(platform: Platform, request: Request) -> Done:
    """``topapi/edu/dept/list``: what lies right under ``super_id``; without one the campuses."""
    fields = request.fields()
    above = str(fields.get("super_id") or 0)
    under = [dept for dept in _departments(platform) if str(dept["super_id"]) == above]
    details, more = _page(fields, under)
    shown = [{key: value for key, value in dept.items() if key != "super_id"} for dept in details]
    return _done(platform, {"details": shown, "has_more": more, "super_id": int(above)})


def _dept_get(platform: Platform, request: Request) -> Done:
    """``topapi/edu/dept/get``."""
    number = need(request.fields(), "dept_id")
    for dept in _departments(platform):
        if str(dept["dept_id"]) == number:
            return _done(platform, {"detail": dept})
    raise ApiError("60003")


# -- people ---------------------------------------------------------------------------------------------


def _user_list(platform: Platform, request: Request) -> Done:
    """``topapi/edu/user/list``: one role of a class, a page at a time."""
    fields = request.fields()
    details, more = _page(fields, _users(platform, _class_of(platform, fields), need(fields, "role")))
    return _done(platform, {"details": details, "has_more": more})


def _user_get(platform: Platform, request: Request) -> Done:
    """``topapi/edu/user/get``."""
    fields = request.fields()
    user = need(fields, "userid")
    listed = _users(platform, _class_of(platform, fields), need(fields, "role"))
    found = [each for each in listed if each["userid"] == user]
    if not found:
        raise ApiError("60121")
    return _done(platform, {"details": found})


def _users(platform: Platform, class_id: str, role: str) -> list[dict[str, Any]]:
    world, number = platform.world, _number_of(platform, class_id)
    if role == "student":
        return [_pupil(pupil, number) for pupil in world.pupils.values() if pupil.class_id == class_id]
    if role == "guardian":
        return [
            _user(person, role, number) for person in world.people.values() if _has(person, class_id, role)
        ]
    if role != "teacher":
        raise ApiError("33001")
    listed = []
    for person in world.people.values():
        kinds = [each.kind for each in person.roles if each.class_id == class_id and each.kind in _TEACHES]
        if kinds:
            adviser = {"is_adviser": "1"} if "teacher" in kinds else {}
            listed.append({**_user(person, role, number), **adviser})
    return listed


def _has(person: Person, class_id: str, kind: str) -> bool:
    return any(role.kind == kind and role.class_id == class_id for role in person.roles)


def _user(person: Person, role: str, number: int) -> dict[str, Any]:
    return {
        "userid": person.id, "name": person.name, "unionid": person.union_id, "role": role,
        "class_id": number, "feature": "{}",
    }  # fmt: skip


def _pupil(pupil: Pupil, number: int) -> dict[str, Any]:
    """A pupil has a user id, and no account: no union id."""
    feature = {"student_no": f"2024{pupil.id[2:].replace('-', '')}"}
    return {
        "userid": pupil.id, "name": pupil.name, "role": "student", "class_id": number,
        "feature": _text(feature),
    }  # fmt: skip


# -- relations ------------------------------------------------------------------------------------------


def _relation_list(platform: Platform, request: Request) -> Done:
    """``topapi/edu/user/relation/list``: who is whose guardian in a class."""
    fields = request.fields()
    relations, more = _page(fields, _relations(platform, _class_of(platform, fields)))
    return _done(platform, {"relations": relations, "has_more": more})


def _relation_get(platform: Platform, request: Request) -> Done:
    """``topapi/edu/user/relation/get``: the children of one guardian in a class."""
    fields = request.fields()
    user = need(fields, "from_userid")
    listed = _relations(platform, _class_of(platform, fields))
    return _done(platform, {"relations": [each for each in listed if each["from_userid"] == user]})


def _relations(platform: Platform, class_id: str) -> list[dict[str, Any]]:
    number = _number_of(platform, class_id)
    listed = []
    for person in platform.world.people.values():
        for role in person.roles:
            if role.class_id == class_id and role.pupil_id is not None:
                name = role.relation or ""
                code = texts.RELATION_CODES.get(name, "O")
                listed.append(
                    {
                        "from_userid": person.id, "to_userid": role.pupil_id, "relation_code": code,
                        "relation_name": name, "class_id": str(number),
                    }
                )  # fmt: skip
    return listed


def _done(platform: Platform, result: dict[str, Any]) -> Done:
    done = answer(platform, result)
    return Done({**done.payload, "success": True})


ENDPOINTS: Table = {
    **old_api("/topapi/edu/dept/list", _dept_list),
    **old_api("/topapi/edu/dept/get", _dept_get),
    **old_api("/topapi/edu/user/list", _user_list),
    **old_api("/topapi/edu/user/get", _user_get),
    **old_api("/topapi/edu/user/relation/list", _relation_list),
    **old_api("/topapi/edu/user/relation/get", _relation_get),
}
