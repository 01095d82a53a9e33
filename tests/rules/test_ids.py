"""Ids: UUID version 7, strictly increasing inside a process."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from config.clock import real_ms
from config.ids import IdSource, new_id


def test_an_id_is_a_uuid_of_version_7_with_the_real_time() -> None:
    before = real_ms()
    text = new_id()
    assert len(text) == 32
    assert text == text.lower()
    made = uuid.UUID(text)
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert before <= int(text[:12], 16) <= real_ms()


@given(st.lists(st.integers(min_value=0, max_value=2**47), min_size=1, max_size=50))
def test_ids_increase_whatever_the_clock_does(times: list[int]) -> None:
    clock: Iterator[int] = iter(times)
    source = IdSource(ms=lambda: next(clock), randomness=lambda n: b"\xff" * n)
    made = [source() for _ in times]
    assert made == sorted(set(made))
    assert all(uuid.UUID(one).version == 7 and uuid.UUID(one).variant == uuid.RFC_4122 for one in made)


def test_more_ids_than_fit_into_one_ms_borrow_the_next() -> None:
    source = IdSource(ms=lambda: 5, randomness=lambda n: b"\xff" * n)
    made = [source() for _ in range(3 * 4096)]
    assert made == sorted(set(made))
    assert {int(one[:12], 16) for one in made} == {5, 6, 7}


def test_threads_never_share_an_id() -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.extend([new_id() for _ in range(2000)])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8000
