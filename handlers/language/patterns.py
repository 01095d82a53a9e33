"""Patterns of lines that can hardly mean anything else; they speak in the likeness of a line, with more weight.

They stand in ``patterns.txt``, one a line, in the order in which they are tried.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("patterns.txt")


@cache
def _compiled() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    rows = (line.split(" ", 2) for line in lines if not line.startswith("#"))
    return tuple((intent, whose, re.compile(pattern)) for intent, whose, pattern in rows)


def all_that_fit(line: str, role: str, chat: str) -> list[str]:
    """Every intent whose pattern fits a mended line, in the table's order; the first one is the likeliest."""
    return [
        intent
        for intent, whose, pattern in _compiled()
        if whose[0] in ("b", role[0]) and (len(whose) == 1 or chat == "group") and pattern.search(line)
    ]
