"""README says what is there: every setting with its default, every make target, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_origin

import pytest
from pydantic import BaseModel

from config.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
ENGLISH, CHINESE = README.split("\n# 中文说明\n")
BOTH = pytest.mark.parametrize("part", [ENGLISH, CHINESE], ids=["english", "chinese"])

ROW = re.compile(r"^\| `(?P<name>[a-zA-Z_.]+)` \| (?P<default>[^|]+) \|", re.MULTILINE)


def _settings(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if get_origin(kind) is dict:
            yield from _settings(get_args(kind)[1], f"{prefix}{name}.NAME.")
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _settings(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field.default


@BOTH
def test_every_setting_is_in_the_table_once_and_in_order(part: str) -> None:
    named = [row["name"] for row in ROW.finditer(part)]
    assert sorted(named) == sorted(name for name, _ in _settings(Settings))


@BOTH
def test_the_defaults_in_the_table_are_the_true_ones(part: str) -> None:
    told = {row["name"]: row["default"].strip() for row in ROW.finditer(part)}
    for name, default in _settings(Settings):
        if isinstance(default, bool):
            assert told[name] == f"`{str(default).lower()}`"
        elif isinstance(default, str | int | float | Path):
            assert told[name] == f"`{default}`"
        elif default is None:
            assert told[name] in ("none", "无")


@BOTH
def test_every_target_named_is_in_the_makefile(part: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"make ([a-z-]+)", part)) - {"sure"}
    assert {"demo", "test", "test-browser", "check", "bench", "nightly"} <= named
    assert named <= targets


def test_every_file_linked_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
