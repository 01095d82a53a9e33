"""The guard: how many posts that must stop are stopped, and how many good ones are."""

from __future__ import annotations

import json
from pathlib import Path

from bot.guard_line import guard

HELD_OUT = Path(__file__).with_name("guard_held_out.jsonl")
DRESSED = Path(__file__).with_name("guard_held_out_dressed.jsonl")
"""By another hand, half of it in clothes: initials, hints, numbers in words; and close look-alikes."""


def measure(path: Path = HELD_OUT) -> dict[str, float]:
    """Shares of the lines of a file."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found = [(line, guard(line)) for line in lines]
    red = [pair for pair in found if pair[0]["verdict"] == "block"]
    good = [pair for pair in found if pair[0]["verdict"] == "allow"]
    return {
        "posts": len(lines),
        "red_recall": round(sum(answer["verdict"] == "block" for _, answer in red) / len(red), 4),
        "false_blocks": round(sum(answer["verdict"] == "block" for _, answer in good) / len(good), 4),
        "verdict": round(sum(line["verdict"] == answer["verdict"] for line, answer in found) / len(lines), 4),
        "rule": round(sum(line["rule"] == answer["rule"] for line, answer in found) / len(lines), 4),
    }
