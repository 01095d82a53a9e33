"""Broadcasts a teacher confirms: one a class and day, sections sealed, who comes second comes too late."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from storage import tasks
from storage.engine import Db
from storage.tasks import Section, Task
from tests.contract.conftest import World
from tests.contract.invented import MONDAY
from tests.contract.test_nouns import at_once

DAY = date(2026, 10, 12)


def _task(world: World) -> Task:
    place = {"school_id": world.school.id, "class_id": world.school_class.id}
    return world.run(lambda db: tasks.get_or_create(db, world.new_id, day=DAY, **place))


def _put(world: World, feature: str, text: str) -> int:
    task = _task(world)
    section = Section(feature, feature, "t" * 32, 0, "标题", text, ("digest", "a.png", {"day": "周一"}))
    return world.run(lambda db: tasks.put_section(db, world.new_id, MONDAY, task, section))


def test_one_task_a_class_and_day(world: World) -> None:
    place = {"school_id": world.school.id, "class_id": world.school_class.id, "day": DAY}

    def make(db: Db) -> str:
        return tasks.get_or_create(db, world.new_id, **place).id  # type: ignore[arg-type]

    assert len(set(at_once(world, make))) == 1


def test_sections_in_order_sealed_and_replaced(world: World) -> None:
    assert [_put(world, "digest", "明天带跳绳"), _put(world, "stars", "劳动之星")] == [1, 2]
    assert _put(world, "digest", "明天带水彩笔") == 3
    found = world.run(lambda db: tasks.sections(db, _task_of(db, world)))
    assert [(one.feature, one.text, one.version) for one in found] == [
        ("stars", "劳动之星", 2),
        ("digest", "明天带水彩笔", 3),
    ]
    assert found[0].picture == ("digest", "a.png", {"day": "周一"})
    raw = world.run(lambda db: db.conn.execute(sa.select(tasks.sections_table.c.content)).scalars().all())
    assert all("跳绳".encode() not in one and "水彩笔".encode() not in one for one in raw)


def _task_of(db: Db, world: World) -> Task:
    found = tasks.for_day(db, world.school_class.id, DAY)
    assert found is not None
    return found


def test_what_was_taken_out_is_remembered_without_its_words(world: World) -> None:
    _put(world, "digest", "明天带跳绳")
    assert world.run(lambda db: tasks.take_out(db, _task_of(db, world), "digest"))
    assert not world.run(lambda db: tasks.take_out(db, _task_of(db, world), "digest"))
    (left,) = world.run(lambda db: tasks.sections(db, _task_of(db, world)))
    assert (left.wanted, left.text, left.version, _task(world).version) == (False, "", 1, 2)


def test_of_many_who_end_it_one_wins(world: World) -> None:
    task = _task(world)

    empty: tuple[tasks.State, ...] = ("dropped",)

    def end(db: Db) -> bool:
        return tasks.set_state(db, task.id, empty, "sent", task_id="T1")

    assert sum(at_once(world, end)) == 1
    assert (_task(world).state, _task(world).task_id) == ("sent", "T1")


def test_a_reminder_is_counted_once(world: World) -> None:
    task = _task(world)
    assert sum(at_once(world, lambda db: tasks.nudged(db, task))) == 1
    assert _task(world).nudges == 1
