"""Pieces of a line that are the value of a slot, found character by character.

A linear model (averaged perceptron) learned from the example lines says of each character which slot begins,
goes on or does not stand there; the best sequence is found with the slots the intent may have.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

from handlers.language.slots import features

WEIGHTS = Path(__file__).with_name("weights.json")
OUT = "O"
Weights = Mapping[str, Mapping[str, float]]
"""Feature → tag → weight; ``>tag`` for what follows what."""
Moves = Sequence[Sequence[tuple[int, float]]]


@cache
def weights() -> Weights:
    """The learned weights, read once, when the first line is."""
    kept = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    tags: list[str] = kept["tags"]
    return {name: dict(_pairs(tags, packed)) for name, packed in kept["of"].items()}


def _pairs(tags: Sequence[str], packed: str) -> list[tuple[str, float]]:
    numbers = [int(each) for each in packed.split()]
    return [(tags[numbers[at]], float(numbers[at + 1])) for at in range(0, len(numbers), 2)]


def tags_of(names: Sequence[str]) -> list[str]:
    """Outside, and begin and inside of each slot."""
    return [OUT, *(f"{edge}-{name}" for name in names for edge in "BI")]


class Tagger:
    """Reads pieces with some weights; keeps the few features that are asked for all day ready.

    Args:
        table: What was learned.
    """

    def __init__(self, table: Weights) -> None:
        self._table = table
        self._row = lru_cache(maxsize=30_000)(self._look_up)
        self._moves: dict[tuple[str, ...], Moves] = {}
        self._numbers: dict[tuple[str, ...], dict[str, int]] = {}

    def decode(self, intent: str, said: str, names: tuple[str, ...]) -> list[str]:
        """The best tag of each character of a line, with the slots named and no others."""
        tags = tags_of(names)
        if names not in self._moves:
            self._moves[names] = moves_of(self._table, tags)
        scores = []
        for here in features.of(intent, said):
            score = [0.0] * len(tags)
            for name in here:
                if name in self._table:
                    for at, weight in self._row(names, name):
                        score[at] += weight
            scores.append(score)
        return [tags[at] for at in best_path(scores, self._moves[names])]

    def _look_up(self, names: tuple[str, ...], feature: str) -> tuple[tuple[int, float], ...]:
        if names not in self._numbers:
            self._numbers[names] = {tag: at for at, tag in enumerate(tags_of(names))}
        number = self._numbers[names]
        known = self._table[feature]
        return tuple((number[tag], weight) for tag, weight in known.items() if tag in number)


@cache
def learned() -> Tagger:
    """The one with the learned weights."""
    return Tagger(weights())


def moves_of(table: Weights, tags: Sequence[str]) -> Moves:
    """For each tag which may stand before it, and what that weighs: inside comes after its own beginning only."""
    return [
        [
            (at, table.get(f">{tag}", {}).get(before, 0.0))
            for at, before in enumerate(tags)
            if not tag.startswith("I-") or (before != OUT and before[2:] == tag[2:])
        ]
        for tag in tags
    ]


def best_path(scores: Sequence[Sequence[float]], moves: Moves) -> list[int]:
    """The numbers of the best tags for what each character scores (Viterbi).

    Args:
        scores: For each character a number for each tag.
        moves: See :func:`moves_of`.
    """
    if not scores:
        return []
    inside = [len(before) < len(moves) for before in moves]
    value = [_NEVER if within else own for own, within in zip(scores[0], inside, strict=True)]
    came: list[list[int]] = []
    for own_scores in scores[1:]:
        chosen = [max([(value[prev] + weight, prev) for prev, weight in before]) for before in moves]
        value = [best + own for (best, _), own in zip(chosen, own_scores, strict=True)]
        came.append([prev for _, prev in chosen])
    path = [max(range(len(value)), key=value.__getitem__)]
    for step in reversed(came):
        path.append(step[path[-1]])
    return path[::-1]


_NEVER = -1e9


_WHOLE = frozenset(
    ("B-topic", "B-deed", "B-content", "B-item", "B-task", "B-reason", "B-book", "B-change", "B-agreed")
)
_EDGE = frozenset("，,。.！!？?；;：:、 \n")
_BEFORE = frozenset("把给让请是有在和跟就也要想说问夸讲谈聊及与对")
_AFTER = frozenset("了吧啊呢的哈吗呀嘛哦么啦呗咯")


def spans(tags: Sequence[str], said: str) -> list[tuple[str, str]]:
    """Slot and words, in order."""
    found: list[tuple[str, str]] = []
    for begin, tag in enumerate(tags):
        if not tag.startswith("B-"):
            continue
        end = begin + 1
        while end < len(tags) and tags[end] == f"I-{tag[2:]}":
            end += 1
        if tag in _WHOLE:
            begin, end = _rounded(tags, said, begin, end)
        found.append((tag[2:], said[begin:end]))
    return found


def _rounded(tags: Sequence[str], said: str, begin: int, end: int) -> tuple[int, int]:
    """With the one character that would be left over between the piece and the edge of its clause."""
    if begin and tags[begin - 1] == OUT and said[begin - 1] not in _BEFORE | _EDGE:
        begin -= begin == 1 or said[begin - 2] in _EDGE
    if end < len(said) and tags[end] == OUT and said[end] not in _AFTER | _EDGE:
        end += end + 1 == len(said) or said[end + 1] in _EDGE
    return begin, end
