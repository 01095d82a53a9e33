"""Is the database's shape the one this program knows? Make it, bring it up to date, or refuse.

The version row is alembic's own. Alembic is imported only if the row differs, for it is slow to load.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url

from storage.tables import metadata
from storage.unit import Refused

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Every revision in ``migrations/versions``, oldest first; the last is what this program needs."""
HEAD = REVISIONS[-1]

_version = sa.table("alembic_version", sa.column("version_num"))
# Any number, the same in every process: whoever holds it may change the tables.
_LOCK = 7_261_403_118


class SchemaError(Exception):
    """The database does not fit this program; the sentence says what to do."""


class SchemaTooNew(SchemaError):
    """A newer program has changed the database."""


class SchemaTooOld(SchemaError):
    """The database needs ``migrate`` first."""


def prepare(url: str) -> None:
    """Get a database ready for serving.

    An empty one gets its tables. An older one on SQLite is copied to ``FILE.before-REVISION`` and
    brought up to date; on PostgreSQL, where others may be using it, that is done by :func:`migrate` only.

    Raises:
        SchemaTooNew: It was made by a newer program. Nothing was changed.
        SchemaTooOld: It is an older one on PostgreSQL. Nothing was changed.
        Refused: The database cannot be reached.
    """
    _bring_up(url, upgrade=make_url(url).get_backend_name() == "sqlite")


def migrate(url: str) -> None:
    """Like :func:`prepare`, but brings an older database up to date on PostgreSQL too."""
    _bring_up(url, upgrade=True)


def _bring_up(url: str, *, upgrade: bool) -> None:
    try:
        _look_and_change(url, upgrade=upgrade)
    except sa.exc.OperationalError as error:
        raise Refused(type(error.orig).__name__) from None


def _look_and_change(url: str, *, upgrade: bool) -> None:
    engine = _engine(url)
    try:
        with engine.connect() as conn, conn.begin():
            if conn.dialect.name == "postgresql":
                conn.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            found = revision(conn)
            if found is None:
                _create(conn)
            elif found not in REVISIONS:
                raise SchemaTooNew(
                    f"the database was changed by a newer version (schema {found}, this one knows {HEAD}): "
                    "install that version again, or restore a backup from before it"
                )
            elif found != HEAD:
                _upgrade(engine.url, conn, found, allowed=upgrade)
    finally:
        engine.dispose()


def revision(conn: Connection) -> str | None:
    """The schema the database has; None if it has none yet."""
    if not sa.inspect(conn).has_table("alembic_version"):
        return None
    found: str | None = conn.execute(sa.select(_version.c.version_num)).scalar_one_or_none()
    return found


def _create(conn: Connection) -> None:
    metadata.create_all(conn)
    table = sa.Table(
        "alembic_version",
        sa.MetaData(),
        sa.Column("version_num", sa.String(32), primary_key=True),
    )
    table.create(conn, checkfirst=True)
    conn.execute(sa.insert(_version), {"version_num": HEAD})


def _upgrade(url: URL, conn: Connection, found: str, *, allowed: bool) -> None:
    if not allowed:
        raise SchemaTooOld(
            f"the database has schema {found} and needs {HEAD}: stop all processes that use it and run "
            "`classbridge migrate --config FILE`"
        )
    if conn.dialect.name == "sqlite" and url.database:
        _copy(Path(url.database), found)
    run_alembic(conn, "upgrade", HEAD)


def run_alembic(conn: Connection, command: str, revision: str) -> None:
    """Run one alembic command (``upgrade``, ``downgrade``, ``stamp``) on an open transaction."""
    from alembic import command as commands
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = conn
    getattr(commands, command)(config, revision)


def _copy(path: Path, revision: str) -> Path:
    """Copy a SQLite file page by page; also right while its log holds newer pages."""
    target = path.with_name(f"{path.name}.before-{revision}")
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    source, copy = sqlite3.connect(path), sqlite3.connect(target)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
    return target


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"isolation_level": None})
    sa.event.listen(engine, "connect", _wal)
    sa.event.listen(engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _wal(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in ("journal_mode=WAL", "busy_timeout=5000", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
