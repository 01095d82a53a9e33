"""The school's address book, and notices to parents.

developer.work.weixin.qq.com, paths 92337 (departments), 92331 and 92343 (people), 92321 (notices),
94895 (whom an app may write to).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.emulation import texts
from bot.emulation.records import Content
from bot.emulation.world import Person, Pupil, SchoolClass
from bot.wecom.emulator.endpoint import ApiError, Done, Endpoint, Request, Table

if TYPE_CHECKING:
    from bot.wecom.emulator.platform import Platform

SCHOOL, GRADE, FIRST_CLASS = 1, 2, 3
MOST_PARENTS, MOST_CLASSES = 1000, 100


class SchoolState:
    """What of the book can change: who was renamed, taken out or moved."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.gone: set[str] = set()
        """Ids of pupils and parents that were taken out."""

    def department(self, klass: SchoolClass) -> int:
        """The class's number in the book."""
        return FIRST_CLASS + [one.id for one in self._platform.world.classes].index(klass.id)

    def klass(self, number: Any) -> SchoolClass | None:
        """The class of a department's number."""
        at = int(number) - FIRST_CLASS if str(number).isdigit() else -1
        classes = self._platform.world.classes
        return classes[at] if 0 <= at < len(classes) else None

    def pupils(self, klass: SchoolClass) -> list[Pupil]:
        """The pupils of a class."""
        every = self._platform.world.pupils.values()
        return [one for one in every if one.class_id == klass.id and one.id not in self.gone]

    def parents(self, pupil: Pupil) -> list[Person]:
        """The parents of a pupil."""
        world = self._platform.world
        return [one for one in world.guardians(pupil.id) if world.parent_id(one) not in self.gone]

    def take_out(self, ext_id: str) -> dict[str, str]:
        """Somebody leaves the book; the fields of the event about it."""
        self.gone.add(ext_id)
        kind = "delete_parent" if ext_id.startswith("p-") else "delete_student"
        return {"ChangeType": kind, "Id": ext_id}


def departments(platform: Platform, call: Request) -> Done:
    """``school/department/list``."""
    state, world = platform.school, platform.world
    found = [
        {"id": SCHOOL, "name": texts.SCHOOL, "parentid": 0, "type": 5, "department_admins": []},
        {"id": GRADE, "name": "grade", "parentid": SCHOOL, "type": 2, "department_admins": []},
    ]
    for klass in world.classes:
        number = klass.id[1:]
        admins = [{"userid": f"t-{number}", "type": 3}, {"userid": "x-300", "type": 4, "subject": ""}]
        found.append(
            {
                "id": state.department(klass), "name": klass.name, "parentid": GRADE, "type": 1,
                "register_year": 2024, "standard_grade": 3, "order": 0, "department_admins": admins,
                "is_graduated": 0, "open_group_chat": 1, "group_chat_id": klass.group,
            }
        )  # fmt: skip
    wanted = call.query.get("id")
    if wanted:
        found = [one for one in found if str(one["id"]) == wanted or str(one["parentid"]) == wanted]
        if not found:
            raise ApiError(60123, "invalid department id")
    return Done({"departments": found})


def pupils(platform: Platform, call: Request) -> Done:
    """``school/user/list``: the pupils of a class, with their parents."""
    klass = _klass(platform, call)
    return Done({"students": [_pupil(platform, one) for one in platform.school.pupils(klass)]})


def parents(platform: Platform, call: Request) -> Done:
    """``school/user/list_parent``: not through the departments below."""
    klass = _klass(platform, call)
    found: dict[str, dict[str, Any]] = {}
    for pupil in platform.school.pupils(klass):
        for person in platform.school.parents(pupil):
            one = found.setdefault(person.id, _parent(platform, person) | {"children": []})
            relation = next(r.relation for r in person.roles if r.pupil_id == pupil.id)
            child = {"student_userid": pupil.id, "relation": relation, "name": pupil.name}
            one["children"].append(child)
    return Done({"parents": list(found.values())})


def person(platform: Platform, call: Request) -> Done:
    """``school/user/get``: a pupil (user_type 1) or a parent (2)."""
    wanted = call.query.get("userid", "")
    world = platform.world
    if wanted in platform.school.gone:
        raise ApiError(60111, "userid not found")
    if wanted in world.pupils:
        return Done({"user_type": 1, "student": _pupil(platform, world.pupils[wanted])})
    found = world.by_parent.get(wanted)
    if found is None:
        raise ApiError(60111, "userid not found")
    children = [
        {"student_userid": role.pupil_id, "relation": role.relation, "name": world.pupils[role.pupil_id].name}
        for role in found.roles
        if role.pupil_id
    ]
    return Done({"user_type": 2, "parent": _parent(platform, found) | {"children": children}})


def _klass(platform: Platform, call: Request) -> SchoolClass:
    klass = platform.school.klass(call.query.get("department_id"))
    if klass is None:
        raise ApiError(60123, "invalid department id")
    return klass


def _pupil(platform: Platform, pupil: Pupil) -> dict[str, Any]:
    klass = platform.world.class_(pupil.class_id)
    relations = [
        _parent(platform, one) | {"relation": next(r.relation for r in one.roles if r.pupil_id == pupil.id)}
        for one in platform.school.parents(pupil)
    ]
    number = platform.school.department(klass)
    return {"student_userid": pupil.id, "name": pupil.name, "department": [number], "parents": relations}


def _parent(platform: Platform, who: Person) -> dict[str, Any]:
    world = platform.world
    follows = world.subscribed(who)
    found: dict[str, Any] = {
        "parent_userid": world.parent_id(who), "mobile": world.mobile(who), "is_subscribe": int(follows),
    }  # fmt: skip
    # Only whoever follows the notices has an id outside the book.
    return found | ({"external_userid": world.external_id(who)} if follows else {})


def scope(platform: Platform, call: Request) -> Done:
    """``school/agent/get_allow_scope``."""
    if call.query.get("agentid") != str(platform.app.agent_id):
        raise ApiError(301002, "not allow operate another agent with this accesstoken")
    if not platform.parents_may_use:
        raise ApiError(48002, "api forbidden")
    return Done({"allow_scope": {"students": [], "departments": [{"partyid": SCHOOL}]}})


def qr_code(platform: Platform, _call: Request) -> Done:
    """``externalcontact/get_subscribe_qr_code``."""
    base = f"{platform.base_url}/_files/qr"
    return Done(
        {"qrcode_big": f"{base}-big", "qrcode_middle": f"{base}-middle", "qrcode_thumb": f"{base}-thumb"}
    )


# -- notices


def notify(platform: Platform, call: Request) -> Done:
    """``externalcontact/message/send``: to parents by themselves, by pupil or by class."""
    body = call.body
    if body.get("agentid") != platform.app.agent_id:
        raise ApiError(301002, "not allow operate another agent with this accesstoken")
    if not platform.parents_may_use:
        raise ApiError(48002, "api forbidden")
    if body.get("recv_scope", 0) != 0:
        raise ApiError(40058, "pupils have no account here")
    readers, bad = _readers(platform, body)
    content = _notice(platform, body)
    if not readers:
        raise ApiError(81013, "user & party & tag all invalid")
    from bot.wecom.emulator.messages import second_copy

    if second_copy(platform, body, call.raw):
        return Done(bad)

    def effect() -> None:
        for one in readers:
            platform.show(one, one.chat, "school_notice", content)

    return Done(bad, effect)


def _readers(platform: Platform, body: dict[str, Any]) -> tuple[list[Person], dict[str, Any]]:
    world, state = platform.world, platform.school
    lists = {name: body.get(name, []) for name in ("to_parent_userid", "to_student_userid", "to_party")}
    if not all(isinstance(one, list) for one in lists.values()):
        raise ApiError(40063, "recipients are lists")
    if len(lists["to_parent_userid"]) > MOST_PARENTS or len(lists["to_party"]) > MOST_CLASSES:
        raise ApiError(40032, "invalid user list size")
    if not any(lists.values()) and not body.get("toall"):
        raise ApiError(82001, "no recipient")
    found: list[Person] = []
    bad: dict[str, list[Any]] = {
        "invalid_parent_userid": [],
        "invalid_student_userid": [],
        "invalid_party": [],
    }
    for wanted in lists["to_parent_userid"]:
        one = world.by_parent.get(wanted) if wanted not in state.gone else None
        if one is not None and world.subscribed(one):
            found.append(one)
        else:
            bad["invalid_parent_userid"].append(wanted)
    for wanted in lists["to_student_userid"]:
        pupil = world.pupils.get(wanted) if wanted not in state.gone else None
        mine = [one for one in state.parents(pupil) if world.subscribed(one)] if pupil is not None else []
        found += mine
        if not mine:
            bad["invalid_student_userid"].append(wanted)
    for wanted in lists["to_party"]:
        klass = state.klass(wanted)
        if klass is None:
            bad["invalid_party"].append(wanted)
            continue
        every = [one for pupil in state.pupils(klass) for one in state.parents(pupil)]
        found += [one for one in every if world.subscribed(one)]
    return list({one.id: one for one in found}.values()), {key: value for key, value in bad.items() if value}


def _notice(platform: Platform, body: dict[str, Any]) -> Content:
    from bot.wecom.emulator.messages import medium, news

    kind = str(body.get("msgtype"))
    given = body.get(kind)
    if kind not in ("text", "image", "voice", "video", "file", "news", "mpnews", "miniprogram"):
        raise ApiError(40008, "invalid message type")
    if not isinstance(given, dict):
        raise ApiError(40063, "some parameters are empty")
    if kind == "text":
        text = given.get("content")
        if not isinstance(text, str) or not text:
            raise ApiError(44004, "empty content")
        return Content("text", text.encode()[:2048].decode("utf-8", "ignore"))
    if kind == "news":
        return news(platform, kind, given)
    return medium(platform, kind, given)


ENDPOINTS: Table = {
    ("GET", "/cgi-bin/school/department/list"): Endpoint(departments),
    ("GET", "/cgi-bin/school/user/list"): Endpoint(pupils),
    ("GET", "/cgi-bin/school/user/list_parent"): Endpoint(parents),
    ("GET", "/cgi-bin/school/user/get"): Endpoint(person),
    ("GET", "/cgi-bin/school/agent/get_allow_scope"): Endpoint(scope),
    ("GET", "/cgi-bin/externalcontact/get_subscribe_qr_code"): Endpoint(qr_code),
    ("POST", "/cgi-bin/externalcontact/message/send"): Endpoint(notify),
}
