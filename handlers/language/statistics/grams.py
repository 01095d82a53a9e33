"""A line as the pieces the model knows: its characters, how it is asked, words that mean the same, and rules."""

from __future__ import annotations

import math
import re
from functools import cache
from itertools import combinations

from handlers.language.patterns import all_that_fit
from handlers.language.reading import read
from handlers.language.statistics.masking import bare
from handlers.language.statistics.words import CLASSES
from handlers.language.urgency import danger_in

_LOOKED_AT = 80
"""Characters; what a long message is about stands at its beginning."""
_DIGIT = re.compile(r"\d")
_LENGTHS = (5, 9, 16, 30)
_ASKED_WEIGHS = 1.3
_WORDS_WEIGH = 0.7
_RULES_WEIGH = 0.6
"""What else is seen, beside characters; found by cross-validation on the example lines."""

Group = tuple[set[str], float]
"""Pieces, and what each weighs."""


def grams(mended: str, role: str, chat: str) -> set[str]:
    """Characters, two, three and four of them, the line's length, who says it and where."""
    text = "^" + _DIGIT.sub("0", mended[:_LOOKED_AT]) + "$"
    found = {text[at : at + size] for size in (1, 2, 3, 4) for at in range(len(text) - size + 1)}
    longer = sum(len(text) >= limit for limit in _LENGTHS)
    return found | {f"role={role}", f"chat={chat}", f"length={longer}"}


def asked(mended: str, role: str) -> set[str]:
    """One to five characters of how it is asked, two and three of them also with the role."""
    text = "^" + bare(mended[:_LOOKED_AT]) + "$"
    found: set[str] = set()
    for size in (1, 2, 3, 4, 5):
        cut = [text[at : at + size] for at in range(len(text) - size + 1)]
        found.update(f"~{piece}" for piece in cut)
        if size in (2, 3):
            found.update(f"~{piece}|{role}" for piece in cut)
    return found


def words(mended: str, role: str) -> set[str]:
    """Classes of words in a line, each with the role, and every two of them together."""
    line = mended[:_LOOKED_AT]
    hits = [name for name, pattern in _classes() if pattern.search(line)]
    found = {f"#{name}" for name in hits} | {f"#{name}|{role}" for name in hits}
    return found | {f"#{one}&{other}" for one, other in combinations(hits, 2)}


def rules(mended: str, role: str, chat: str) -> set[str]:
    """The command it would be, the patterns that fit, the first of them, and the danger that was heard."""
    line = mended[:_LOOKED_AT]
    fitting, danger = all_that_fit(line, role, chat), danger_in(line)
    found = {f"@{intent}" for intent in fitting} | {f"1{intent}" for intent in fitting[:1]}
    found.add(f"%{read(line).intent}")
    return found | ({f"!{danger.intent}", f"!{danger.category}"} if danger else set())


def pieces(mended: str, role: str, chat: str) -> tuple[Group, ...]:
    """All pieces of a line, and what each weighs: a long line does not outweigh a short one.

    Args:
        mended: See :func:`handlers.language.mend.mend`.
        role: ``teacher`` or ``parent``.
        chat: ``private`` or ``group``.
    """
    chars, how, meant = grams(mended, role, chat), asked(mended, role), words(mended, role)
    return (
        (chars, 1 / math.sqrt(len(chars))),
        (how, _ASKED_WEIGHS / math.sqrt(len(how))),
        (meant, _WORDS_WEIGH / math.sqrt(max(1, len(meant)))),
        (rules(mended, role, chat), _RULES_WEIGH),
    )


@cache
def _classes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(pattern)) for name, pattern in CLASSES.items())
