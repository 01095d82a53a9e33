"""How much a text is like each rule's examples, by the weights in ``weights.json``."""

from __future__ import annotations

import json
import math
import sys
from array import array
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from handlers.guard.likeness.pieces import Group

WEIGHTS = Path(__file__).parent / "weights.json"
SCALE = 8
"""Weights are whole parts of this size, each a byte around :data:`MIDDLE`."""
MIDDLE = 128


@dataclass(frozen=True, slots=True)
class Model:
    """The weights.

    Args:
        rules: In the order of their numbers; one of them is ``none``.
        bias: What speaks for each before a word is said.
        rows: Piece → its weights for all rules side by side in one whole number, so that adding two such
            numbers adds all of them at once.
    """

    rules: tuple[str, ...]
    bias: tuple[int, ...]
    rows: Mapping[str, int]


@cache
def model() -> Model:
    """The weights, read once, when the first text is looked at."""
    kept = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    packed, wide = b64decode(kept["weights"]), len(kept["rules"])
    rows = {
        piece: int.from_bytes(array("I", list(packed[at * wide : (at + 1) * wide])).tobytes(), sys.byteorder)
        for at, piece in enumerate(kept["pieces"])
    }
    return Model(tuple(kept["rules"]), tuple(kept["bias"]), rows)


def shares(groups: Sequence[Group]) -> dict[str, float]:
    """How likely each rule is, ``none`` among them; together 1."""
    known = model()
    total = [float(value) for value in known.bias]
    for group, share in groups:
        for at, value in enumerate(_sum(known, group)):
            total[at] += share * value
    most = max(total)
    parts = [math.exp((value - most) / SCALE) for value in total]
    whole = sum(parts)
    return {rule: part / whole for rule, part in zip(known.rules, parts, strict=True)}


def _sum(known: Model, group: set[str]) -> list[int]:
    mine = group & known.rows.keys()
    whole = sum(map(known.rows.__getitem__, mine))
    lanes = array("I", whole.to_bytes(4 * len(known.rules), sys.byteorder))
    return [lane - MIDDLE * len(mine) for lane in lanes]


def weight(piece: str, rule: str) -> int:
    """What one piece says for a rule and against its being nothing."""
    known = model()
    if piece not in known.rows:
        return 0
    lanes = array("I", known.rows[piece].to_bytes(4 * len(known.rules), sys.byteorder))
    return lanes[known.rules.index(rule)] - lanes[known.rules.index("none")]
