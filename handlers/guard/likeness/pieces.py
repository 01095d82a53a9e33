"""A text as the pieces the model knows: its characters, what is said with names, and the rules' words."""

from __future__ import annotations

import math
from itertools import combinations

from handlers.guard.folding import Folded
from handlers.guard.likeness.hits import hits
from handlers.guard.naming import NAME, Marked, marked

SIZES = (1, 2, 3, 4)
_LENGTHS = (8, 14, 24, 40)
_SAID_WEIGHS = 0.7
_HITS_WEIGH = 0.9
"""Against the characters; found by cross-validation on the example lines."""
_SCORE_LIKE, _LONG = "2345", "678PI"
_MOST = 4

Group = tuple[set[str], float]
"""Pieces, and what each weighs."""


def shown(line: Marked) -> str:
    """The text with its edges."""
    return f"^{line.text}$"


def grams(text: str) -> set[str]:
    """One to four characters."""
    return {text[at : at + size] for size in SIZES for at in range(len(text) - size + 1)}


def said(text: str, role: str) -> set[str]:
    """Who says it, how many people and numbers it has, and two characters of it with either."""
    pairs = {text[at : at + 2] for at in range(len(text) - 1)}
    found = {f"{role[0]}&{pair}" for pair in pairs}
    names = text.count(NAME)
    if names:
        found.update(f"N&{pair}" for pair in pairs if NAME not in pair)
    found.add(f"role={role}")
    found.add(f"names={min(names, _MOST)}")
    found.add(f"marks={min(sum(map(text.count, _SCORE_LIKE)), _MOST)}")
    found.add(f"long={min(sum(map(text.count, _LONG)), _MOST)}")
    found.add(f"length={sum(len(text) >= limit for limit in _LENGTHS)}")
    return found


def words(text: str, role: str, named: bool) -> set[str]:
    """The rules' words, each with the role and with whether somebody is named, and every two of them."""
    all_of = hits(text)
    found = {f"%{name}" for name in all_of}
    found.update(f"%{name}|{role[0]}" for name in all_of)
    found.update(f"%{name}&{'N' if named else '-'}" for name in all_of)
    found.update(f"%{one}%{other}" for one, other in combinations(all_of, 2))
    return found


def pieces(line: Folded, role: str) -> tuple[Group, ...]:
    """All pieces of a text, and what each weighs: a long text does not outweigh a short one."""
    text = shown(marked(line))
    chars, how = grams(text), said(text, role)
    meant = words(line.text, role, NAME in text)
    return (
        (chars, 1 / math.sqrt(len(chars))),
        (how, _SAID_WEIGHS / math.sqrt(len(how))),
        (meant, _HITS_WEIGH / math.sqrt(max(1, len(meant)))),
    )
