"""Numbers of four digits: a teacher who leaves much undecided gets them, and they can be answered."""

from __future__ import annotations

import pytest

from handlers.language.people import addressed
from handlers.language.typed import Typed, typed_number


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("1024 好的", Typed(1024, "好的", sure=False)),
        ("回复1024：好的", Typed(1024, "好的", sure=True)),
        ("「1024 好的」", Typed(1024, "好的", sure=False)),
        # Alone it may be an hour or a year: a choice if that number was given, else words like any others.
        ("1630", Typed(1630, "", sure=False)),
        ("999", Typed(999, "", sure=True)),
    ],
)
def test_four_digits_are_a_number(line: str, typed: Typed) -> None:
    assert typed_number(line) == typed


@pytest.mark.parametrize("line", ["0830", "2026年", "10240 好的", "13800138000", "1024.5"])
def test_what_is_none(line: str) -> None:
    assert typed_number(line) is None


def test_a_family_is_addressed_by_it() -> None:
    found = addressed("回复1024：好的")
    assert found is not None
    assert (found["number"], found["content"]) == ("1024", "好的")
