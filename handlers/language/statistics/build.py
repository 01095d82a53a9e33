"""Make ``weights.json`` anew from the example lines: ``python -m handlers.language.statistics.build``.

A support vector machine tells each intent from all others (scikit-learn, for development only). Weights too
small to matter are left out, so that the file stays small enough to be read in a moment.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from handlers.language.clean import fold
from handlers.language.mend import mend
from handlers.language.statistics import examples
from handlers.language.statistics.examples import Example
from handlers.language.statistics.grams import pieces
from handlers.language.statistics.score import SCALE, WEIGHTS

_SEEN = 3
"""Pieces that one or two lines have say little about others."""
_PENALTY = 1.0
_LEAST = 40
"""Smaller weights, in thousandths, are left out."""


def main() -> None:
    """Write the file."""
    lines = examples.read()
    labels, bias, of = train(lines)
    kept = {
        "made_from": examples.digest(),
        "labels": labels,
        "bias": bias,
        "of": {piece: " ".join(map(str, hits)) for piece, hits in of.items()},
    }
    WEIGHTS.write_text(
        json.dumps(kept, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8"
    )
    print(f"{len(lines)} lines, {len(labels)} intents, {len(of)} pieces, {WEIGHTS.stat().st_size} bytes")


def train(lines: Sequence[Example]) -> tuple[list[str], list[int], dict[str, list[int]]]:
    """Labels, their bias, and piece → number of label and weight in turns; in thousandths."""
    from sklearn.svm import LinearSVC  # development only

    found = [pieces(mend(fold(line.text)), line.role, line.chat) for line in lines]
    seen = Counter(piece for groups in found for group, _ in groups for piece in group)
    numbers = {piece: at for at, piece in enumerate(sorted(piece for piece in seen if seen[piece] >= _SEEN))}
    machine = LinearSVC(C=_PENALTY, random_state=0).fit(
        _matrix(found, numbers), [line.intent for line in lines]
    )
    labels = [str(label) for label in machine.classes_]
    bias = [round(float(value) * SCALE) for value in machine.intercept_]
    weights = (machine.coef_.T * SCALE).round().astype(int)
    of = {piece: _strong(weights[at]) for piece, at in numbers.items()}
    return labels, bias, {piece: hits for piece, hits in of.items() if hits}


def _strong(row: Any) -> list[int]:
    return [
        number for at, weight in enumerate(row.tolist()) if abs(weight) >= _LEAST for number in (at, weight)
    ]


def _matrix(found: Sequence[Any], numbers: dict[str, int]) -> Any:
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
