"""The one arrow, read from every import, and what else the layers promise.

Each check takes a tree and names what is wrong in it; below, each is shown a tree that is wrong.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LAYERS = ("config", "storage", "handlers", "jobs", "bot")
"""From right to left: each may import itself and what stands before it."""

ONLY_IN: dict[str, tuple[str, ...]] = {
    "sqlalchemy": ("storage/",),
    "psycopg": ("storage/",),
    "alembic": ("storage/",),
    "aiohttp": ("bot/",),
    "apscheduler": ("jobs/ticker.py",),
    "pydantic": ("config/settings.py", "bot/"),
    "pydantic_core": ("config/settings.py", "bot/"),
    "chinese_calendar": ("config/school_calendar.py",),
    "holidays": ("config/school_calendar.py",),
    "cryptography": ("storage/", "bot/"),
    "structlog": ("bot/",),
    "prometheus_client": ("bot/",),
    "typer": ("bot/",),
    "jinja2": ("bot/",),
    "tomllib": ("config/",),
    "asyncio": ("bot/", "jobs/ticker.py"),
    "storage.pupils": ("storage/",),
    "requests": (),
    "pickle": (),
    "marshal": (),
    "shelve": (),
    "tests": (),
}
"""Who may import what; nobody, where the list is empty."""

LAZY: dict[str, tuple[str, ...]] = {
    "alembic": ("storage/migrations/",),
    "chinese_calendar": (),
    "holidays": (),
}
"""Slow to load, so imported inside functions only, apart from these places."""

NOT_IN_HANDLERS = (
    "random",
    "secrets",
    "uuid",
    "socket",
    "subprocess",
    "threading",
    "concurrent",
    "multiprocessing",
    "urllib.request",
    "http",
    "logging",
    "sqlite3",
    "os",
    "tempfile",
)
"""Deciding is pure: these bring chance, waiting, other programs, files or the network."""

CLOCKS = ("config/clock.py", "config/ids.py")
NOW = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime", "asctime"},
}
PROOF = re.compile(r"(^|_)(sign|signature|mac|hmac|token|secret)$", re.IGNORECASE)

Check = Callable[[Path], list[str]]


def _files(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for layer in LAYERS:
        for path in sorted((root / layer).rglob("*.py")):
            yield path.relative_to(root).as_posix(), ast.parse(path.read_text("utf-8"), str(path))


def _imported(name: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported, also inside functions and by ``import_module``."""
    package = name.removesuffix(".py").removesuffix("/__init__").split("/")
    if not name.endswith("/__init__.py"):
        package = package[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and _last_name(node.func) in ("import_module", "__import__"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant):
                yield node.lineno, str(first.value)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    return ""


def _is(module: str, wanted: str) -> bool:
    return module == wanted or module.startswith(f"{wanted}.")


def one_arrow(root: Path) -> list[str]:
    """A layer imports itself and those to its right, never back."""
    wrong = []
    for name, tree in _files(root):
        own = LAYERS.index(name.split("/")[0])
        for line, module in _imported(name, tree):
            top = module.split(".")[0]
            if top in LAYERS and LAYERS.index(top) > own:
                wrong.append(f"{name}:{line}: {LAYERS[own]} imports {module}")
    return wrong


def imports_at_home(root: Path) -> list[str]:
    """Each library has its layer."""
    wrong = []
    for name, tree in _files(root):
        for line, module in _imported(name, tree):
            for wanted, places in ONLY_IN.items():
                if _is(module, wanted) and not name.startswith(places):
                    wrong.append(f"{name}:{line}: imports {module}, which belongs to {places or 'nobody'}")
    return wrong


def heavy_imports_inside(root: Path) -> list[str]:
    """What is slow to load is imported where it is used."""
    wrong = []
    for name, tree in _files(root):
        inside = {
            id(node)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            for node in ast.walk(function)
        }
        for node in ast.walk(tree):
            if id(node) in inside or not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            for line, module in _imported(name, ast.Module([node], [])):
                if module.split(".")[0] in LAZY and not name.startswith(LAZY[module.split(".")[0]]):
                    wrong.append(f"{name}:{line}: imports {module} when loaded")
    return wrong


def async_outside_only(root: Path) -> list[str]:
    """``async`` lives in bot/ and in the ticker."""
    kinds = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
    return [
        f"{name}:{node.lineno}: {type(node).__name__}"
        for name, tree in _files(root)
        if not name.startswith(("bot/", "jobs/ticker.py"))
        for node in ast.walk(tree)
        if isinstance(node, kinds)
    ]


def pure_handlers(root: Path) -> list[str]:
    """Deciding knows no chance, no waiting, no files and no network."""
    return [
        f"{name}:{line}: imports {module}"
        for name, tree in _files(root)
        if name.startswith("handlers/")
        for line, module in _imported(name, tree)
        if any(_is(module, one) for one in NOT_IN_HANDLERS)
    ]


def one_clock(root: Path) -> list[str]:
    """Nothing but the clock asks what time it is."""
    wrong = []
    for name, tree in _files(root):
        if name in CLOCKS:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in NOW.get(_last_name(node.value), ()):
                wrong.append(f"{name}:{node.lineno}: {ast.unparse(node)}")
        for line, module in _imported(name, tree):
            if module in {f"time.{one}" for one in NOW["time"]}:
                wrong.append(f"{name}:{line}: imports {module}")
    return wrong


def proofs_in_constant_time(root: Path) -> list[str]:
    """Signatures, tokens and the like are compared by ``hmac.compare_digest`` only."""
    return [
        f"{name}:{node.lineno}: {ast.unparse(node)}"
        for name, tree in _files(root)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
        and not any(_is_plain(side) for side in (node.left, *node.comparators))
        and any(PROOF.search(_proof_name(side)) for side in (node.left, *node.comparators))
    ]


def _is_plain(side: ast.expr) -> bool:
    """A literal, or a column of a statement: the database compares, not we."""
    if isinstance(side, ast.Constant):
        return True
    return isinstance(side, ast.Attribute) and _last_name(side.value) == "c"


def _proof_name(side: ast.expr) -> str:
    if isinstance(side, ast.Call):
        return _last_name(side.func)
    if isinstance(side, ast.Subscript) and isinstance(side.slice, ast.Constant):
        return str(side.slice.value)
    return _last_name(side)


def no_code_from_data(root: Path) -> list[str]:
    """Nothing that runs what it reads: ``eval``, ``exec``, ``yaml.load``."""
    return [
        f"{name}:{node.lineno}: {ast.unparse(node.func)}"
        for name, tree in _files(root)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec"))
            or ast.unparse(node.func) in ("yaml.load", "yaml.unsafe_load", "yaml.full_load")
        )
    ]


CHECKS: tuple[Check, ...] = (
    one_arrow,
    imports_at_home,
    heavy_imports_inside,
    async_outside_only,
    pure_handlers,
    one_clock,
    proofs_in_constant_time,
    no_code_from_data,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_tree_keeps(check: Check) -> None:
    assert check(ROOT) == []


def test_the_tree_is_really_read() -> None:
    names = [name for name, _ in _files(ROOT)]
    assert {"config/clock.py", "storage/engine.py", "handlers/message.py"} <= set(names)


WRONG: list[tuple[Check, str, str]] = [
    (one_arrow, "config/a.py", "import storage.engine"),
    (one_arrow, "storage/a.py", "from handlers.reply import Reply"),
    (one_arrow, "handlers/a/b.py", "from bot import app"),
    (one_arrow, "handlers/a/b.py", "def f():\n    import jobs.timetable"),
    (one_arrow, "jobs/a.py", "from ..bot import app"),
    (one_arrow, "jobs/a.py", "if TYPE_CHECKING:\n    from bot.app import App"),
    (one_arrow, "storage/a.py", "importlib.import_module('bot.app')"),
    (imports_at_home, "handlers/a.py", "from sqlalchemy import select"),
    (imports_at_home, "bot/a.py", "import sqlalchemy.exc"),
    (imports_at_home, "storage/a.py", "import aiohttp"),
    (imports_at_home, "jobs/a.py", "from apscheduler.triggers.cron import CronTrigger"),
    (imports_at_home, "storage/a.py", "from pydantic import BaseModel"),
    (imports_at_home, "config/clock.py", "import pydantic"),
    (imports_at_home, "bot/a.py", "import alembic"),
    (imports_at_home, "handlers/a.py", "from storage.pupils import Pupil"),
    (imports_at_home, "handlers/a.py", "from storage import pupils"),
    (imports_at_home, "bot/a.py", "import storage.pupils as p"),
    (imports_at_home, "bot/a.py", "import requests"),
    (imports_at_home, "storage/a.py", "def f():\n    from pickle import loads"),
    (imports_at_home, "storage/a.py", "import asyncio"),
    (imports_at_home, "bot/a.py", "from tests.helpers import x"),
    (heavy_imports_inside, "storage/schema.py", "from alembic import command"),
    (heavy_imports_inside, "config/school_calendar.py", "import holidays"),
    (async_outside_only, "handlers/a.py", "async def f(): ..."),
    (async_outside_only, "jobs/other.py", "async def f():\n    await g()"),
    (pure_handlers, "handlers/a.py", "import random"),
    (pure_handlers, "handlers/a.py", "def f():\n    from uuid import uuid4"),
    (pure_handlers, "handlers/a.py", "import urllib.request"),
    (one_clock, "handlers/a.py", "x = datetime.now(UTC)"),
    (one_clock, "bot/a.py", "x = datetime.datetime.utcnow()"),
    (one_clock, "storage/a.py", "x = date.today()"),
    (one_clock, "bot/a.py", "make = field(default_factory=time.time)"),
    (one_clock, "bot/a.py", "from time import time_ns"),
    (proofs_in_constant_time, "bot/a.py", "ok = sign == expected"),
    (proofs_in_constant_time, "bot/a.py", "ok = expected != request.headers['sign']"),
    (proofs_in_constant_time, "bot/a.py", "ok = self.access_token == given"),
    (proofs_in_constant_time, "storage/a.py", "ok = digest_hmac(x) == y"),
    (proofs_in_constant_time, "storage/a.py", "ok = row_mac == mac"),
    (no_code_from_data, "bot/a.py", "x = yaml.load(text)"),
    (no_code_from_data, "handlers/a.py", "x = eval(text)"),
]

RIGHT: list[tuple[str, str]] = [
    ("bot/a.py", "import aiohttp, asyncio, jobs, handlers, storage, config\nasync def f():\n    await g()"),
    ("jobs/ticker.py", "import apscheduler\nasync def f(): ..."),
    ("storage/a.py", "import sqlalchemy\nfrom storage.pupils import Pupil\nfrom . import pupils"),
    ("storage/a.py", "def f():\n    import alembic\nq = codes.c.mac == mac"),
    ("storage/migrations/env.py", "from alembic import context"),
    ("config/settings.py", "import pydantic"),
    ("config/clock.py", "x = datetime.now(UTC)"),
    ("handlers/a.py", "x = ctx.now\nif token == '': ...\nif digest == other: ...\nif kind != 'sign': ..."),
    ("bot/a.py", "x = clock.now()\ny = time.monotonic()\nok = hmac.compare_digest(sign, expected)"),
]


def _plant(root: Path, name: str, code: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{code}\n", "utf-8")


@pytest.mark.parametrize(("check", "name", "code"), WRONG)
def test_a_planted_fault_is_named(tmp_path: Path, check: Check, name: str, code: str) -> None:
    _plant(tmp_path, name, code)
    found = check(tmp_path)
    assert found
    assert all(one.startswith(f"{name}:") for one in found)


@pytest.mark.parametrize(("name", "code"), RIGHT)
def test_what_is_allowed_passes(tmp_path: Path, name: str, code: str) -> None:
    _plant(tmp_path, name, code)
    assert [found for check in CHECKS for found in check(tmp_path)] == []
