"""Numbers typed in place of buttons, one or several."""

from __future__ import annotations

import pytest

from handlers.language.typed import typed_number, typed_numbers


@pytest.mark.parametrize(
    ("line", "number", "rest"),
    [
        ("3", 3, ""),
        ("3 好的", 3, "好的"),
        ("3：好的", 3, "好的"),
        ("3，好的", 3, "好的"),
        ("3好的", 3, "好的"),
        ("回复3 好的", 3, "好的"),
        ("回复 3：好的", 3, "好的"),
        ("「3」", 3, ""),
        ("12 明天见", 12, "明天见"),
        ("3号 好的", 3, "好的"),
    ],
)
def test_a_typed_number(line: str, number: int, rest: str) -> None:
    typed = typed_number(line)
    assert typed is not None
    assert (typed.number, typed.rest) == (number, rest)


@pytest.mark.parametrize(
    ("line", "of", "rest"),
    [
        ("1、3、5 收到", (1, 3, 5), "收到"),
        ("1，3收到，明天说", (1, 3), "收到，明天说"),
        ("回复1和2：好的", (1, 2), "好的"),
        ("1 2 都回：收到", (1, 2), "收到"),
    ],
)
def test_several_typed_numbers(line: str, of: tuple[int, ...], rest: str) -> None:
    typed = typed_numbers(line)
    assert typed is not None
    assert (typed.numbers, typed.rest) == (of, rest)


@pytest.mark.parametrize("line", ["3 8点见", "3 好的", "1、1 好", "1 2", "3月5日、6日 放假", "好的"])
def test_no_several_typed_numbers(line: str) -> None:
    assert typed_numbers(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "3月5日开会",
        "7:50到校",
        "2班的表扬",
        "3个同学没交",
        "1. 带伞 2. 带水",
        "1 带伞 2. 带水",
        "3.5元",
        "2026年",
        "好的",
    ],
)
def test_no_typed_number(line: str) -> None:
    assert typed_number(line) is None
