"""A text made plain enough to look for times in."""

from __future__ import annotations

import re

from handlers.language.clean import fold
from handlers.language.dates.numbers import number
from handlers.language.mend import simplify

_LONGEST = 300
_N = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,3})"
_WEEKS = "(?:周|星期|礼拜)"


def _to_the_hour(found: re.Match[str]) -> str:
    """So many minutes before an hour, as 「7点55」; as it stands where it is no such thing."""
    hour, less = number(found["hour"]), 15 if found["less"] == "一刻" else number(found["less"])
    if not hour or not less or hour > 23 or less > 30:
        return found[0]
    return f"{hour - 1}点{60 - less}"


_CLEARER = (
    (re.compile(rf"以后(?:的)?(?:都|每(?:个)?)?(?={_WEEKS}[一二三四五六日天])"), "每"),
    # 「周一三五」
    (
        re.compile(
            rf"(每个?|[这本下]个?)?({_WEEKS})([一二三四五六日])、?([一二三四五六日])、?([一二三四五六日])(?![十月号点级年班中节上下楼])"
        ),
        r"\1\2\3、\1\2\4、\1\2\5",
    ),
    (
        re.compile(
            rf"(每个?|[这本下]个?)?({_WEEKS})([一二三四五六日])、?([一二三四五六日])(?![十月号点级年班中节上下楼、到至])"
        ),
        r"\1\2\3、\1\2\4",
    ),
    # 「下周三或者周四」: both of next week
    (
        re.compile(
            rf"((?:下下?|上上?|这|本)个?)({_WEEKS}[一二三四五六日天])([上下]午|早上|晚上|中午)?(或者?|还是|要么|、|和|跟|与)(?={_WEEKS}[一二三四五六日天])"
        ),
        r"\1\2\3\4\1",
    ),
    # 「下周安排：周一到周三」
    (
        re.compile(
            rf"((?:下下?|这|本|上)个?{_WEEKS})(?![一二三四五六日天末])([^，,。]{{0,8}}[：:，, ]?){_WEEKS}([一二三四五六日天])"
        ),
        r"\2\1\3",
    ),
    # 「12月1-5号」
    (re.compile(r"(月\d{1,2})[到至~-](\d{1,2}[号日])"), r"\1号到\2"),
    # 「下午4.30」 is no day of April
    (
        re.compile(
            rf"([上下中]午|早上|晚上|傍晚|[今明后昨]天|{_WEEKS}[一二三四五六日天])\s?(\d{{1,2}})\.([0-5]\d)(?![\d号日月])"
        ),
        r"\1\2:\3",
    ),
    # 「差五分八点」, 「八点差一刻」
    (re.compile(rf"差(?P<less>一刻|{_N})(?P<unit>分)?钟?[到就]?(?P<hour>{_N})点"), _to_the_hour),
    (re.compile(rf"(?P<hour>{_N})点[，, ]?差(?P<less>一刻|{_N})(?P<unit>分)?钟?"), _to_the_hour),
    # 「20到25号」, 「三到四点」: the unit stands only once
    (re.compile(rf"(?<![\d点:月号年.一二三四五六七八九十])({_N})([到至~-])(?={_N}([号日点]))"), r"\1\3\2"),
    # 「两三点」: one of two
    (re.compile(r"(?<![十\d周期拜])([一两二三四五六七八])([二三四五六七八九])(?=点)"), r"\1点或\2"),
)


def plain(text: str) -> str:
    """Folded, simplified, cut to 300 characters, and shared units written out: 「20到25号」, 「三到四点」."""
    line = simplify(fold(text))[:_LONGEST]
    for pattern, clearer in _CLEARER:
        line = pattern.sub(clearer, line)
    return line
