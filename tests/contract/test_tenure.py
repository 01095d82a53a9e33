"""Owning: one at a time, over in time, and taken up by the next. On both databases."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Any

import pytest
from typing_extensions import override

from bot.tenure import Tenure
from config.clock import SystemClock
from storage.engine import Refused, Store

LENGTH_S = 2.0
MARGIN_S = 0.5


def _tenure(store: Any, owner: str) -> Tenure:
    return Tenure(
        store, SystemClock(), "stream:school", owner, length_s=LENGTH_S, renew_s=0.2, margin_s=MARGIN_S
    )


def _held(tenure: Tenure) -> bool:
    return tenure.held


class Cut:
    """A store that can be taken away from one owner."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.gone = False
        self.asked = asyncio.Event()

    def run(self, unit: Any) -> Future[Any]:
        if not self.gone:
            return self._store.run(unit)
        self.asked.set()
        future: Future[Any] = Future()
        future.set_exception(Refused("planned"))
        return future


async def _taken(tenure: Tenure) -> float:
    """When it was got, at last."""
    async with asyncio.timeout(10):
        while not await tenure.take():  # each try is a look at the database, which takes its time
            pass
    return SystemClock().monotonic()


async def test_one_at_a_time_and_renewed(store: Store) -> None:
    first, second = _tenure(store, "a"), _tenure(store, "b")
    assert await first.take()
    keeping = asyncio.create_task(first.keep())
    tries = 0
    until = SystemClock().monotonic() + 2 * LENGTH_S
    while SystemClock().monotonic() < until:
        assert not await second.take()
        tries += 1
    assert tries > 3
    assert _held(first)
    keeping.cancel()
    await first.give_back()
    assert not _held(first)
    assert await second.take()


async def test_cut_off_it_is_over_before_another_begins(store: Store) -> None:
    away = Cut(store)
    first, second = _tenure(away, "a"), _tenure(store, "b")
    assert await first.take()
    over: list[float] = []

    async def keep() -> None:
        await first.keep()
        over.append(SystemClock().monotonic())

    away.gone = True
    keeping = asyncio.create_task(keep())
    begun = await _taken(second)
    await keeping
    assert away.asked.is_set()
    assert over[0] + MARGIN_S / 2 < begun
    assert not _held(first)


async def test_a_lease_taken_away_ends_the_owning(store: Store) -> None:
    first = _tenure(store, "a")
    assert await first.take()
    again = _tenure(store, "a")  # the same process, started again
    assert await again.take()
    await asyncio.wait_for(first.keep(), 5)
    assert not _held(first)
    assert _held(again)


async def test_a_frozen_process_does_not_believe_itself_the_owner(store: Store) -> None:
    class Frozen(SystemClock):
        ahead = 0.0

        @override
        def monotonic(self) -> float:
            return super().monotonic() + self.ahead

    clock = Frozen()
    tenure = Tenure(store, clock, "stream:school", "a")
    assert await tenure.take()
    assert _held(tenure)
    clock.ahead = 26
    assert not _held(tenure)
    await asyncio.wait_for(tenure.keep(), 5)


async def test_a_database_that_does_not_answer_gives_nothing(store: Store) -> None:
    class Silent:
        def run(self, _unit: Any) -> Future[Any]:
            return Future()

    tenure = Tenure(Silent(), SystemClock(), "x", "a", length_s=0.2, renew_s=0.1, margin_s=0.1)  # type: ignore[arg-type]
    assert not await tenure.take()


@pytest.mark.parametrize("owners", [8])
async def test_of_many_at_once_one_is_the_owner(store: Store, owners: int) -> None:
    many = [_tenure(store, f"o{n}") for n in range(owners)]
    took = await asyncio.gather(*(one.take() for one in many))
    assert sorted(took) == [False] * (owners - 1) + [True]
    assert [_held(one) for one in many] == took
