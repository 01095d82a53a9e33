"""The file for bad days, and how a restored database is recognised."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storage import generation, schema
from storage.engine import Store, open_store
from storage.spool import Spool, SpoolFull

NOW = datetime(2026, 10, 12, 8, 50, tzinfo=UTC)


def _row(key: str, size: int = 40) -> dict[str, Any]:
    return {"id": key * 4, "key": key, "payload": b"\x00\xff" * size, "received_at": NOW, "state": 0}


def test_what_was_spooled_is_there_after_a_new_start(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s", 1 << 16)
    spool.append([_row("a"), _row("b")])
    spool.append([_row("c")])
    spool.close()
    again = Spool(tmp_path / "s", 1 << 16)
    rows, mark = again.rows()
    assert rows == [_row("a"), _row("b"), _row("c")]
    assert again.clear(mark)
    assert again.rows()[0] == []
    again.append([_row("d")])
    assert [row["key"] for row in again.rows()[0]] == ["d"]
    again.close()


def test_clearing_spares_what_came_meanwhile(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s", 1 << 16)
    spool.append([_row("a")])
    _rows, mark = spool.rows()
    spool.append([_row("b")])
    assert not spool.clear(mark)
    assert len(spool.rows()[0]) == 2
    spool.close()


@pytest.mark.parametrize("damage", [b"\x00", b"\xff", b"torn"])
def test_a_torn_last_record_is_dropped_and_the_rest_read(tmp_path: Path, damage: bytes) -> None:
    spool = Spool(tmp_path / "s", 1 << 16)
    spool.append([_row("a")])
    end = spool.rows()[1]
    spool.append([_row("b")])
    spool.close()
    with (tmp_path / "s").open("r+b") as file:
        file.seek(end + 20)
        file.write(damage)
    again = Spool(tmp_path / "s", 1 << 16)
    assert [row["key"] for row in again.rows()[0]][:1] == ["a"]
    assert len(again.rows()[0]) <= 1
    again.close()


def test_a_full_spool_says_so_and_keeps_nothing_half(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s", 1024)
    spool.append([_row("a")])
    with pytest.raises(SpoolFull):
        spool.append([_row("b", 2000)])
    assert [row["key"] for row in spool.rows()[0]] == ["a"]
    spool.close()


def test_the_space_is_reserved(tmp_path: Path) -> None:
    Spool(tmp_path / "s", 1 << 20).close()
    assert (tmp_path / "s").stat().st_blocks * 512 >= 1 << 20


def test_starts_and_a_second_replica_are_no_restore(store: Store, tmp_path: Path) -> None:
    assert generation.enter(store, tmp_path / "one", NOW) == "fresh"
    assert generation.enter(store, tmp_path / "one", NOW) == "same"
    if store.dialect == "postgresql":
        assert generation.enter(store, tmp_path / "two", NOW) == "fresh"
        assert generation.enter(store, tmp_path / "one", NOW) == "same"


def test_an_older_copy_put_back_is_a_restore(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"

    def enter() -> str:
        schema.prepare(url)
        store = open_store(url, tmp_path / "key")
        verdict = generation.enter(store, tmp_path / "state", NOW)
        store.close()
        return verdict

    assert enter() == "fresh"
    shutil.copy(tmp_path / "a.db", tmp_path / "backup.db")
    assert enter() == "same"
    shutil.copy(tmp_path / "backup.db", tmp_path / "a.db")
    assert enter() == "restored"
    assert enter() == "restored", "as long as nobody says that the queue is held"
    generation.settled(tmp_path / "state")
    assert enter() == "same"


def test_a_copy_on_a_new_host_is_a_restore(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    schema.prepare(url)
    store = open_store(url, tmp_path / "key")
    generation.enter(store, tmp_path / "old", NOW)
    assert generation.enter(store, tmp_path / "new", NOW) == "restored"
    store.close()


def test_a_copy_from_the_very_same_run_is_noticed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    schema.prepare(url)
    store = open_store(url, tmp_path / "key")
    assert generation.enter(store, tmp_path / "state", NOW) == "fresh"
    reached = int(NOW.timestamp() * 1000)
    generation.remember(tmp_path / "state", reached)
    assert generation.enter(store, tmp_path / "state", NOW) == "restored"
    generation.settled(tmp_path / "state")
    later = NOW + timedelta(days=8)
    assert generation.enter(store, tmp_path / "state", later) == "same", "an idle week is no restore"
    store.close()


@pytest.mark.parametrize("written", ["file", "both"])
def test_a_crash_between_the_two_writes_is_no_restore(
    store: Store, tmp_path: Path, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation.enter(store, tmp_path, NOW)
    real, calls = generation._write, []

    def crash_at(path: Path, text: str) -> None:
        calls.append(text)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(path, text)

    monkeypatch.setattr(generation, "_write", crash_at)
    if written == "file":
        monkeypatch.setattr(generation, "put_meta", lambda *_a: (_ for _ in ()).throw(LookupError()))
    with pytest.raises((KeyboardInterrupt, LookupError)):
        generation.enter(store, tmp_path, NOW)
    monkeypatch.undo()
    assert generation.enter(store, tmp_path, NOW) == "same"
