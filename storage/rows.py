"""Small statements several nouns need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table

from storage.engine import Db, ignoring_insert

# Without this the count of an INSERT is lost on psycopg, whose cursor forgets it when closed
# (docs.sqlalchemy.org, "Connection.execution_options.preserve_rowcount").
_COUNTED = {"preserve_rowcount": True}


def insert_ignore(db: Db, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless one with the same unique key stands there; say whether it was inserted.

    On PostgreSQL a row somebody else is just inserting is waited for, so of two callers one gets True.
    """
    statement = ignoring_insert(table, db.dialect)
    return db.conn.execute(statement, dict(values), execution_options=_COUNTED).rowcount == 1
