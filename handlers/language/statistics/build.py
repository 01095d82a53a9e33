"""Make ``weights.json`` anew from the example lines: ``python -m handlers.language.statistics.build``.

A support vector machine tells each intent from all others (scikit-learn, for development only). Weights too
small to matter are left out, so that the file stays small enough to be read in a moment.
"""

from __future__ import annotations

import json
import sys
from array import array
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from typing import Any

from handlers.language.catalogue import CATALOGUE
from handlers.language.clean import fold
from handlers.language.mend import mend
from handlers.language.statistics import examples
from handlers.language.statistics.examples import Example
from handlers.language.statistics.grams import pieces
from handlers.language.statistics.score import SCALE, WEIGHTS

_SEEN = 2
"""Pieces that a single line has say nothing about others."""
_PENALTY = 1.0
_FAMILY = 0.6
"""How much what speaks for a whole family counts beside what speaks for one of its meanings."""
_LEAST = 60
"""Smaller weights, in thousandths, are left out."""


def main() -> None:
    """Write the file."""
    lines = examples.read()
    labels, bias, of = train(lines)
    kept = {
        "made_from": examples.digest(),
        "labels": labels,
        "bias": bias,
        "pieces": list(of),
        "counts": _packed("B", [len(hits) // 2 for hits in of.values()]),
        "numbers": _packed("B", [number for hits in of.values() for number in hits[::2]]),
        "weights": _packed("h", [weight for hits in of.values() for weight in hits[1::2]]),
    }
    WEIGHTS.write_text(
        json.dumps(kept, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8"
    )
    print(f"{len(lines)} lines, {len(labels)} intents, {len(of)} pieces, {WEIGHTS.stat().st_size} bytes")


def _packed(kind: str, values: Sequence[int]) -> str:
    """Whole numbers as text: least significant byte first, whatever the machine."""
    numbers = array(kind, values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return b64encode(numbers.tobytes()).decode()


def train(lines: Sequence[Example]) -> tuple[list[str], list[int], dict[str, list[int]]]:
    """Labels, their bias, and piece → number of label and weight in turns; in thousandths."""
    from sklearn.svm import LinearSVC  # development only

    found = [pieces(mend(fold(line.text)), line.role, line.chat) for line in lines]
    seen = Counter(piece for groups in found for group, _ in groups for piece in group)
    numbers = {piece: at for at, piece in enumerate(sorted(piece for piece in seen if seen[piece] >= _SEEN))}
    seen_in = matrix(found, numbers)
    machine = LinearSVC(C=_PENALTY, random_state=0).fit(seen_in, [line.intent for line in lines])
    wide = LinearSVC(C=_PENALTY, random_state=0).fit(
        seen_in, [CATALOGUE[line.intent].family for line in lines]
    )
    labels = [str(label) for label in machine.classes_]
    of_family = [list(wide.classes_).index(CATALOGUE[label].family) for label in labels]
    mixed = (machine.coef_ + _FAMILY * wide.coef_[of_family]) / (1 + _FAMILY)
    start = (machine.intercept_ + _FAMILY * wide.intercept_[of_family]) / (1 + _FAMILY)
    bias = [round(float(value) * SCALE) for value in start]
    weights = (mixed.T * SCALE).round().astype(int)
    of = {piece: _strong(weights[at]) for piece, at in numbers.items()}
    return labels, bias, {piece: hits for piece, hits in of.items() if hits}


def _strong(row: Any) -> list[int]:
    return [
        number for at, weight in enumerate(row.tolist()) if abs(weight) >= _LEAST for number in (at, weight)
    ]


def matrix(found: Sequence[Any], numbers: dict[str, int]) -> Any:
    """Lines as rows of what each of their known pieces weighs; the guard learns from the same form."""
    from scipy.sparse import csr_matrix

    cells: list[tuple[int, int, float]] = []
    for at, groups in enumerate(found):
        for group, share in groups:
            for piece in sorted(group):
                if piece in numbers:
                    cells.append((at, numbers[piece], share))
    rows, columns, values = zip(*cells, strict=True)
    return csr_matrix((values, (rows, columns)), shape=(len(found), len(numbers)))


if __name__ == "__main__":
    main()
