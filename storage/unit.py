"""A unit of work: a plain function of :class:`Db`, and what is needed to run one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from config.clock import real_now
from storage import sealing
from storage.sealing import Vault

T = TypeVar("T")
Unit = Callable[["Db"], T]


class Refused(Exception):
    """The database did not take the unit (locked, full, down). Nothing of it was kept."""


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

    def lock(self, subject: str, where: str, row_id: str) -> sealing.Lock:
        """What seals and opens bytes too large for a unit; good once this unit is committed.

        Raises:
            KeyGone: The subject was erased.
        """
        self.vault.forget(subject)  # another process may have erased it since
        return sealing.Lock(self._key(subject, make=True), where, row_id)

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


@dataclass(slots=True)
class Job:
    unit: Unit[Any]
    future: Future[Any]
    db: Db | None = None
    result: Any = None
    error: BaseException | None = None


def refusal(error: BaseException) -> BaseException:
    """What the caller sees: our own error for the database's, without its statement or parameters."""
    if isinstance(error, DBAPIError) and not isinstance(error, sa.exc.IntegrityError | sa.exc.DataError):
        return Refused(type(error.orig).__name__)
    if isinstance(error, sqlite3.Error | OSError) and not isinstance(error, sqlite3.IntegrityError):
        return Refused(type(error).__name__)
    return error


def resolve(job: Job) -> None:
    if not job.future.set_running_or_notify_cancel():
        return
    if job.error is not None:
        job.future.set_exception(job.error)
    else:
        job.future.set_result(job.result)
