"""Who a login is: one guardian stays one person, however many ids the platform has for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from storage import people
from storage.engine import Db
from storage.people import Person

BOOK_PARENT, KF, MEMBER = "wecom_parent", "wecom_kf", "wecom_member"
"""In the school's address book, in customer service, in the organisation."""


@dataclass(frozen=True, slots=True)
class Who:
    """What the platform says about somebody who logged in; what it does not say is empty.

    Args:
        parent_id: ``parent_userid`` of the school's address book.
        external_id: ``external_userid``, as customer service names the same person.
        member_id: A member of the organisation; compared in lower case.
    """

    parent_id: str = ""
    external_id: str = ""
    member_id: str = ""


Stranger = Literal["unknown", "conflict"]


def known(db: Db, corp: str, who: Who) -> Person | Stranger:
    """The one person all the ids lead to; a conflict where they lead to two."""
    if who.member_id:
        return people.by_identity(db, MEMBER, corp, who.member_id.lower()) or "unknown"
    found = {
        person.id: person
        for kind, ext_id in _ids(who)
        if (person := people.by_identity(db, kind, corp, ext_id)) is not None
    }
    if len(found) > 1:
        return "conflict"
    person = next(iter(found.values()), None)
    if person is None:
        return "unknown"
    # Another account of the address book is another parent, whatever else may be the same.
    held = people.identity_of(db, person.id, BOOK_PARENT)
    if who.parent_id and held is not None and (held.corp, held.id) != (corp, who.parent_id):
        return "conflict"
    return person


def join(db: Db, new_id: Callable[[], str], person_id: str, corp: str, who: Who) -> None:
    """Give a person the ids nobody has; an id of somebody else's and an id already there stay as they are.

    A second id in customer service does not replace the first: there the person may have a talk open.
    """
    for kind, ext_id in _ids(who):
        people.attach_identity(db, new_id, person_id=person_id, kind=kind, corp=corp, ext_id=ext_id)


def free(db: Db, person_id: str, corp: str, who: Who) -> bool:
    """Whether the ids may become this person's: none is somebody else's."""
    there = known(db, corp, who)
    if isinstance(there, Person):
        return there.id == person_id
    held = people.identity_of(db, person_id, BOOK_PARENT)
    other = held is not None and bool(who.parent_id) and (held.corp, held.id) != (corp, who.parent_id)
    return there == "unknown" and not other


def _ids(who: Who) -> tuple[tuple[str, str], ...]:
    pairs = ((BOOK_PARENT, who.parent_id), (KF, who.external_id))
    return tuple((kind, ext_id) for kind, ext_id in pairs if ext_id)
