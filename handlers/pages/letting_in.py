"""Who a code lets in: the rules of binding for a visitor of the pages, whom no platform vouches for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from handlers.binding import texts
from storage import access, codes, people
from storage.engine import Db

KIND = "page"
"""The kind of identity a bound phone has."""


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom a code is for.

    Args:
        person_id: The guardian.
        school_id: The school.
        class_id: The child's class.
        who: 「三(2)班 林小满 的妈妈」, for the question before anything is bound.
    """

    person_id: str
    school_id: str
    class_id: str
    who: str


def invited(db: Db, code: str) -> Invited | None:
    """The guardian a code is for; None if it is wrong, used or a teacher's: a visitor hears one answer."""
    found = codes.look(db, code) if len(code) == 8 and code.isascii() and code.isdigit() else None
    if found is None or found.used or found.pupil is None or found.school_class is None:
        return None
    names = "、".join(child.name for child in access.children_of(db, found.person.id)) or found.pupil.name
    who = texts.guardian_of(found.school_class.name, names, found.relation)
    return Invited(found.person.id, found.person.school_id, found.school_class.id, who)


def let_in(db: Db, new_id: Callable[[], str], now: datetime, code: str, corp: str) -> Invited | None:
    """Use a code up and give its guardian a page; None if it is not good any more."""
    guest = invited(db, code)
    if guest is None or not codes.use(db, code, now):
        return None
    give_page(db, new_id, guest.person_id, corp)
    return guest


def give_page(db: Db, new_id: Callable[[], str], person_id: str, corp: str) -> str:
    """The id of the person's identity on the pages, made at first; a guardian in DingTalk may have both."""
    held = people.identity_of(db, person_id, KIND)
    if held is None:
        people.attach_identity(db, new_id, person_id=person_id, kind=KIND, corp=corp, ext_id=new_id())
        held = people.identity_of(db, person_id, KIND)
    return held.id if held else ""


def welcome(db: Db, guest: Invited) -> str:
    """The first words on a new page."""
    teacher = people.class_teacher(db, guest.class_id)
    return texts.bound_guardian(guest.who, teacher.name if teacher else texts.CLASS_TEACHER)
