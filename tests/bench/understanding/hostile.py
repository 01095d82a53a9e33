"""How long each pattern takes over 2 000 characters made to hurt it."""

from __future__ import annotations

import importlib
import pkgutil
import random
import re
import time
from collections.abc import Iterator
from types import ModuleType

import handlers.guard
import handlers.language

_SIZE = 2_000
_ONE = ("啊", "1", "，", " ", "一", "a", "点", "\n", "（", "@")


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Every compiled pattern of the language and the guard, with the name of its module."""
    seen: set[str] = set()
    for module in _modules():
        for name, value in vars(module).items():
            for pattern in _within(
                value() if hasattr(value, "cache_info") and _takes_nothing(value) else value
            ):
                if pattern.pattern not in seen:
                    seen.add(pattern.pattern)
                    yield f"{module.__name__.removeprefix('handlers.')}.{name}", pattern


def _modules() -> Iterator[ModuleType]:
    for package in (handlers.language, handlers.guard):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith((".build", ".__main__")):
                yield importlib.import_module(found.name)


def _takes_nothing(function: object) -> bool:
    code = getattr(getattr(function, "__wrapped__", None), "__code__", None)
    return code is not None and code.co_argcount == 0


def _within(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _within(each)
    elif isinstance(value, tuple | list | frozenset):
        for each in value:
            yield from _within(each)
    elif hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        for name in value.__dataclass_fields__:
            yield from _within(getattr(value, name))


def texts(pattern: re.Pattern[str]) -> Iterator[str]:
    """Characters over and over, and the pattern's own words in a mixture that never quite fits."""
    for one in _ONE:
        yield one * _SIZE
    words = re.findall(r"[一-鿿]{1,4}|\d", pattern.pattern) or ["啊"]
    for word in sorted(set(words), key=words.index)[:12]:
        yield (word * _SIZE)[:_SIZE]
    for seed in range(4):
        dice = random.Random(seed)
        yield "".join(dice.choice(words) for _ in range(_SIZE))[:_SIZE]


def slowest() -> tuple[str, float, int]:
    """The slowest pattern's name and time (ms, the better of two runs), and how many were tried."""
    worst, most, count = "", 0.0, 0
    for name, pattern in patterns():
        count += 1
        took = max(min(_took(pattern, text), _took(pattern, text)) for text in texts(pattern))
        if took > most:
            worst, most = name, took
    return worst, most, count


def _took(pattern: re.Pattern[str], text: str) -> float:
    began = time.perf_counter()
    pattern.search(text)
    return (time.perf_counter() - began) * 1_000
