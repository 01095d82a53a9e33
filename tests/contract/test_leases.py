"""One owner at a time, on either database, also when many come at once."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage import leases
from storage.engine import Db, Store
from storage.leases import Lease

LENGTH = timedelta(seconds=30)
GONE = timedelta(seconds=-1)
"""A lease of this length is over before it begins."""


def _acquire(store: Store, owner: str, length: timedelta = LENGTH) -> Lease | None:
    return store.run(lambda db: leases.acquire(db, "stream", owner, length)).result()


def _renew(store: Store, lease: Lease, length: timedelta = LENGTH) -> Lease | None:
    return store.run(lambda db: leases.renew(db, lease, length)).result()


def test_one_has_it_until_it_is_over(store: Store) -> None:
    first = _acquire(store, "a")
    assert first is not None
    assert _acquire(store, "b") is None
    assert _renew(store, first, GONE) is not None  # it runs out now
    second = _acquire(store, "b")
    assert second is not None
    assert second.fence > first.fence


def test_names_do_not_meet(store: Store) -> None:
    assert _acquire(store, "a") is not None
    other = store.run(lambda db: leases.acquire(db, "another", "b", LENGTH)).result()
    assert other is not None


def test_a_process_started_again_takes_its_own_lease_up(store: Store) -> None:
    first, again = _acquire(store, "a"), _acquire(store, "a")
    assert first is not None
    assert again is not None
    assert again.fence > first.fence
    assert _renew(store, first) is None  # what the old process still holds is worth nothing


def test_a_lost_lease_is_not_renewed(store: Store) -> None:
    first = _acquire(store, "a", GONE)
    assert first is not None
    assert _renew(store, first) is None  # over, though nobody has taken it
    second = _acquire(store, "b")
    assert second is not None
    assert _renew(store, first) is None
    store.run(lambda db: leases.release(db, first)).result()  # nor can it take the other's away
    assert _acquire(store, "a") is None
    assert _renew(store, second) is not None


def test_given_back_it_is_free_at_once(store: Store) -> None:
    first = _acquire(store, "a")
    assert first is not None
    store.run(lambda db: leases.release(db, first)).result()
    second = _acquire(store, "b")
    assert second is not None
    assert second.fence > first.fence


def test_it_lasts_on_the_databases_clock(store: Store) -> None:
    before = store.run(lambda db: db.server_now()).result()
    lease = _acquire(store, "a")
    after = store.run(lambda db: db.server_now()).result()
    assert lease is not None
    assert before + LENGTH <= lease.until <= after + LENGTH
    kept = sa.select(leases.leases.c.until)
    assert abs(store.run(lambda db: db.conn.execute(kept).scalar_one()).result() - lease.until) < timedelta(
        milliseconds=1
    )


CROWD = 24


@pytest.mark.parametrize("round_", range(5))
def test_of_many_at_once_one_gets_it(store: Store, round_: int) -> None:
    asked: list[Future[Lease | None]] = [
        store.run(lambda db, owner=f"o{n}": leases.acquire(db, "stream", owner, LENGTH))  # type: ignore[misc]
        for n in range(CROWD)
    ]
    got = [lease for future in asked if (lease := future.result()) is not None]
    assert len(got) == 1
    assert got[0].fence == 1


def test_the_control_of_the_race_looks_first_and_takes_later(store: Store) -> None:
    """What the one statement is for: whoever looks first and takes later is not alone."""
    store.run(lambda db: leases.acquire(db, "stream", "z", GONE)).result()
    looked = threading.Barrier(4)
    got: list[str] = []

    def free(db: Db) -> bool:
        until = sa.select(leases.leases.c.until).where(leases.leases.c.name == "stream")
        return bool(db.conn.execute(until).scalar_one() <= db.server_now())

    def naive(owner: str) -> None:
        may = store.run(free).result()
        looked.wait()
        if may:
            taken = sa.update(leases.leases).values(owner=owner)
            store.run(lambda db: db.conn.execute(taken)).result()
            got.append(owner)

    threads = [threading.Thread(target=naive, args=(f"o{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4
