"""The platform's book becomes ours: who is new is added, who left loses the role, nothing is erased.

Everything can be done twice. What the book does not know (a guardian bound by a paper code, a teacher) stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from handlers.context import Ctx
from handlers.roster import texts
from storage import access, book, classes, people
from storage.access import Denied, System
from storage.book import Entry
from storage.classes import SchoolClass
from storage.people import Person, Role

SELF = System("roster")
BOOK_PARENT, KF, MEMBER = "wecom_parent", "wecom_kf", "wecom_member"
FEW = 3
"""In a class smaller than this everybody may leave at once."""


def keep_classes(ctx: Ctx, facts: Mapping[str, Any]) -> list[tuple[str, SchoolClass, bool]]:
    """The classes of the book with ours, and whether their class teacher is known."""
    found = []
    for each in facts["classes"]:
        of = _class(ctx, each)
        entry = _entry(ctx, "class", each["id"], of.id, each["id"])
        book.put(ctx.db, ctx.new_id, ctx.now, entry)
        if each["group"] and of.group_chat is None:
            key = f"wecom/{facts['app']}/broadcast/{each['group']}"
            classes.bind_group(ctx.db, of.id, key)
        found.append((each["id"], of, _head(ctx, of, each["heads"])))
    return found


def _class(ctx: Ctx, each: Mapping[str, Any]) -> SchoolClass:
    known = book.get(ctx.db, ctx.school.corp, "class", each["id"])
    of = classes.get(ctx.db, known.our_id) if known else None
    name = each["name"]
    if classes.parse_name(name) is None and classes.parse_name(each["grade"] + name) is not None:
        name = each["grade"] + name
    return (
        of
        or classes.by_name(ctx.db, ctx.school.id, name)
        or classes.add(ctx.db, ctx.new_id, school_id=ctx.school.id, name=name)
    )


def _head(ctx: Ctx, of: SchoolClass, heads: Sequence[str]) -> bool:
    """Give the class its class teacher, if we know one of the book's; whether it has one now."""
    found = [people.by_identity(ctx.db, MEMBER, ctx.school.corp, one) for one in heads]
    known = [person for person in found if person is not None and person.school_id == ctx.school.id]
    now = people.class_teacher(ctx.db, of.id)
    if not known:
        return now is not None
    if now is not None and now.id not in {person.id for person in known}:
        for role in people.roles(ctx.db, now.id):
            if (role.kind, role.class_id) == ("teacher", of.id):
                people.end_role(ctx.db, ctx.now, role.id)
        now = None
    if now is None:
        people.add_role(ctx.db, ctx.new_id, ctx.now, person_id=known[0].id, kind="teacher", class_id=of.id)
    return True


def vanishing(
    ctx: Ctx, kind: book.Kind, department: str, pupils: Sequence[Mapping[str, Any]]
) -> tuple[int, int]:
    """How many children or parents of a class are not in the answer, of how many the book had."""
    known = book.of_department(ctx.db, ctx.school.corp, kind, department)
    there = {each["id"] for each in pupils}
    if kind == "parent":
        there = {parent["id"] for each in pupils for parent in each["parents"] or ()}
    return sum(entry.ext_id not in there for entry in known), len(known)


def too_many(gone: int, known: int) -> bool:
    """Whether it looks like a short answer, not like children who left."""
    return known >= FEW and gone * 3 > known


def keep_pupils(ctx: Ctx, of: SchoolClass, department: str, pupils: Sequence[Mapping[str, Any]]) -> None:
    """The children of a class with their parents, as the book has them now."""
    corp = ctx.school.corp
    there = {each["id"] for each in pupils}
    for entry in book.of_department(ctx.db, corp, "pupil", department):
        if entry.ext_id not in there:
            book.left(ctx.db, corp, "pupil", entry.ext_id)
            _part(ctx, entry.our_id, set())
    unknown = _unknown(ctx, of)
    names = Counter(each["name"] for each in pupils)
    for each in pupils:
        known = book.get(ctx.db, corp, "pupil", each["id"])
        same = unknown.get(each["name"], [])
        # Of two children of one name nobody can say here which is whose: they are added, never guessed.
        sure = len(same) == 1 and names[each["name"]] == 1
        ours = known.our_id if known else (same[0] if sure else None)
        pupil_id = book.keep_pupil(
            ctx.db, ctx.new_id, ours, school_id=ctx.school.id, class_id=of.id, name=each["name"]
        )
        book.put(ctx.db, ctx.new_id, ctx.now, _entry(ctx, "pupil", each["id"], pupil_id, department))
        _keep_parents(ctx, of, pupil_id, each, department)


def _unknown(ctx: Ctx, of: SchoolClass) -> dict[str, list[str]]:
    """Our children of the class that are no line of the book yet, by name."""
    ours = access.access_class_pupils(ctx.db, SELF, of.id, "")
    found: dict[str, list[str]] = {}
    for pupil in () if isinstance(ours, Denied) else ours:
        if not book.of_ours(ctx.db, "pupil", pupil.id):
            found.setdefault(pupil.name, []).append(pupil.id)
    return found


def _keep_parents(
    ctx: Ctx, of: SchoolClass, pupil_id: str, pupil: Mapping[str, Any], department: str
) -> None:
    if pupil["parents"] is None:  # the answer says nothing about them
        return
    kept = set()
    for each in pupil["parents"]:
        if not each["id"]:
            continue
        relation = texts.relation_of(each["relation"])
        person = _parent(ctx, each, pupil_id, relation)
        if person is None:
            name = texts.name_of(pupil["name"], relation)
            person = people.add(ctx.db, ctx.new_id, school_id=ctx.school.id, name=name)
        people.attach_identity(
            ctx.db, ctx.new_id, person_id=person.id, kind=BOOK_PARENT, corp=ctx.school.corp, ext_id=each["id"]
        )
        _guardian(ctx, person.id, of.id, pupil_id, relation)
        entry = _entry(ctx, "parent", each["id"], person.id, department)
        book.put(ctx.db, ctx.new_id, ctx.now, replace(entry, subscribed=each["subscribed"]))
        kept.add(person.id)
    _part(ctx, pupil_id, kept)


def _parent(ctx: Ctx, each: Mapping[str, Any], pupil_id: str, relation: str) -> Person | None:
    """The one we know already: by the book's id, by the chat, or as the child's only 妈妈 not in the book."""
    corp = ctx.school.corp
    person = people.by_identity(ctx.db, BOOK_PARENT, corp, each["id"])
    entry = book.get(ctx.db, corp, "parent", each["id"])
    if person is None and entry is not None:
        person = people.get(ctx.db, entry.our_id)
    if person is None and each["external"]:
        person = _bookless(ctx, people.by_identity(ctx.db, KF, corp, each["external"]))
    if person is not None:
        return person if person.school_id == ctx.school.id else None
    found = access.guardians_of(ctx.db, SELF, pupil_id)
    same = [
        one.person
        for one in (() if isinstance(found, Denied) else found)
        if texts.relation_of(one.relation) == relation and _bookless(ctx, one.person) is not None
    ]
    return same[0] if len(same) == 1 else None


def _bookless(ctx: Ctx, person: Person | None) -> Person | None:
    """Only somebody without an account in the book may become one of it."""
    if person is None or people.identity_of(ctx.db, person.id, BOOK_PARENT) is not None:
        return None
    return person


def _guardian(ctx: Ctx, person_id: str, class_id: str, pupil_id: str, relation: str) -> None:
    held = [role for role in people.roles(ctx.db, person_id) if _is_of(role, pupil_id)]
    if any(role.class_id in (class_id, None) for role in held):
        return
    for role in held:  # the child has changed class
        people.end_role(ctx.db, ctx.now, role.id)
    people.add_role(
        ctx.db,
        ctx.new_id,
        ctx.now,
        person_id=person_id,
        kind="guardian",
        class_id=class_id,
        pupil_id=pupil_id,
        relation=held[0].relation if held else relation,
    )


def _part(ctx: Ctx, pupil_id: str, kept: set[str]) -> None:
    """Parents who are not this child's any more: the role ends, the last one takes the book's id along."""
    found = access.guardians_of(ctx.db, SELF, pupil_id)
    for one in () if isinstance(found, Denied) else found:
        held = people.identity_of(ctx.db, one.person.id, BOOK_PARENT)
        if one.person.id in kept or held is None or not book.of_ours(ctx.db, "parent", one.person.id):
            continue
        for role in people.roles(ctx.db, one.person.id):
            if _is_of(role, pupil_id):
                people.end_role(ctx.db, ctx.now, role.id)
        if not any(role.kind == "guardian" for role in people.roles(ctx.db, one.person.id)):
            people.detach(ctx.db, *held)


def nobody_follows(pupils: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the book says of every parent of a class that the notices are not followed."""
    said = [each["subscribed"] for pupil in pupils for each in pupil["parents"] or ()]
    return bool(said) and all(one is False for one in said)


def renamed(ctx: Ctx, old: str, new: str) -> None:
    """The book has given a pupil or parent another id: it is the same one."""
    corp = ctx.school.corp
    for kind in ("pupil", "parent"):
        book.rename(ctx.db, corp, kind, old, new)
    move_identity(ctx, BOOK_PARENT, old, new)


def move_identity(ctx: Ctx, kind: str, old: str, new: str) -> None:
    """Somebody's id is another now; not if that is somebody else's."""
    person = people.by_identity(ctx.db, kind, ctx.school.corp, old)
    if person is None or people.by_identity(ctx.db, kind, ctx.school.corp, new) is not None:
        return
    people.detach(ctx.db, kind, ctx.school.corp, old)
    people.attach_identity(
        ctx.db, ctx.new_id, person_id=person.id, kind=kind, corp=ctx.school.corp, ext_id=new
    )


def _is_of(role: Role, pupil_id: str) -> bool:
    return role.kind == "guardian" and role.pupil_id == pupil_id


def _entry(ctx: Ctx, kind: book.Kind, ext_id: str, our_id: str, department: str) -> Entry:
    return Entry(ctx.school.id, ctx.school.corp, kind, ext_id, our_id, department, None)
