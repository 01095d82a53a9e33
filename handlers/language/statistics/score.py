"""How strongly a line speaks for each meaning, by the weights in ``weights.json``."""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

from handlers.language.statistics.grams import pieces

WEIGHTS = Path(__file__).with_name("weights.json")
SCALE = 1000
"""Weights are kept as whole thousandths."""


Hits: TypeAlias = "tuple[array[int], array[int]]"
"""Numbers of intents, and the weight of the piece for each."""


@dataclass(frozen=True, slots=True)
class Model:
    """The weights.

    Args:
        labels: Intents, in the order of their numbers.
        bias: What speaks for each before a word is said.
        of: Piece → intents and weights.
    """

    labels: tuple[str, ...]
    bias: tuple[int, ...]
    of: Mapping[str, Hits]


@cache
def model() -> Model:
    """The weights, read once, when the first line is."""
    kept = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    of = {piece: _unpacked(packed) for piece, packed in kept["of"].items()}
    return Model(tuple(kept["labels"]), tuple(kept["bias"]), of)


def _unpacked(packed: str) -> Hits:
    numbers = array("h", map(int, packed.split()))  # two bytes a number: there are hundreds of thousands
    return numbers[::2], numbers[1::2]


def scores(mended: str, role: str, chat: str) -> dict[str, float]:
    """How strongly a line speaks for each intent; above 0: more for it than against.

    Args:
        mended: See :func:`handlers.language.mend.mend`.
        role: ``teacher`` or ``parent``.
        chat: ``private`` or ``group``.
    """
    known = model()
    total: list[float] = list(known.bias)
    for group, share in pieces(mended, role, chat):
        part = _opened(sum(_row(piece) for piece in group & known.of.keys()), len(total))
        total = [so_far + (more - _HALF) * share for so_far, more in zip(total, part, strict=True)]
    return {label: value / SCALE for label, value in zip(known.labels, total, strict=True)}


# The weights of a piece for all intents side by side in one whole number: adding two such numbers adds all of
# them at once, many times faster than one after the other. Each has 32 bits, half of them below zero.
_HALF = 1 << 31
_BYTES = 4


@cache
def _nothing(count: int) -> int:
    return int.from_bytes((array("I", [_HALF]) * count).tobytes(), sys.byteorder)


@cache
def _row(piece: str) -> int:
    known = model()
    row = array("I", [_HALF]) * len(known.labels)
    for label, weight in zip(*known.of[piece], strict=True):
        row[label] += weight
    return int.from_bytes(row.tobytes(), sys.byteorder) - _nothing(len(row))


def _opened(whole: int, count: int) -> array[int]:
    part = array("I")
    part.frombytes((whole + _nothing(count)).to_bytes(_BYTES * count, sys.byteorder))
    return part


def why(mended: str, role: str, chat: str, intent: str, most: int = 8) -> list[tuple[str, float]]:
    """The pieces of a line that spoke most for an intent, strongest first."""
    known = model()
    number = known.labels.index(intent)
    found = [
        (piece, weight * share / SCALE)
        for group, share in pieces(mended, role, chat)
        for piece in group & known.of.keys()
        for label, weight in zip(*known.of[piece], strict=True)
        if label == number
    ]
    return sorted(found, key=lambda each: (-each[1], each[0]))[:most]
