"""Make ``weights.json`` anew from the example lines: ``python -m handlers.guard.likeness.build``.

Logistic regression over all rules at once (scikit-learn, for development only). The strongest pieces are kept
and learnt once more alone, so that the file stays small enough to be read in a moment.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from typing import Any

from handlers.guard.folding import fold
from handlers.guard.likeness import examples
from handlers.guard.likeness.examples import Example
from handlers.guard.likeness.pieces import Group, pieces
from handlers.guard.likeness.score import MIDDLE, SCALE, WEIGHTS
from handlers.language.statistics.build import matrix

_SEEN = 2
"""Pieces that a single line has say nothing about others."""
_GENTLE = 10.0
_KEPT = 7500
Found = Sequence[tuple[Group, ...]]


def main() -> None:
    """Write the file."""
    lines = examples.read()
    rules, bias, rows = train(lines)
    packed = b"".join(bytes(weight + MIDDLE for weight in row) for row in rows.values())
    kept = {
        "made_from": examples.digest(),
        "rules": rules,
        "bias": bias,
        "pieces": list(rows),
        "weights": b64encode(packed).decode(),
    }
    text = json.dumps(kept, ensure_ascii=False, indent=0, sort_keys=True) + "\n"
    WEIGHTS.write_text(text, encoding="utf-8")
    print(f"{len(lines)} lines, {len(rules)} rules, {len(rows)} pieces, {WEIGHTS.stat().st_size} bytes")


def train(lines: Sequence[Example]) -> tuple[list[str], list[int], dict[str, list[int]]]:
    """Rules, their bias, and piece → a weight for each rule; all in parts of :data:`SCALE`."""
    found = [pieces(fold(line.text), line.role) for line in lines]
    wanted = [line.rule for line in lines]
    seen = Counter(piece for groups in found for group, _ in groups for piece in group)
    every = sorted(piece for piece in seen if seen[piece] >= _SEEN)
    strength = abs(_fit(found, wanted, every).coef_).max(axis=0)
    order = sorted(range(len(every)), key=lambda at: (-round(float(strength[at]), 4), every[at]))
    kept = sorted(every[at] for at in order[:_KEPT])
    machine = _fit(found, wanted, kept)
    weights = (machine.coef_.T * SCALE).round().astype(int).clip(-MIDDLE, MIDDLE - 1)
    bias = [round(float(value) * SCALE) for value in machine.intercept_]
    rows = {piece: weights[at].tolist() for at, piece in enumerate(kept)}
    return [str(rule) for rule in machine.classes_], bias, rows


def _fit(found: Found, wanted: Sequence[str], known: Sequence[str]) -> Any:
    from sklearn.linear_model import LogisticRegression  # development only

    numbers = {piece: at for at, piece in enumerate(known)}
    return LogisticRegression(C=_GENTLE, max_iter=2000).fit(matrix(found, numbers), wanted)


if __name__ == "__main__":
    main()
