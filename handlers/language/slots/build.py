"""Make ``weights.json`` anew from the example lines: ``python -m handlers.language.slots.build``.

Standard library only, and the same file from the same lines every time.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence

from handlers.language.slots import features
from handlers.language.slots.allowed import spans_of
from handlers.language.slots.tagger import OUT, WEIGHTS, decode
from handlers.language.slots.text import LONGEST, said_in
from handlers.language.statistics import examples
from handlers.language.statistics.examples import Example

ROUNDS = 8
_LEAST = 200
"""Weights are kept in hundredths; smaller ones are left out."""

Learned = tuple[str, str, list[str], list[str]]
"""Intent, line, names of slots, tags."""


def main() -> None:
    """Write the file."""
    lines = examples.read()
    of = train(lines)
    tags = sorted({tag for row in of.values() for tag in row})
    number = {tag: at for at, tag in enumerate(tags)}
    packed = {
        name: " ".join(f"{number[tag]} {value}" for tag, value in sorted(row.items()))
        for name, row in of.items()
    }
    kept = {"made_from": examples.digest(), "tags": tags, "of": packed}
    WEIGHTS.write_text(
        json.dumps(kept, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8"
    )
    print(f"{len(lines)} lines, {len(of)} features, {WEIGHTS.stat().st_size} bytes")


def train(lines: Sequence[Example]) -> dict[str, dict[str, int]]:
    """Feature → tag → weight in hundredths."""
    learned = [each for line in lines for each in _learned(line)]
    weights: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    turn = 1
    for round_ in range(ROUNDS):
        learned.sort(key=lambda each: hashlib.sha256(f"{round_} {each[1]}".encode()).digest())
        for intent, said, names, gold in learned:
            turn += 1
            found = decode(weights, intent, said, names)
            if found != gold:
                for name, tag, step in _changes(features.of(intent, said), gold, found):
                    weights[name][tag] += step
                    sums[name][tag] += step * turn
    return _kept(weights, sums, turn)


def _changes(
    seen: Sequence[Sequence[str]], gold: Sequence[str], found: Sequence[str]
) -> Iterator[tuple[str, str, float]]:
    for at, here in enumerate(seen):
        if gold[at] != found[at]:
            for name in here:
                yield name, gold[at], 1.0
                yield name, found[at], -1.0
        if at and (gold[at - 1 : at + 1] != found[at - 1 : at + 1]):
            yield f">{gold[at]}", gold[at - 1], 1.0
            yield f">{found[at]}", found[at - 1], -1.0


def _kept(
    weights: dict[str, dict[str, float]], sums: dict[str, dict[str, float]], turns: int
) -> dict[str, dict[str, int]]:
    of: dict[str, dict[str, int]] = {}
    for name, row in weights.items():
        mean = {tag: round(100 * (value - sums[name][tag] / turns)) for tag, value in row.items()}
        strong = {tag: value for tag, value in mean.items() if abs(value) >= _LEAST}
        if strong:
            of[name] = strong
    return of


def _learned(line: Example) -> Iterator[Learned]:
    names = sorted(spans_of(line.intent))
    if not names:
        return
    said = said_in(line.text)[:LONGEST]
    tags = [OUT] * len(said)
    for name in names:
        value = line.slots.get(name)
        for words in value if isinstance(value, list) else [value]:
            if isinstance(words, str) and not _mark(tags, said, name, words):
                break
    yield line.intent, said, names, tags


def _mark(tags: list[str], said: str, name: str, words: str) -> bool:
    """Mark the first free place of some words; whether there is one."""
    at = said.find(said_in(words)) if words else -1
    while at >= 0 and any(tag != OUT for tag in tags[at : at + len(words)]):
        at = said.find(said_in(words), at + 1)
    if at < 0:
        return False
    if at + len(said_in(words)) > len(said):
        return False
    for place in range(at, at + len(said_in(words))):
        tags[place] = f"{'B' if place == at else 'I'}-{name}"
    return True


if __name__ == "__main__":
    main()
