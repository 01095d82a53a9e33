"""Inbox, outbox, windows and schedule: once, in order, under the limit – on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.ids import new_id
from storage import claims, inbox, outbox, schedule
from storage.buckets import Limit
from storage.engine import Db, Store
from storage.inbox import OutOfTurn
from storage.outbox import Item, Row

NOW = datetime(2026, 10, 12, 8, 50, tzinfo=UTC)
LEASE = timedelta(seconds=30)


def _arrive(store: Store, key: str, conversation: str = "c1", text: str = "你好") -> str:
    row_id = new_id()
    sealer = store.run(inbox.mail_key).result()
    row = inbox.arrival(row_id, key, conversation, "message", sealer.seal(row_id, text), NOW)
    store.insert(inbox.inbox, [row]).result()
    return row_id


def _claim(store: Store, most: int = 10, owner: str = "me") -> list[inbox.Claimed]:
    return store.run(lambda db: inbox.claim(db, owner, most, LEASE)).result()


def _take(store: Store, row: inbox.Claimed) -> bool:
    return store.run(lambda db: inbox.take(db, row, NOW)).result()


class TestInbox:
    def test_a_retry_falls_onto_the_first_copy(self, store: Store) -> None:
        _arrive(store, "k1", text="第一份")
        _arrive(store, "k1", text="第二份")
        assert [row.payload for row in _claim(store)] == ["第一份"]

    def test_a_leased_row_is_claimed_once_and_taken_once(self, store: Store) -> None:
        _arrive(store, "k1")
        (row,) = _claim(store)
        assert _claim(store, owner="other") == []
        assert (_take(store, row), _take(store, row)) == (True, False)

    def test_a_later_message_waits_for_its_turn(self, store: Store) -> None:
        _arrive(store, "k1")
        _arrive(store, "k2")
        first, second = _claim(store)
        with pytest.raises(OutOfTurn):
            _take(store, second)
        assert _take(store, first)
        assert _take(store, second)

    def test_texts_are_blanked_and_keys_kept_for_seven_days(self, store: Store) -> None:
        _arrive(store, "k1")
        (row,) = _claim(store)
        _take(store, row)
        _arrive(store, "k1")
        assert _claim(store) == []
        dropped = store.run(lambda db: inbox.forget(db, NOW + timedelta(days=1))).result()
        assert dropped == 1

    def test_what_was_there_at_two_crashes_is_claimed_alone(self, store: Store) -> None:
        poison, behind = _arrive(store, "k1", "c1"), _arrive(store, "k2", "c1")
        for _crash in range(inbox.SUSPECT):
            assert len(_claim(store)) == 2
            store.run(lambda db: inbox.release_owned(db, "me")).result()
        other = _arrive(store, "k3", "c2")
        assert [row.id for row in _claim(store)] == [other]
        alone = store.run(lambda db: inbox.claim_suspect(db, "me", LEASE)).result()
        assert [row.id for row in alone] == [poison]
        assert behind not in [row.id for row in _claim(store)]

    def test_giving_back_uncounted_is_no_crash(self, store: Store) -> None:
        row_id = _arrive(store, "k1")
        for _round in range(5):
            assert [row.attempts for row in _claim(store)] == [1]
            store.run(lambda db: inbox.release(db, [row_id])).result()


def _item(lane: str = "lane1", limits: tuple[Limit, ...] = (), **more: Any) -> Item:
    given: dict[str, Any] = {
        "safe": False,
        "sealed_for": "person:1",
        "payload": {"text": "好"},
        "feature": "relay",
    }
    return Item(id=new_id(), school_id="s", lane=lane, limits=limits, **(given | more))


def _yes(_db: Db, _row: Row) -> bool:
    return True


def _out(
    store: Store, now: datetime = NOW, most: int = 100, wanted: Callable[[Db, Row], bool] = _yes
) -> claims.Claim:
    return store.run(lambda db: claims.claim(db, "me", now, most, LEASE, wanted)).result()


def _put(store: Store, *items: Item, due_at: datetime | None = None) -> None:
    def unit(db: Db) -> None:
        for item in items:
            outbox.put(db, item, NOW, due_at)

    store.run(unit).result()


def _sent(store: Store, row: Row) -> bool:
    return store.run(lambda db: outbox.end(db, row, outbox.SENT, "ok", NOW)).result()


class TestOutbox:
    def test_a_lane_keeps_its_order_and_lanes_run_side_by_side(self, store: Store) -> None:
        a1, a2, b1 = _item("a"), _item("a"), _item("b")
        _put(store, a1, a2, b1)
        heads = _out(store).send
        assert {row.id for row in heads} == {a1.id, b1.id}
        assert _out(store).send == ()
        _sent(store, next(row for row in heads if row.id == a1.id))
        assert [row.id for row in _out(store).send] == [a2.id]

    def test_a_retry_keeps_its_place_but_a_later_time_does_not(self, store: Store) -> None:
        first, second = _item(), _item()
        _put(store, first, second)
        (row,) = _out(store).send
        store.run(lambda db: outbox.retry(db, row, NOW + timedelta(seconds=4), "busy")).result()
        assert _out(store).send == ()
        _put(store, _item("x"), due_at=NOW + timedelta(hours=1))
        now_due = _item("x")
        _put(store, now_due)
        assert [one.id for one in _out(store).send] == [now_due.id]

    def test_the_text_is_sealed_and_blanked(self, store: Store) -> None:
        item = _item(payload={"text": "林小满今天发烧"})
        _put(store, item)
        (row,) = _out(store).send
        assert row.payload == {"text": "林小满今天发烧"}
        _sent(store, row)
        assert store.run(lambda db: outbox.content(db, item.id)).result() is None

    def test_a_lost_claim_writes_nothing(self, store: Store) -> None:
        _put(store, _item())
        (row,) = _out(store).send
        store.run(lambda db: outbox.retry(db, row, NOW, "crashed")).result()
        (again,) = _out(store).send
        assert not _sent(store, row)
        assert _sent(store, again)

    def test_past_its_deadline_or_unwanted_it_is_not_sent(self, store: Store) -> None:
        late = _item("a", deadline=NOW - timedelta(seconds=1))
        unwanted = _item("b", subject_kind="digest", subject_id="d1")
        _put(store, late, unwanted)
        claim = _out(store, wanted=lambda _db, _row: False)
        assert claim.send == ()
        assert {(row.id, state) for row, state in claim.ended} == {
            (late.id, outbox.EXPIRED),
            (unwanted.id, outbox.WITHDRAWN),
        }

    def test_changing_the_subject_withdraws_what_is_unsent(self, store: Store) -> None:
        _put(
            store,
            _item(subject_kind="digest", subject_id="d1"),
            _item(subject_kind="digest", subject_id="d2"),
        )
        assert store.run(lambda db: outbox.withdraw(db, "digest", "d1")).result() == 1
        assert [row.subject_id for row in _out(store).send] == ["d2"]

    def test_what_a_dead_process_was_sending_is_found(self, store: Store) -> None:
        _put(store, _item("a"), _item("b"))
        _out(store, most=1)
        found = store.run(lambda db: outbox.abandoned(db, "me")).result()
        assert len(found) == 1
        assert store.run(lambda db: outbox.abandoned(db, "other")).result() == []

    def test_after_a_restore_nothing_goes_out_by_itself(self, store: Store) -> None:
        _put(store, _item("a"), _item("b"))
        held = store.run(lambda db: outbox.quarantine(db, NOW)).result()
        assert [row.payload["text"] for row in held] == ["好", "好"]
        assert _out(store).send == ()
        assert store.run(lambda db: outbox.content(db, held[0].id)).result() is not None

    def test_an_undecided_doubt_does_not_keep_its_words_for_ever(self, store: Store) -> None:
        item = _item()
        _put(store, item)
        (row,) = _out(store).send
        store.run(lambda db: outbox.end(db, row, outbox.UNKNOWN, "reset", NOW, keep=True)).result()
        assert store.run(lambda db: outbox.close_doubts(db, NOW)).result() == 0
        assert store.run(lambda db: outbox.content(db, item.id)).result() is not None
        assert store.run(lambda db: outbox.close_doubts(db, NOW + timedelta(days=2))).result() == 1
        assert store.run(lambda db: outbox.content(db, item.id)).result() is None


class TestWindows:
    def test_exactly_the_limit_in_any_window(self, store: Store) -> None:
        """60 sends against 18 a minute, asked every two seconds: never more in any sliding minute."""
        limit: Limit = ("group", 18, 60.0)
        _put(store, *(_item(f"lane{n}", (limit,)) for n in range(60)))
        sent: list[datetime] = []
        now = NOW
        while len(sent) < 60:
            for row in _out(store, now).send:
                _sent(store, row)
                sent.append(now)
            now += timedelta(seconds=2)
        for start in sent:
            inside = [at for at in sent if start <= at < start + timedelta(seconds=60)]
            assert len(inside) <= 18
        assert len([at for at in sent if at < NOW + timedelta(seconds=60)]) == 18

    def test_every_limit_of_a_row_counts(self, store: Store) -> None:
        both: tuple[Limit, ...] = (("app", 5, 1.0), ("group", 2, 60.0))
        _put(store, *(_item(f"lane{n}", both) for n in range(6)))
        assert len(_out(store).send) == 2

    def test_a_row_held_back_keeps_its_lane(self, store: Store) -> None:
        limit: Limit = ("group", 1, 60.0)
        _put(store, _item("a", (limit,)))
        (row,) = _out(store).send
        _sent(store, row)
        held, free = _item("a", (limit,)), _item("a")
        _put(store, held, free)
        assert _out(store).send == ()
        later = NOW + timedelta(seconds=61)
        assert [one.id for one in _out(store, later).send] == [held.id]


class TestSchedule:
    def _plan(self, store: Store, kind: str = "digest.send", local: str = "2026-10-12T16:50") -> bool:
        unit = lambda db: schedule.plan(db, new_id(), "s", "digest", kind, "c1", local, NOW)  # noqa: E731
        return store.run(unit).result()

    def test_an_occurrence_is_unique_and_taken_once(self, store: Store) -> None:
        assert [self._plan(store), self._plan(store)] == [True, False]
        (occurrence,) = store.run(lambda db: schedule.due(db, NOW, 10)).result()
        takes = [store.run(lambda db: schedule.take(db, occurrence, NOW)) for _ in range(8)]
        assert sorted(take.result() for take in takes) == [False] * 7 + [True]
        assert not self._plan(store)

    def test_cancel_and_revive(self, store: Store) -> None:
        self._plan(store)
        assert store.run(lambda db: schedule.cancel(db, "digest.send", "c1")).result() == 1
        assert store.run(lambda db: schedule.due(db, NOW, 10)).result() == []
        assert store.run(lambda db: schedule.revive(db, "digest.send", "c1", "2026-10-12T16:50")).result()
        assert len(store.run(lambda db: schedule.due(db, NOW, 10)).result()) == 1

    def test_it_is_given_up_after_three_failures(self, store: Store) -> None:
        self._plan(store)
        for given_up in (False, False, True):
            (occurrence,) = store.run(lambda db: schedule.due(db, NOW, 10)).result()
            assert store.run(lambda db, o=occurrence: schedule.failed(db, o, 3)).result() is given_up  # type: ignore[misc]
        assert store.run(lambda db: schedule.due(db, NOW, 10)).result() == []
