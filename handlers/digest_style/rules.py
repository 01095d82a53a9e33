"""How a class's digest is written, as kept."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.context import Ctx
from storage import preferences

KEY, LINES = "digest.style", "lines"
ENDING = "digest.ending"


@dataclass(frozen=True, slots=True)
class Style:
    """How the digest of a class is written.

    Args:
        lines: Each note on a line of its own.
        ending: The last line, or empty.
    """

    lines: bool = False
    ending: str = ""


def of_class(ctx: Ctx, class_id: str) -> Style:
    """As the class teacher has set it."""
    lines = preferences.get(ctx.db, "class", class_id, KEY, "") == LINES
    return Style(lines, preferences.get(ctx.db, "class", class_id, ENDING, ""))
