"""Make ``weights.json`` anew from the example lines: ``python -m handlers.language.slots.build``.

Standard library only, and the same file from the same lines every time.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from handlers.language.slots import features
from handlers.language.slots.allowed import spans_of
from handlers.language.slots.tagger import OUT, WEIGHTS, Weights, best_path, moves_of, tags_of
from handlers.language.slots.text import LONGEST, said_in
from handlers.language.statistics import examples
from handlers.language.statistics.examples import Example

ROUNDS = 10
_LEAST = 100
"""Weights are kept in hundredths; smaller ones are left out."""
_SEEN = 2
"""Features seen less often are chance."""
_KEPT = 8_500
"""Features learned with in the end. Learning again with the strongest only loses nothing and halves the file."""
_MISSED, _WRONG = 6.0, 2.0
"""What a tag has to be better by than leaving a piece out, and than another slot: many lines carry no label
for what they name, so learning from them plainly would make the model silent."""

Learned = tuple[str, str, list[str], list[str]]
"""Intent, line, names of slots, tags."""


@dataclass(frozen=True, slots=True)
class Known:
    """A line to learn from: its words, the slots it may have, the right tags, what each character shows."""

    said: str
    names: list[str]
    gold: list[str]
    seen: list[list[str]]


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
    known = [_seen(each) for line in lines for each in _learned(line)]
    often = Counter(name for each in known for here in each.seen for name in here)
    first = _rounds(_only(known, {name for name, count in often.items() if count >= _SEEN}), 0)
    strength = {
        name: max(map(abs, row.values())) for name, row in first.items() if row and not name.startswith(">")
    }
    best = sorted(strength, key=lambda name: (-strength[name], name))[:_KEPT]
    return _rounds(_only(known, set(best)), _LEAST)


def _seen(each: Learned) -> Known:
    intent, said, names, gold = each
    return Known(said, names, gold, features.of(intent, said))


def _only(known: Sequence[Known], names: Collection[str]) -> list[Known]:
    return [
        replace(each, seen=[[name for name in here if name in names] for here in each.seen]) for each in known
    ]


def _rounds(known: Sequence[Known], least: int) -> dict[str, dict[str, int]]:
    weights: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    turn = 1
    for round_ in range(ROUNDS):
        for each in sorted(known, key=lambda one: sha256(f"{round_} {one.said}".encode()).digest()):
            turn += 1
            found = _found(weights, each)
            if found != each.gold:
                for name, tag, step in _changes(each.seen, each.gold, found):
                    weights[name][tag] += step
                    sums[name][tag] += step * turn
    return _kept(weights, sums, turn, least)


def _found(weights: Weights, each: Known) -> list[str]:
    """The tags it would choose now. Every wrong one has a lead, so that what is learned is right by more than a hair."""
    tags = tags_of(each.names)
    scores = []
    for here, right in zip(each.seen, each.gold, strict=True):
        score = {tag: 0.0 if tag == right else _MISSED if tag == OUT else _WRONG for tag in tags}
        for name in here:
            row = weights.get(name)
            if row is not None:
                for tag in row.keys() & score.keys():
                    score[tag] += row[tag]
        scores.append(list(score.values()))
    return [tags[at] for at in best_path(scores, moves_of(weights, tags))]


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
    weights: dict[str, dict[str, float]], sums: dict[str, dict[str, float]], turns: int, least: int
) -> dict[str, dict[str, int]]:
    of: dict[str, dict[str, int]] = {}
    for name, row in weights.items():
        mean = {tag: round(100 * (value - sums[name][tag] / turns)) for tag, value in row.items()}
        strong = {tag: value for tag, value in mean.items() if value and abs(value) >= least}
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
