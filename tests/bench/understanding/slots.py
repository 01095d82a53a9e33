"""How well slots are read where the meaning is known.

``python -m tests.bench.understanding.slots FILE`` for JSON lines of ``text``, ``role``, ``chat``, ``intent``
and ``slots``; without a file, for each fifth of the example lines by what was learned from the other four.
The fixed values come from rules that were written with these lines in view, so only the figures for other
lines say how good those are.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest import mock

from handlers.language import slots
from handlers.language.clean import fold
from handlers.language.mend import mend
from handlers.language.slots import build
from handlers.language.slots.tagger import Tagger
from handlers.language.statistics import examples
from handlers.language.statistics.examples import Example
from tests.bench.understanding.meaning import plain

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares between 0 and 1.

    Args:
        lines: How many were read.
        exact: Labelled slots found with their value.
        overlap: The same, or one value contains the other.
        whole: Lines with every slot right and none too many.
        invented: Slots nobody labelled, for each line.
        worst: Slots with most mistakes: found exactly, labelled, invented.
    """

    lines: int
    exact: float
    overlap: float
    whole: float
    invented: float
    worst: dict[str, tuple[int, int, int]]


def main() -> int:
    """Print one line of figures."""
    n: Counter[str] = Counter()
    if len(sys.argv) > 1:
        texts = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
        names = ("text", "role", "chat", "intent", "slots")
        count(n, (Example(*(line[name] for name in names)) for line in map(json.loads, texts)))
    else:
        _crossed(n)
    print(json.dumps(asdict(figures(n)), ensure_ascii=False))
    return 0


def _crossed(n: Counter[str]) -> None:
    lines = examples.read()
    for fold_ in range(FOLDS):
        learned = build.train([line for at, line in enumerate(lines) if at % FOLDS != fold_])
        with mock.patch.object(slots, "learned", lambda table=learned: Tagger(table)):
            count(n, lines[fold_::FOLDS])


def count(n: Counter[str], lines: Iterable[Example]) -> None:
    """Count what was found in some lines, slot by slot."""
    for line in lines:
        folded = fold(line.text)
        found = slots.slots_of(line.intent, folded, mend(folded))
        right = [name for name, value in line.slots.items() if plain(found.get(name)) == plain(value)]
        extra = found.keys() - line.slots.keys()
        n["lines"] += 1
        n["whole"] += len(right) == len(line.slots) and not extra
        n.update(f"labelled {name}" for name in line.slots)
        n.update(f"exact {name}" for name in right)
        n.update(f"extra {name}" for name in extra)
        n["overlap"] += sum(_touch(found.get(name), value) for name, value in line.slots.items())


def _touch(found: object, wanted: object) -> bool:
    one, other = str(plain(found)), str(plain(wanted))
    return found is not None and (one in other or other in one)


def figures(n: Counter[str]) -> Figures:
    """Shares of what was counted."""
    names = {key.partition(" ")[2] for key in n if " " in key}
    rows = {name: (n[f"exact {name}"], n[f"labelled {name}"], n[f"extra {name}"]) for name in names}
    labelled = max(1, sum(row[1] for row in rows.values()))
    worst = sorted(rows, key=lambda name: (rows[name][0] - rows[name][1] - rows[name][2], name))[:12]
    lines = max(1, n["lines"])
    return Figures(
        lines=n["lines"],
        exact=round(sum(row[0] for row in rows.values()) / labelled, 4),
        overlap=round(n["overlap"] / labelled, 4),
        whole=round(n["whole"] / lines, 4),
        invented=round(sum(row[2] for row in rows.values()) / lines, 4),
        worst={name: rows[name] for name in worst},
    )


if __name__ == "__main__":
    sys.exit(main())
