"""Printed pages: A4, cut between lines and never behind a heading, the same bytes each time."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.drawing import Undrawable, make, sheet
from bot.drawing.fonts import find


def _data(blocks: int, items: int = 3) -> dict[str, Any]:
    block = {
        "title": "表扬",
        "items": ["小明主动扫了地，还把同学们的椅子一把一把放整齐，最后一个走的"] * items,
    }
    return {
        "label": "班级周报",
        "class": "三(2)班",
        "day": "10月12日–10月16日",
        "teacher": "王老师",
        "blocks": [block] * blocks,
    }


def _pages(held: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", held))


@pytest.mark.parametrize(("blocks", "pages"), [(1, 1), (12, 3)])
def test_it_is_a_pdf_of_as_many_pages_as_it_needs(blocks: int, pages: int) -> None:
    held = make("sheet", _data(blocks), "")
    assert held.startswith(b"%PDF-")
    assert _pages(held) == pages
    assert held == make("sheet", _data(blocks), "")


@pytest.mark.parametrize("items", range(1, 9))
def test_every_line_is_on_one_page_and_no_heading_is_left_behind(items: int) -> None:
    canvas = sheet.page(_data(20, items), find(None))
    cuts = sheet.cuts_of(canvas.lines, canvas.y)
    for top, bottom in cuts:
        inside = [one for one in canvas.lines if top <= one.y < bottom]
        assert inside[-1].y + inside[-1].style.leading / 2 - top <= sheet._BOTTOM - sheet._TOP
        assert inside[-1].style is not sheet._HEAD
        for one in inside:
            assert one.y - one.style.leading / 2 >= top - 0.01
            assert one.y + one.style.leading / 2 <= bottom + 0.01
    assert sum(len([one for one in canvas.lines if a <= one.y < b]) for a, b in cuts) == len(canvas.lines)


def test_a_book_is_refused() -> None:
    with pytest.raises(Undrawable, match="too_tall"):
        make("sheet", _data(120, 8), "")
