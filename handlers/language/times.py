"""A time of day in a request such as 「改到五点半发」, and the day a question is about."""

from __future__ import annotations

import re
from datetime import date, timedelta

_DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_NUMBER = r"(?:\d{1,2}|[零〇一二两三四五六七八九十]{1,3})"
TIME = (
    rf"(?:早上|上午|中午|下午|傍晚|晚上)?\s*{_NUMBER}(?:[:：]\d{{2}}|[点时](?:{_NUMBER}分?|半|[一三]刻|整)?)"
)
_TIME = re.compile(
    rf"(?P<part>早上|上午|中午|下午|傍晚|晚上)?\s?(?P<hour>{_NUMBER})"
    rf"(?:[:：](?P<clock>\d{{2}})|[点时](?:(?P<quarter>[一三])刻|(?P<minute>{_NUMBER})分?|(?P<half>半)|整)?)"
)
_DAYS = (
    ("大后天", 3),
    ("后天", 2),
    ("明天", 1),
    ("明早", 1),
    ("明日", 1),
    ("今天", 0),
    ("今日", 0),
    ("今晚", 0),
    ("前天", -2),
    ("昨天", -1),
    ("昨日", -1),
    ("昨晚", -1),
)
_WEEKDAY = re.compile(r"(下{0,2})(?:个)?(?:周|星期|礼拜)([一二三四五六日天])")


def number_of(word: str) -> int | None:
    """A number up to 99 written in digits or Chinese; None if it is neither."""
    if word.isascii() and word.isdigit():
        return int(word)
    word = word.lstrip("零〇") or word
    tens, ten, ones = word.rpartition("十")
    if any(ch not in _DIGITS for ch in tens + ones):
        return None
    if not ten:
        return _DIGITS[ones] if len(ones) == 1 else None
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)


def time_of(text: str) -> str | None:
    """The first time of day in a text as ``HH:MM``.

    In a school's afternoon business a bare hour from 1 to 9 is after noon; the answer always
    echoes the time in 24 hours, so a wrong reading is seen.
    """
    found = _TIME.search(text)
    if found is None:
        return None
    hour = number_of(found["hour"])
    minute = _minute(found)
    if hour is None or minute is None:
        return None
    if _after_noon(found, hour):
        hour += 12
    return f"{hour:02d}:{minute:02d}" if hour < 24 and minute < 60 else None


def _after_noon(found: re.Match[str], hour: int) -> bool:
    if found["part"] in ("下午", "傍晚", "晚上"):
        return 1 <= hour < 12
    bare = found["part"] not in ("早上", "上午") and not found["hour"].startswith("0")
    return bare and 1 <= hour <= 9


def _minute(found: re.Match[str]) -> int | None:
    if found["clock"]:
        return int(found["clock"])
    if found["minute"]:
        return number_of(found["minute"])
    if found["half"]:
        return 30
    return {"一": 15, "三": 45}.get(found["quarter"] or "", 0)


def day_slot(text: str) -> str:
    """The day a text is about as ``D+n``, ``NEXT-d`` or ``W+w-d``; empty if none is named."""
    for word, offset in _DAYS:
        if word in text:
            return f"D{offset:+d}"
    found = _WEEKDAY.search(text)
    if found is None:
        return ""
    weekday = "一二三四五六日天".index(found[2]) % 7 + 1 if found[2] != "天" else 7
    return f"W+{len(found[1])}-{weekday}" if found[1] else f"NEXT-{weekday}"


def resolve_day(slot: str, today: date) -> date | None:
    """The date of a slot made by :func:`day_slot`, seen from ``today`` (local)."""
    if slot.startswith("D"):
        return today + timedelta(days=int(slot[1:]))
    if slot.startswith("NEXT-"):
        return today + timedelta(days=(int(slot[5:]) - 1 - today.weekday()) % 7)
    if slot.startswith("W+"):
        monday = today - timedelta(days=today.weekday())
        return monday + timedelta(weeks=int(slot[2]), days=int(slot[4]) - 1)
    return None
