"""Databases for trying things out: empty at first, gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import make_url


@contextmanager
def scratch(url: str, name: str) -> Iterator[str]:
    """An empty database beside the given one, dropped at the end.

    Args:
        url: ``postgresql://…`` of any database on the server whose user may create others, or
            ``sqlite:///FILE``: then the file beside it with ``name`` added.
        name: Small letters, digits and ``_``; different for each user of the server.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        yield f"{url}.{name}"
        return
    admin = sa.create_engine(
        parsed.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    with admin.connect() as conn:
        conn.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        yield parsed.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as conn:
            conn.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
