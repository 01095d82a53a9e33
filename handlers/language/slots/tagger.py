"""Pieces of a line that are the value of a slot, found character by character.

A linear model (averaged perceptron) learned from the example lines says of each character which slot begins,
goes on or does not stand there; the best sequence is found with the slots the intent may have.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from handlers.language.slots import features

WEIGHTS = Path(__file__).with_name("weights.json")
OUT = "O"
Weights = Mapping[str, Mapping[str, float]]
"""Feature → tag → weight; ``>tag`` for what follows what."""


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


def decode(table: Weights, intent: str, said: str, names: Sequence[str]) -> list[str]:
    """The best tag of each character."""
    tags = tags_of(names)
    return best_of(table, features.of(intent, said), [dict.fromkeys(tags, 0.0) for _ in said])


def best_of(table: Weights, seen: Sequence[Sequence[str]], scores: Sequence[dict[str, float]]) -> list[str]:
    """The best tags for what each character shows, starting from some scores."""
    best: list[dict[str, tuple[float, str]]] = []
    for here, score in zip(seen, scores, strict=True):
        for name in here:
            row = table.get(name)
            if row is not None:
                for tag in row.keys() & score.keys():
                    score[tag] += row[tag]
        best.append(_step(table, best[-1] if best else None, score))
    return _back(best)


def _step(
    table: Weights, before: dict[str, tuple[float, str]] | None, score: dict[str, float]
) -> dict[str, tuple[float, str]]:
    found: dict[str, tuple[float, str]] = {}
    for tag, own in score.items():
        inside = tag.startswith("I-")
        if before is None:
            if not inside:
                found[tag] = own, ""
            continue
        slot = tag[2:]
        moves = table.get(f">{tag}", {})
        came = [
            (value + moves.get(prev, 0.0), prev)
            for prev, (value, _) in before.items()
            if not inside or (prev != OUT and prev[2:] == slot)
        ]
        if came:
            value, prev = max(came)
            found[tag] = value + own, prev
    return found


def _back(best: Sequence[dict[str, tuple[float, str]]]) -> list[str]:
    if not best:
        return []
    tag = max(best[-1], key=lambda each: best[-1][each][0])
    path = [tag]
    for row in reversed(best):
        tag = row[tag][1]
        if tag:
            path.append(tag)
    return path[::-1]


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
