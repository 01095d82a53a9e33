"""``classbridge guard``: one answer for each line, in order, with every field."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from bot.guard_line import guard
from bot.lines import run

FIELDS = {"verdict", "rule", "words", "rewrite"}
ASKED = {"role": "teacher", "chat": "group", "at": "2026-10-12T12:00:00+08:00"}


def _answers(*lines: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    assert run(io.StringIO("\n".join(lines) + "\n"), out, guard) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_every_field_is_there_in_the_same_order() -> None:
    texts = ["明天带跳绳", "周雨桐妈妈电话13900001111", "回家背诵第3课"]
    found = _answers(*(json.dumps({"text": text, **ASKED}) for text in texts))
    assert [line["text"] for line in found] == texts
    assert all(set(line) >= FIELDS for line in found)
    assert [line["verdict"] for line in found] == ["allow", "block", "warn"]
    assert (found[0]["rule"], found[0]["words"], found[0]["rewrite"]) == ("none", [], None)
    assert found[1]["words"] == ["13900001111"]


def test_the_hour_is_the_senders_own() -> None:
    (late,) = _answers(json.dumps({"text": "明天带跳绳", **ASKED, "at": "2026-10-12T22:10:00+08:00"}))
    assert (late["verdict"], late["rule"]) == ("warn", "late_message")


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "{}",
        '{"text": 1, "role": "teacher"}',
        '{"text": "好", "role": "head"}',
        '{"text": "好", "role": "parent", "chat": "group", "at": "noon"}',
    ],
)
def test_a_bad_line_is_told_and_disturbs_nothing(line: str) -> None:
    bad, good = _answers(line, json.dumps({"text": "好", **ASKED}))
    assert set(bad) == {"error"}
    assert good["verdict"] == "allow"
