"""How the bot speaks, as far as a test can hear it; and who may speak to a class."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HANDLERS = Path(__file__).parents[2] / "handlers"
SETS = ("FULL_STOPS", "CLAUSE_STARTS", "NAME_JOINTS", "DANGER")
"""Sets of characters and words that are looked for, not said."""
CHINESE = re.compile("[一-鿿]")
UNSAID = {
    "an exclamation mark": re.compile("！"),
    "a shop's darling": re.compile("亲[，,～]"),
    "the system": re.compile("系统"),
    "please wait": re.compile("请稍[等候后]|请耐心等待"),
    "a greeting to all": re.compile("家长您好|尊敬的"),
    "your teacher": re.compile("您的老师"),
    "a plain you": re.compile("(?<![「『])你(?!好)"),
    "a bracketed weekday in half width": re.compile(r"\(周[一二三四五六日]\)"),
    "confirm or cancel alone": re.compile("「(?:确定|取消)」"),
}


def said(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every Chinese string of a texts.py that is said to somebody, with its line."""
    skipped = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and any(getattr(to, "id", "") in SETS for to in node.targets)
    ]
    unsaid = {id(inner) for value in skipped for inner in ast.walk(value)}
    unsaid |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in unsaid:
            continue
        if CHINESE.search(node.value):
            yield node.lineno, node.value


def faults(tree: ast.Module) -> list[str]:
    """What a listener would mind."""
    return [
        f"{line}: {name}"
        for line, text in said(tree)
        for name, pattern in UNSAID.items()
        if pattern.search(text)
    ]


@pytest.mark.parametrize("path", sorted(HANDLERS.rglob("texts.py")), ids=lambda path: path.parent.name)
def test_the_tone(path: Path) -> None:
    assert faults(ast.parse(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "planted",
    [
        "太好了！",
        "亲，在的",
        "系统繁忙",
        "请稍后再试",
        "各位家长您好，",
        "请问您的老师",
        "你可以再说一遍",
        "10月12日(周一)",
        "点「确定」",
    ],
)
def test_a_wrong_tone_is_heard(planted: str) -> None:
    assert faults(ast.parse(f"A = {planted!r}\n"))


def to_class_makers(folder: Path) -> list[str]:
    """Files that make a post to a class group."""
    makers = []
    for path in sorted(folder.rglob("*.py")):
        calls = [
            node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
        ]
        if any(getattr(call, "id", getattr(call, "attr", "")) == "ToClass" for call in calls):
            makers.append(path.relative_to(folder).as_posix())
    return makers


def test_only_the_broadcast_slot_speaks_to_a_class() -> None:
    assert to_class_makers(HANDLERS) == ["broadcast/post.py"]


def test_a_second_speaker_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "rude.py").write_text("Reply(reply.ToClass('c'), '喂')\n", encoding="utf-8")
    assert to_class_makers(tmp_path) == ["rude.py"]
