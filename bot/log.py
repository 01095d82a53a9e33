"""Logs as JSON lines that hold ids, codes, counts and times, and cannot hold anything else.

What is not on the list of keys is dropped and counted; so is a text that is no plain ASCII, because names
and messages are Chinese and ids are not. An exception is its type and where it passed, never its words or
values. Records of other libraries are reduced to who, where and how bad.
"""

from __future__ import annotations

import json
import logging
import re
from types import TracebackType
from typing import TextIO

from typing_extensions import override

from config.clock import real_now

_LIST = """
action admin_port after_s api app attempt bucket child_pid class_id code count database digest_id due
dropped_rows errno event_key feature generation http_status id inbox_id job jump_s kind lag_ms left loop
method ms next_due number occurrence_id outbox_id outcome person_id pid platform port public_port reason
replica revision route rows rule s school_id size spool state status step talk_id version
"""
KEYS = frozenset(_LIST.split())
"""The only keys a log line may have beside ``at, level, logger, event`` and what an exception leaves."""

_NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}", re.ASCII)
_PLAIN = re.compile(r"[\x20-\x7e]{0,200}", re.ASCII)
_FIELDS = "classbridge_fields"

_Exc = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Logger:
    """Writes events: ``log.info("row_sent", outbox_id=..., ms=...)``."""

    __slots__ = ("_logger",)

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **fields: object) -> None:
        """Something for whoever looks for a fault."""
        self._write(logging.DEBUG, event, fields, error=False)

    def info(self, event: str, **fields: object) -> None:
        """Something that happened as it should."""
        self._write(logging.INFO, event, fields, error=False)

    def warning(self, event: str, **fields: object) -> None:
        """Something an administrator may want to know."""
        self._write(logging.WARNING, event, fields, error=False)

    def error(self, event: str, **fields: object) -> None:
        """Something an administrator must know."""
        self._write(logging.ERROR, event, fields, error=False)

    def exception(self, event: str, **fields: object) -> None:
        """An error with the exception being handled: its type and frames."""
        self._write(logging.ERROR, event, fields, error=True)

    def _write(self, level: int, event: str, fields: dict[str, object], *, error: bool) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, exc_info=error, extra={_FIELDS: fields})


def get_logger(name: str) -> Logger:
    """The logger of a module."""
    return Logger(name)


def setup(level: str, stream: TextIO) -> None:
    """Make the whole process log JSON lines, other libraries included.

    Args:
        level: ``DEBUG``, ``INFO``, ``WARNING`` or ``ERROR``.
        stream: Where to. Lines are stamped with the host's real time, UTC.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Json())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.raiseExceptions = False
    logging.getLogger("apscheduler").setLevel(max(logging.WARNING, root.level))  # a line each tick
    logging.captureWarnings(True)


class _Json(logging.Formatter):
    @override
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {"at": real_now().isoformat(timespec="milliseconds")}
        line["level"] = record.levelname.lower()
        line["logger"] = record.name if _NAME.fullmatch(record.name.lower()) else "other"
        fields = getattr(record, _FIELDS, None)
        if isinstance(fields, dict) and isinstance(record.msg, str) and _NAME.fullmatch(record.msg):
            line["event"] = record.msg
            line.update(_allowed(fields))
        else:
            line.update(event="library", where=f"{record.filename}:{record.lineno}")
        if record.exc_info:
            line.update(_exception(record.exc_info))
        return json.dumps(line, separators=(",", ":"))


def _allowed(fields: dict[str, object]) -> dict[str, object]:
    """The fields that may be written, and how many were not."""
    kept = {key: value for key, value in fields.items() if key in KEYS and _harmless(value)}
    if len(kept) < len(fields):
        kept["dropped"] = len(fields) - len(kept)
    return kept


def _harmless(value: object) -> bool:
    if value is None or isinstance(value, bool | int | float):
        return True
    return isinstance(value, str) and _PLAIN.fullmatch(value) is not None


def _exception(exc: _Exc) -> dict[str, object]:
    """Type, frames and the same of what caused it; neither the message nor any value."""
    error = exc[1]
    chain: list[dict[str, object]] = []
    while error is not None and len(chain) < 5:
        chain.append({"type": _type_name(error), "frames": _frames(error.__traceback__)})
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return {"exception": chain}


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _frames(traceback: TracebackType | None) -> list[str]:
    """``file:line function``, the innermost twenty, paths shortened to their last two parts."""
    frames: list[str] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        name = "/".join(code.co_filename.split("/")[-2:])
        frames.append(f"{name}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return frames[-20:]
