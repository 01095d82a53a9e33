"""Run by alembic; the connection comes from ``storage.schema``, in one transaction."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from storage.tables import metadata


def _migrate(connection: Connection) -> None:
    # SQLite cannot alter most things in place: batch mode copies the table (alembic docs, "Batch").
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


_migrate(context.config.attributes["connection"])
