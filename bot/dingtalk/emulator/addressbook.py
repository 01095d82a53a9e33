"""The organisation's address book, old API. Not counted against the month.

Facts from open.dingtalk.com, "Query user details", "Query a user by mobile", "… by union id".
The platform's samples show numbers and booleans as text here and there: so does this.
"""

from __future__ import annotations

import re
from typing import Any

from bot.dingtalk.emulator import texts
from bot.dingtalk.emulator.endpoint import Request, Table, old_api
from bot.dingtalk.emulator.envelope import ApiError, Done
from bot.dingtalk.emulator.platform import Platform
from bot.emulation.world import Person

ROOT_DEPT = 1
STAFF_DEPT = 700_000_001
_MOBILE = re.compile(r"1[0-9]{10}")


def answer(platform: Platform, result: Any) -> Done:
    """The envelope of this family's successes."""
    return Done({"errcode": 0, "errmsg": "ok", "result": result, "request_id": platform.new_id("request")})


def need(fields: dict[str, Any], name: str) -> str:
    """A field as text.

    Raises:
        ApiError: 40035, if it is not there.
    """
    value = fields.get(name)
    if value is None or value == "" or isinstance(value, dict | list):
        raise ApiError("40035", message=texts.MISSING_PARAMETER.format(name=name))
    return str(value)


def staff(platform: Platform) -> list[Person]:
    """Who works at the school: guardians are in no department of the address book."""
    return [
        person
        for person in platform.world.people.values()
        if any(role.kind != "guardian" for role in person.roles)
    ]


def _get(platform: Platform, request: Request) -> Done:
    """``topapi/v2/user/get``."""
    user = need(request.fields(), "userid")
    person = next((person for person in staff(platform) if person.id == user), None)
    if person is None:
        raise ApiError("33012")
    admin = any(role.kind == "admin" for role in person.roles)
    result = {
        "userid": person.id,
        "unionid": person.union_id,
        "name": person.name,
        "mobile": platform.world.mobile(person),
        "active": True,
        "admin": admin,
        "boss": "false",
        "senior": False,
        "exclusive_account": False,
        "dept_id_list": [STAFF_DEPT],
        "role_list": [],
    }
    return answer(platform, result)


def _by_mobile(platform: Platform, request: Request) -> Done:
    """``topapi/v2/user/getbymobile``."""
    mobile = need(request.fields(), "mobile")
    if not _MOBILE.fullmatch(mobile):
        raise ApiError("40104")
    for person in staff(platform):
        if platform.world.mobile(person) == mobile:
            return answer(platform, {"userid": person.id, "exclusive_account_userid_list": []})
    raise ApiError("60121")


def _by_union(platform: Platform, request: Request) -> Done:
    """``topapi/user/getbyunionid``."""
    union = need(request.fields(), "unionid")
    for person in platform.world.people.values():
        if person.union_id == union:
            return answer(platform, {"contact_type": 0, "userid": person.id})
    raise ApiError("60121")


def _list_id(platform: Platform, request: Request) -> Done:
    """``topapi/user/listid``: the user ids of a department."""
    dept = need(request.fields(), "dept_id")
    if dept not in (str(ROOT_DEPT), str(STAFF_DEPT)):
        raise ApiError("60003")
    people = staff(platform) if dept == str(STAFF_DEPT) else []
    return answer(platform, {"userid_list": [person.id for person in people]})


ENDPOINTS: Table = {
    **old_api("/topapi/v2/user/get", _get),
    **old_api("/topapi/v2/user/getbymobile", _by_mobile),
    **old_api("/topapi/user/getbyunionid", _by_union),
    **old_api("/topapi/user/listid", _list_id),
}
