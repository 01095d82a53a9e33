"""Revision 0002: a token beside each number, for the buttons that mean the same."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Add the column; what was offered before gets a token too, so that no two rows are alike."""
    with op.batch_alter_table("numbers") as batch:
        batch.add_column(sa.Column("token", sa.String(length=32), nullable=True))
    _fill()
    with op.batch_alter_table("numbers") as batch:
        batch.alter_column("token", existing_type=sa.String(length=32), nullable=False)
        batch.create_unique_constraint("uq_numbers_token", ["token"])


def _fill() -> None:
    numbers = sa.table("numbers", sa.column("id", sa.String), sa.column("token", sa.String))
    connection = op.get_bind()
    ids = connection.execute(sa.select(numbers.c.id)).scalars().all()
    if ids:
        write = sa.update(numbers).where(numbers.c.id == sa.bindparam("row"))
        fresh = [{"row": row, "made": secrets.token_hex(16)} for row in ids]
        connection.execute(write.values(token=sa.bindparam("made")), fresh)


def drop() -> None:
    """Take it away again."""
    with op.batch_alter_table("numbers") as batch:
        batch.drop_constraint("uq_numbers_token", type_="unique")
        batch.drop_column("token")
