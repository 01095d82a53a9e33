"""What a line about a report says, before it is known whose report is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from handlers.language.times import number_of
from handlers.reports import words
from storage.reports import Period

What = Literal["show", "picture", "print", "send", "skip", "off", "auto", "ask", "remove", "reword", "add"]

_PATTERNS: tuple[tuple[What, re.Pattern[str]], ...] = (
    ("off", words.OFF),
    ("ask", words.ASKING),
    ("auto", words.AUTO),
    ("skip", words.SKIP),
    ("send", words.PUBLISH),
    ("show", words.SHOW),
    ("picture", words.PICTURE),
    ("print", words.PRINT),
    ("reword", words.REWORD),
    ("remove", words.REMOVE),
    ("add", words.ADD),
)
"""The first that fits the whole line counts."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is wanted of a report.

    Args:
        last: The one before is meant.
        number: Which line, counted from 1; 0 if none is named.
        text: New words.
    """

    what: What
    period: Period
    last: bool = False
    number: int = 0
    text: str = ""


def said(line: str) -> Said | None:
    """Read one line; None if it is not about a report."""
    named = words.PERIOD.search(line)
    if named is None:
        return None
    period: Period = "month" if named["month"] else "week"
    for what, pattern in _PATTERNS:
        if found := pattern.fullmatch(line):
            told = found.groupdict()
            number = number_of(told["number"]) or 0 if "number" in told else 0
            return Said(what, period, bool(told.get("last")), number, (told.get("text") or "").strip())
    return None
