"""Leave as rows: one per child, day and kind; sealed; told, seen and taken back once."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from storage import leave
from storage.leave import Asked, Leave
from tests.contract.conftest import World
from tests.contract.invented import MONDAY

DAY = date(2026, 10, 13)
FEVER = Asked("leave", reason="sick", note="发烧")


def _put(world: World, asked: Asked, *, request: str = "r1", by: str = "", day: date = DAY) -> Leave:
    who = by or world.mother.id
    return world.run(
        lambda db: leave.put(db, world.new_id, MONDAY, world.pupil, day, asked, by=who, request_id=request)
    )


def _of_day(world: World, day: date = DAY) -> tuple[Leave, ...]:
    return world.run(lambda db: leave.of_day(db, world.school_class.id, day))


def test_the_same_day_again_is_the_same_row(world: World) -> None:
    first = _put(world, Asked("leave"))
    world.run(lambda db: leave.told(db, MONDAY, [first.id]))
    again = _put(world, FEVER, by=world.father.id)
    assert again.id == first.id
    assert (again.reason, again.note, again.by_id) == ("sick", "发烧", world.father.id)
    assert again.told_at is None  # it says something new, so it is told again
    assert len(_of_day(world)) == 1
    _put(world, Asked("late", clock="09:00"))
    assert {row.what for row in _of_day(world)} == {"leave", "late"}


def test_what_is_said_of_an_illness_is_sealed(world: World) -> None:
    _put(world, FEVER)
    kept = world.run(lambda db: db.conn.execute(sa.select(leave.leaves.c.note)).scalar_one())
    assert "发烧".encode() not in bytes(kept)
    added = world.run(lambda db: leave.annotate(db, "r1", "去过医院了"))
    assert [row.note for row in added] == ["发烧，去过医院了"]


def test_seen_is_true_once(world: World) -> None:
    row = _put(world, FEVER)
    assert world.run(lambda db: leave.unseen(db, row.class_id, DAY)) == ()  # nobody was told yet
    world.run(lambda db: leave.known(db, MONDAY, [row.id]))
    assert len(world.run(lambda db: leave.unseen(db, row.class_id, DAY))) == 1
    assert world.run(lambda db: leave.seen(db, MONDAY, "r1"))
    assert not world.run(lambda db: leave.seen(db, MONDAY, "r1"))
    assert world.run(lambda db: leave.unseen(db, row.class_id, DAY)) == ()


def test_what_was_taken_back_is_in_no_list_and_may_be_asked_for_again(world: World) -> None:
    row = _put(world, FEVER)
    world.run(lambda db: leave.cancel(db, MONDAY, [row.id]))
    assert _of_day(world) == ()
    assert world.run(lambda db: leave.coming(db, row.pupil_id, DAY)) == ()
    assert not world.run(lambda db: leave.seen(db, MONDAY, "r1"))
    assert _put(world, FEVER, request="r2").cancelled_at is None
    assert len(_of_day(world)) == 1


def test_another_school_forgets_nothing_here(world: World) -> None:
    _put(world, FEVER)
    later = DAY + timedelta(days=1)
    other = world.run(lambda db: leave.forget(db, "other", rows_before=later, notes_before=later))
    assert other == 0
    assert world.run(lambda db: leave.forget(db, world.school.id, rows_before=DAY, notes_before=later)) == 0
    assert [row.note for row in _of_day(world)] == [""]
    assert world.run(lambda db: leave.forget(db, world.school.id, rows_before=later, notes_before=later)) == 1
