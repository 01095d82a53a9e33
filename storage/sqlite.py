"""SQLite: one writer thread that commits what waits as one group, with FULL sync."""

from __future__ import annotations

import fcntl
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Table, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import SQLAlchemyError

from storage.columns import UtcDateTime
from storage.sealing import Vault
from storage.unit import Db, Job, refusal, resolve

GROUP = 256
"""At most so many units in one commit: keeps a single unit's wait short."""
ROWS = 64
"""Rows of a bulk insert in one statement, at most."""


class Busy(Exception):
    """Another process already serves this SQLite file."""


class OneWriter:
    """One thread, group commit.

    Args:
        observe: Told each unit's duration in seconds.
    """

    def __init__(self, engine: Engine, vault: Vault, observe: Callable[[float], None]) -> None:
        self._engine = engine
        self._vault = vault
        self._observe = observe
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
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

    def _commit(self, jobs: list[Job]) -> None:
        if not self._attempt(jobs) and len(jobs) > 1:
            for job in jobs:  # the group is gone, for example on a full disk: each unit for itself
                self._attempt([job])
        for job in jobs:
            resolve(job)

    def _attempt(self, jobs: list[Job]) -> bool:
        for job in jobs:
            job.result = job.error = None
        try:
            with self._engine.connect() as conn:
                conn.begin()
                for job in jobs:
                    self._one(conn, job, alone=len(jobs) == 1)
                conn.commit()
        except _AloneFailed:
            return True
        except (SQLAlchemyError, sqlite3.Error, OSError, _GroupLost) as error:
            for job in jobs:
                job.error = job.error or refusal(error)
            return False
        for job in jobs:
            if job.error is None and job.db is not None:
                job.db.committed()
        return True

    def _one(self, conn: Connection, job: Job, *, alone: bool) -> None:
        """Run one unit; a savepoint keeps its failure from its neighbours, if it has any."""
        start = time.perf_counter()
        raw = raw_connection(conn)
        if not alone:
            raw.execute("SAVEPOINT unit")
        job.db = Db(conn, self._vault)
        try:
            job.result = job.unit(job.db)
        except Exception as error:
            job.error = refusal(error)
            if alone:
                raise _AloneFailed from error
            # A full disk can roll the whole transaction back behind our back (sqlite.org, "Response To
            # Errors Within A Transaction"): then the savepoint is gone and with it the group.
            if not raw.in_transaction:
                raise _GroupLost from error
            raw.execute("ROLLBACK TO unit")
        if not alone:
            raw.execute("RELEASE unit")
        self._observe(time.perf_counter() - start)


class _GroupLost(Exception):
    """SQLite ended the transaction by itself."""


class _AloneFailed(Exception):
    """The only unit of a group raised; its transaction is rolled back whole."""


def raw_connection(conn: Connection) -> sqlite3.Connection:
    """The driver's own connection, for what needs no statement built."""
    found: sqlite3.Connection | None = conn.connection.driver_connection
    if found is None:
        raise ValueError("the connection was given back to the pool")
    return found


def insert_rows(db: Db, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Many rows in few statements.

    Each statement SQLite steps through gives the interpreter's lock away and has to win it back from the
    thread that answers callbacks; row by row that costs more than the writing.
    """
    names = tuple(rows[0])
    raw = raw_connection(db.conn)
    start = 0
    while start < len(rows):
        count = min(1 << (len(rows) - start).bit_length() - 1, ROWS)
        chunk = rows[start : start + count]
        raw.execute(
            _rows_statement(table, names, count), [_plain(row[name]) for row in chunk for name in names]
        )
        start += count


@cache
def _rows_statement(table: Table, names: tuple[str, ...], count: int) -> str:
    """An insert of so many rows; counts are powers of two, so few are ever prepared."""
    values = ", ".join([f"({', '.join('?' * len(names))})"] * count)
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES {values} ON CONFLICT DO NOTHING"  # noqa: S608 - names of ours


def _plain(value: Any) -> Any:
    return UtcDateTime().process_bind_param(value, _SQLITE) if isinstance(value, datetime) else value


_SQLITE = sqlite.dialect()


def lock(path: Path) -> int:
    """Take the lock file that says "this process serves it"; a descriptor to close.

    Raises:
        Busy: Another process has it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # at the first start nothing is there yet
    descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Busy(
            f"another process already serves {path}: stop it, or run several on PostgreSQL, each with a "
            "data_dir of its own"
        ) from None
    return descriptor


def open_engine(url: str, *, writer: bool) -> Engine:
    """A hardened engine: one writing connection, or a few that can only read."""
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
