"""The rules of weekly stars, pure: who is meant for what, and whether few children get most."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from config.school_calendar import SchoolCalendar
from handlers.stars import words

LONGEST = 40
"""Characters of a deed."""
MOST = 8
"""Stars of a week; what a poster holds."""
_ENOUGH = 8
"""Below so many stars of a term nothing can be said about fairness."""


@dataclass(frozen=True, slots=True)
class Named:
    """A child's name in a line.

    Args:
        start: Where it begins.
        end: Where it ends.
        pupil_ids: Whom it may mean.
    """

    start: int
    end: int
    pupil_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """One star somebody has in mind.

    Args:
        dimension: 「劳动」.
        who: The child's name as it was said.
        pupil_ids: Whom that may mean.
        deed: In words, or empty.
    """

    dimension: str
    who: str
    pupil_ids: tuple[str, ...]
    deed: str


def dimensions_in(line: str) -> list[tuple[int, int, str]]:
    """The dimensions a line names, with where they stand."""
    found = [(hit.start(), hit.end(), hit["dimension"]) for hit in words.DIMENSION.finditer(line)]
    return [one for one in found if one[2] not in words.WEEKLY]


def proposals(line: str, named: Sequence[Named]) -> list[Proposal]:
    """The stars a line proposes: pairs of dimension and child, in order; one dimension may have several."""
    kinds = dimensions_in(line)
    if not kinds or not named or words.PRAISE.match(line):
        return []
    if len(kinds) == 1:
        named = [one for one in named if _is_nominee(line, kinds[0], one)]
        deed = _deed(line, [(kinds[0][0], kinds[0][1]), *((one.start, one.end) for one in named)])
        return [_proposal(line, kinds[0][2], one, deed) for one in named]
    if len(kinds) != len(named):
        return []
    made = []
    for at, (kind, one) in enumerate(zip(kinds, named, strict=True)):
        begin = min(kind[0], one.start)
        later = [min(kinds[at + 1][0], named[at + 1].start)] if at + 1 < len(kinds) else [len(line)]
        part = [(kind[0] - begin, kind[1] - begin), (one.start - begin, one.end - begin)]
        made.append(_proposal(line, kind[2], one, _deed(line[begin : later[0]], part)))
    return made


def _is_nominee(line: str, kind: tuple[int, int, str], one: Named) -> bool:
    """Whether a name stands beside the dimension; behind a comma it is part of the deed."""
    between = line[min(one.end, kind[1]) : max(one.start, kind[0])]
    return words.PARTS.search(between) is None


def _proposal(line: str, dimension: str, one: Named, deed: str) -> Proposal:
    return Proposal(dimension, line[one.start : one.end], one.pupil_ids, deed)


def _deed(text: str, taken: Sequence[tuple[int, int]]) -> str:
    """What is left of a line without the names, the dimension and what only leads to them."""
    for start, end in sorted(taken, reverse=True):
        text = f"{text[:start]} {text[end:]}"
    text = words.QUOTES.sub(" ", text)
    for _ in range(2):  # what led to a word that is gone leads nowhere: 「为本周…之星」
        text = words.FILLER.sub("", text)
    text = words.ENDS.sub("", words.LEADS.sub("", text.strip()))
    return text if len(text) > 1 else ""


def kind_of(deed: str) -> str:
    """The dimension proposed for a deed."""
    return next((kind for kind, pattern in words.KINDS if re.search(pattern, deed)), words.OTHERWISE)


def deed_of(note: str, name: str) -> str:
    """A note of praise as a deed: without the child's name and the day."""
    text = words.TODAY.sub("", note.replace(name, "", 1), count=1)
    return words.ENDS.sub("", words.LEADS.sub("", text))[:LONGEST]


def week_of(day: date) -> date:
    """The Monday of the week a local day belongs to; the weekend belongs to the next."""
    monday = day - timedelta(days=day.weekday())
    return monday + timedelta(days=7) if day.weekday() > 4 else monday


def is_last_school_day(calendar: SchoolCalendar, day: date) -> bool:
    """Whether no school day of the same week follows."""
    if not calendar.is_school_day(day):
        return False
    sunday = day + timedelta(days=6 - day.weekday())
    following = calendar.next_school_day(day)
    return following is None or following > sunday


def one_sided(children: int, stars: Sequence[str]) -> bool:
    """Whether fewer than a quarter of a class hold more than half of a term's stars.

    Args:
        children: How many there are in the class.
        stars: The child of each star.
    """
    if len(stars) < _ENOUGH or not children:
        return False
    held = sorted(Counter(stars).values(), reverse=True)
    few = max(1, children // 4)
    return len(set(stars)) * 4 < children * 3 and sum(held[:few]) * 2 > len(stars) and held[0] > 1
