"""Slots with a fixed set of values: the first pattern that fits decides; one table for each slot."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from handlers.language.dates.numbers import NUMBER, number
from handlers.language.slots.counted import NUMBERS, counted, progress
from handlers.language.slots.tables import FALSE, MODE, TABLE, TRUE

_NOT_MODE = re.compile(r"(?:不要|别|不用|不是|改掉|不方便|不(?:想)?(?:打|来|去)|不便)[^，,。改换是]{0,4}")
_OF_A_PROGRAM = frozenset(
    {
        "edit_slot",
        "cancel_appointment",
        "join_waitlist",
        "waitlist_position",
        "close_slots",
        "set_office_hours",
    }
)
"""Here the name of a programme says what is meant, not how to meet."""
_PROGRAM = re.compile(r"圆桌|午间半小时")
_CHANGED = re.compile(r"改(?:成|为|签|回)|现在|不同意改|还是")
_SHORT = re.compile(r"\+?\d{1,2}|👍|👌|🙏|ok|OK|收到")
_HERE = {"individual_issue_in_group": "move_to_private", "conflict_in_group": "move_to_private"}
_CODE = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]{4,6}(?![A-Za-z0-9]))(?=[A-Za-z0-9]{0,5}\d)(?=[A-Za-z0-9]{0,5}[A-Za-z])([A-Za-z0-9]{4,6})"
)
_DELTA = re.compile(rf"(加|添|多|增|减|砍|少|撤)[^，,。\d]{{0,6}}?({NUMBER})\s?(?:个|名|位|人|家)")
_PICKUP = re.compile(
    r"(?:不用|不|改|还是|别)?坐(?:不了)?(?:校车|公交|地铁|班车)|自己(?:走(?:回家)?|回家|放学|回)|(?:上|去)?晚托|托管班?|步行"
)


def fixed(intent: str, name: str, line: str) -> object | None:
    """The value of a slot with fixed values, or None where nothing says one.

    Args:
        intent: Decides which table is looked in where a name means two things.
        name: The slot.
        line: Simplified, as written.
    """
    if name == "mode":
        return None if intent in _OF_A_PROGRAM and _PROGRAM.search(line) else _mode(line)
    for table, value in ((TRUE, True), (FALSE, False)):
        pattern = table.get((intent, name))
        if pattern is not None:
            return value if re.search(pattern, line) else None
    if intent == "sign_amend":
        line = _CHANGED.split(line)[-1]
    if (intent, name) == ("followup_update", "value"):
        return progress(line)
    if name == "privacy":
        return _HERE.get(intent)
    special = _SPECIAL.get(name)
    if special is not None:
        return special(line)
    return counted(intent, name, line) if name in NUMBERS else _listed(intent, name, line)


def _raw(line: str) -> str | None:
    if re.match(r"\d{1,2}[.、．]|接龙|#接龙", line):
        return "接龙"
    return line if _SHORT.fullmatch(line) and line != "收到" else None


def _code(line: str) -> str | None:
    found = _CODE.search(line)
    return found[1].upper() if found else None


def _delta(line: str) -> int | None:
    delta = _DELTA.search(line)
    return None if delta is None else (number(delta[2]) or 0) * (-1 if delta[1] in "减砍少撤" else 1)


def _transport(line: str) -> str | None:
    ride = _PICKUP.search(line)
    return None if ride is None else re.sub("不用坐|坐不了|别坐", "不坐", ride[0])


def _anonymous(line: str) -> bool | None:
    if "匿名" in line or "不记名" in line:
        return True
    return False if re.search("实名|记名", line) else None


_SPECIAL: dict[str, Callable[[str], object]] = {
    "raw": _raw,
    "code": _code,
    "ticket": _code,
    "capacity_delta": _delta,
    "transport": _transport,
    "anonymous": _anonymous,
}


def _mode(line: str) -> str | None:
    """The way to meet; one that is refused does not count where another is named."""
    hits = [
        (hit.start(), code)
        for code, pattern in _modes()
        for hit in pattern.finditer(line)
        if not _refused(line, hit.start())
    ]
    if not hits:
        return None
    moved = [
        hit for hit in hits if re.search(r"(?:改|换|转)(?:成|为|到|用|作)?[^，,。]{0,4}$", line[: hit[0]])
    ]
    strong = [hit for hit in hits if hit[1] != "school_visit"]
    return (moved or strong or hits)[0][1]


def _refused(line: str, at: int) -> bool:
    found = _NOT_MODE.search(line[max(0, at - 6) : at])
    return found is not None and found.end() == min(6, at)


@cache
def _modes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((code, re.compile(pattern)) for code, pattern in MODE)


@cache
def _tables() -> dict[str, tuple[tuple[object, re.Pattern[str]], ...]]:
    return {
        name: tuple((code, re.compile(pattern)) for code, pattern in rows) for name, rows in TABLE.items()
    }


def _listed(intent: str, name: str, line: str) -> object | None:
    rows = _tables().get(f"{name}:{intent}", _tables().get(name, ()))
    return next((code for code, pattern in rows if pattern.search(line)), None)
