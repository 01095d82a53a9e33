"""One line of the doctor's report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["✓", "✗", "!"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found.

    Args:
        mark: ✓ as it should be · ✗ has to be repaired · ! worth knowing, or not tried.
        text: What was looked at, what was found, and what to do.
    """

    mark: Mark
    text: str


def good(text: str) -> Finding:
    """As it should be."""
    return Finding("✓", text)


def bad(text: str) -> Finding:
    """To be repaired."""
    return Finding("✗", text)


def note(text: str) -> Finding:
    """Worth knowing, or not tried."""
    return Finding("!", text)
