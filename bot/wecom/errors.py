"""What an answer of WeCom means: one table, one function.

Every answer is HTTP 200 with ``errcode``; ``errmsg`` is free text with addresses in it and is neither read
nor logged. Facts from developer.work.weixin.qq.com, path 90313 (global error codes), path 90454 (limits) and
the error tables of the pages of each interface.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from bot.command import Action, Maybe, Refused

Meaning = Action | Literal["ok", "maybe", "token"]
"""Beside the actions of a refusal: done · perhaps done · the token is stale."""

_MINUTE_S = 60.0
_BUSY_S = 2.0

_GROUPS: tuple[tuple[Meaning, float, str], ...] = (
    # The platform does not know itself; asked for again at most three times, its page says.
    ("maybe", 0, "-1"),
    ("retry", 0, "6000"),
    ("token", 0, "40014 42001 42007 42009"),
    # The window may also be an hour or a day; the deadline of what is sent tells when to give up.
    ("slow", _MINUTE_S, "45009"),
    ("slow", _BUSY_S, "45033"),
    ("config", 0, "40001 40013 40056 40091 41001 41002 41004 43012 48002 48004 50001 50002 50003"),
    ("config", 0, "60011 60020 60031 65014 65018 65022 65023 65024 93000 93004 93008 301002 301052 301053"),
    ("config", 0, "853006"),
    ("recipient", 0, "40003 40031 40050 40096 43004 60111 81013 82001 84061 84074 86001 86003 92000 93006"),
    ("recipient", 0, "90501 90509 95000 95001 95002 95013 95016 95018 95031 65004 65010 60123 301021 40068"),
)
_TABLE: dict[int, tuple[Meaning, float]] = {
    int(code): (meaning, after_s) for meaning, after_s, codes in _GROUPS for code in codes.split()
}
"""Every other code is a mistake in what was asked: asking the same again would bring the same."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer means, and what it said when it is "ok".

    Args:
        code: ``errcode`` as text, or ours in lower case; safe to log.
        after_s: Seconds to wait before the next try.
    """

    meaning: Meaning
    code: str
    after_s: float = 0.0
    data: dict[str, Any] = field(default_factory=dict)

    def outcome(self) -> Refused | Maybe:
        """The same as the sender wants it; only for what is not "ok"."""
        match self.meaning:
            case "maybe":
                return Maybe(self.code)
            case "token":
                return Refused(self.code, "config")
            case "ok":
                return Refused("unreadable", "content")
            case action:
                return Refused(self.code, action, self.after_s)


def classify(http_status: int, body: bytes, *, bytes_left: bool = True) -> Verdict:
    """Judge one answer, or the lack of one.

    Args:
        http_status: 0 if there was no answer.
        body: What was read of it, possibly cut short.
        bytes_left: Whether the request can have reached the platform.
    """
    if not bytes_left:
        return Verdict("retry", "connect")
    if http_status == 0:
        return Verdict("maybe", "no_answer")
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        data = None
    if not isinstance(data, dict) or not isinstance(data.get("errcode", 0), int):
        # A gateway's page: what stands behind it may have heard the request or not.
        return Verdict("maybe", f"http{http_status}" if http_status >= 300 else "unreadable")
    code = data.get("errcode", 0)
    if code == 0 and http_status >= 300:
        # WeCom answers with 200 whatever happened: this object is a gateway's page, too.
        return Verdict("maybe", f"http{http_status}")
    if code == 0:
        return Verdict("ok", "", data=data)
    meaning, after_s = _TABLE.get(code, ("content", 0.0))
    return Verdict(meaning, str(code), after_s, data)
