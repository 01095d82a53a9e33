"""Import a whole school from one JSON document into an empty database, in one unit.

The ids in the document are its own, local names; every row gets a new one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, insert, select

from storage import (
    classes,
    codes,
    consent,
    group_robots,
    page_sessions,
    people,
    preferences,
    pupils,
    schools,
)
from storage.engine import Db
from storage.people import Person, Role
from storage.pupils import Pupil
from storage.schools import School

Rows = dict[Table, list[dict[str, object]]]


class SeedError(Exception):
    """The document cannot be imported; the sentence says why and what to do."""


def is_empty(db: Db) -> bool:
    """Whether no school was ever put into this database."""
    return db.conn.execute(select(schools.schools.c.id).limit(1)).first() is None


def import_school(
    db: Db, data: Mapping[str, Any], new_id: Callable[[], str], now: datetime, *, invented: bool = False
) -> School:
    """Import a school: classes, pupils, people with roles, identities, codes, consents and settings.

    Args:
        data: The document.
        invented: It is an emulator's: only such a one may say which phones are signed in to pages already.

    Raises:
        SeedError: The database holds a school already, or the document does not fit together.
    """
    if not is_empty(db):
        raise SeedError(
            "the database already holds a school: seed an empty one, or take `seed` out of the config"
        )
    try:
        return _Import(db, new_id, now, invented=invented).run(data)
    except KeyError as error:
        raise SeedError(f"the school document lacks {error}, or names something it does not define") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise SeedError(f"the school document does not have the right form: {error}") from None


class _Import:
    """One import: collects all rows, then inserts table by table."""

    def __init__(self, db: Db, new_id: Callable[[], str], now: datetime, *, invented: bool = False) -> None:
        self._db, self._new_id, self._now = db, new_id, now
        self._invented = invented
        self._rows: Rows = defaultdict(list)
        self._classes: dict[str, str] = {}
        self._pupils: dict[str, Pupil] = {}
        self._persons: dict[str, str] = {}
        self._phones: list[tuple[str, str]] = []

    def run(self, data: Mapping[str, Any]) -> School:
        self._school = self._add_school(data["school"])
        for each in data["classes"]:
            self._add_class(each)
        for each in data["pupils"]:
            self._add_pupil(each)
        for each in data["people"]:
            self._add_person(each)
        for key in _NAMED:
            if data["school"].get(key):
                named = data["school"][key]
                ids = [self._persons[one] for one in ([named] if isinstance(named, str) else named)]
                self._set("school", self._school.id, key, ",".join(ids))
        for table, rows in self._rows.items():
            self._db.conn.execute(insert(table), rows)
        for person_id, cookie in self._phones:
            page_sessions.start(self._db, self._new_id, self._now, person_id, cookie)
        return self._school

    def _add_school(self, said: Mapping[str, Any]) -> School:
        db, new_id = self._db, self._new_id
        school = schools.add(
            db,
            new_id,
            name=said["name"],
            tz=said.get("tz", "Asia/Shanghai"),
            duty_phone=said.get("duty_phone") or "",
            corp=said["corp"],
        )
        for term in said.get("terms", ()):
            days = {"first": date.fromisoformat(term["first"]), "last": date.fromisoformat(term["last"])}
            schools.add_term(db, new_id, school.id, name=term["name"], **days)
        for each in said.get("overrides", ()):
            day = date.fromisoformat(each["day"])
            schools.set_override(
                db, new_id, school.id, day=day, school=each["school"], note=each.get("note", "")
            )
        return school

    def _add_class(self, said: Mapping[str, Any]) -> None:
        grade, number = classes.parse_name(said["name"]) or (None, None)
        key = _group_key(said.get("group"))
        added = classes.SchoolClass(self._new_id(), self._school.id, said["name"], grade, number, key)
        self._classes[said["id"]] = added.id
        self._rows[classes.classes].append(classes.values(added))
        group = said.get("group") or {}
        robot = said.get("robot") or (group | {"name": group["webhook"]} if "token" in group else None)
        if robot is not None:
            self._add_robot(added, robot)
        for field, setting in _CLASS_SETTINGS.items():
            if field in said:
                self._set("class", added.id, setting, said[field])

    def _add_robot(self, of: classes.SchoolClass, said: Mapping[str, Any]) -> None:
        group_robots.put(
            self._db,
            self._new_id,
            school_id=self._school.id,
            class_id=of.id,
            name=said["name"],
            token=said["token"],
            secret=said.get("secret", ""),
        )

    def _add_pupil(self, said: Mapping[str, Any]) -> None:
        pupil = Pupil(self._new_id(), self._school.id, self._classes[said["class"]], said["name"])
        self._pupils[said["id"]] = pupil
        self._rows[pupils.pupils].append(pupils.values(self._db, pupil))

    def _add_person(self, said: Mapping[str, Any]) -> None:
        person = Person(self._new_id(), self._school.id, said["name"])
        self._persons[said.get("id", "")] = person.id
        self._rows[people.people].append(people.values(self._db, person))
        for role in said.get("roles", ()):
            self._add_role(person, role)
        for each in said.get("consents", ()):
            pupil = self._pupils[each["pupil"]]
            word = (self._school.id, person.id, pupil.id, each["purpose"], bool(each["given"]))
            self._rows[consent.consents].append(consent.values(self._new_id(), self._now, *word))
        for each in (*said.get("identities", ()), *filter(None, (said.get("identity"),))):
            self._add_identity(person, each)
        if said.get("code"):
            self._rows[codes.codes].append(
                codes.values(self._db, self._new_id(), self._now, person, said["code"])
            )
        if "windows" in said:
            self._set("person", person.id, "windows", ",".join(said["windows"]))

    def _add_role(self, person: Person, said: Mapping[str, Any]) -> None:
        kind = said["kind"]
        if kind not in people.ROLE_KINDS:
            raise ValueError(f"{kind!r} is no kind of role")
        class_id = None if said.get("class") is None else self._classes[said["class"]]
        pupil_id = None if said.get("pupil") is None else self._pupils[said["pupil"]].id
        role = Role(self._new_id(), person.id, kind, class_id, pupil_id, said.get("relation") or "")
        self._rows[people.roles_table].append(people.role_values(role, self._school.id, self._now))

    def _add_identity(self, person: Person, said: Mapping[str, Any]) -> None:
        row = {
            "id": self._new_id(),
            "school_id": self._school.id,
            "person_id": person.id,
            "kind": said["kind"],
            "corp": said["corp"],
            "ext_id": said["id"],
        }
        self._rows[people.identities].append(row)
        if "session" in said:  # a phone that is signed in to the person's page already
            if not self._invented:
                raise SeedError(
                    "a real school's people sign in themselves: take `session` out of the document"
                )
            self._phones.append((person.id, said["session"]))

    def _set(self, scope: preferences.Scope, scope_id: str, key: str, value: object) -> None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        row = (self._new_id(), self._now, self._school.id, scope, scope_id, key, text, None)
        self._rows[preferences.preferences].append(preferences.values(*row))


def _group_key(group: Mapping[str, Any] | None) -> str | None:
    """``platform/app/group/id`` of a group an app robot is in, ``…/webhook/name`` of one it is not in."""
    if group is None:
        return None
    place = (group.get("kind", "group"), group["id"]) if "id" in group else ("webhook", group["webhook"])
    return "/".join((group["platform"], group["app"], *place))


_NAMED = ("doctor", "duty", "safeguarding")
"""Who reads of illness in leaves · who is at the duty desk (several) · who answers for children's safety."""
_CLASS_SETTINGS = {
    "dismissal": "dismissal",
    "digest_preview": "digest.preview",
    "digest_send": "digest.send",
    "digest_auto": "digest.auto",
}
