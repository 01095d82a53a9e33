"""A whole school from one document, quickly, and only into an empty database."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from config.ids import new_id
from storage import access, classes, codes, consent, people, preferences, schools, seed
from storage.access import System
from storage.engine import Db, Store
from tests.contract.conftest import World
from tests.contract.invented import CORP, MONDAY, document, seed_small


def test_a_whole_school_in_one_short_unit(store: Store) -> None:
    data = document()
    assert len(data["pupils"]) == 135
    started = time.process_time()
    wall = time.perf_counter()
    school = store.run(lambda db: seed.import_school(db, data, new_id, MONDAY)).result()
    # A second of our own work; on a busy machine the wall clock may say more.
    assert min(time.process_time() - started, time.perf_counter() - wall) < 1.0

    def count(db: Db) -> list[int]:
        found = classes.of_school(db, school.id)
        lists = [access.access_class_pupils(db, System("test"), each.id, "") for each in found]
        return [len(each) for each in lists if isinstance(each, tuple)]

    assert store.run(count).result() == [45, 45, 45]
    chen = store.run(lambda db: people.by_identity(db, "dingtalk_user", CORP, "t-chen")).result()
    assert chen is not None
    assert len(store.run(lambda db: people.roles(db, chen.id)).result()) == 3


@pytest.mark.parametrize(
    ("key", "named", "count"),
    [("doctor", "admin", 1), ("safeguarding", "admin", 1), ("duty", ["admin", "d1"], 2)],
)
def test_who_answers_for_what_is_a_person_of_the_document(
    store: Store, key: str, named: str | list[str], count: int
) -> None:
    data = document(1, 2)
    data["school"][key] = named
    school = store.run(lambda db: seed.import_school(db, data, new_id, MONDAY)).result()
    kept = store.run(lambda db: preferences.get(db, "school", school.id, key, "")).result().split(",")
    admins = store.run(lambda db: people.admins(db, school.id)).result()
    assert kept[0] == admins[0].id
    assert len(kept) == count


def test_nobody_of_the_document_is_refused(store: Store) -> None:
    data = document(1, 2)
    data["school"]["duty"] = ["nobody"]
    with pytest.raises(seed.SeedError, match="nobody"):
        store.run(lambda db: seed.import_school(db, data, new_id, MONDAY)).result()


def test_everything_said_is_there(world: World) -> None:
    class_id = world.school_class.id
    assert world.school_class.group_chat == "dingtalk/school/group/cid-1=="
    settings = {
        key: world.run(lambda db, k=key: preferences.get(db, "class", class_id, k))  # type: ignore[misc]
        for key in ("dismissal", "digest.preview", "digest.send", "digest.auto")
    }
    assert settings == {
        "dismissal": "16:30",
        "digest.preview": "16:30",
        "digest.send": "16:50",
        "digest.auto": "true",
    }
    windows = world.run(lambda db: preferences.get(db, "person", world.teacher.id, "windows"))
    assert windows == "08:00-10:00,16:00-18:00"
    both = [world.pupil.id, world.other.id]
    found = world.run(lambda db: consent.states(db, both, consent.PRAISE_NAME))
    assert list(found.values()) == ["given", "none"]
    assert [t.name for t in world.run(lambda db: schools.terms(db, world.school.id))] == ["2026秋", "2027春"]
    code = world.run(lambda db: codes.look(db, "10020000"))
    assert code is not None
    assert code.person == world.father


def test_a_second_school_is_refused_and_nothing_changes(store: Store) -> None:
    assert store.run(seed.is_empty).result()
    store.run(seed_small).result()
    assert not store.run(seed.is_empty).result()
    with pytest.raises(seed.SeedError, match="already holds a school"):
        store.run(seed_small).result()
    assert len(store.run(schools.all_schools).result()) == 1


def _without_corp(data: dict[str, Any]) -> None:
    del data["school"]["corp"]


def _unknown_class(data: dict[str, Any]) -> None:
    data["pupils"][0]["class"] = "c9"


def _unknown_role(data: dict[str, Any]) -> None:
    data["people"][0]["roles"][0]["kind"] = "headmaster"


def _bad_day(data: dict[str, Any]) -> None:
    data["school"]["terms"][0]["first"] = "1. September"


def _bad_code(data: dict[str, Any]) -> None:
    data["people"][2]["code"] = "123"


def _no_list(data: dict[str, Any]) -> None:
    data["people"] = 5


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_without_corp, "lacks 'corp'"),
        (_unknown_class, "'c9'"),
        (_unknown_role, "'headmaster' is no kind of role"),
        (_bad_day, "1. September"),
        (_bad_code, "eight digits"),
        (_no_list, "right form"),
    ],
)
def test_a_document_that_does_not_fit_leaves_nothing(
    store: Store, spoil: Callable[[dict[str, Any]], None], says: str
) -> None:
    data = document(1, 2)
    spoil(data)
    with pytest.raises(seed.SeedError, match=says):
        store.run(lambda db: seed.import_school(db, data, new_id, MONDAY)).result()
    assert store.run(seed.is_empty).result()


def test_only_an_invented_school_may_bring_phones_along(store: Store) -> None:
    school = document(1, 1)
    guardian = next(one for one in school["people"] if one["roles"][0]["kind"] == "guardian")
    guardian["identity"] = {"kind": "page", "corp": CORP, "id": "g", "session": "a" * 64}
    with pytest.raises(seed.SeedError, match="session"):
        store.run(lambda db: seed.import_school(db, school, new_id, MONDAY)).result()
    store.run(lambda db: seed.import_school(db, school, new_id, MONDAY, invented=True)).result()
