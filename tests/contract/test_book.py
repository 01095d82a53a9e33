"""The platform's book and the phone list as they are kept, in both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from storage import access, book
from storage.access import System
from storage.book import Call, Entry
from storage.engine import Db
from tests.contract.conftest import World
from tests.contract.invented import CORP, MONDAY


def _entry(world: World, **more: object) -> Entry:
    made = Entry(world.school.id, CORP, "parent", "p-1", world.mother.id, "5", None)
    return replace(made, **more)  # type: ignore[arg-type]


def _put(world: World, entry: Entry) -> None:
    world.run(lambda db: book.put(db, world.new_id, MONDAY, entry))


def test_a_line_is_one_row_however_often_it_is_seen(world: World) -> None:
    _put(world, _entry(world))
    _put(world, _entry(world, parent_ext_id="6", subscribed=True))
    assert world.run(lambda db: book.of_ours(db, "parent", world.mother.id)) == (
        _entry(world, parent_ext_id="6", subscribed=True),
    )
    assert world.run(lambda db: book.of_department(db, CORP, "parent", "5")) == ()


def test_the_same_id_may_be_a_pupil_and_a_parent_and_another_schools(world: World) -> None:
    lines = [
        _entry(world),
        _entry(world, kind="pupil", our_id=world.pupil.id),
        _entry(world, corp="other"),
    ]
    for line in lines:
        _put(world, line)
    for line in lines:
        found = world.run(partial(book.get, corp=line.corp, kind=line.kind, ext_id="p-1"))
        assert found == line


def test_who_left_is_still_known(world: World) -> None:
    _put(world, _entry(world))
    world.run(lambda db: book.left(db, CORP, "parent", "p-1"))
    assert world.run(lambda db: book.of_department(db, CORP, "parent", "5")) == ()
    assert world.run(lambda db: book.get(db, CORP, "parent", "p-1")) == _entry(world, parent_ext_id=None)


def test_a_new_id_never_takes_somebody_elses(world: World) -> None:
    _put(world, _entry(world))
    _put(world, _entry(world, ext_id="p-2", our_id=world.father.id))
    assert not world.run(lambda db: book.rename(db, CORP, "parent", "p-1", "p-2"))
    assert world.run(lambda db: book.rename(db, CORP, "parent", "p-1", "p-3"))
    assert not world.run(lambda db: book.rename(db, CORP, "parent", "p-1", "p-4"))
    assert world.run(lambda db: book.get(db, CORP, "parent", "p-3")) == _entry(world, ext_id="p-3")


def test_following_is_noted_for_parents_we_know(world: World) -> None:
    _put(world, _entry(world))
    assert world.run(lambda db: book.subscribe(db, CORP, "p-1", now_follows=True))
    assert not world.run(lambda db: book.subscribe(db, CORP, "p-9", now_follows=True))
    assert world.run(lambda db: book.get(db, CORP, "parent", "p-1")) == _entry(world, subscribed=True)


@pytest.mark.parametrize("name", ["小明", "小明明"])
def test_a_child_is_kept_under_its_new_name_and_no_second_one_made(world: World, name: str) -> None:
    def unit(db: Db) -> str:
        return book.keep_pupil(
            db,
            world.new_id,
            world.pupil.id,
            school_id=world.school.id,
            class_id=world.school_class.id,
            name=name,
        )

    assert world.run(unit) == world.pupil.id
    found = world.run(lambda db: access.access_class_pupils(db, System("test"), world.school_class.id, ""))
    assert isinstance(found, tuple)
    assert len(found) == 5
    assert found[0].name == name


def _to_call(world: World, reason: str = "unreachable", minutes: int = 0) -> bool:
    def unit(db: Db) -> bool:
        return book.to_call(
            db,
            world.new_id,
            MONDAY + timedelta(minutes=minutes),
            school_id=world.school.id,
            class_id=world.school_class.id,
            person_id=world.mother.id,
            reason=reason,
        )

    return world.run(unit)


def _calls(world: World) -> tuple[Call, ...]:
    return world.run(lambda db: book.calls(db, [world.school_class.id]))


def test_a_family_stands_on_the_list_once_and_can_come_back(world: World) -> None:
    assert _to_call(world)
    assert not _to_call(world, "no_lane", 1)
    first = Call(world.school_class.id, world.mother.id, "unreachable", MONDAY)
    assert _calls(world) == (first,)
    assert world.run(lambda db: book.called(db, MONDAY, world.mother.id)) == 1
    assert world.run(lambda db: book.called(db, MONDAY, world.mother.id)) == 0
    assert _calls(world) == ()
    assert _to_call(world, "no_lane", 2)
    assert _calls(world) == (replace(first, reason="no_lane", at=MONDAY + timedelta(minutes=2)),)


def test_only_the_named_classes_are_ticked_off(world: World) -> None:
    assert _to_call(world)
    assert world.run(lambda db: book.called(db, MONDAY, world.mother.id, ["other"])) == 0
    assert world.run(lambda db: book.calls(db, [])) == ()
    assert len(_calls(world)) == 1


def test_a_long_reason_is_cut_not_refused(world: World) -> None:
    assert _to_call(world, "x" * 200)
    assert _calls(world)[0].reason == "x" * 32
