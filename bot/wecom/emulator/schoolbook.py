"""The school's address book: departments, pupils and their parents, and who follows the notices.

Facts from developer.work.weixin.qq.com, paths 92337, 92331 and 92343: ids are compared without their case,
and a parent has an ``external_userid`` only while following.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.wecom.emulator import texts

if TYPE_CHECKING:
    from bot.emulation.world import Person, SchoolClass
    from bot.wecom.emulator.platform import Platform

SCHOOL_ID, GRADE_ID = 1, 3
CLASS, GRADE, SCHOOL = 1, 2, 5
_HEAD, _SUBJECT = 3, 4


@dataclass(slots=True)
class Department:
    """A school, grade or class."""

    id: int
    name: str
    parent: int
    kind: int
    admins: list[dict[str, Any]] = field(default_factory=list)
    group: str = ""


@dataclass(slots=True)
class Pupil:
    """A pupil: an own id in this book."""

    id: str
    name: str
    departments: list[int]
    mobile: str = ""


@dataclass(slots=True)
class Parent:
    """A parent, with the relation to each child by the child's id."""

    id: str
    mobile: str
    children: dict[str, str]


class SchoolState:
    """See the module; filled with the invented school."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.departments: dict[int, Department] = {}
        self.pupils: dict[str, Pupil] = {}
        self.parents: dict[str, Parent] = {}
        self.subscribe_mode = 1
        self.allowed: set[int] | None = None
        """The classes the app may write to; None: all."""
        self.is_school = True
        self.may_write = True
        """Whether the app is the one that may change the book."""
        self._fill()

    def _fill(self) -> None:
        world = self.platform.world
        self.departments[SCHOOL_ID] = Department(SCHOOL_ID, texts.SCHOOL, 0, SCHOOL)
        self.departments[GRADE_ID] = Department(GRADE_ID, texts.GRADE, SCHOOL_ID, GRADE)
        for klass in world.classes:
            self.departments[class_number(klass)] = self._class(klass)
        for pupil in world.pupils.values():
            self.pupils[pupil.id] = Pupil(pupil.id, pupil.name, [int(pupil.class_id[1:])])
        for person in world.people.values():
            children = {role.pupil_id: role.relation or "" for role in person.roles if role.pupil_id}
            if children:
                key = world.parent_id(person)
                self.parents[key.lower()] = Parent(key, world.mobile(person), children)

    def _class(self, klass: SchoolClass) -> Department:
        number = class_number(klass)
        admins = [
            {"userid": f"t-{number}", "type": _HEAD},
            {"userid": f"d-{number}", "type": _SUBJECT, "subject": ""},
        ]
        group = klass.group if self.platform.world.profile != "internal" else ""
        return Department(number, klass.name, GRADE_ID, CLASS, admins, group)

    # -- asking

    def pupil(self, userid: object) -> Pupil | None:
        """A pupil by id."""
        return self.pupils.get(userid.lower()) if isinstance(userid, str) else None

    def parent(self, userid: object) -> Parent | None:
        """A parent by id."""
        return self.parents.get(userid.lower()) if isinstance(userid, str) else None

    def person(self, parent: Parent) -> Person | None:
        """Who that is among the invented people; None for one the product made up."""
        return self.platform.world.by_parent.get(parent.id)

    def follows(self, parent: Parent) -> bool:
        """Whether this parent follows the notices."""
        person = self.person(parent)
        return person is not None and self.platform.world.subscribed(person)

    def parents_of(self, pupil: Pupil) -> list[Parent]:
        """A pupil's parents."""
        return [parent for parent in self.parents.values() if pupil.id in parent.children]

    def pupils_in(self, department: int, *, below: bool = False) -> list[Pupil]:
        """The pupils of a department, with those of the departments under it if so wished."""
        wanted = self.under(department) if below else {department}
        return [pupil for pupil in self.pupils.values() if wanted.intersection(pupil.departments)]

    def under(self, department: int) -> set[int]:
        """A department and all below it."""
        found = {department}
        grown = True
        while grown:
            more = {one.id for one in self.departments.values() if one.parent in found} - found
            found |= more
            grown = bool(more)
        return found

    def reachable(self, parent: Parent) -> bool:
        """Whether the app may write to this parent and the parent follows."""
        if not self.follows(parent):
            return False
        if self.allowed is None:
            return True
        pupils = [self.pupils[child.lower()] for child in parent.children if child.lower() in self.pupils]
        return any(self.allowed.intersection(pupil.departments) for pupil in pupils)

    # -- showing

    def parent_json(self, parent: Parent, relation: str | None = None) -> dict[str, Any]:
        """A parent as an answer shows one; with ``relation`` as one of a pupil's."""
        follows, person = self.follows(parent), self.person(parent)
        shown: dict[str, Any] = {
            "parent_userid": parent.id, "mobile": parent.mobile, "is_subscribe": int(follows),
        }  # fmt: skip
        if follows and person is not None:
            shown["external_userid"] = self.platform.world.external_id(person)
        if relation is not None:
            return {**shown, "relation": relation}
        names = {child: self.pupils[child.lower()].name for child in parent.children if child in self.pupils}
        shown["children"] = [
            {"student_userid": child, "relation": parent.children[child], "name": name}
            for child, name in names.items()
        ]
        return shown

    def pupil_json(self, pupil: Pupil) -> dict[str, Any]:
        """A pupil as an answer shows one."""
        parents = [self.parent_json(one, one.children[pupil.id]) for one in self.parents_of(pupil)]
        return {
            "student_userid": pupil.id, "name": pupil.name, "department": pupil.departments,
            "mobile": pupil.mobile, "parents": parents,
        }  # fmt: skip

    def department_json(self, department: Department) -> dict[str, Any]:
        """A department as an answer shows one."""
        shown: dict[str, Any] = {
            "id": department.id, "name": department.name, "parentid": department.parent,
            "type": department.kind, "order": department.id, "department_admins": department.admins,
            "is_graduated": 0,
        }  # fmt: skip
        if department.kind == CLASS:
            shown |= {"register_year": 2024, "open_group_chat": int(bool(department.group))}
            shown |= {"group_chat_id": department.group} if department.group else {}
        return shown

    # -- changing

    def told(self, change: str, ident: str, new: str = "") -> None:
        """The callback about a change of the book."""
        fields = {"FromUserName": "sys", "ChangeType": change, "Id": ident}
        self.platform.push_event("change_school_contact", fields | ({"NewId": new} if new else {}))

    def subscribe(self, person: Person, *, on: bool) -> bool:
        """A parent follows the notices, or ceases to; whether that is a change."""
        if self.platform.world.subscribed(person) == on:
            return False
        self.platform.world.subscribe(person, on=on)
        self.told("subscribe" if on else "unsubscribe", self.platform.world.parent_id(person))
        return True

    def change_all(self, department: int) -> int:
        """Somebody in the office saves a whole class again: one callback per pupil, all in one second."""
        pupils = self.pupils_in(department)
        for pupil in pupils:
            self.told("update_student", pupil.id)
        return len(pupils)


def class_number(klass: SchoolClass) -> int:
    """A class's department."""
    return int(klass.id[1:])
