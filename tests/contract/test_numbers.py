"""Numbers for answers, and one-time codes: each is somebody's alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import codes, numbers
from storage.codes import Found
from storage.engine import Db
from tests.contract.conftest import World
from tests.contract.invented import CORP, MONDAY
from tests.contract.test_nouns import at_once

DAY = date(2026, 10, 12)
NEXT = date(2026, 10, 13)


def _give(world: World, thing: str, day: date = DAY, action: str = "answer", label: str = "小明妈妈") -> int:
    return _offer(world, thing, day, action, label).n


def _offer(
    world: World, thing: str, day: date = DAY, action: str = "answer", label: str = "小明妈妈"
) -> numbers.Offer:
    who = world.teacher.id
    return world.run(
        lambda db: numbers.give(db, world.new_id, day, who, "relay", "relay", thing, action, label)
    )


def _find(world: World, n: int, day: date = DAY) -> tuple[str, str, bool] | None:
    found = world.run(lambda db: numbers.find(db, world.teacher.id, day, n))
    return None if found is None else (found.thing_id, found.action, found.closed)


def test_numbers_run_through_and_find_their_thing(world: World) -> None:
    assert [_give(world, "a"), _give(world, "b"), _give(world, "b", action="later")] == [1, 2, 3]
    assert _find(world, 2) == ("b", "answer", False)
    assert _find(world, 4) is None
    found = world.run(lambda db: numbers.find(db, world.teacher.id, DAY, 1))
    assert found is not None
    assert (found.feature, found.thing_kind, found.label, found.n) == ("relay", "relay", "小明妈妈", 1)
    assert world.run(lambda db: numbers.find(db, world.deputy.id, DAY, 1)) is None


def test_the_same_answer_keeps_its_number_while_it_is_open(world: World) -> None:
    assert _give(world, "a") == _give(world, "a") == _give(world, "a", day=NEXT) == 1
    world.run(lambda db: numbers.close(db, "relay", "a"))
    assert _give(world, "a") == 2


def test_a_closed_number_is_not_given_again_that_day(world: World) -> None:
    _give(world, "a")
    assert world.run(lambda db: numbers.close(db, "relay", "a")) == 1
    assert world.run(lambda db: numbers.close(db, "relay", "a")) == 0
    assert _find(world, 1) == ("a", "answer", True)
    assert _give(world, "b") == 2
    assert _give(world, "c", day=NEXT) == 1
    assert _find(world, 1, NEXT) == ("c", "answer", False)


def test_an_open_number_survives_midnight_and_is_passed_over(world: World) -> None:
    _give(world, "a")
    _give(world, "b")
    world.run(lambda db: numbers.close(db, "relay", "a"))
    assert _give(world, "c", day=NEXT) == 1
    assert _give(world, "d", day=NEXT) == 3
    assert _find(world, 2, NEXT) == ("b", "answer", False)
    open_now = world.run(lambda db: numbers.open_of(db, world.teacher.id))
    assert [(each.thing_id, each.n) for each in open_now] == [("b", 2), ("c", 1), ("d", 3)]


def test_closing_for_one_person_leaves_the_others(world: World) -> None:
    _give(world, "a")
    deputy = world.deputy.id
    world.run(lambda db: numbers.give(db, world.new_id, DAY, deputy, "relay", "relay", "a", "answer", "x"))
    assert world.run(lambda db: numbers.close(db, "relay", "a", world.teacher.id)) == 1
    assert world.run(lambda db: numbers.open_of(db, world.teacher.id)) == ()
    assert [each.n for each in world.run(lambda db: numbers.open_of(db, deputy))] == [1]


def test_numbers_given_at_once_differ(world: World) -> None:
    things = iter(f"thing {n}" for n in range(100))
    who = world.teacher.id

    def give(db: Db) -> int:
        thing = next(things)
        return numbers.give(db, world.new_id, DAY, who, "relay", "relay", thing, "answer", "x").n

    assert sorted(at_once(world, give)) == list(range(1, 9))


def test_a_token_means_what_its_number_means_to_the_same_person(world: World) -> None:
    offer = _offer(world, "a", action="send", label="发送")
    found = world.run(lambda db: numbers.by_token(db, offer.token))
    assert found == world.run(lambda db: numbers.find(db, world.teacher.id, DAY, offer.n))
    assert found is not None
    assert (found.person_id, found.thing_id, found.action, found.n) == (world.teacher.id, "a", "send", 1)
    assert world.run(lambda db: numbers.by_token(db, offer.token[:-1] + "x")) is None


def test_a_token_stays_while_its_number_is_open_and_is_never_given_again(world: World) -> None:
    first = _offer(world, "a")
    assert _offer(world, "a") == _offer(world, "a", day=NEXT) == first
    world.run(lambda db: numbers.close(db, "relay", "a"))
    second = _offer(world, "a")
    assert (second.n, second.token == first.token) == (2, False)
    old = world.run(lambda db: numbers.by_token(db, first.token))
    assert old is not None
    assert old.closed


def test_tokens_are_random_and_not_made_of_time(world: World) -> None:
    tokens = [_offer(world, f"thing {n}").token for n in range(50)]
    assert len(set(tokens)) == 50
    assert all(len(token) == 32 and int(token, 16) >= 0 for token in tokens)
    assert len({token[:4] for token in tokens}) > 40  # ids of one moment all begin alike


def test_one_answer_of_several_is_closed_alone(world: World) -> None:
    _give(world, "a", action="send")
    _give(world, "a", action="skip")
    who = world.teacher.id
    for closed in (1, 0):
        assert world.run(lambda db: numbers.close_one(db, who, "relay", "a", "send")) == closed
    assert [each.action for each in world.run(lambda db: numbers.open_of(db, who))] == ["skip"]


def test_a_number_needs_a_person(world: World) -> None:
    with pytest.raises(ValueError, match="no such person"):
        world.run(lambda db: numbers.give(db, world.new_id, DAY, "nobody", "f", "k", "t", "a", "l"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abcdef"), st.booleans()), max_size=25))
@settings(
    derandomize=True,
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_number_never_means_two_things(world: World, steps: list[tuple[int, str, bool]]) -> None:
    world.run(lambda db: db.conn.execute(numbers.numbers.delete()))
    open_now: dict[str, int] = {}
    given_on: dict[tuple[date, int], str] = {}
    for days, thing, closing in sorted(steps, key=lambda step: step[0]):
        day = DAY + timedelta(days=days)
        if closing:
            world.run(lambda db, t=thing: numbers.close(db, "relay", t))  # type: ignore[misc]
            open_now.pop(thing, None)
            continue
        n = _give(world, thing, day)
        if thing in open_now:
            assert n == open_now[thing]
        else:
            assert n not in open_now.values()
            assert (day, n) not in given_on
            given_on[day, n] = thing
        open_now[thing] = n
        assert {t: _find(world, m, day) for t, m in open_now.items()} == {
            t: (t, "answer", False) for t in open_now
        }


CODE = "10010000"


def _look(world: World, code: str) -> Found | None:
    return world.run(lambda db: codes.look(db, code))


def test_a_code_says_whose_it_is(world: World) -> None:
    found = _look(world, CODE)
    assert found == Found(world.mother, world.pupil, world.school_class, "妈妈", used=False)
    assert _look(world, "99999999") is None


def test_a_code_is_used_once(world: World) -> None:
    won = at_once(world, lambda db: codes.use(db, CODE, MONDAY))
    assert sorted(won) == [False] * 7 + [True]
    found = _look(world, CODE)
    assert found is not None
    assert found.used
    assert not world.run(lambda db: codes.use(db, "99999999", MONDAY))


def test_a_new_code_ends_the_one_before(world: World) -> None:
    def add(code: str) -> bool:
        return world.run(lambda db: codes.add(db, world.new_id, MONDAY, person=world.mother, code=code))

    assert add("12345678")
    old, new = _look(world, CODE), _look(world, "12345678")
    assert old is not None
    assert new is not None
    assert (old.used, new.used) == (True, False)
    assert not add("12345678")
    for wrong in ("1234567", "123456789", "1234567x", "１２３４５６７８"):
        with pytest.raises(ValueError, match="eight digits"):
            add(wrong)


def test_five_tries_an_hour(world: World) -> None:
    def attempt(minute: int, ext_id: str = "stranger") -> bool:
        when = MONDAY + timedelta(minutes=minute)
        return world.run(lambda db: codes.attempt(db, world.new_id, when, "dingtalk_outsider", CORP, ext_id))

    assert [attempt(minute) for minute in range(7)] == [True] * 5 + [False] * 2
    assert attempt(7, "another")
    assert not attempt(59)
    assert attempt(60)  # the first try is an hour old
    assert not attempt(60)
    assert attempt(600)
    assert world.run(lambda db: codes.forget_attempts(db, MONDAY + timedelta(minutes=601))) == 7


def test_tries_at_once_are_counted_one_by_one(world: World) -> None:
    def attempt(db: Db) -> bool:
        return codes.attempt(db, world.new_id, MONDAY, "dingtalk_outsider", CORP, "stranger")

    assert sorted(at_once(world, attempt)) == [False] * 3 + [True] * 5


def test_what_nobody_answered_for_a_week_is_closed(world: World) -> None:
    first = _give(world, "a")
    assert world.run(lambda db: numbers.close_before(db, DAY)) == 0
    assert world.run(lambda db: numbers.close_before(db, DAY + timedelta(days=7))) == 1
    found = world.run(lambda db: numbers.find(db, world.teacher.id, DAY, first))
    assert found is not None
    assert found.closed
