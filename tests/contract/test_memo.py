"""What a unit has read once it need not read again, and still sees what it has written itself."""

from __future__ import annotations

from datetime import date

from storage import book, preferences, pupils, schools
from storage.engine import Db
from tests.contract.conftest import World
from tests.contract.invented import MONDAY


def test_a_child_added_or_renamed_is_seen(world: World) -> None:
    of, school = world.school_class.id, world.school.id

    def unit(db: Db) -> list[list[str]]:
        def names() -> list[str]:
            return [pupil.name for pupil in pupils.of_class(db, of)]

        before = names()
        new = book.keep_pupil(db, world.new_id, None, school_id=school, class_id=of, name="钱多多")
        added = names()
        book.keep_pupil(db, world.new_id, new, school_id=school, class_id=of, name="钱朵朵")
        return [before, added, names()]

    before, added, renamed = world.run(unit)
    assert added == [*before, "钱多多"]
    assert renamed == [*before, "钱朵朵"]


def test_a_setting_is_read_as_it_was_set(world: World) -> None:
    of = world.school_class.id

    def unit(db: Db) -> list[str]:
        def now() -> str:
            return preferences.get(db, "class", of, "digest.send", "")

        seen = [now()]
        for value in ("17:10", "17:20"):
            preferences.put(db, world.new_id, MONDAY, "class", of, "digest.send", value, None)
            seen.append(now())
        return seen

    assert world.run(unit)[1:] == ["17:10", "17:20"]


def test_a_day_off_is_one_at_once(world: World) -> None:
    day = date(2026, 10, 14)

    def unit(db: Db) -> list[bool]:
        before = schools.calendar(db, world.school).is_school_day(day)
        schools.set_override(db, world.new_id, world.school.id, day=day, school=not before)
        return [before, schools.calendar(db, world.school).is_school_day(day)]

    before, after = world.run(unit)
    assert after is not before
