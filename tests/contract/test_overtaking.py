"""What somebody in danger waits for goes before everything else, and uses what the limits leave free."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage import claims, outbox
from storage.buckets import Limit
from storage.engine import Db, Store
from storage.inbox import MAIL
from storage.outbox import FIRST, USUAL, Item, Row

NOW = datetime(2026, 10, 12, 3, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)
MEMBER: Limit = ("wecom/member/t", 25, 60.0)


def _item(number: int, lane: str, rank: int = USUAL, limits: tuple[Limit, ...] = ()) -> Item:
    return Item(f"{number:032d}", None, lane, "relay", {"text": "x"}, limits, False, MAIL, rank=rank)


def _put(store: Store, *items: Item) -> None:
    store.run(lambda db: outbox.put_all(db, [(item, None) for item in items], NOW)).result()


def _claim(store: Store, now: datetime = NOW, limit: int = 10) -> list[Row]:
    def unit(db: Db) -> list[Row]:
        return list(claims.claim(db, "me", now, limit, LEASE, lambda _db, _row: True).send)

    return store.run(unit).result()


def _end(store: Store, row: Row, now: datetime = NOW) -> None:
    store.run(lambda db: outbox.end(db, row, outbox.SENT, "ok", now)).result()


def test_it_goes_before_ten_thousand_of_its_own_lane_and_of_others(store: Store) -> None:
    _put(
        store,
        *(_item(n, "teacher") for n in range(5_000)),
        *(_item(n, f"p{n}") for n in range(5_000, 10_000)),
    )
    _put(store, _item(10_000, "teacher", FIRST))
    first = _claim(store)
    assert first[0].id == f"{10_000:032d}"
    assert len(first) == 10
    assert [row.lane for row in first].count("teacher") == 1, "one row a lane is under way at a time"


def test_without_a_rank_it_waits_its_turn(store: Store) -> None:
    """The control: the order of a lane is kept for everything else."""
    _put(store, *(_item(n, "teacher") for n in range(3)), _item(10_000, "teacher"))
    seen = []
    for _ in range(4):
        (row,) = _claim(store)
        seen.append(int(row.id))
        _end(store, row)
    assert seen == [0, 1, 2, 10_000]


def test_what_is_under_way_in_its_lane_is_waited_for(store: Store) -> None:
    _put(store, _item(1, "teacher"), _item(2, "teacher"))
    (under_way,) = _claim(store)
    _put(store, _item(3, "teacher", FIRST))
    assert _claim(store) == []
    _end(store, under_way)
    (overtaking,) = _claim(store)
    assert int(overtaking.id) == 3
    assert _claim(store) == [], "and the rest waits for it"
    _end(store, overtaking)
    assert [int(row.id) for row in _claim(store)] == [2]


def test_a_full_window_leaves_it_room(store: Store) -> None:
    """25 a minute are ours, the platform takes 30: the next is kept for this."""
    _put(store, *(_item(n, f"chat{n}", limits=(MEMBER,)) for n in range(30)))
    assert len(_claim(store, limit=40)) == 25
    _put(store, _item(100, "teacher", FIRST, (MEMBER,)))
    later = NOW + timedelta(seconds=1)
    assert [int(row.id) for row in _claim(store, later)] == [100]
