"""What ``classbridge guard`` answers to one line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.lines import CHATS, ROLES, LineError


def guard(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """``text``, ``role``, ``chat``, ``at`` → ``verdict``, ``rule``, ``words``, ``rewrite``.

    ``at`` is the moment of sending; its hour is taken as it is written. Without it no hour is looked at.

    Raises:
        LineError: A field is missing or is none of its values.
    """
    from handlers.guard import check

    text, role, chat = asked.get("text"), asked.get("role"), asked.get("chat", "group")
    if not isinstance(text, str):
        raise LineError("text is missing; give the words as a string")
    for name, value, values in (("role", role, ROLES), ("chat", chat, CHATS)):
        if value not in values:
            raise LineError(f"{name} is {value!r}; give {' or '.join(values)}")
    found = check(text, role, chat, _moment(asked.get("at")))  # type: ignore[arg-type]
    return {
        "verdict": found.verdict,
        "rule": found.rule,
        "words": list(found.words),
        "rewrite": found.rewrite,
    }


def _moment(at: object) -> datetime | None:
    if at is None:
        return None
    try:
        return datetime.fromisoformat(str(at))
    except ValueError:
        raise LineError(f"at is {at!r}; write it as 2026-12-01T10:00:00+08:00") from None
