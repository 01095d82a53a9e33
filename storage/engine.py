"""The engine: units of work, committed together or not at all.

A unit is a plain function of :class:`Db`. Its future resolves only after COMMIT. Units may be run
again (a group that failed is repeated one by one), so they touch nothing but the database.

SQLite has one writer thread that commits what is waiting as one group, with FULL sync: one fsync
for many units. PostgreSQL has a small pool of threads, one transaction a unit.
"""

from __future__ import annotations

import fcntl
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from config.clock import real_now
from storage import sealing
from storage.sealing import Vault

T = TypeVar("T")
Unit = Callable[["Db"], T]

GROUP = 256
"""At most so many units in one SQLite commit: keeps a single unit's wait short."""
POOL = 8
"""Threads and connections to PostgreSQL."""
_REPEAT = 4
_RETRYABLE = {"40001", "40P01"}  # serialization failure, deadlock (postgresql.org, appendix A)


class Refused(Exception):
    """The database did not take the unit (locked, full, down). Nothing of it was kept."""


class Busy(Exception):
    """Another process already serves this SQLite file."""


@dataclass(slots=True)
class Db:
    """One open unit of work.

    Args:
        conn: A connection inside a transaction.
        vault: The keys.
        memo: What this unit has read once and need not read again; who writes such rows clears it.
    """

    conn: Connection
    vault: Vault = field(repr=False)
    memo: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)
    _keys: dict[str, Any] = field(default_factory=dict, repr=False)
    _gone: list[str] = field(default_factory=list, repr=False)

    @property
    def dialect(self) -> str:
        return self.conn.dialect.name

    def seal(self, subject: str, where: str, row_id: str, text: str) -> bytes:
        """Lock a text for ``subject`` into the place ``where`` (``table.column``) of one row.

        Raises:
            KeyGone: The subject was erased.
        """
        return sealing.encrypt(self._key(subject, make=True), where, row_id, text)

    def open(self, subject: str, where: str, row_id: str, blob: bytes) -> str:
        """Read a sealed text back.

        Raises:
            KeyGone: The subject's key was destroyed or the text belongs elsewhere.
        """
        key = self._key(subject, make=False)
        if sealing.key_id_of(blob) != key.id:
            self.vault.forget(subject)
            self._keys.pop(subject, None)
            key = self._key(subject, make=False)
        return sealing.decrypt(key, where, row_id, blob)

    def keyed_hash(self, purpose: str, text: str) -> bytes:
        """A hash nobody can compute without the installation key (32 bytes)."""
        return self.vault.keyed_hash(purpose, text)

    def destroy_key(self, subject: str) -> None:
        """Make everything ever sealed for ``subject`` unreadable."""
        sealing.destroy(self.conn, self.vault, subject)
        self._keys.pop(subject, None)
        self._gone.append(subject)

    def server_now(self) -> datetime:
        """The database's real clock, UTC: leases of several replicas agree on it."""
        if self.dialect == "postgresql":
            stamp: datetime = self.conn.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
            return stamp.astimezone(UTC)
        return real_now()

    def _key(self, subject: str, *, make: bool) -> Any:
        key = self._keys.get(subject) or self.vault.known(subject)
        if key is None:
            key = self._keys[subject] = self.vault.load(self.conn, subject, make=make)
        return key

    def committed(self) -> None:
        """Called by the engine after COMMIT: from now on the keys may be remembered."""
        for subject in self._gone:
            self.vault.forget(subject)
        if self._keys:
            self.vault.remember(self._keys)


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


@dataclass(slots=True)
class _Job:
    unit: Unit[Any]
    future: Future[Any]
    db: Db | None = None
    result: Any = None
    error: BaseException | None = None


class _Runner(Protocol):
    def submit(self, job: _Job) -> None: ...
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
        self._runner: _Runner = _OneWriter(self) if self.dialect == "sqlite" else _Pool(self)

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        return "sqlite" if self.engine.dialect.name == "sqlite" else "postgresql"

    def run(self, unit: Unit[T]) -> Future[T]:
        """Run a unit in a transaction. The future resolves after COMMIT.

        The future raises :class:`Refused` if the database would not, else what the unit raised.
        """
        future: Future[T] = Future()
        self._runner.submit(_Job(unit, future))
        return future

    def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> Future[None]:
        """Insert many rows in one go, passing over those whose unique key stands there already."""
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


class _OneWriter:
    """SQLite: one thread, group commit."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def submit(self, job: _Job) -> None:
        self._jobs.put(job)

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        open_ = True
        while open_:
            group = [self._jobs.get()]
            while len(group) < GROUP:
                try:
                    group.append(self._jobs.get_nowait())
                except queue.Empty:
                    break
            open_ = None not in group
            jobs = [job for job in group if job is not None]
            if jobs:
                self._commit(jobs)

    def _commit(self, jobs: list[_Job]) -> None:
        if not self._attempt(jobs) and len(jobs) > 1:
            for job in jobs:  # the group is gone, for example on a full disk: each unit for itself
                self._attempt([job])
        for job in jobs:
            _resolve(job)

    def _attempt(self, jobs: list[_Job]) -> bool:
        for job in jobs:
            job.result = job.error = None
        try:
            with self._store.engine.connect() as conn:
                raw = conn.connection.driver_connection
                assert raw is not None  # noqa: S101 - tells the type checker; a pooled connection has one
                conn.begin()
                for job in jobs:
                    self._one(conn, raw, job)
                conn.commit()
        except (SQLAlchemyError, OSError, _GroupLost) as error:
            for job in jobs:
                job.error = job.error or _refusal(error)
            return False
        for job in jobs:
            if job.error is None and job.db is not None:
                job.db.committed()
        return True

    def _one(self, conn: Connection, raw: Any, job: _Job) -> None:
        start = time.perf_counter()
        raw.execute("SAVEPOINT unit")
        job.db = Db(conn, self._store.vault)
        try:
            job.result = job.unit(job.db)
        except Exception as error:
            job.error = _refusal(error)
            # A full disk can roll the whole transaction back behind our back (sqlite.org, "Response To
            # Errors Within A Transaction"): then the savepoint is gone and with it the group.
            if not raw.in_transaction:
                raise _GroupLost from error
            raw.execute("ROLLBACK TO unit")
        raw.execute("RELEASE unit")
        self._store.observe(time.perf_counter() - start)


class _GroupLost(Exception):
    """SQLite ended the transaction by itself."""


class _Pool:
    """PostgreSQL: one transaction a unit, a few at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(POOL, thread_name_prefix="unit")

    def submit(self, job: _Job) -> None:
        self._threads.submit(self._work, job)

    def close(self) -> None:
        self._threads.shutdown(wait=True)

    def _work(self, job: _Job) -> None:
        for attempt in range(_REPEAT):
            job.error = None
            start = time.perf_counter()
            try:
                with self._store.engine.connect() as conn, conn.begin():
                    job.db = Db(conn, self._store.vault)
                    job.result = job.unit(job.db)
                job.db.committed()
            except Exception as error:
                job.error = _refusal(error)
                if _is_race(error) and attempt + 1 < _REPEAT:
                    continue
            self._store.observe(time.perf_counter() - start)
            break
        _resolve(job)


def _is_race(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _RETRYABLE


def _refusal(error: BaseException) -> BaseException:
    """What the caller sees: our own error for the database's, without its statement or parameters."""
    if isinstance(error, DBAPIError) and not isinstance(error, sa.exc.IntegrityError):
        return Refused(type(error.orig).__name__)
    if isinstance(error, _GroupLost | OSError):
        return Refused(type(error).__name__)
    return error


def _resolve(job: _Job) -> None:
    if not job.future.set_running_or_notify_cancel():
        return
    if job.error is not None:
        job.future.set_exception(job.error)
    else:
        job.future.set_result(job.result)


def open_store(url: str, keyfile: Path, *, create: bool = True, exclusive: bool = False) -> Store:
    """Open the database and its keys; tables are prepared by ``storage.schema``.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql://…`` (always psycopg 3).
        keyfile: The installation key; made if missing and ``create``.
        exclusive: On SQLite, take the lock file that says "this process serves it".

    Raises:
        KeyFileError: The key file is not usable.
        Busy: ``exclusive`` and another process serves the file.
    """
    vault = Vault(sealing.load_key_file(keyfile, create=create))
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(
            parsed, pool_size=POOL, max_overflow=2, pool_pre_ping=True, hide_parameters=True
        )
        return Store(engine, engine, vault, None)
    path = Path(parsed.database or "")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = _lock(path) if exclusive else None
    return Store(_sqlite(url, writer=True), _sqlite(url, writer=False), vault, lock)


def _lock(path: Path) -> int:
    descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Busy(f"another process already serves {path}: stop it, or use PostgreSQL for several") from None
    return descriptor


def _sqlite(url: str, *, writer: bool) -> Engine:
    engine = sa.create_engine(
        url,
        poolclass=sa.pool.QueuePool,
        pool_size=1 if writer else 2,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": 1.0},
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if not writer:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        # IMMEDIATE: a deferred transaction that reads and then writes fails at once with "locked".
        conn.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")

    return engine


_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=1000",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "secure_delete=ON",
    "cell_size_check=ON",
    "mmap_size=0",
)
