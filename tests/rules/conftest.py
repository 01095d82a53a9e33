"""A school in memory's reach: rules are tried on SQLite alone, both databases come with the dialogues."""

from __future__ import annotations

import pytest

from storage.engine import Store
from tests.rules.classroom import Classroom


@pytest.fixture
def database() -> str:
    """SQLite is enough here."""
    return "sqlite"


@pytest.fixture
def room(store: Store) -> Classroom:
    """Three classes on Monday 12 October 2026, 10:00; sending is not automatic."""
    return Classroom.opened(store)
