"""A line without whom, when and how many, and without what is said for politeness: how it is asked remains.

「麻烦问下王老师周三下午三点有空吗」 and 「乐乐妈妈明天早上有空吗」 then look alike.
"""

from __future__ import annotations

import re

from handlers.language.names import SURNAMES

_SURNAME = "".join(sorted(name for name in SURNAMES if len(name) == 1))
_KIN = "妈妈?|爸爸?|奶奶?|爷爷?|姥姥|姥爷|外婆|外公|家长|同学|家"
_OFFICE = "老师|校长|主任|校医|医生|教练|同学"
_NAME = re.compile(
    rf"[{_SURNAME}](?:{_OFFICE})"
    rf"|小[一-鿿](?={_KIN}|今|明|昨|在|的|[，,]|$)"
    rf"|([一-鿿])\1(?={_KIN}|今|明|昨|在|的|[，,]|$)"
    rf"|[{_SURNAME}][一-鿿]{{1,2}}(?={_KIN})"
)
_DAY = re.compile(
    r"大?[今明后昨前][天日晚早]|[上下这本]{1,2}个?(?:周|星期|礼拜)[一二三四五六日天末\d]?|(?:周|星期|礼拜)[一二三四五六日天末\d]"
    r"|\d{1,2}月\d{1,2}[日号]?|[\d一二三四五六七八九十]{1,3}[号日](?![码楼])|[上下这本]个?月|月[底初末]"
)
_PART = "早上|上午|中午|下午|晚上|傍晚"
_HOUR = re.compile(
    rf"(?:{_PART}|早晨|夜里|晚|早)?(?:\d{{1,2}}|[一二三四五六七八九十两]{{1,3}})(?:[:：点]\d{{0,2}}|时)(?:半|一刻|三刻|钟|分|多|左右){{0,2}}"
    rf"|放学后?|课间|午休|{_PART}"
)
_NUMBER = re.compile(r"第?[\d一二三四五六七八九十两]{1,4}[条个项位本页分钟题道]")
_POLITE = re.compile(
    r"那个|就是|嗯{1,9}|呃|然后|其实|的话|一下|麻烦您?|请问|您好|你好|老师好?|谢谢|辛苦|[，,。！!？?~～ 、吧啊呀呢哈哦了的]"
)


def bare(mended: str) -> str:
    """How something is asked, whoever asks it for whenever.

    Args:
        mended: See :func:`handlers.language.mend.mend`.

    Returns:
        Letters stand for what was taken out: N for a name, D for a day, T for an hour, # for a number.
    """
    line = _NAME.sub("N", mended)
    line = _HOUR.sub("T", _DAY.sub("D", line))
    return _POLITE.sub("", _NUMBER.sub("#", line))
