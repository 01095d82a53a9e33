"""The line slots are read from: as written, but simplified and folded."""

from __future__ import annotations

from handlers.language.clean import fold
from handlers.language.mend import simplify

LONGEST = 48
"""Characters; what a long message names stands at its beginning."""


def said_in(text: str) -> str:
    """Folded and simplified."""
    return simplify(fold(text))
