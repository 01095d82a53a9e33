"""Column types shared by all tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Dialect, LargeBinary, String, literal_column
from sqlalchemy.types import TypeDecorator
from typing_extensions import override

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Kept as whole milliseconds since 1970 UTC, so both databases sort and compare alike.

    Raises:
        ValueError: A naive datetime was given. Nobody knows which instant it means.
    """

    impl = BigInteger
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone cannot be stored; use an aware one")
        return (value - _EPOCH) // _MILLISECOND

    @override
    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MILLISECOND


def is_now(column: Column[Any], *values: str | int) -> ColumnElement[bool]:
    """``column`` is one of ``values``, written out in the statement.

    A partial index serves a statement only if the planner can see that the condition holds, and behind a
    parameter it cannot.
    """
    written = [literal_column(repr(value), column.type) for value in values]
    return column == written[0] if len(written) == 1 else column.in_(written)


Id = String(32)
"""Ids are made before the insert (``config.ids.new_id``): sealed text is bound to them."""

Sealed = LargeBinary
"""Text nobody may read in the file; written and read only through ``Db.seal`` and ``Db.open``."""
