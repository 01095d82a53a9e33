"""Two replicas, one killed: each promise given once, each window opened once; without the guard not so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.replicas import DAYS, run
from tests.real_postgres import Postgres


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    made = postgres.create()
    yield made
    postgres.drop(made)


async def test_each_promise_is_given_once_and_each_window_opened_once(url: str, tmp_path: Path) -> None:
    told = await run(url, tmp_path)
    assert told.wrong == []
    assert told.deaths == len(DAYS)


async def test_without_asking_who_has_taken_it_a_window_opens_twice(url: str, tmp_path: Path) -> None:
    told = await run(url, tmp_path, 1, guarded=False)
    assert [one for one in told.wrong if "list" in one and "2 times" in one], "the planted fault was not seen"
