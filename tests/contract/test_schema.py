"""The shape of the database: made, brought up to date, or refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from storage import schema
from storage.tables import metadata


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = schema._engine(url)
    with engine.connect() as conn, conn.begin():
        yield conn
    engine.dispose()


def _differences(conn: Connection) -> list[object]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(conn, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


def _shape(conn: Connection) -> object:
    """Everything the inspector sees of the tables we define."""
    look = sa.inspect(conn)
    return {
        table: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns(table)],
            look.get_pk_constraint(table),
            sorted(map(_plain, look.get_unique_constraints(table))),
            sorted(map(_plain, look.get_indexes(table))),
        )
        for table in sorted(metadata.tables)
    }


def _plain(value: object) -> str:
    """As text, conditions of partial indexes by their words."""
    if isinstance(value, dict):
        return str(sorted((str(key), _plain(held)) for key, held in value.items()))
    return str(value)


def test_migrations_lead_to_the_very_tables(empty_database_url: str, database_url: str) -> None:
    with _connected(empty_database_url) as conn:
        schema.run_alembic(conn, "upgrade", "head")
        migrated = _shape(conn)
        assert _differences(conn) == []
    with _connected(database_url) as conn:
        assert migrated == _shape(conn)


def test_numbers_given_before_tokens_get_one_each(empty_database_url: str) -> None:
    with _connected(empty_database_url) as conn:
        schema.run_alembic(conn, "upgrade", "0001")
        row = (
            "INSERT INTO numbers (id, school_id, person_id, day, n, feature, thing_kind, thing_id, action,"
            " label, closed) VALUES (:id, 's', 'p', '2026-10-12', :n, 'f', 'k', 't', 'a', :label, :closed)"
        )
        for n in range(3):
            conn.execute(sa.text(row), {"id": f"n{n}", "n": n, "label": b"x", "closed": False})
        schema.run_alembic(conn, "upgrade", "head")
        tokens = conn.execute(sa.text("SELECT token FROM numbers")).scalars().all()
        assert len(set(tokens)) == 3
        assert all(len(token) == 32 for token in tokens)
        schema.run_alembic(conn, "downgrade", "0001")
        assert conn.execute(sa.text("SELECT count(*) FROM numbers")).scalar_one() == 3


def test_the_way_back_leaves_nothing(empty_database_url: str) -> None:
    with _connected(empty_database_url) as conn:
        schema.run_alembic(conn, "upgrade", "head")
        schema.run_alembic(conn, "downgrade", "base")
        assert sa.inspect(conn).get_table_names() == ["alembic_version"]


def test_known_revisions_are_those_in_the_folder() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).with_name("migrations")))
    script = ScriptDirectory.from_config(config)
    assert [each.revision for each in script.walk_revisions()] == list(reversed(schema.REVISIONS))


def test_an_empty_database_gets_its_tables_and_version(empty_database_url: str) -> None:
    schema.prepare(empty_database_url)
    schema.prepare(empty_database_url)
    with _connected(empty_database_url) as conn:
        assert schema.revision(conn) == schema.HEAD
        assert set(metadata.tables) <= set(sa.inspect(conn).get_table_names())


def _set_revision(url: str, revision: str) -> None:
    with _connected(url) as conn:
        conn.execute(sa.update(schema._version).values(version_num=revision))


def test_a_newer_schema_is_refused_untouched(database_url: str) -> None:
    _set_revision(database_url, "9999")
    for attempt in (schema.prepare, schema.migrate):
        with pytest.raises(schema.SchemaTooNew, match="install that version again"):
            attempt(database_url)
    with _connected(database_url) as conn:
        assert schema.revision(conn) == "9999"


def test_an_older_schema_is_copied_first_or_waits_for_migrate(
    database: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "REVISIONS", ("0000", *schema.REVISIONS))
    ran: list[str] = []
    monkeypatch.setattr(schema, "run_alembic", lambda _conn, command, to: ran.append(f"{command} {to}"))
    _set_revision(database_url, "0000")
    if database == "postgresql":
        with pytest.raises(schema.SchemaTooOld, match="classbridge migrate"):
            schema.prepare(database_url)
        assert ran == []
        schema.migrate(database_url)
    else:
        schema.prepare(database_url)
        copy = Path(database_url.removeprefix("sqlite:///") + ".before-0000")
        assert copy.stat().st_mode & 0o777 == 0o600
        with _connected(f"sqlite:///{copy}") as conn:
            assert schema.revision(conn) == "0000"
    assert ran == [f"upgrade {schema.HEAD}"]


def test_serving_does_not_load_alembic(database_url: str) -> None:
    program = (
        "import sys; from storage import schema; schema.prepare(sys.argv[1]); "
        "sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program, database_url], check=True)


def test_every_table_has_a_primary_key_and_no_counter() -> None:
    for table in metadata.tables.values():
        assert all(column.autoincrement is not True for column in table.columns), table.name
