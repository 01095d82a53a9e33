"""The example lines: what people write, with what is meant. One file per family, readable by a teacher."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "examples"
_HEAD = re.compile(r"\[(\w+)\]")
_LINE = re.compile(r"(p|t|pg|tg) (.+?)(?: (\{.*\}))?")


@dataclass(frozen=True, slots=True)
class Example:
    """One line and what it means.

    Args:
        text: As somebody would write it.
        role: ``teacher`` or ``parent``.
        chat: ``private`` or ``group``.
        intent: The fine meaning.
        slots: What it names.
    """

    text: str
    role: str
    chat: str
    intent: str
    slots: dict[str, object] = field(default_factory=dict)


def read(paths: Iterable[Path] = ()) -> list[Example]:
    """All lines of some files, of the project's own where none are named.

    Raises:
        ValueError: A line is none; it is named with file and number.
    """
    return [line for path in (paths or files()) for line in _of(path)]


def files() -> list[Path]:
    """The project's own files, in a fixed order."""
    return sorted(FOLDER.glob("*.txt"))


def digest() -> str:
    """What the weights were made from, as one SHA-256."""
    whole = hashlib.sha256()
    for path in files():
        whole.update(path.name.encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def _of(path: Path) -> Iterator[Example]:
    intent = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        head = _HEAD.fullmatch(line)
        if head:
            intent = head[1]
            continue
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None or not intent:
            raise ValueError(f"{path.name}:{number}: {line}")
        who, text, slots = found.groups()
        role, chat = "teacher" if who[0] == "t" else "parent", "group" if len(who) > 1 else "private"
        yield Example(text, role, chat, intent, json.loads(slots) if slots else {})
