"""``school/*`` as far as it is read, and notices to parents.

Facts from developer.work.weixin.qq.com, paths 92337 (departments), 92331 and 92343 (people), 94895 (whom an
app may write to), 92320 (following) and 92321 (notices).
"""

from __future__ import annotations

from typing import Any

from bot.emulation.records import Content
from bot.emulation.world import Person
from bot.wecom.emulator import school_changes
from bot.wecom.emulator.endpoint import ApiError, Done, Endpoint, Request, Table
from bot.wecom.emulator.messages import medium, news, second_copy
from bot.wecom.emulator.platform import Platform
from bot.wecom.emulator.schoolbook import CLASS, SCHOOL_ID, Department, Parent, Pupil

MOST_PEOPLE, MOST_CLASSES = 1000, 100
MOST_TEXT = 2048
PARENTS, PUPILS, BOTH = 0, 1, 2


def _may_read(platform: Platform) -> None:
    if not platform.school.is_school:
        raise ApiError(65014, "not a school")


def departments(platform: Platform, call: Request) -> Done:
    """``school/department/list``: everything, or one with all below it."""
    _may_read(platform)
    book, wanted = platform.school, call.query.get("id")
    chosen = set(book.departments) if wanted is None else book.under(_department(platform, wanted).id)
    shown = [book.department_json(one) for one in book.departments.values() if one.id in chosen]
    return Done({"departments": shown})


def _department(platform: Platform, number: str | None) -> Department:
    book = platform.school.departments
    if number is None or not number.isdigit() or int(number) not in book:
        raise ApiError(60123, "invalid department id")
    return book[int(number)]


def person(platform: Platform, call: Request) -> Done:
    """``school/user/get``."""
    _may_read(platform)
    book, userid = platform.school, call.query.get("userid")
    pupil, parent = book.pupil(userid), book.parent(userid)
    if pupil is not None:
        return Done({"user_type": 1, "student": book.pupil_json(pupil)})
    if parent is not None:
        return Done({"user_type": 2, "parent": book.parent_json(parent)})
    raise ApiError(60111, "userid not found")


def pupils(platform: Platform, call: Request) -> Done:
    """``school/user/list``: a department's own pupils, with ``fetch_child`` also those below it."""
    _may_read(platform)
    book, department = platform.school, _department(platform, call.query.get("department_id"))
    below = call.query.get("fetch_child") == "1"
    found = book.pupils_in(department.id, below=below)
    return Done({"students": [book.pupil_json(pupil) for pupil in found]})


def parents(platform: Platform, call: Request) -> Done:
    """``school/user/list_parent``: never of the departments below."""
    _may_read(platform)
    book, department = platform.school, _department(platform, call.query.get("department_id"))
    found: dict[str, Parent] = {}
    for pupil in book.pupils_in(department.id):
        found |= {parent.id: parent for parent in book.parents_of(pupil)}
    return Done({"parents": [book.parent_json(parent) for parent in found.values()]})


def scope(platform: Platform, call: Request) -> Done:
    """``school/agent/get_allow_scope``."""
    if call.query.get("agentid") != str(platform.app.agent_id):
        raise ApiError(301002, "not allow operate another agent with this accesstoken")
    if not platform.parents_may_use:
        raise ApiError(48002, "api forbidden")
    allowed = platform.school.allowed
    numbers = [SCHOOL_ID] if allowed is None else sorted(allowed)
    departments = [{"partyid": number} for number in numbers]
    return Done({"allow_scope": {"students": [], "departments": departments}})


def qr_code(platform: Platform, _call: Request) -> Done:
    """``externalcontact/get_subscribe_qr_code``."""
    base = f"{platform.base_url}/_qr/subscribe"
    return Done({f"qrcode_{size}": f"{base}-{size}" for size in ("big", "middle", "thumb")})


def get_mode(platform: Platform, _call: Request) -> Done:
    """``externalcontact/get_subscribe_mode``."""
    return Done({"subscribe_mode": platform.school.subscribe_mode})


def set_mode(platform: Platform, call: Request) -> Done:
    """``externalcontact/set_subscribe_mode``."""
    mode = call.body.get("subscribe_mode")
    if mode not in (1, 2) or isinstance(mode, bool):
        raise ApiError(65001, "invalid subscribe mode")

    def effect() -> None:
        platform.school.subscribe_mode = mode

    return Done({}, effect)


# -- notices


def send(platform: Platform, call: Request) -> Done:
    """``externalcontact/message/send``: no id in the answer, and no recall."""
    body = call.body
    if body.get("agentid") != platform.app.agent_id:
        raise ApiError(301002, "not allow operate another agent with this accesstoken")
    if not platform.parents_may_use:
        raise ApiError(48002, "api forbidden")
    if body.get("recv_scope", PARENTS) not in (PARENTS, PUPILS, BOTH):
        raise ApiError(40058, "invalid recv_scope")
    readers, invalid = _readers(platform, body)
    content = _content(platform, body)
    if not readers:
        raise ApiError(81013, "user & party & tag all invalid")
    if second_copy(platform, body, call.raw):
        return Done(invalid)

    def effect() -> None:
        for reader in readers:
            platform.show(reader, reader.chat, "school_notice", content)

    return Done(invalid, effect)


def _readers(platform: Platform, body: dict[str, Any]) -> tuple[list[Person], dict[str, list[Any]]]:
    """Whom it reaches, and which ids it reaches nobody by. Pupils themselves have no phone here."""
    book = platform.school
    named = {
        "parent": _ids(body, "to_parent_userid", MOST_PEOPLE),
        "student": _ids(body, "to_student_userid", MOST_PEOPLE),
        "party": _ids(body, "to_party", MOST_CLASSES),
    }
    if not any(named.values()) and body.get("toall") != 1:
        raise ApiError(82001, "no recipient")
    if body.get("recv_scope", PARENTS) == PUPILS:
        return [], {"invalid_student_userid": named["student"], "invalid_party": named["party"]}
    reached: dict[str, Parent] = {}
    invalid: dict[str, list[Any]] = {
        "invalid_parent_userid": [], "invalid_student_userid": [], "invalid_party": [],
    }  # fmt: skip
    if body.get("toall") == 1:
        reached |= {one.id: one for one in book.parents.values() if book.reachable(one)}
    for one in named["parent"]:
        parent = book.parent(one)
        _reach(platform, [parent] if parent else [], one, reached, invalid["invalid_parent_userid"])
    for one in named["student"]:
        pupil = book.pupil(one)
        _reach(platform, _family(platform, pupil), one, reached, invalid["invalid_student_userid"])
    for one in named["party"]:
        _reach(platform, _of_class(platform, one), one, reached, invalid["invalid_party"])
    people = [who for who in map(book.person, reached.values()) if who is not None]
    return people, {name: ids for name, ids in invalid.items() if ids}


def _ids(body: dict[str, Any], name: str, most: int) -> list[Any]:
    ids = body.get(name, [])
    if not isinstance(ids, list):
        raise ApiError(40063, f"{name} is a list")
    if len(ids) > most:
        raise ApiError(40032, "invalid user list size")
    return list(dict.fromkeys(ids))


def _reach(
    platform: Platform, parents: list[Parent], ident: Any, reached: dict[str, Parent], invalid: list[Any]
) -> None:
    there = {parent.id: parent for parent in parents if platform.school.reachable(parent)}
    reached |= there
    if not there:
        invalid.append(ident)


def _family(platform: Platform, pupil: Pupil | None) -> list[Parent]:
    return platform.school.parents_of(pupil) if pupil is not None else []


def _of_class(platform: Platform, number: Any) -> list[Parent]:
    book = platform.school
    if not str(number).isdigit() or int(number) not in book.departments:
        return []
    if book.departments[int(number)].kind != CLASS:
        return []
    return [parent for pupil in book.pupils_in(int(number)) for parent in book.parents_of(pupil)]


def _content(platform: Platform, body: dict[str, Any]) -> Content:
    kind = body.get("msgtype")
    given = body.get(kind) if isinstance(kind, str) else None
    if kind not in ("text", "image", "voice", "video", "file", "news", "mpnews", "miniprogram"):
        raise ApiError(40008, "invalid message type")
    if not isinstance(given, dict):
        raise ApiError(40063, "some parameters are empty")
    if kind == "text":
        words = given.get("content")
        if not isinstance(words, str) or not words:
            raise ApiError(44004, "empty content")
        return Content("text", words.encode()[:MOST_TEXT].decode("utf-8", "ignore"))
    if kind == "news":
        return news(platform, kind, given)
    if kind in ("mpnews", "miniprogram"):
        return Content("link", str(given.get("title", "")), url=str(given.get("pagepath", "")))
    return medium(platform, str(kind), given)


ENDPOINTS: Table = {
    ("GET", "/cgi-bin/school/department/list"): Endpoint(departments),
    ("GET", "/cgi-bin/school/user/get"): Endpoint(person),
    ("GET", "/cgi-bin/school/user/list"): Endpoint(pupils),
    ("GET", "/cgi-bin/school/user/list_parent"): Endpoint(parents),
    ("GET", "/cgi-bin/school/agent/get_allow_scope"): Endpoint(scope),
    ("GET", "/cgi-bin/externalcontact/get_subscribe_qr_code"): Endpoint(qr_code),
    ("GET", "/cgi-bin/externalcontact/get_subscribe_mode"): Endpoint(get_mode),
    ("POST", "/cgi-bin/externalcontact/set_subscribe_mode"): Endpoint(set_mode),
    ("POST", "/cgi-bin/externalcontact/message/send"): Endpoint(send),
    **school_changes.ENDPOINTS,
}
