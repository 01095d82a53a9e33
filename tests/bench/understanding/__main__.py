"""``python -m tests.bench.understanding [FILE]``: the figures, over our own lines or JSON lines of a file."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from handlers.language.statistics.examples import Example
from tests.bench.understanding import guarding, hostile, meaning, phrases
from tests.bench.understanding.speed import speed


def main() -> int:
    """Print one line for each measure."""
    if len(sys.argv) > 1:
        lines = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
        read = [
            Example(*(line[name] for name in ("text", "role", "chat", "intent", "slots"))) for line in lines
        ]
        print(json.dumps(asdict(meaning.measure(read))))
        return 0
    name, took, count = hostile.slowest()
    for figures in (
        asdict(meaning.measure(meaning.held_out())),
        phrases.measure(),
        guarding.measure(),
        guarding.measure(guarding.DRESSED),
        speed(),
        {"patterns": count, "slowest_ms": round(took, 2), "of": name},
    ):
        print(json.dumps(figures, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
