"""JSON lines in, JSON lines out: what ``understand``, ``when`` and ``guard`` have in common.

One output line for each input line, in the same order, flushed at once, so that another program may ask and
wait. A line that cannot be answered gets ``{"error": …}`` in its place and nothing else is disturbed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import IO, Any

Answer = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Takes one line as an object, gives the fields to be added; raises :class:`LineError` for a wrong one."""

ROLES, CHATS = ("teacher", "parent"), ("private", "group")


class LineError(ValueError):
    """What is wrong with a line and what to write instead; shown in its place."""


def run(reader: IO[str], writer: IO[str], answer: Answer) -> int:
    """Answer until the input ends; returns the exit code."""
    for line in reader:
        writer.write(json.dumps(_answered(line, answer), ensure_ascii=False) + "\n")
        writer.flush()
    return 0


def _answered(line: str, answer: Answer) -> Mapping[str, Any]:
    try:
        asked = json.loads(line)
    except ValueError:
        return {"error": "not a JSON object; write one object a line"}
    if not isinstance(asked, dict):
        return {"error": "not a JSON object; write one object a line"}
    try:
        return {**asked, **answer(asked)}
    except LineError as error:
        return {"error": str(error)}


def understand(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """``text``, ``role``, ``chat`` → ``intent``, ``slots``, ``family``, ``acts``.

    Raises:
        LineError: A field is missing or is none of its values.
    """
    from handlers.language.understanding import understand as meaning_of

    role, chat = _one_of(asked, "role", ROLES), _one_of(asked, "chat", CHATS)
    found = meaning_of(_text(asked), role, chat)
    intent = found.intent
    return {"intent": intent.name, "slots": dict(found.slots), "family": intent.family, "acts": found.acts}


def when(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """``now``, ``text`` → ``start``, ``end``, ``ambiguous``, ``alt``, ``flag``.

    Raises:
        LineError: ``text`` is missing, or ``now`` is no moment with an offset.
    """
    from handlers.language.dates import when as moment_of

    found = moment_of(_text(asked), _moment(asked, "now"))
    return {
        "start": _iso(found.start),
        "end": _iso(found.end),
        "ambiguous": found.ambiguous,
        "alt": [_iso(each) for each in found.alt],
        "flag": list(found.flags),
    }


def _iso(moment: date | None) -> str | None:
    if isinstance(moment, datetime):
        return moment.replace(second=0, microsecond=0).isoformat()
    return None if moment is None else moment.isoformat()


def _text(asked: Mapping[str, Any]) -> str:
    text = asked.get("text")
    if not isinstance(text, str):
        raise LineError("text is missing; give the message as a string")
    return text


def _one_of(asked: Mapping[str, Any], name: str, values: tuple[str, ...]) -> str:
    value = asked.get(name)
    if value not in values:
        raise LineError(f"{name} is {value!r}; give {' or '.join(values)}")
    return str(value)


def _moment(asked: Mapping[str, Any], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(asked.get(name)))
    except ValueError:
        raise LineError(f"{name} is no moment; write it as 2026-12-01T10:00:00+08:00") from None
    if moment.tzinfo is None:
        raise LineError(f"{name} has no offset; write it as 2026-12-01T10:00:00+08:00")
    return moment
