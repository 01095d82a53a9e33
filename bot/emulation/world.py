"""The invented school on the emulated platform: three classes of 45, the same people for the same seed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from bot.emulation import texts

PUPILS_PER_CLASS = 45
TEACHER_WINDOWS = ("08:00-10:00", "16:00-18:00")
DUTY_PHONE = "021-55550100"


@dataclass(frozen=True, slots=True)
class Role:
    """What somebody is: ``kind`` is teacher, deputy, co_teacher, guardian or admin."""

    kind: str
    class_id: str | None = None
    pupil_id: str | None = None
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    pupil_id: str
    purpose: str
    given: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account on the platform.

    Args:
        id: The user id in the school's organisation; empty for an outsider.
        name: The display name.
        chat: The conversation with the robot.
        open_id: What the platform calls the account to an app that does not know it.
        code: The one-time binding code, for those the school has not bound yet.
    """

    id: str
    name: str
    chat: str
    open_id: str
    union_id: str
    roles: tuple[Role, ...] = ()
    consents: tuple[Consent, ...] = ()
    windows: tuple[str, ...] = ()
    code: str | None = None
    outsider: bool = False

    @property
    def bound(self) -> bool:
        """Whether the school's file names this account."""
        return self.code is None and not self.outsider

    def in_class(self, class_id: str) -> bool:
        return any(role.class_id == class_id for role in self.roles)


@dataclass(frozen=True, slots=True)
class Pupil:
    id: str
    class_id: str
    name: str


@dataclass(frozen=True, slots=True)
class SchoolClass:
    id: str
    name: str
    group: str


OTHERS = -1
"""Every guardian is unbound but those of the few families that speak in dialogues."""


class UnknownReference(LookupError):
    """A person or chat that does not exist, or a name that more than one person carries."""


class World:
    """The school on no platform in particular: who is there, and found under which id or name.

    Args:
        seed: Any text; the same seed gives the same school.
        unbound: How many guardians are not bound yet and get a code instead (whole families first);
            :data:`OTHERS` for all but the families with a part in the dialogues.
        app: The robot app's name in the product's configuration.
        profile: What of the platform this school has; each platform has its own.
    """

    platform = ""
    """What the product's school document calls the platform."""
    corp_prefix = ""

    def __init__(self, seed: str = "1", unbound: int = 0, app: str = "school", profile: str = "full") -> None:
        self.app = app
        self.profile = profile
        self._seed = seed
        self._random = Random(f"classbridge:{seed}")  # noqa: S311 - invented people, no secrets
        self.corp = self.corp_prefix + self._digest("corp").hex()[:32]
        self.classes = tuple(
            SchoolClass(f"c30{i + 1}", name, self._chat_id(f"group{i}"))
            for i, name in enumerate(texts.CLASS_NAMES)
        )
        self.pupils: dict[str, Pupil] = {}
        self.people: dict[str, Person] = {}
        self._outsiders: dict[str, Person] = {}
        self._fill()
        self._unbind(unbound)
        self.group_class = {klass.group: klass for klass in self.classes}
        self._by_chat = {person.chat: person.id for person in self.people.values()}

    # -- building --------------------------------------------------------------------------------------

    def _digest(self, what: str) -> bytes:
        return hashlib.sha256(f"{self._seed}:{what}".encode()).digest()

    def reachable(self, person: Person) -> bool:
        """Whether the product and this person can talk one to one."""
        raise NotImplementedError

    def _chat_id(self, what: str) -> str:
        return "cid" + base64.b64encode(self._digest(f"chat:{what}")[:16]).decode().replace("/", "A")

    def _person(self, person_id: str, name: str, roles: Iterable[Role], **more: Any) -> Person:
        token = base64.b64encode(self._digest(f"person:{person_id}")[:24]).decode()
        person = Person(
            person_id, name, self._chat_id(person_id), f"$:LWCP_v1:${token}", f"u{token[:20]}iE",
            tuple(roles), **more,
        )  # fmt: skip
        self.people[person_id] = person
        return person

    def _fill(self) -> None:
        for klass in self.classes:
            number = klass.id[1:]
            self._person(
                f"t-{number}", texts.CLASS_TEACHER, [Role("teacher", klass.id)], windows=TEACHER_WINDOWS
            )
            self._person(f"d-{number}", texts.DEPUTY, [Role("deputy", klass.id)], windows=TEACHER_WINDOWS)
        everywhere = [Role("co_teacher", klass.id) for klass in self.classes]
        self._person("x-300", texts.CO_TEACHER, everywhere, windows=TEACHER_WINDOWS)
        self._person("a-100", texts.ADMIN, [Role("admin")])
        for klass in self.classes:
            self._fill_class(klass)

    def _fill_class(self, klass: SchoolClass) -> None:
        for number, name in enumerate((*texts.CAST, *self._names(PUPILS_PER_CLASS - len(texts.CAST)))):
            pupil = Pupil(f"s-{klass.id[1:]}-{number + 1:02}", klass.id, name)
            self.pupils[pupil.id] = pupil
            relations = texts.CAST_RELATIONS[number] if number < len(texts.CAST) else self._relations()
            given = self._consent_of(number)
            for index, relation in enumerate(relations):
                consents: tuple[Consent, ...] = ()
                if index == 0 and given is not None:
                    consents = (Consent(pupil.id, "praise_name", given),)
                self._person(
                    f"g-{klass.id[1:]}-{number + 1:02}-{index + 1}", name + relation,
                    [Role("guardian", klass.id, pupil.id, relation)], consents=consents,
                )  # fmt: skip

    def _names(self, count: int) -> Iterator[str]:
        taken: set[str] = set(texts.CAST)
        while count:
            name = (
                self._random.choice(texts.SURNAMES)
                + self._random.choice(texts.GIVEN_FIRST)
                + self._random.choice(texts.GIVEN_SECOND)
            )
            if name not in taken:
                taken.add(name)
                count -= 1
                yield name

    def _relations(self) -> tuple[str, ...]:
        if self._random.random() < 0.35:
            return (texts.MOTHER,)
        return (texts.MOTHER, self._random.choice(texts.SECOND_GUARDIANS))

    def _consent_of(self, number: int) -> bool | None:
        if number < len(texts.CAST):
            return (True, None, True)[number]
        share = self._random.random()
        if share < 0.8:
            return True
        return False if share < 0.9 else None

    def _unbind(self, count: int) -> None:
        """Whole families first, so that two unbound guardians of one child exist; the named cast last."""
        if not count:
            return
        pupils = list(self.pupils.values())
        self._random.shuffle(pupils)
        pupils.sort(key=lambda pupil: pupil.name in texts.CAST)
        pupils.sort(key=lambda pupil: len(list(self.guardians(pupil.id))) < 2)
        families = [person for pupil in pupils for person in self.guardians(pupil.id)]
        families.sort(key=lambda person: self.pupils[str(person.roles[0].pupil_id)].name in texts.CAST)
        if count == OTHERS:
            count = sum(self.pupils[str(one.roles[0].pupil_id)].name not in texts.CAST for one in families)
        codes: set[str] = set()
        for person in families[:count]:
            code = f"{self._random.randrange(10**7, 10**8)}"
            while code in codes:
                code = f"{self._random.randrange(10**7, 10**8)}"
            codes.add(code)
            self.people[person.id] = replace(person, code=code, consents=())

    # -- asking ----------------------------------------------------------------------------------------

    def guardians(self, pupil_id: str) -> Iterator[Person]:
        for person in self.people.values():
            if any(role.pupil_id == pupil_id for role in person.roles):
                yield person

    def person(self, reference: str, class_id: str | None = None) -> Person:
        """Find somebody by user id, by name (unique in the class or the school) or by ``class/name``.

        ``outsider:NAME`` is somebody outside the school's organisation, made when first named.

        Raises:
            UnknownReference: Nobody, or more than one, is called that.
        """
        if reference in self.people:
            return self.people[reference]
        if reference.startswith("outsider:"):
            return self._outsider(reference)
        place, slash, name = reference.rpartition("/")
        if slash:
            class_id = self.class_(place).id
        found = [
            person
            for person in self.people.values()
            if person.name == name and (class_id is None or person.in_class(class_id))
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise UnknownReference(f"{reference!r} is not unique: {', '.join(p.id for p in found)}")
        raise UnknownReference(f"nobody is called {reference!r}")

    def _outsider(self, reference: str) -> Person:
        if reference not in self._outsiders:
            token = base64.b64encode(self._digest(reference)[:24]).decode()
            person = Person(
                "", reference.partition(":")[2], self._chat_id(reference), f"$:LWCP_v1:${token}", "",
                outsider=True,
            )  # fmt: skip
            self._outsiders[reference] = person
        return self._outsiders[reference]

    def mobile(self, person: Person) -> str:
        """Somebody's invented number."""
        number = int.from_bytes(self._digest(f"mobile:{person.id}")[:4]) % 100_000_000
        return f"139{number:08}"

    def page_session(self, person: Person) -> str | None:
        """The cookie by which the product knows this guardian's phone: 64 hex digits; None without one."""
        return None

    def class_(self, reference: str) -> SchoolClass:
        """Find a class by id, name or group conversation id.

        Raises:
            UnknownReference: There is no such class.
        """
        for klass in self.classes:
            if reference in (klass.id, klass.name, klass.group):
                return klass
        raise UnknownReference(f"there is no class or group {reference!r}")

    def chat_owner(self, chat: str) -> Person | None:
        """The person whose private conversation with the robot this is."""
        if chat in self._by_chat:
            return self.people[self._by_chat[chat]]
        return next((person for person in self._outsiders.values() if person.chat == chat), None)

    # -- telling ---------------------------------------------------------------------------------------

    def listing(self) -> dict[str, Any]:
        """What ``GET /_control/people`` answers."""
        return {
            "corp": self.corp,
            "classes": [{"id": c.id, "name": c.name, "group": c.group} for c in self.classes],
            "people": [self._listed(person) for person in self.people.values()],
        }

    def _listed(self, person: Person) -> dict[str, Any]:
        roles = [
            {
                "role": role.kind,
                "class": role.class_id,
                "pupil": self.pupils[role.pupil_id].name if role.pupil_id else None,
                "relation": role.relation,
            }
            for role in person.roles
        ]
        return {
            "id": person.id, "name": person.name, "roles": roles, "chat": person.chat, "bound": person.bound,
            "code": person.code, "subscribed": self.subscribed(person),
        }  # fmt: skip

    def school_json(self) -> dict[str, Any]:
        """The school as the product's import reads it; unbound guardians have a code and no identity."""
        terms = [
            {"name": texts.TERM_AUTUMN, "first": "2026-09-01", "last": "2027-01-22"},
            {"name": texts.TERM_SPRING, "first": "2027-02-22", "last": "2027-07-09"},
        ]
        school = {
            "name": texts.SCHOOL, "corp": self.corp, "tz": "Asia/Shanghai", "duty_phone": DUTY_PHONE,
            "terms": terms, "overrides": [],
        }  # fmt: skip
        return {
            "school": school,
            "classes": [self._class_json(klass) for klass in self.classes],
            "people": [self._person_json(person) for person in self.people.values()],
            "pupils": [
                {"id": pupil.id, "class": pupil.class_id, "name": pupil.name}
                for pupil in self.pupils.values()
            ],
        }

    def _class_json(self, klass: SchoolClass) -> dict[str, Any]:
        return {
            "id": klass.id,
            "name": klass.name,
            "group": self._group_json(klass),
            "dismissal": "16:30",
            "digest_preview": "16:30",
            "digest_send": "16:50",
            "digest_auto": True,
        }

    def _group_json(self, klass: SchoolClass) -> dict[str, Any]:
        """The class's group as the school document names it."""
        raise NotImplementedError

    def _identities(self, person: Person) -> list[dict[str, Any]]:
        """The accounts of somebody as the school document names them."""
        raise NotImplementedError

    def subscribed(self, person: Person) -> bool:
        """Whether this parent follows the school's notices, where a platform has such a thing."""
        return False

    def _person_json(self, person: Person) -> dict[str, Any]:
        roles: list[dict[str, str]] = []
        for role in person.roles:
            named = {"kind": role.kind, "class": role.class_id, "pupil": role.pupil_id}
            roles.append({key: value for key, value in named.items() if value})
            if role.relation:
                roles[-1]["relation"] = role.relation
        mine = self._identities(person) if person.bound else []
        consents = [
            {"pupil": consent.pupil_id, "purpose": consent.purpose, "given": consent.given}
            for consent in person.consents
        ]
        return {
            "id": person.id,
            "name": person.name,
            "identity": mine[0] if mine else None,
            **({"identities": mine[1:]} if mine[1:] else {}),
            "code": person.code,
            "roles": roles,
            "consents": consents,
            "windows": list(person.windows),
        }
