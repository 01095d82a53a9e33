"""Units of work: all or nothing, on both databases, and what a database that refuses looks like."""

from __future__ import annotations

import sqlite3
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.columns import UtcDateTime
from storage.engine import Busy, Db, Refused, Store, insert_ignore, open_store
from storage.generation import get_meta, meta, put_meta
from storage.sealing import KeyFileError, KeyGone, load_key_file


def _done(futures: list[Future[None]]) -> None:
    for future in futures:
        future.result(timeout=30)


def test_a_failing_unit_leaves_nothing_and_spares_its_neighbours(store: Store) -> None:
    def good(db: Db) -> None:
        put_meta(db, "good", "1")

    def bad(db: Db) -> None:
        put_meta(db, "bad", "1")
        raise LookupError("no")

    first, second, third = store.run(good), store.run(bad), store.run(lambda db: put_meta(db, "more", "2"))
    first.result()
    third.result()
    with pytest.raises(LookupError):
        second.result()
    kept = store.read(lambda db: [get_meta(db, key) for key in ("good", "bad", "more")]).result()
    assert kept == ["1", None, "2"]


def test_no_update_is_lost(store: Store) -> None:
    """Read-modify-write from many sides: with a deferred transaction 425 of 500 were lost here."""
    store.run(lambda db: put_meta(db, "n", "0")).result()

    def add(db: Db) -> None:
        found = sa.select(meta.c.value).where(meta.c.key == "n").with_for_update()
        value = int(db.conn.execute(found).scalar_one())
        put_meta(db, "n", str(value + 1))

    _done([store.run(add) for _ in range(300)])
    assert store.read(lambda db: get_meta(db, "n")).result() == "300"


def test_insert_ignore_says_who_won(store: Store) -> None:
    def unit(db: Db) -> bool:
        return insert_ignore(db, meta, {"key": "only", "value": "x"})

    assert sorted(f.result() for f in [store.run(unit) for _ in range(20)]) == [False] * 19 + [True]


def test_bulk_insert_passes_over_known_keys(store: Store) -> None:
    store.insert(meta, [{"key": "a", "value": "first"}]).result()
    store.insert(meta, [{"key": "a", "value": "second"}, {"key": "b", "value": "new"}]).result()
    assert store.read(lambda db: (get_meta(db, "a"), get_meta(db, "b"))).result() == ("first", "new")


def test_sealed_text_opens_only_where_it_was_put(store: Store) -> None:
    blob = store.run(lambda db: db.seal("person:1", "t.note", "row1", "林小满的家访")).result()
    assert "林小满".encode() not in blob
    assert store.read(lambda db: db.open("person:1", "t.note", "row1", blob)).result() == "林小满的家访"
    for subject, where, row in (
        ("person:1", "t.note", "row2"),
        ("person:1", "t.other", "row1"),
        ("person:2", "t.note", "row1"),
    ):
        with pytest.raises(KeyGone):
            store.run(lambda db, s=subject, w=where, r=row: db.open(s, w, r, blob)).result()  # type: ignore[misc]


def test_a_destroyed_key_is_gone_for_good(store: Store) -> None:
    blob = store.run(lambda db: db.seal("pupil:1", "t.note", "r", "秘密")).result()
    store.run(lambda db: db.destroy_key("pupil:1")).result()
    with pytest.raises(KeyGone):
        store.run(lambda db: db.open("pupil:1", "t.note", "r", blob)).result()
    with pytest.raises(KeyGone):
        store.run(lambda db: db.seal("pupil:1", "t.note", "r", "again")).result()


def test_a_key_of_a_rolled_back_unit_never_seals(store: Store) -> None:
    def lost(db: Db) -> None:
        db.seal("person:9", "t.n", "r", "x")
        raise LookupError

    with pytest.raises(LookupError):
        store.run(lost).result()
    blob = store.run(lambda db: db.seal("person:9", "t.n", "r", "kept")).result()
    store.vault.forget("person:9")
    assert store.read(lambda db: db.open("person:9", "t.n", "r", blob)).result() == "kept"


def test_instants_come_back_as_they_went(store: Store) -> None:
    table = sa.Table("instants", sa.MetaData(), sa.Column("at", UtcDateTime))
    table.create(store.engine)
    beijing = datetime.fromisoformat("2026-10-12T20:00:00.123+08:00")

    def unit(db: Db) -> datetime:
        db.conn.execute(sa.insert(table).values(at=beijing))
        found: datetime = db.conn.execute(sa.select(table.c.at)).scalar_one()
        return found

    back = store.run(unit).result()
    assert back == beijing
    assert back.utcoffset() == timedelta(0)

    def naive(db: Db) -> None:
        db.conn.execute(sa.insert(table).values(at=datetime(2026, 10, 12)))  # noqa: DTZ001 - the point

    with pytest.raises((ValueError, sa.exc.StatementError)):
        store.run(naive).result()


def test_a_locked_file_refuses_and_works_again(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/a.db", tmp_path / "key")
    meta.create(store.engine)
    blocker = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(Refused):
        store.run(lambda db: put_meta(db, "a", "1")).result()
    blocker.execute("ROLLBACK")
    blocker.close()
    store.run(lambda db: put_meta(db, "a", "2")).result()
    assert store.read(lambda db: get_meta(db, "a")).result() == "2"
    store.close()


def test_a_full_file_fails_the_unit_that_is_too_large_and_keeps_the_others(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/a.db", tmp_path / "key")
    meta.create(store.engine)

    def fill(db: Db) -> None:
        db.conn.exec_driver_sql("PRAGMA max_page_count=40")
        for n in range(3000):
            put_meta(db, f"{n:060d}", "x" * 200)

    small = [store.run(lambda db, n=n: put_meta(db, f"s{n}", "1")) for n in range(3)]  # type: ignore[misc]
    large = store.run(fill)
    after = [store.run(lambda db, n=n: put_meta(db, f"t{n}", "1")) for n in range(3)]  # type: ignore[misc]
    with pytest.raises(Refused):
        large.result(timeout=30)
    _done([*small, *after])
    count = sa.select(sa.func.count()).select_from(meta)
    assert store.read(lambda db: db.conn.execute(count).scalar_one()).result() == 6
    store.close()


def test_a_second_process_on_one_file_is_refused(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/a.db", tmp_path / "key", exclusive=True)
    with pytest.raises(Busy, match="already serves"):
        open_store(f"sqlite:///{tmp_path}/a.db", tmp_path / "key", exclusive=True)
    store.close()
    open_store(f"sqlite:///{tmp_path}/a.db", tmp_path / "key", exclusive=True).close()


def test_a_first_start_makes_its_folder(database_url: str, tmp_path: Path) -> None:
    """The key may lie elsewhere, so nobody else makes it."""
    folder = tmp_path / "data" / "of a replica"
    open_store(database_url, tmp_path / "key", exclusive=True, folder=folder).close()
    open_store(database_url, tmp_path / "key", exclusive=True, folder=folder).close()


@pytest.mark.parametrize(
    ("text", "mode", "says"),
    [("ab", 0o400, "64 hex"), ("00" * 32, 0o440, "chmod 400"), ("zz" * 32, 0o400, "64 hex")],
)
def test_a_bad_key_file_is_named(tmp_path: Path, text: str, mode: int, says: str) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=says):
        load_key_file(path, create=True)


def test_a_missing_key_is_not_made_for_an_old_database(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="safe copy"):
        load_key_file(tmp_path / "key", create=False)


def test_server_time_is_aware(store: Store) -> None:
    now = store.run(lambda db: db.server_now()).result()
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)
