"""House rules: what lies where, where Chinese stands and how it is punctuated, how long things are.

Each check takes a tree and names what is wrong in it; below, each is shown a tree that is wrong.
"""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("config", "storage", "handlers", "jobs", "bot")

TOP_LEVEL = {
    *PACKAGES,
    "tests",
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "pyproject.toml",
    "requirements.in",
    "requirements.lock",
    "requirements-dev.in",
    "requirements-dev.lock",
}
NOT_OURS = {
    ".git",
    ".venv",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    "__pycache__",
    "build",
    "dist",
    "data",
}
"""Made by tools or by running; .gitignore keeps them out."""

CHINESE = re.compile("[\u3400-\u9fff]")
BRAND = "家校桥"
CHINESE_FILES = ("texts.py", "words.py")
CHINESE_PLACES = ("handlers/language/", "handlers/guard/", "storage/classes.py")
"""What is said stands in texts.py; what is understood in words.py and in these places. The name is a name."""

NOT_SAID = ("bot/dialogue/", "bot/story/")
"""Dialogue scripts have a grammar of their own; nobody is told these lines."""

WORD = "[\u3400-\u9fff]"
MARK = "[\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f]"
HALF_WIDTH = re.compile(
    f"(?<={WORD}|[\u300b\u300d\u300f\u3011\uff09])[,:?!;](?![0-9]|{MARK})|(?<!{MARK})[,:?!;](?={WORD})"
)
"""Beside a full-width mark it is one of a set of characters, not the end of a clause."""

STRANGE = re.compile(
    # Put together here, so that this file does not trip over itself.
    "|".join(
        [
            r"/ro" + r"ot/",
            r"(?<![\w.])/wo" + r"rk/",
            r"/ho" + r"me/[a-z]",
            r"/op" + r"t/(?:pypi|wheels)",
            r"\.py" + r"env",
            r"py" + r"pi\.(?:org|python)",
            r"pythonho" + r"sted",
            r"npm" + r"js\.",
            r"(?:deb|security)\.deb" + r"ian\.org",
            r"(?:mirrors?|registry|index)\.[a-z]+\.[a-z]+",
            r"(?<![\w/])(?:design|surfaces|features|voice|packages|reliability|dingtalk|wecom|product)\.[m]d\b",
            r"code-anch" + r"ors",
            r"\bissue \d",
        ]
    ),
    re.IGNORECASE,
)
TEXT_FILES = {
    ".py",
    ".toml",
    ".md",
    ".in",
    ".lock",
    ".txt",
    ".html",
    ".j2",
    ".mako",
    ".json",
    ".service",
    ".css",
}
LONGEST_FILE = 450
WRITTEN_ONCE = "storage/migrations/versions/"
"""A migration is one step and is never edited again."""
LONGEST_FUNCTION_P95 = 30

Check = Callable[[Path], list[str]]


def _files(root: Path, *tops: str) -> Iterator[tuple[str, str]]:
    """Name and text of our own text files, below the given top-level folders if any."""
    for top in sorted(root.iterdir()):
        if top.name in NOT_OURS or top.suffix == ".egg-info" or (tops and top.name not in tops):
            continue
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and not NOT_OURS & set(path.relative_to(root).parts) and _is_text(path):
                yield path.relative_to(root).as_posix(), path.read_text("utf-8")


def _is_text(path: Path) -> bool:
    return path.suffix in TEXT_FILES or path.name in ("Makefile", "run", ".gitignore", "LICENSE")


def _strings(code: str) -> Iterator[tuple[int, str]]:
    """Line and value of every string in the code that is no docstring."""
    tree = ast.parse(code)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


def known_folders_only(root: Path) -> list[str]:
    """The five packages, the tests, and a handful of files."""
    names = {path.name for path in root.iterdir() if path.suffix != ".egg-info"}
    return [f"{name}: not one of the top-level names" for name in sorted(names - TOP_LEVEL - NOT_OURS)]


def chinese_in_its_place(root: Path) -> list[str]:
    """Chinese in code is a text or a word list; comments and docstrings may quote it."""
    wrong = []
    for name, text in _files(root, *PACKAGES):
        if not name.endswith(".py") or name.endswith(CHINESE_FILES) or name.startswith(CHINESE_PLACES):
            continue
        wrong += [
            f"{name}:{line}: {value[:20]}"
            for line, value in _strings(text)
            if CHINESE.search(value.replace(BRAND, ""))
        ]
    return wrong


def full_width_punctuation(root: Path) -> list[str]:
    """Chinese sentences have Chinese punctuation; half-width only inside times and numbers."""
    wrong = []
    for name, text in _files(root):
        if name.startswith(NOT_SAID):
            continue
        if name.endswith("texts.py") and name.startswith(PACKAGES):
            spots = list(_strings(text))
        elif name.startswith(PACKAGES) and name.endswith((".html", ".j2")):
            bare = re.sub(r"(?s)<(style|script)\b.*?</\1>", lambda cut: "\n" * cut[0].count("\n"), text)
            spots = list(enumerate(bare.splitlines(), 1))
        elif name == "README.md":
            bare = re.sub(r"(?s)```.*?```|`[^`\n]*`", lambda cut: "\n" * cut[0].count("\n"), text)
            # The English half quotes Chinese words between English commas.
            begin = bare.count("\n", 0, max(0, bare.find("# 中文说明")))
            spots = list(enumerate(bare.splitlines(), 1))[begin:]
        else:
            continue
        wrong += [
            f"{name}:{line}: {value[max(0, hit.start() - 8) : hit.end() + 4]!r}"
            for line, value in spots
            for hit in HALF_WIDTH.finditer(value)
        ]
    return wrong


def nothing_of_this_machine(root: Path) -> list[str]:
    """No path of a machine, no registry's host, no page that is not in the tree."""
    return [
        f"{name}:{number}: {hit[0]}"
        for name, text in _files(root)
        for number, line in enumerate(text.splitlines(), 1)
        for hit in STRANGE.finditer(line)
    ]


def short_files(root: Path) -> list[str]:
    """A file that one can read in one sitting."""
    lengths = ((name, text.count("\n")) for name, text in _files(root, *PACKAGES, "tests"))
    return [
        f"{name}: {lines} lines, at most {LONGEST_FILE}"
        for name, lines in lengths
        if name.endswith(".py") and lines > LONGEST_FILE and not name.startswith(WRITTEN_ONCE)
    ]


def short_functions(root: Path) -> list[str]:
    """Nineteen of twenty functions have at most thirty lines, not counting the docstring."""
    lengths = []
    for name, text in _files(root, *PACKAGES):
        if name.endswith(".py"):
            functions = (
                node
                for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            )
            lengths += [(_lines(node), f"{name}:{node.lineno}: {node.name}") for node in functions]
    if len(lengths) < 2:
        return []
    p95 = statistics.quantiles([lines for lines, _ in lengths], n=20, method="inclusive")[-1]
    if p95 <= LONGEST_FUNCTION_P95:
        return []
    return [
        f"{where}: {lines} lines" for lines, where in sorted(lengths, reverse=True)[: len(lengths) // 20 + 1]
    ]


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    whole = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        whole -= (first.end_lineno or first.lineno) - first.lineno + 1
    return whole


CHECKS: tuple[Check, ...] = (
    known_folders_only,
    chinese_in_its_place,
    full_width_punctuation,
    nothing_of_this_machine,
    short_files,
    short_functions,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_tree_keeps(check: Check) -> None:
    assert check(ROOT) == []


def test_the_tree_is_really_read() -> None:
    names = {name for name, _ in _files(ROOT)}
    assert {"config/example.toml", "README.md", "Makefile", ".ci/run", "requirements.lock"} <= names
    assert not any(name.startswith((".venv", ".git/")) for name in names)


def _function(lines: int) -> str:
    return "def f():\n" + "    x = 1\n" * (lines - 1)


WRONG: list[tuple[Check, str, str]] = [
    (known_folders_only, "tools/a.py", ""),
    (known_folders_only, "notes.md", ""),
    (known_folders_only, "uv.lock", ""),
    (chinese_in_its_place, "handlers/digest/rules.py", "x = '记下了'"),
    (chinese_in_its_place, "bot/app.py", "def f(n):\n    return f'回复 {n}'"),
    (full_width_punctuation, "handlers/digest/texts.py", "x = '记下了,明天发'"),
    (full_width_punctuation, "handlers/digest/texts.py", "x = '对吗?'"),
    (full_width_punctuation, "handlers/digest/texts.py", "x = f'「好」: {x}'"),
    (full_width_punctuation, "handlers/digest/texts.py", "x = f'{x}:收到'"),
    (full_width_punctuation, "bot/pages/page.html", "<p>收到!</p>"),
    (full_width_punctuation, "README.md", "速递, the digest\n# 中文说明\n家校桥;机器人"),
    (nothing_of_this_machine, "bot/a.py", "x = '/ro" + "ot/x'"),
    (nothing_of_this_machine, "README.md", "see desi" + "gn.md"),
    (nothing_of_this_machine, "requirements.lock", "--index-url https://py" + "pi.org/simple"),
    (nothing_of_this_machine, "Makefile", "pip -i https://mirr" + "ors.example.com"),
    (nothing_of_this_machine, "tests/a.py", "# for iss" + "ue 2"),
    (short_files, "storage/a.py", "x = 1\n" * 451),
    (short_files, "tests/test_a.py", "x = 1\n" * 451),
    (short_functions, "handlers/a.py", _function(31) * 2),
    (short_functions, "bot/a.py", _function(5) * 18 + _function(40) * 2),
]

RIGHT: list[tuple[str, str]] = [
    ("bot/cli.py", "x = 'ClassBridge 家校桥'"),
    ("handlers/digest/rules.py", '"""The day 每日速递."""\nx = 1  # 要闻'),
    ("handlers/anonymous/words.py", "x = '匿名:'"),
    ("handlers/language/times.py", "x = '今天,'"),
    ("handlers/digest/texts.py", "x = f'记下了：10月14日(周三)16:00，明天发。三(2)班 {a}:{b}'"),
    ("handlers/digest/texts.py", "x = text.split('、，,和')\ny = text.rstrip('。；; ')"),
    ("bot/pages/page.html", "<style>p { font-family: 宋体; }</style>"),
    ("README.md", "速递, the digest\n# 中文说明\n家校桥，机器人。\n```\n家校桥: x\n```\n`说:`"),
    ("storage/a.py", "x = 1\n" * 450),
    ("bot/a.py", _function(5) * 39 + _function(80)),
    ("bot/a.py", "def f():\n    '''\n" + "    words\n" * 60 + "    '''\n" + "def g(): ...\n"),
]


def _plant(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@pytest.mark.parametrize(("check", "name", "text"), WRONG)
def test_a_planted_fault_is_named(tmp_path: Path, check: Check, name: str, text: str) -> None:
    _plant(tmp_path, name, text)
    found = check(tmp_path)
    assert found
    assert all(one.startswith(name.split("/")[0]) for one in found)


@pytest.mark.parametrize(("name", "text"), RIGHT)
def test_what_is_allowed_passes(tmp_path: Path, name: str, text: str) -> None:
    _plant(tmp_path, name, text)
    assert [found for check in CHECKS for found in check(tmp_path)] == []
