"""The engine: units of work, committed together or not at all.

A unit is a plain function of :class:`Db`. Its future resolves only after COMMIT. Units may be run
again (a group that failed is repeated one by one), so they touch nothing but the database.

SQLite has one writer thread that commits what is waiting as one group, with FULL sync: one fsync
for many units. PostgreSQL has a small pool of threads, one transaction a unit.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from storage import sealing
from storage.sealing import Vault
from storage.sqlite import Busy, OneWriter, insert_rows, lock, open_engine
from storage.unit import Db, Job, Refused, Unit, refusal, resolve

__all__ = ["Busy", "Db", "Refused", "Store", "ignoring_insert", "insert_ignore", "open_store"]

T = TypeVar("T")
POOL = 8
"""Threads and connections to PostgreSQL."""
_REPEAT = 4
_RETRYABLE = {"40001", "40P01"}  # serialization failure, deadlock (postgresql.org, appendix A)


def insert_ignore(db: Db, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless one with the same unique key stands there; say whether it was inserted."""
    # The row that comes back tells: PostgreSQL's driver does not count rows of such an insert.
    return db.conn.execute(_telling_insert(table, db.dialect), values).first() is not None


@cache
def ignoring_insert(table: Table, dialect: str) -> Any:
    """``INSERT … ON CONFLICT DO NOTHING`` for either database, built once per table."""
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


@cache
def _telling_insert(table: Table, dialect: str) -> Any:
    return ignoring_insert(table, dialect).returning(next(iter(table.columns)))


class _Runner(Protocol):
    def submit(self, job: Job) -> None: ...
    def close(self) -> None: ...


class Store:
    """The database of one installation; see :func:`open_store`.

    Args:
        engine: The writing engine.
        readers: The engine for reads.
        vault: The keys.
        observe: Told each unit's duration in seconds.
    """

    def __init__(self, engine: Engine, readers: Engine, vault: Vault, lock: int | None) -> None:
        self.engine = engine
        self.vault = vault
        self.observe: Callable[[float], None] = lambda _seconds: None
        self._lock = lock
        self._readers = readers
        self._reading = ThreadPoolExecutor(2, thread_name_prefix="read")
        self._runner: _Runner = self._make_runner()

    def _make_runner(self) -> _Runner:
        if self.dialect == "sqlite":
            return OneWriter(self.engine, self.vault, lambda seconds: self.observe(seconds))
        return _Pool(self)

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        return "sqlite" if self.engine.dialect.name == "sqlite" else "postgresql"

    def run(self, unit: Unit[T]) -> Future[T]:
        """Run a unit in a transaction. The future resolves after COMMIT.

        The future raises :class:`Refused` if the database would not, else what the unit raised.
        """
        future: Future[T] = Future()
        self._runner.submit(Job(unit, future))
        return future

    def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> Future[None]:
        """Insert many rows in one go, passing over those whose unique key stands there already."""
        if self.dialect == "sqlite":
            return self.run(partial(insert_rows, table=table, rows=rows))
        statement = ignoring_insert(table, self.dialect)

        def unit(db: Db) -> None:
            db.conn.execute(statement, list(rows))

        return self.run(unit)

    def read(self, unit: Unit[T]) -> Future[T]:
        """Run a reading unit on a connection of its own; it sees what is committed."""

        def work() -> T:
            with _refusals(), self._readers.connect() as conn:
                return unit(Db(conn, self.vault))

        return self._reading.submit(work)

    def close(self) -> None:
        """Finish what was submitted and let go of the file or server."""
        self._runner.close()
        self._reading.shutdown(wait=True)
        self._readers.dispose()
        self.engine.dispose()
        if self._lock is not None:
            os.close(self._lock)


class _refusals:
    """Turns the driver's errors into :class:`Refused`; anything else passes through."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, DBAPIError) and not isinstance(error, sa.exc.IntegrityError):
            raise Refused(type(error.orig).__name__) from None


class _Pool:
    """PostgreSQL: one transaction a unit, a few at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(POOL, thread_name_prefix="unit")

    def submit(self, job: Job) -> None:
        self._threads.submit(self._work, job)

    def close(self) -> None:
        self._threads.shutdown(wait=True)

    def _work(self, job: Job) -> None:
        for attempt in range(_REPEAT):
            job.error = None
            start = time.perf_counter()
            try:
                with self._store.engine.connect() as conn, conn.begin():
                    job.db = Db(conn, self._store.vault)
                    job.result = job.unit(job.db)
                job.db.committed()
            except Exception as error:
                job.error = refusal(error)
                if _is_race(error) and attempt + 1 < _REPEAT:
                    continue
            self._store.observe(time.perf_counter() - start)
            break
        resolve(job)


def _is_race(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _RETRYABLE


def open_store(
    url: str, keyfile: Path, *, create: bool = True, exclusive: bool = False, folder: Path | None = None
) -> Store:
    """Open the database and its keys; tables are prepared by ``storage.schema``.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql://…`` (always psycopg 3).
        keyfile: The installation key; made if missing and ``create``.
        exclusive: Take the lock file that says "this process serves it": the database's on SQLite,
            ``folder``'s on PostgreSQL, where spool and node name are one process's own.
        folder: Where the process keeps its own files.

    Raises:
        KeyFileError: The key file is not usable.
        Busy: ``exclusive`` and another process serves the file.
    """
    vault = Vault(sealing.load_key_file(keyfile, create=create))
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(parsed, pool_size=POOL, max_overflow=2, hide_parameters=True)
        return Store(engine, engine, vault, lock(folder / "serve") if exclusive and folder else None)
    path = Path(parsed.database or "")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = lock(path) if exclusive else None
    return Store(open_engine(url, writer=True), open_engine(url, writer=False), vault, held)
