"""Dates: how many phrases are read as labelled, and how many wrongly without asking."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bot.lines import when

HELD_OUT = Path(__file__).with_name("dates_held_out.jsonl")
_NAMES = ("start", "end", "ambiguous", "alt", "flag")


def measure(path: Path = HELD_OUT) -> dict[str, float]:
    """Shares of the lines of a file."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found = [(line, when(line)) for line in lines]
    right = sum(_plain(line) == _plain(answer) for line, answer in found)
    wrong = sum(_silently_wrong(line, answer) for line, answer in found)
    return {
        "phrases": len(lines),
        "right": round(right / len(lines), 4),
        "wrong_unasked": round(wrong / len(lines), 4),
    }


def _plain(values: Any) -> list[Any]:
    return [sorted(values[name]) if isinstance(values[name], list) else values[name] for name in _NAMES]


def _silently_wrong(line: Any, answer: Any) -> bool:
    """Another moment than was meant, and nobody would be asked."""
    same = (line["start"], line["end"]) == (answer["start"], answer["end"])
    return not same and not answer["ambiguous"] and bool(answer["start"] or answer["end"])
