"""Lines for the guard, from ``guard_lines.txt``: what is stopped by which rule, and what looks like it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_suffix(".txt")


@cache
def pairs(table: str) -> tuple[tuple[str, str], ...]:
    """Every line of a table with its rule; the rule is empty where any will do.

    ``STOPPED``: a teacher's in the group. ``PARENTS``: a parent's there, answered in private. With ``_TOO``:
    by any rule. ``PASSING``: what a teacher may post. ``PARENTS_MAY``: what a parent may say there.
    ``PRIVATE``: a parent's private words. ``TO_FAMILY``: a teacher's words to one family.
    """
    found: list[tuple[str, str]] = []
    name = rule = ""
    for line in _FILE.read_text(encoding="utf-8").splitlines()[1:]:
        if line.startswith("## "):
            name, _, rule = line[3:].partition(" ")
        elif name == table:
            found.append((rule, line))
    return tuple(found)


def lines(table: str) -> list[str]:
    """The lines of a table."""
    return [line for _rule, line in pairs(table)]
