"""How long one message takes to be understood and checked, over what people say in the dialogues."""

from __future__ import annotations

import time
from pathlib import Path

from bot.dialogue import read as read_script
from bot.dialogue.script import Said
from handlers import guard
from handlers.language.message import understood
from handlers.language.understanding import understand
from tests.bench.load import percentile

ROUNDS = 5
DIALOGUES = Path(__file__).parents[2] / "dialogues"


def speed() -> dict[str, float]:
    """The figures, ms: meaning and slots of one message, and all that is done before it is answered."""
    lines = [step.text for path in sorted(DIALOGUES.glob("*.txt")) for step in read_script(path).steps
             if isinstance(step, Said) and step.text]  # fmt: skip
    meant, all_of_it = [], []
    for _ in range(ROUNDS):
        for line in lines:
            began = time.perf_counter()
            understand(line, "parent", "private")
            between = time.perf_counter()
            understood(line, "teacher", "private")
            guard.check(line, "teacher")
            meant.append(between - began)
            all_of_it.append(time.perf_counter() - between)
    return {
        "messages": len(lines),
        "p50_ms": round(percentile(meant, 0.5), 3),
        "p99_ms": round(percentile(meant, 0.99), 3),
        "handled_p99_ms": round(percentile(all_of_it, 0.99), 3),
    }
