"""Reports as rows: one of a class and period, sealed, changed only by the teacher, forgotten when old."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from storage import reports
from storage.reports import Item, Report, State
from tests.contract.conftest import World
from tests.contract.invented import MONDAY

WEEK = (date(2026, 10, 12), date(2026, 10, 18))
DRAFT: tuple[State, ...] = ("draft",)
CHOSEN: tuple[State, ...] = ("chosen",)


def _begin(world: World, text: str = "升旗") -> Report:
    items = [Item("news", text)]
    made = reports.new(world.new_id, world.school.id, world.school_class.id, "week", WEEK, items, MONDAY)
    return world.run(lambda db: reports.begin(db, made))


def _there(world: World) -> Report:
    found = world.run(lambda db: reports.of_period(db, world.school_class.id, "week", WEEK[0]))
    assert found is not None
    return found


def test_there_is_one_of_a_week(world: World) -> None:
    first = _begin(world)
    assert _begin(world, "别的").id == first.id
    assert [item.text for item in _there(world).items] == ["升旗"]


def test_its_lines_are_sealed(world: World) -> None:
    _begin(world)
    kept = world.run(lambda db: bytes(db.conn.execute(sa.select(reports.reports.c.lines)).scalar_one()))
    assert "升旗".encode() not in kept


def test_only_a_teachers_words_make_another_version(world: World) -> None:
    report = _begin(world)
    world.run(lambda db: reports.refresh(db, report, [Item("news", "升旗"), Item("praise", "扫地")]))
    assert (_there(world).version, len(_there(world).items)) == (1, 2)
    world.run(lambda db: reports.reword(db, report, [Item("news", "改过")]))
    assert (_there(world).version, _there(world).items) == (2, (Item("news", "改过"),))


def test_of_two_who_decide_one_does(world: World) -> None:
    report = _begin(world)
    assert world.run(lambda db: reports.set_state(db, report.id, DRAFT, "chosen"))
    assert not world.run(lambda db: reports.set_state(db, report.id, DRAFT, "dropped"))
    assert world.run(lambda db: reports.latest(db, world.school_class.id, None, DRAFT)) is None
    chosen = world.run(lambda db: reports.latest(db, world.school_class.id, "week", CHOSEN))
    assert chosen is not None
    assert chosen.id == report.id


def test_old_ones_go(world: World) -> None:
    _begin(world)
    assert world.run(lambda db: reports.forget(db, world.school.id, MONDAY)) == 0
    assert world.run(lambda db: reports.forget(db, world.school.id, MONDAY + timedelta(days=1))) == 1
