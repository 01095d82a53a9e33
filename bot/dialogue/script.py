"""Reads a dialogue file into steps. Pure: no clock, no network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from bot.dialogue import texts
from bot.emulation.world import OTHERS

DEFAULT_START = "2026-10-12T07:00+08:00"


class ScriptError(ValueError):
    """A line of a dialogue file that is no dialogue line; ``line`` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Media:
    """Something sent that is not words.

    Args:
        kind: The emulator's message kind, for example ``picture``.
        detail: What stands after the kind, for example a file's name.
        transcript: What the platform understood of a voice message; empty if nothing.
    """

    kind: str
    detail: str = ""
    transcript: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody says something, to the bot in private or in their class group."""

    line: int
    who: str
    text: str
    in_group: bool = False
    media: Media | None = None

    @property
    def at_bot(self) -> bool:
        """Whether the words are addressed to the bot by its @ name."""
        return self.text.lstrip().startswith(texts.BOT_AT)


@dataclass(frozen=True, slots=True)
class Pressed:
    """Somebody presses a button, or types the number that stands for it."""

    line: int
    who: str
    label: str


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody opens the customer service conversation; ``code`` is what the link brings along, or empty."""

    line: int
    who: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a reader sees next; ``pattern`` None means nothing."""

    line: int
    reader: str
    pattern: str | None


@dataclass(frozen=True, slots=True)
class Moved:
    """The clock is moved; ``when`` as written."""

    line: int
    mode: Literal["walk", "jump"]
    when: str


Step = Said | Pressed | Entered | Expected | Moved


@dataclass(frozen=True, slots=True)
class Script:
    """A whole dialogue file.

    Args:
        path: Where it was read from, for messages.
        class_name: The class whose people are meant by bare names.
        start: The clock's first moment, aware.
        needs: Capabilities the platform must have.
        unbound: How many guardians are not bound yet at the start.
        limits: Quotas of the platform that are others than usual.
        opened: Whether a notice with a link is opened as soon as it comes; else by a line that presses it.
        steps: The lines in order.
    """

    path: str
    class_name: str
    start: datetime
    needs: frozenset[str]
    unbound: int
    steps: tuple[Step, ...]
    limits: tuple[tuple[str, int], ...] = ()
    opened: bool = True


_COMMENT = re.compile(r"\s{2,}#.*$")
_EXPECT = re.compile(rf"^[{texts.EXPECT}<]\s*([^\s:：]+)\s*[:：]\s*(.*)$")
_MOVE = re.compile(r"^(==?)\s*(\S.*)$")
_PRESS = re.compile(rf"^(\S+)\s+{texts.PRESS}\s+\[(.+)\]$")
_MEDIA = re.compile(rf"^([^\s@]+)(@{texts.GROUP})?\s+{texts.SEND_MEDIA}\s+\[(.+)\]$")
_ENTER = re.compile(rf"^(\S+)\s+{texts.ENTER}\s+\[{texts.CUSTOMER_SERVICE}(?:\s+(\S+))?\]$")
_SAID = re.compile(rf"^([^\s:：@]+)(@{texts.GROUP})?\s*[:：]\s*(.*)$")
_MEDIA_BODY = re.compile(
    rf"^(\S+?)(?:\s+([^{texts.TRANSCRIPT_OPEN}]+?))?"
    rf"(?:\s*{texts.TRANSCRIPT_OPEN}(.*){texts.TRANSCRIPT_CLOSE})?$"
)
_DIRECTIVES = ("class", "start", "needs", "unbound", "limit", "notices")
_CLOSED = "closed"


@dataclass(slots=True)
class _Head:
    class_name: str = texts.USUAL_CLASS
    start: str = DEFAULT_START
    needs: set[str] = field(default_factory=set)
    unbound: int = 0
    limits: dict[str, int] = field(default_factory=dict)
    opened: bool = True


def read(path: Path) -> Script:
    """Read one dialogue file (UTF-8).

    Raises:
        ScriptError: A line is not in the format.
        OSError: The file cannot be read.
    """
    return parse(path.read_text(encoding="utf-8"), str(path))


def parse(source: str, path: str = "<dialogue>") -> Script:
    """Parse a dialogue's text; ``path`` is only for messages.

    Raises:
        ScriptError: A line is not in the format.
    """
    head = _Head()
    steps: list[Step] = []
    for number, line in _lines(source):
        if line.startswith("@"):
            if steps:
                raise ScriptError(number, "a directive must stand before the first line of the dialogue")
            _directives(head, number, line)
        else:
            steps.append(_step(number, line))
    if not steps:
        raise ScriptError(1, "the dialogue is empty")
    return Script(
        path,
        head.class_name,
        _start(head),
        frozenset(head.needs),
        head.unbound,
        tuple(steps),
        tuple(head.limits.items()),
        head.opened,
    )


def _lines(source: str) -> Iterator[tuple[int, str]]:
    for number, raw in enumerate(source.splitlines(), start=1):
        line = _COMMENT.sub("", raw).strip()
        if line and not line.startswith("#"):
            yield number, line


def _start(head: _Head) -> datetime:
    start = datetime.fromisoformat(head.start)
    if start.tzinfo is None:
        raise ScriptError(1, f"@start {head.start} needs an offset, for example +08:00")
    return start


def _directives(head: _Head, number: int, line: str) -> None:
    for part in re.split(r"\s+(?=@)", line):
        name, *values = part[1:].split()
        if name not in _DIRECTIVES or not values:
            raise ScriptError(number, f"unknown directive {part!r}")
        if name == "needs":
            head.needs.update(values)
        elif name == "limit":
            head.limits.update(_checked_limit(number, value) for value in values)
        elif len(values) > 1:
            raise ScriptError(number, f"@{name} takes one value")
        elif name == "class":
            head.class_name = values[0]
        elif name == "start":
            head.start = _checked_start(number, values[0])
        elif name == "notices":
            if values[0] != _CLOSED:
                raise ScriptError(number, f"@notices takes {_CLOSED!r} only")
            head.opened = False
        else:
            head.unbound = _checked_count(number, values[0])


def _checked_start(number: int, value: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise ScriptError(number, f"@start {value} is no ISO moment") from None
    return value


def _checked_count(number: int, value: str) -> int:
    if value == "others":
        return OTHERS
    if not value.isdigit():
        raise ScriptError(number, f"@unbound {value} is no number")
    return int(value)


def _checked_limit(number: int, value: str) -> tuple[str, int]:
    name, _equals, most = value.partition("=")
    if not most.isdigit():
        raise ScriptError(number, f"@limit {value} is not NAME=NUMBER")
    return name, int(most)


def _step(number: int, line: str) -> Step:
    if found := _EXPECT.match(line):
        reader, pattern = found.groups()
        if not pattern:
            raise ScriptError(number, "an expectation needs a text, a /regex/ or -")
        return Expected(number, reader, None if pattern == "-" else _checked_pattern(number, pattern))
    if found := _MOVE.match(line):
        return Moved(number, "walk" if found[1] == "=" else "jump", found[2])
    if found := _PRESS.match(line):
        return Pressed(number, found[1], found[2])
    if found := _ENTER.match(line):
        return Entered(number, found[1], found[2] or "")
    if found := _MEDIA.match(line):
        return Said(number, found[1], "", bool(found[2]), _media(number, found[3]))
    if found := _SAID.match(line):
        return Said(number, found[1], found[3].replace("\\n", "\n"), bool(found[2]))
    raise ScriptError(number, f"not a dialogue line: {line}")


def _checked_pattern(number: int, pattern: str) -> str:
    if is_regex(pattern):
        try:
            re.compile(pattern[1:-1])
        except re.error as bad:
            raise ScriptError(number, f"bad regex {pattern}: {bad}") from None
    return pattern


def _media(number: int, body: str) -> Media:
    found = _MEDIA_BODY.match(body)
    if found is None or found[1] not in texts.MEDIA_KINDS:
        raise ScriptError(number, f"unknown kind of media [{body}]")
    return Media(texts.MEDIA_KINDS[found[1]], (found[2] or "").strip(), found[3] or "")


def is_regex(pattern: str) -> bool:
    """Whether an expectation is a ``/regex/`` and not a glob."""
    return len(pattern) > 2 and pattern.startswith("/") and pattern.endswith("/")
