"""Customer service as it is kept: the cursor, the five answers in 48 hours, the way a send took."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from storage import kf, page_messages
from storage.engine import Db
from storage.kf import Customer
from tests.contract.conftest import World
from tests.contract.invented import MONDAY

HER = Customer("school", "kf-1", "wm-mother")
HIM = Customer("school", "kf-1", "wm-father")


def _wrote(world: World, at: timedelta = timedelta(), who: Customer = HER) -> None:
    world.run(lambda db: kf.wrote(db, world.new_id, who, MONDAY + at))


def _reserve(world: World, at: timedelta, count: int = 1, who: Customer = HER) -> bool:
    return world.run(partial(kf.reserve, now=MONDAY + at, customer=who, count=count))


def test_the_cursor_is_each_accounts_own(world: World) -> None:
    def unit(db: Db) -> list[str]:
        kf.advance(db, world.new_id, MONDAY, "school", "kf-1", "c1")
        kf.advance(db, world.new_id, MONDAY, "school", "kf-1", "c2")
        kf.advance(db, world.new_id, MONDAY, "school", "kf-2", "other")
        return [kf.cursor(db, "school", name) for name in ("kf-1", "kf-2", "kf-3")]

    assert world.run(unit) == ["c2", "other", ""]


def test_five_answers_and_no_sixth_until_the_customer_writes_again(world: World) -> None:
    _wrote(world)
    assert [_reserve(world, timedelta(hours=1)) for _ in range(6)] == [True] * 5 + [False]
    _wrote(world, timedelta(hours=2))
    assert _reserve(world, timedelta(hours=2))


@pytest.mark.parametrize(
    ("hours", "minutes", "open_"),
    [(0, 0, True), (47, 58, True), (47, 59, False), (48, 0, False), (49, 0, False)],
)
def test_the_window_closes_a_minute_before_48_hours(
    world: World, hours: int, minutes: int, open_: bool
) -> None:
    _wrote(world)
    when = timedelta(hours=hours, minutes=minutes)
    turn = world.run(partial(kf.look, customer=HER))
    assert turn is not None
    assert turn.takes(MONDAY + when) is open_
    assert _reserve(world, when) is open_


def test_nobody_who_never_wrote_is_written_to(world: World) -> None:
    _wrote(world)
    assert not _reserve(world, timedelta(), who=HIM)
    assert world.run(partial(kf.look, customer=HIM)) is None


def test_several_are_counted_together_or_not_at_all(world: World) -> None:
    _wrote(world)
    assert _reserve(world, timedelta(), count=3)
    assert not _reserve(world, timedelta(), count=3)
    assert _reserve(world, timedelta(), count=2)


def test_what_was_not_sent_is_given_back_and_what_is_shut_stays_shut(world: World) -> None:
    _wrote(world)
    assert all(_reserve(world, timedelta()) for _ in range(5))
    world.run(partial(kf.give_back, customer=HER))
    assert _reserve(world, timedelta())
    world.run(partial(kf.give_back, customer=HER))
    world.run(partial(kf.shut, customer=HER))
    assert not _reserve(world, timedelta())


def test_an_older_message_read_late_gives_no_new_turn(world: World) -> None:
    _wrote(world, timedelta(hours=2))
    assert all(_reserve(world, timedelta(hours=3)) for _ in range(5))
    _wrote(world, timedelta(hours=1))
    assert not _reserve(world, timedelta(hours=3))


def test_a_send_keeps_its_way(world: World) -> None:
    def unit(db: Db) -> list[str | None]:
        seen: list[str | None] = [kf.way_of(db, "o1")]
        kf.take_way(db, MONDAY, "o1", "p", "kf")
        seen.append(kf.way_of(db, "o1"))
        kf.take_way(db, MONDAY, "o1", "p", "page")
        seen.append(kf.way_of(db, "o1"))
        kf.leave_way(db, "o1")
        return [*seen, kf.way_of(db, "o1")]

    assert world.run(unit) == [None, "kf", "page", None]


def test_a_notice_stands_until_the_page_was_looked_at(world: World) -> None:
    who = world.mother.id

    def lay(db: Db) -> None:
        page_messages.put(db, world.new_id, MONDAY, person_id=who, outbox_id="o1", text="x")
        kf.take_way(db, MONDAY, "o1", who, "noticed")

    def stands(minutes: int, whose: str = who) -> bool:
        since = MONDAY + timedelta(minutes=minutes - 10)
        return world.run(partial(kf.unseen_since, since=since, who=whose))

    world.run(lay)
    assert stands(9)
    assert not stands(10)
    assert not stands(9, world.father.id)
    (message,) = world.run(partial(page_messages.of_person, person_id=who))
    world.run(partial(page_messages.seen, now=MONDAY, message_ids=[message.id]))
    assert not stands(9)


def test_who_wrote_when_is_forgotten_after_three_days(world: World) -> None:
    _wrote(world)
    world.run(partial(kf.take_way, now=MONDAY, outbox_id="o1", who="p", way="kf"))
    world.run(partial(kf.forget, now=MONDAY + kf.KEPT))
    assert world.run(partial(kf.look, customer=HER)) is not None
    world.run(partial(kf.forget, now=MONDAY + kf.KEPT + timedelta(seconds=1)))
    assert world.run(partial(kf.look, customer=HER)) is None
    assert world.run(partial(kf.way_of, outbox_id="o1")) is None
