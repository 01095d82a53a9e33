"""A small school in either database, for the contract tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest

from storage import access, classes, people, schools
from storage.access import System
from storage.classes import SchoolClass
from storage.engine import Db, Store
from storage.people import Person
from storage.pupils import Pupil
from storage.schools import School
from tests.contract.invented import CORP, Ids, seed_small

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class World:
    """One class of five children, its teachers and guardians."""

    store: Store
    new_id: Ids
    school: School
    school_class: SchoolClass
    teacher: Person
    deputy: Person
    mother: Person
    father: Person
    pupil: Pupil
    other: Pupil

    def run(self, unit: Callable[[Db], T]) -> T:
        """Run one unit and wait for its commit."""
        return self.store.run(unit).result(timeout=30)


@pytest.fixture
def world(store: Store) -> World:
    """The seeded small school."""
    store.run(seed_small).result()

    def look(db: Db) -> World:
        school = schools.all_schools(db)[0]
        school_class = classes.of_school(db, school.id)[0]
        found = [
            people.by_identity(db, "dingtalk_user", CORP, i) for i in ("t-301", "d-301", "g-1-0-m", "g-1-0-f")
        ]
        teacher, deputy, mother, father = [person for person in found if person is not None]
        pupils = access.access_class_pupils(db, System("test"), school_class.id, "")
        assert isinstance(pupils, tuple)
        known = (school, school_class, teacher, deputy, mother, father, pupils[0], pupils[1])
        return World(store, Ids("f"), *known)

    return store.run(look).result()
