"""Nothing but ids, codes and numbers gets into a log line."""

from __future__ import annotations

import ast
import io
import json
import logging
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bot.log
from bot.log import KEYS, get_logger, setup

PLANTED = ["小明", "林小满", "13800138000", "token-secret-42", "sessionWebhook=abc", "110101201501011234"]


class Log:
    """What was written."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    root = logging.getLogger()
    before, level, raising = root.handlers[:], root.level, logging.raiseExceptions
    written = Log()
    setup("DEBUG", written.stream)
    yield written
    logging.captureWarnings(False)
    root.handlers[:] = before
    root.setLevel(level)
    logging.raiseExceptions = raising


def check_nothing_planted(log: Log) -> None:
    for planted in PLANTED:
        assert planted not in log.text
        assert json.dumps(planted)[1:-1] not in log.text


def test_a_line(log: Log) -> None:
    get_logger("bot.sender").info("row_sent", outbox_id="0190", ms=12.5, code=None, outcome="sent")
    (line,) = log.lines
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "bot.sender",
        "event": "row_sent",
        "outbox_id": "0190",
        "ms": 12.5,
        "code": None,
        "outcome": "sent",
    }


def test_unknown_keys_are_dropped_and_counted(log: Log) -> None:
    get_logger("bot.worker").warning("odd", text="小明请假", nick="林小满", phone="13800138000", count=3)
    assert log.lines[0]["dropped"] == 3
    assert log.lines[0]["count"] == 3
    check_nothing_planted(log)


@pytest.mark.parametrize(
    "value", ["小明", b"x", {"name": "小明"}, ["小明"], "x" * 201, object(), "a\nb", "\x1b[31m"]
)
def test_a_known_key_holds_plain_values_only(log: Log, value: object) -> None:
    get_logger("bot").info("odd", code=value)
    assert log.lines[0]["dropped"] == 1
    assert "code" not in log.lines[0]
    assert len(log.text.splitlines()) == 1
    assert log.text.rstrip("\n").isprintable()


def test_an_event_is_a_fixed_word(log: Log) -> None:
    get_logger("bot").info("小明请假 token-secret-42")
    get_logger("bot").info(f"handled {PLANTED[3]}")
    assert [line["event"] for line in log.lines] == ["library", "library"]
    check_nothing_planted(log)


def fails(name: str) -> None:
    child = {"name": name, "phone": "13800138000"}
    raise ValueError(f"cannot handle {child}")


def test_an_exception_is_its_type_and_frames(log: Log) -> None:
    try:
        try:
            fails("小明")
        except ValueError as error:
            raise RuntimeError("token-secret-42") from error
    except RuntimeError:
        get_logger("bot.worker").exception("row_failed", inbox_id="0190")
    chain = log.lines[0]["exception"]
    assert [one["type"] for one in chain] == ["RuntimeError", "ValueError"]
    assert chain[1]["frames"][-1].startswith("wire/test_log.py:")
    assert chain[1]["frames"][-1].endswith(" fails")
    check_nothing_planted(log)


def test_other_libraries_say_where_but_not_what(log: Log) -> None:
    library = logging.getLogger("aiohttp.server")
    try:
        fails("林小满")
    except ValueError:
        library.exception("Error handling request from %s: 小明", "token-secret-42")
    library.debug("POST /robot/sendBySession?sessionWebhook=abc")
    logging.getLogger("小明\n{}").error("110101201501011234")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("小明 13800138000", stacklevel=1)
    assert {line["event"] for line in log.lines} == {"library"}
    assert log.lines[0]["exception"][0]["type"] == "ValueError"
    assert log.lines[2]["logger"] == "other"
    check_nothing_planted(log)


def test_a_level_is_kept(log: Log) -> None:
    logging.getLogger().setLevel("WARNING")
    get_logger("bot").info("quiet")
    get_logger("bot").error("loud")
    assert [line["event"] for line in log.lines] == ["loud"]


def calls_in(path: Path) -> list[ast.Call]:
    """The calls of a module's ``_log``."""
    return [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "_log"
    ]


def test_what_our_own_code_logs_is_on_the_list() -> None:
    root = Path(bot.log.__file__).parents[1]
    calls = [
        (path, call)
        for area in ("bot", "jobs")
        for path in (root / area).rglob("*.py")
        for call in calls_in(path)
    ]
    assert calls
    for path, call in calls:
        where = f"{path.name}:{call.lineno}"
        (event,) = call.args
        assert isinstance(event, ast.Constant), where
        assert re.fullmatch(r"[a-z][a-z0-9_]*", str(event.value)), where
        assert {keyword.arg for keyword in call.keywords} <= KEYS, where
