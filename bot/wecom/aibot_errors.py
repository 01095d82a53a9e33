"""What the platform's codes to the AI bot and the webhook robot mean: one table.

Facts from developer.work.weixin.qq.com, paths 90313 and 91770. No page lists the codes of the AI bot; those
from 846601 on are what its official clients handle. An unknown one is for a person to look at.
"""

from __future__ import annotations

import orjson

from bot.command import Action, Maybe, Outcome, Refused, Sent

_MINUTE_S = 60.0
_GROUPS: tuple[tuple[Action, float, str], ...] = (
    ("retry", 0, "-1 6000 45033"),
    ("slow", _MINUTE_S, "45009"),
    ("recipient", 0, "40003 40031 40050 60111 86001 86003 93006"),
    ("config", 0, "93000 93004 93008 853006"),
    ("content", 0, "40004 40005 40006 40007 40008 40009 40011 40033 40035 40058 40063 44001 44004"),
    ("content", 0, "45001 45002 45007 45008 41001 301016 301017 301019 846605 846608"),
)
_KNOWN: dict[int, tuple[Action, float]] = {
    int(code): (action, after_s) for action, after_s, codes in _GROUPS for code in codes.split()
}


def outcome(code: int) -> Outcome:
    """What an ``errcode`` comes to."""
    if code == 0:
        return Sent("")
    action, after_s = _KNOWN.get(code, ("content" if 42014 <= code <= 42051 else "config", 0.0))
    return Refused(str(code), action, after_s)


def judge(status: int, raw: bytes) -> Outcome:
    """What an HTTP answer comes to; the body decides, the status only where there is none.

    Args:
        raw: What was read of the body, possibly cut short.
    """
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError:
        data = None
    code = data.get("errcode") if isinstance(data, dict) else None
    if isinstance(code, int):
        return outcome(code)
    if status == 429:
        return Refused("http429", "slow", _MINUTE_S)
    if 400 <= status < 500 and status != 408:
        return Refused(f"http{status}", "config")
    return Maybe(f"http{status}" if status >= 500 else "unreadable")
