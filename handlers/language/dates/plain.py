"""A text made plain enough to look for times in."""

from __future__ import annotations

import re

from handlers.language.clean import fold
from handlers.language.mend import simplify

_LONGEST = 300
_N = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,3})"
_WEEKS = "(?:周|星期|礼拜)"
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
