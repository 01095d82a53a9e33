"""Hard words found, and the same said softly. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.tone import texts
from handlers.tone.words import CLAUSE, CONCERN, DAYS, GOOD, HARD, HELPS, MILD, SHOUTS, TWICE

_LONGEST = 400
"""Characters; a long letter is the teacher's own."""


@dataclass(frozen=True, slots=True)
class Softer:
    """What was heard as hard, word for word, and what can be said instead."""

    heard: str
    text: str


def softer(words: str, praise: str = "") -> Softer | None:
    """The same in other words; None where nothing accuses.

    Args:
        words: A teacher's, for a family.
        praise: Something good about this child that was written down, to begin with.
    """
    if len(words) > _LONGEST:
        return None
    found = next((hit for pattern, _ in HARD[:-MILD] if (hit := pattern.search(words))), None)
    if found is None:
        return None
    heard = next(one[0] for one in CLAUSE.finditer(words) if one.end() > found.start())
    text = words
    for pattern, instead in HARD:
        text = pattern.sub(instead, text)
    text = SHOUTS.sub("。", TWICE.sub(r"\1", text)).strip()
    if text[-1] not in texts.STOPS:
        text += "。"
    if not HELPS.search(text):
        text += texts.ASKING
    first = texts.good(DAYS.sub("", praise).strip("。，, ")) if praise else ""
    return Softer(heard.strip(), first + text)


def only_concern(said: Sequence[str]) -> bool:
    """Whether a family has heard of concerns more than once, and nothing good among it."""
    concerned = [one for one in said if CONCERN.search(one)]
    return len(concerned) > 1 and not any(GOOD.search(one) for one in said)
