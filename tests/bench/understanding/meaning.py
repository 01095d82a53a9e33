"""Families, intents, slots, danger and wrong deeds, over labelled lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from handlers.language.catalogue import CATALOGUE
from handlers.language.statistics.examples import Example, read
from handlers.language.understanding import Understood, understand

HELD_OUT = Path(__file__).with_name("held_out.txt")
REDS = frozenset({"urgent_report", "safeguarding_report"})


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares between 0 and 1.

    Args:
        lines: How many were read.
        family: What the product does next is right.
        intent: The fine meaning is right.
        slots: Named things found with their value, of all that are labelled.
        slots_known: The same where the intent was right.
        invented: Slots read that nobody labelled, for each line.
        red: Lines of danger that were found.
        wrong_acts: Something would have been done, and another thing was meant.
        acts: Acting lines that were sure enough to act.
    """

    lines: int
    family: float
    intent: float
    slots: float
    slots_known: float
    invented: float
    red: float
    wrong_acts: float
    acts: float


def held_out() -> list[Example]:
    """The project's own lines for measuring."""
    return read([HELD_OUT])


def measure(lines: Iterable[Example]) -> Figures:
    """All figures over some lines."""
    n: Counter[str] = Counter()
    for line in lines:
        _count(n, line, understand(line.text, line.role, line.chat))
    return Figures(
        lines=n["lines"],
        family=_share(n["family"], n["lines"]),
        intent=_share(n["intent"], n["lines"]),
        slots=_share(n["slots_found"], n["slots"]),
        slots_known=_share(n["slots_found_known"], n["slots_known"]),
        invented=_share(n["invented"], n["lines"]),
        red=_share(n["red_found"], n["red"]),
        wrong_acts=_share(n["wrong_acts"], n["lines"]),
        acts=_share(n["acts_found"], n["acts"]),
    )


def _count(n: Counter[str], line: Example, found: Understood) -> None:
    meant = CATALOGUE[line.intent]
    right = found.intent is meant
    hits = same_slots(line.slots, found.slots)
    n["lines"] += 1
    n["intent"] += right
    n["family"] += found.intent.family == meant.family
    n["slots"] += len(line.slots)
    n["slots_found"] += hits
    if right:
        n["slots_known"] += len(line.slots)
        n["slots_found_known"] += hits
    n["invented"] += len([name for name in found.slots if name not in line.slots])
    if line.intent in REDS:
        n["red"] += 1
        n["red_found"] += found.intent.name in REDS
    n["wrong_acts"] += found.acts and not right
    if meant.acts:
        n["acts"] += 1
        n["acts_found"] += found.acts and right


def same_slots(wanted: Mapping[str, object], found: Mapping[str, object]) -> int:
    """How many of the labelled slots were read with the labelled value."""
    return sum(name in found and plain(found[name]) == plain(value) for name, value in wanted.items())


def plain(value: object) -> object:
    """A value without what does not matter: the kind of number, punctuation around words."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    return str(value).strip(" ，。！？、：；“”「」,.!?:;~～").replace(" ", "").lower()


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0
