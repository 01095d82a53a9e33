"""Weekly stars as rows: sealed, one per child and dimension of a week, forgotten when old."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from storage import stars
from storage.stars import State
from tests.contract.conftest import World
from tests.contract.invented import MONDAY

WEEK = date(2026, 10, 12)
OPEN: tuple[State, ...] = ("proposed",)
CHOSEN: tuple[State, ...] = ("chosen",)


def _propose(world: World, deed: str, dimension: str = "劳动", week: date = WEEK) -> str:
    made = stars.new(
        world.new_id, world.school.id, world.school_class.id, week, world.pupil.id, dimension, deed,
        world.teacher.id, MONDAY,
    )  # fmt: skip
    return world.run(lambda db: stars.propose(db, made))


def _open(world: World) -> tuple[stars.Star, ...]:
    return world.run(lambda db: stars.of_week(db, world.school_class.id, WEEK, OPEN))


def test_the_same_child_and_dimension_is_one_row(world: World) -> None:
    first = _propose(world, "扫地")
    assert _propose(world, "") == first
    assert [star.deed for star in _open(world)] == ["扫地"]  # no words take none away
    assert _propose(world, "擦讲台") == first
    _propose(world, "读书", "阅读")
    assert [(star.dimension, star.deed) for star in _open(world)] == [("劳动", "擦讲台"), ("阅读", "读书")]


def test_a_deed_is_sealed(world: World) -> None:
    _propose(world, "主动扫地")
    kept = world.run(lambda db: bytes(db.conn.execute(sa.select(stars.stars.c.deed)).scalar_one()))
    assert "主动扫地".encode() not in kept


def test_states_change_from_what_they_were(world: World) -> None:
    row = _propose(world, "扫地")
    assert world.run(lambda db: stars.set_state(db, [row], OPEN, "chosen")) == 1
    assert world.run(lambda db: stars.set_state(db, [row], OPEN, "chosen")) == 0
    assert [star.id for star in world.run(lambda db: stars.chosen(db, world.school_class.id))] == [row]
    world.run(lambda db: stars.set_state(db, [row], CHOSEN, "published"))
    assert world.run(lambda db: stars.published_since(db, world.school_class.id, WEEK)) == (world.pupil.id,)
    later = WEEK + timedelta(days=7)
    assert world.run(lambda db: stars.published_since(db, world.school_class.id, later)) == ()
    _propose(world, "又扫地")  # what the class has read stays as it was
    found = world.run(lambda db: stars.get(db, row))
    assert found is not None
    assert (found.state, found.deed) == ("published", "扫地")


def test_old_ones_go(world: World) -> None:
    _propose(world, "扫地")
    assert world.run(lambda db: stars.forget(db, world.school.id, MONDAY)) == 0
    assert world.run(lambda db: stars.forget(db, world.school.id, MONDAY + timedelta(days=1))) == 1
