"""Fixtures for all tests: both databases, fresh for each test, and no network."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storage import schema
from storage.engine import Store, open_store
from tests.real_postgres import Postgres, running

DATABASES = ("sqlite", "postgresql")


def pytest_configure(config: pytest.Config) -> None:
    """One folder for the whole run, known to all its processes; the server in it starts on first use."""
    if "CLASSBRIDGE_TEST_POSTGRES" not in os.environ:
        os.environ["CLASSBRIDGE_TEST_POSTGRES"] = tempfile.mkdtemp(prefix="cb-pg-")
        config.add_cleanup(_forget_folder)


def _forget_folder() -> None:
    shutil.rmtree(os.environ.pop("CLASSBRIDGE_TEST_POSTGRES"), ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL server, shared by all processes of the run."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with running(Path(os.environ["CLASSBRIDGE_TEST_POSTGRES"]), worker) as server:
        yield server


@pytest.fixture(scope="session")
def _prepared_postgres(postgres: Postgres) -> str:
    """The name of a database that has all tables, to be copied."""
    url = postgres.create()
    schema.prepare(url)
    return url.split("?")[0].rsplit("/", 1)[1]


@pytest.fixture(scope="session")
def _prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "prepared.db"
    schema.prepare(f"sqlite:///{path}")
    return path


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database: a test that uses it runs once on each."""
    return str(request.param)


@pytest.fixture
def empty_database_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database without any table."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture
def database_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database with all tables and no rows."""
    if database == "sqlite":
        prepared: Path = request.getfixturevalue("_prepared_sqlite")
        path = tmp_path / "classbridge.db"
        shutil.copyfile(prepared, path)
        yield f"sqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.create(request.getfixturevalue("_prepared_postgres"))
    yield url
    server.drop(url)


@pytest.fixture
def keyfile(tmp_path: Path) -> Path:
    """Where the installation's key will be."""
    return tmp_path / "keys" / "installation.key"


@pytest.fixture
def store(database_url: str, keyfile: Path) -> Iterator[Store]:
    """An open store with all tables and no rows."""
    opened = open_store(database_url, keyfile)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """No test talks to anybody but this machine. Also caught when the code under test swallows the error."""
    tried: list[str] = []

    def guarded(real: Any) -> Any:
        def connect(self: socket.socket, address: Any) -> Any:
            if self.family != socket.AF_UNIX and not _is_loopback(str(address[0])):
                tried.append(str(address))
                raise OSError(f"tests are offline: {address}")
            return real(self, address)

        return connect

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and name != "localhost" and not _is_loopback(name):
            tried.append(name)
            raise OSError(f"tests are offline: {name}")
        return real_look_up(host, *args, **kwargs)

    real_look_up = socket.getaddrinfo
    monkeypatch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield tried
    if tried:
        pytest.fail(f"the test tried to reach {', '.join(tried)}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
