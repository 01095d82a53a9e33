"""What the model thinks of a text: by which rule, how surely, and for which words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from handlers.guard.folding import Folded
from handlers.guard.likeness.pieces import SIZES, pieces, shown
from handlers.guard.likeness.score import shares, weight
from handlers.guard.naming import Marked, marked
from handlers.guard.packs import ASKED

Spans = tuple[tuple[int, int], ...]
_SHORT, _MOST = 60, 120
_END = re.compile(r"[。！？!?；;\n]+")
_OF_PARENTS = frozenset({"homework_in_group", "parent_grading", "forced_app", "aid_list"})
"""What a parent cannot do wrong."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """A rule a text is like.

    Args:
        rule: The rule's name.
        share: How likely it is that something about a person or about money stops it, or for the rules of
            :data:`ASKED` that this rule does.
        line: What was looked at.
    """

    rule: str
    share: float
    line: Folded

    def words(self) -> tuple[Spans, Spans]:
        """The words that speak for it, and who is meant, in the line."""
        text = marked(self.line)
        return _words(text, self.rule), text.names


def opinions(line: Folded, role: str) -> Iterator[Opinion]:
    """What each stretch of a text is most like: of persons and money, and of what families are asked."""
    for part in _stretches(line):
        likely = shares(pieces(part, role))
        if role == "parent":
            likely = {rule: share for rule, share in likely.items() if rule not in _OF_PARENTS}
        hard = {rule: share for rule, share in likely.items() if rule not in ASKED and rule != "none"}
        soft = {rule: share for rule, share in likely.items() if rule in ASKED}
        for found, share in ((hard, sum(hard.values())), (soft, max(soft.values(), default=0.0))):
            if found:
                yield Opinion(max(found, key=found.__getitem__), share, part)


def _stretches(line: Folded) -> Iterator[Folded]:
    """Sentences together up to a bounded length, so that one bad sentence is not lost among good ones."""
    ends = [hit.end() for hit in _END.finditer(line.text)] + [len(line.text)]
    begin = last = 0
    for end in ends:
        if end - begin > _SHORT and last > begin:
            yield _cut(line, begin, last)
            begin = last
        while end - begin > _MOST:
            yield _cut(line, begin, begin + _MOST)
            begin += _MOST
        last = end
    if begin < len(line.text):
        yield _cut(line, begin, len(line.text))


def _cut(line: Folded, begin: int, end: int) -> Folded:
    return Folded(line.text[begin:end], line.places[begin:end], line.original)


def _words(text: Marked, rule: str) -> Spans:
    """The stretch that speaks for the rule most: the largest sum of what its pieces say."""
    line = shown(text)
    each = [0.0] * len(line)
    for size in SIZES:
        for at in range(len(line) - size + 1):
            part = weight(line[at : at + size], rule) / size
            for place in range(at, at + size):
                each[place] += part
    begin, end = _largest(each[1:-1])
    return ((text.spans[begin][0], text.spans[end - 1][1]),) if begin < end else ()


def _largest(values: list[float]) -> tuple[int, int]:
    best, found, total, begin = 0.0, (0, 0), 0.0, 0
    for at, value in enumerate(values):
        if total <= 0:
            total, begin = 0.0, at
        total += value
        if total > best:
            best, found = total, (begin, at + 1)
    return found
