"""The example lines of the guard: what must stop, by rule and by who says it, and what looks like it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from handlers.guard.likeness.hits import PATTERNS

FOLDER = Path(__file__).parents[1] / "examples"
TABLE = Path(__file__).parents[3] / "tests" / "rules" / "guard_lines.txt"
"""The lines the tests hold the rules to; they are learnt from as well."""
NONE = "none"
_HEAD = re.compile(r"\[(\w+) (teacher|parent)\]")
_OF_TABLE = {"STOPPED": "teacher", "PARENTS": "parent", "PASSING": "teacher", "PARENTS_MAY": "parent"}


@dataclass(frozen=True, slots=True)
class Example:
    """One line for the class group.

    Args:
        text: As somebody would write it.
        role: ``teacher`` or ``parent``.
        rule: Which rule stops it; ``none`` where it may be posted.
    """

    text: str
    role: str
    rule: str


def read() -> list[Example]:
    """All lines, in a fixed order.

    Raises:
        ValueError: A line stands before the first head of its file.
    """
    return [line for path in files() for line in of(path)] + list(_table())


def files() -> list[Path]:
    """The example files, in a fixed order."""
    return sorted(FOLDER.glob("*.txt"))


def digest() -> str:
    """What the weights were made from, patterns of the rules included, as one SHA-256."""
    whole = hashlib.sha256()
    for path in (*files(), TABLE):
        whole.update(path.name.encode() + b"\0" + path.read_bytes())
    for name, pattern in PATTERNS:
        whole.update(f"{name}\0{pattern.pattern}\0".encode())
    return whole.hexdigest()


def of(path: Path) -> Iterator[Example]:
    """The lines of one file."""
    rule = role = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if head := _HEAD.fullmatch(line):
            rule, role = head.groups()
        elif line.strip() and not line.startswith("#"):
            if not rule:
                raise ValueError(f"{path.name}:{number}: {line}")
            yield Example(line, role, rule)


def _table() -> Iterator[Example]:
    name = rule = ""
    for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]:
        if line.startswith("## "):
            name, _, rule = line[3:].partition(" ")
        elif name in _OF_TABLE:
            yield Example(line, _OF_TABLE[name], rule or NONE)
