"""How strongly a line speaks for each meaning, by the weights in ``weights.json``."""

from __future__ import annotations

import json
import sys
from array import array
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from handlers.language.statistics.grams import pieces

WEIGHTS = Path(__file__).with_name("weights.json")
SCALE = 1000
"""Weights are kept as whole thousandths."""
_KEPT = 6_000
"""Pieces whose weights lie ready, about 5 MB: the words everybody uses."""


@dataclass(frozen=True, slots=True)
class Model:
    """The weights, side by side: there are hundreds of thousands.

    Args:
        labels: Intents, in the order of their numbers.
        bias: What speaks for each before a word is said.
        places: Piece → its number.
        starts: Where the weights of each piece begin, and at the end where those of the last one end.
        numbers: For each weight the intent it speaks for.
        weights: In thousandths.
    """

    labels: tuple[str, ...]
    bias: tuple[int, ...]
    places: Mapping[str, int]
    starts: array[int]
    numbers: bytes
    weights: array[int]

    def of(self, piece: str) -> Iterator[tuple[int, int]]:
        """Numbers of intents, and what the piece weighs for each."""
        at = self.places[piece]
        begin, end = self.starts[at], self.starts[at + 1]
        return zip(self.numbers[begin:end], self.weights[begin:end], strict=True)


@cache
def model() -> Model:
    """The weights, read once, when the first line is."""
    kept = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    starts, weights = array("I", [0]), array("h")
    for count in b64decode(kept["counts"]):
        starts.append(starts[-1] + count)
    weights.frombytes(b64decode(kept["weights"]))
    if sys.byteorder == "big":
        weights.byteswap()
    places = {piece: at for at, piece in enumerate(kept["pieces"])}
    return Model(
        tuple(kept["labels"]), tuple(kept["bias"]), places, starts, b64decode(kept["numbers"]), weights
    )


def scores(mended: str, role: str, chat: str) -> dict[str, float]:
    """How strongly a line speaks for each intent; above 0: more for it than against.

    Args:
        mended: See :func:`handlers.language.mend.mend`.
        role: ``teacher`` or ``parent``.
        chat: ``private`` or ``group``.
    """
    known = model()
    whole = 0
    for group, share in pieces(mended, role, chat):
        whole += sum(map(_row, group & known.places.keys())) * round(share * _SHARES)
    total = _opened(whole, len(known.labels))
    return {
        label: (before + (more - _HALF) / _SHARES) / SCALE
        for label, before, more in zip(known.labels, known.bias, total, strict=True)
    }


# The weights of a piece for all intents side by side in one whole number: adding two such numbers adds all of
# them at once, many times faster than one after the other. Each has 32 bits, half of them below zero:
# a line has some 300 pieces of a group, and no weight is above 6.
_HALF = 1 << 31
_BYTES = 4
_SHARES = 1 << 12
"""A share is a whole number of these parts, so that it multiplies all weights at once."""


@cache
def _nothing(count: int) -> int:
    return int.from_bytes((array("I", [_HALF]) * count).tobytes(), sys.byteorder)


@lru_cache(maxsize=_KEPT)
def _row(piece: str) -> int:
    known = model()
    more, less = _zeros(len(known.labels))[:], _zeros(len(known.labels))[:]
    for label, weight in known.of(piece):
        if weight > 0:
            more[label] = weight
        else:
            less[label] = -weight
    return int.from_bytes(more.tobytes(), sys.byteorder) - int.from_bytes(less.tobytes(), sys.byteorder)


@cache
def _zeros(count: int) -> array[int]:
    return array("I", bytes(_BYTES * count))


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
        for piece in group & known.places.keys()
        for label, weight in known.of(piece)
        if label == number
    ]
    return sorted(found, key=lambda each: (-each[1], each[0]))[:most]
