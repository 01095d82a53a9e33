"""A number typed in place of a button: 「3」, 「3 好的」, 「回复3：好的」."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = re.compile(
    r"(?P<prefix>(?:请|我)?(?:回复|回一下|回|选择|选)\s*)?[「“\"'（(]?(?P<number>[1-9]\d{3}|\d{1,3})(?![\d.])"
    r"(?:号)?(?P<gap>\s*[：:，,]\s*|\s+|)(?P<rest>.*?)[」”\"'）)]?",
    re.DOTALL,
)
_COUNTS = re.compile(
    r"[点时号日月年班条个本位人名分元块只支张岁天周次节课组度级楼室路页米斤根双件套盒包袋瓶杯份篇遍道题字寸届期:：.、%％/／+\-—–~～]"
)
_LISTED = re.compile(r"(?:^|[\n\s；;。，,])\d{1,2}\s*[.、)）]|[①②③]")


@dataclass(frozen=True, slots=True)
class Typed:
    """A number and the words after it.

    Args:
        number: The number.
        rest: The words, as written.
        sure: It can only be meant as an answer: it stands alone or after 回复. Four digits alone may be
            an hour, a year or a phone's end.
    """

    number: int
    rest: str
    sure: bool


_SEVERAL = re.compile(
    r"(?:请|我)?(?:回复|回一下|回)?\s*(?P<numbers>\d{1,3}(?:[ 、,，和]{1,3}\d{1,3}){1,11}) ?号?(?:都|一起)?(?:回复?)?"
    r" ?[：:，,]? ?(?P<rest>[^\d\s].*)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Several:
    """Several numbers with the same words behind them: 「1、3、5 收到」."""

    numbers: tuple[int, ...]
    rest: str


def typed_numbers(line: str) -> Several | None:
    """Read a folded line as two or more different numbers and words for all of them; None where it is not."""
    found = _SEVERAL.fullmatch(line)
    if found is None or _COUNTS.match(found["rest"]):  # 「3 8点见」 is for one
        return None
    numbers = tuple(dict.fromkeys(int(one) for one in re.findall(r"\d+", found["numbers"])))
    return Several(numbers, found["rest"].strip()) if len(numbers) > 1 else None


def typed_number(line: str) -> Typed | None:
    """Read a folded line as a number and words; None for 「3月5日」, 「7:50到校」 or a numbered list."""
    found = _NUMBER.fullmatch(line)
    if found is None:
        return None
    number, gap, rest = int(found["number"]), found["gap"], found["rest"].strip()
    prefixed = bool(found["prefix"])
    if not prefixed and rest:
        clock = gap.strip() in (":", "：") and rest[:2].isdigit()
        if clock or _LISTED.search(rest) or (not gap and _COUNTS.match(rest)):
            return None
    return Typed(number, rest, prefixed or (not rest and len(found["number"]) < 4))
