"""Which classes of words and which patterns of the rules a text contains, whatever the rules make of it."""

from __future__ import annotations

import re
from types import ModuleType

from handlers.guard import demands, figures, marks, matters, people, private, wider
from handlers.guard.likeness.words import CLASSES

_MODULES: tuple[ModuleType, ...] = (demands, figures, marks, matters, private, wider)
PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    *((name, re.compile(pattern)) for name, pattern in CLASSES.items()),
    *(
        (f"{module.__name__.rpartition('.')[2]}.{name}", value)
        for module in _MODULES
        for name, value in sorted(vars(module).items())
        if isinstance(value, re.Pattern) and value is not people.NAME
    ),
)


def hits(text: str) -> list[str]:
    """Names of the patterns, sorted by module and name."""
    return [name for name, pattern in PATTERNS if pattern.search(text)]
