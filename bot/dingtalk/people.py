"""The school's people in DingTalk: the address book and the home-school address book.

Facts from open.dingtalk.com, 'Query a user by mobile number', 'Query user details' and 'Home-school address
book 2.0'. The older API writes numbers and yes or no as text now and then; both are read. Robot and address
book know people by user id, calendar and to-do by union id. The address book does not count in the month;
the home-school address book is not among what is exempt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import orjson

from bot.dingtalk.core import Core, Failed
from bot.dingtalk.errors import Verdict
from bot.dingtalk.escape import clean

BY_MOBILE = "/topapi/v2/user/getbymobile"
USER = "/topapi/v2/user/get"
BY_UNION_ID = "/topapi/user/getbyunionid"
IDS = "/topapi/user/listid"
EDU_DEPARTMENTS = "/topapi/edu/dept/list"
EDU_USERS = "/topapi/edu/user/list"
EDU_RELATIONS = "/topapi/edu/user/relation/list"

_PAGE = 30
_MOST_PAGES = 200
EduRole = Literal["teacher", "guardian", "student"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class User:
    """One member. ``mobile`` is empty without the permission to see it."""

    user_id: str
    union_id: str
    name: str
    mobile: str
    departments: tuple[int, ...]
    admin: bool
    boss: bool
    active: bool


@dataclass(frozen=True, slots=True)
class EduDepartment:
    """Campus, period, grade or class. ``feature`` holds grade, class number and the like, if known."""

    id: int
    name: str
    nick: str
    kind: str
    contact: str
    chain: tuple[int, ...]
    feature: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EduUser:
    """A teacher, guardian or pupil of a class; ``adviser`` is the class teacher."""

    user_id: str
    union_id: str
    name: str
    role: str
    class_id: int
    adviser: bool
    student_no: str


@dataclass(frozen=True, slots=True)
class EduRelation:
    """Who is whose guardian; ``code`` is F, M, GM, GF, GFA, GMA, U, A, B, S or O."""

    guardian_id: str
    pupil_id: str
    code: str
    name: str
    class_id: int


async def user_id_by_mobile(core: Core, mobile: str) -> str | Failed:
    """The user id of a member by phone number; refused with 60121 if there is none."""
    return _found(await core.call_old(BY_MOBILE, {"mobile": mobile}), "userid")


async def user_id_by_union_id(core: Core, union_id: str) -> str | Failed:
    """The user id of a member by union id."""
    return _found(await core.call_old(BY_UNION_ID, {"unionid": union_id}), "userid")


async def user(core: Core, user_id: str) -> User | Failed:
    """One member."""
    verdict = await core.call_old(USER, {"userid": user_id})
    if verdict.meaning != "ok":
        return verdict.outcome()
    row = _result(verdict)
    departments = row.get("dept_id_list")
    return User(
        user_id=_text(row.get("userid")) or user_id,
        union_id=_text(row.get("unionid")),
        name=_text(row.get("name")),
        mobile=_text(row.get("mobile")),
        departments=_numbers(departments),
        admin=_yes(row.get("admin")),
        boss=_yes(row.get("boss")),
        active=_yes(row.get("active")),
    )


async def user_ids(core: Core, department: int) -> tuple[str, ...] | Failed:
    """The user ids of a department's own members."""
    verdict = await core.call_old(IDS, {"dept_id": department})
    if verdict.meaning != "ok":
        return verdict.outcome()
    listed = _result(verdict).get("userid_list")
    return tuple(_text(one) for one in listed) if isinstance(listed, list) else ()


# -- home-school address book


async def edu_departments(core: Core, above: int | None = None) -> list[EduDepartment] | Failed:
    """What lies right under a department; without one the campuses."""
    body = {} if above is None else {"super_id": above}
    return await _pages(core, EDU_DEPARTMENTS, body, "details", _edu_department)


async def edu_users(core: Core, class_id: int, role: EduRole) -> list[EduUser] | Failed:
    """The teachers, guardians or pupils of a class."""
    return await _pages(core, EDU_USERS, {"class_id": class_id, "role": role}, "details", _edu_user)


async def edu_relations(core: Core, class_id: int) -> list[EduRelation] | Failed:
    """Who is whose guardian in a class."""
    return await _pages(core, EDU_RELATIONS, {"class_id": class_id}, "relations", _edu_relation)


async def _pages(
    core: Core, path: str, body: dict[str, Any], name: str, read: Callable[[dict[str, Any]], T]
) -> list[T] | Failed:
    found: list[T] = []
    for page in range(1, _MOST_PAGES + 1):
        asked = {**body, "page_size": _PAGE, "page_no": page}
        verdict = await core.call_old(path, asked, counted=True)
        if verdict.meaning != "ok":
            return verdict.outcome()
        result = _result(verdict)
        rows = result.get(name)
        rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        found += [read(row) for row in rows]
        if not rows or not _yes(result.get("has_more")):
            break
    return found


def _edu_department(row: dict[str, Any]) -> EduDepartment:
    feature = _json(row.get("feature"))
    return EduDepartment(
        id=_number(row.get("dept_id")),
        name=_text(row.get("name")),
        nick=_text(row.get("nick")),
        kind=_text(row.get("dept_type")),
        contact=_text(row.get("contact_type")),
        chain=_numbers(_json(row.get("chain"))),
        feature=feature if isinstance(feature, dict) else {},
    )


def _edu_user(row: dict[str, Any]) -> EduUser:
    feature = _json(row.get("feature"))
    return EduUser(
        user_id=_text(row.get("userid")),
        union_id=_text(row.get("unionid")),
        name=_text(row.get("name")),
        role=_text(row.get("role")),
        class_id=_number(row.get("class_id")),
        adviser=_yes(row.get("is_adviser")),
        student_no=_text(feature.get("student_no")) if isinstance(feature, dict) else "",
    )


def _edu_relation(row: dict[str, Any]) -> EduRelation:
    return EduRelation(
        guardian_id=_text(row.get("from_userid")),
        pupil_id=_text(row.get("to_userid")),
        code=_text(row.get("relation_code")),
        name=_text(row.get("relation_name")),
        class_id=_number(row.get("class_id")),
    )


# -- values as the older API writes them


def _result(verdict: Verdict) -> dict[str, Any]:
    result = verdict.data.get("result")
    return result if isinstance(result, dict) else {}


def _found(verdict: Verdict, name: str) -> str | Failed:
    if verdict.meaning != "ok":
        return verdict.outcome()
    value = _text(_result(verdict).get(name))
    return value or Verdict("recipient", "no_user_id").outcome()


def _text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return clean(value).strip() if isinstance(value, str) else ""


def _number(value: object) -> int:
    text = _text(value)
    return int(text) if text.isascii() and text.lstrip("-").isdigit() else 0


def _numbers(value: object) -> tuple[int, ...]:
    listed = _json(value)
    return tuple(_number(one) for one in listed) if isinstance(listed, list) else ()


def _yes(value: object) -> bool:
    return value is True or _text(value).lower() in ("true", "1")


def _json(value: object) -> Any:
    """``feature`` and ``chain`` are JSON as text."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
