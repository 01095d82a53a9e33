"""How long one message takes to be understood and checked, over what people say in the dialogues."""

from __future__ import annotations

import time
from pathlib import Path

from bot.dialogue import read as read_script
from bot.dialogue.script import Said
from handlers import guard
from handlers.language import read
from tests.bench.load import percentile

ROUNDS = 20
DIALOGUES = Path(__file__).parents[1] / "dialogues"


def understanding() -> dict[str, float]:
    """The figures, ms."""
    lines = [step.text for path in sorted(DIALOGUES.glob("*.txt")) for step in read_script(path).steps
             if isinstance(step, Said) and step.text]  # fmt: skip
    took = []
    for _ in range(ROUNDS):
        for line in lines:
            began = time.perf_counter()
            read(line)
            guard.check(line, "teacher")
            took.append(time.perf_counter() - began)
    return {
        "messages": len(lines),
        "p50_ms": round(percentile(took, 0.5), 3),
        "p99_ms": round(percentile(took, 0.99), 3),
    }
