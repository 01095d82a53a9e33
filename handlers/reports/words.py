"""The words reports listen for."""

from __future__ import annotations

import re

_WHICH = r"(?:周报|月报)"
_WHEN = r"(?P<last>上周|上星期|上个?月)?(?:这周|本周|这星期|这个月|本月)?(?:的)?(?:班级)?"
_ASK = r"(?:请|麻烦|帮我|给我)*(?:看一?下|看看|看|发一?下|发|出|做|写|生成|要)?(?:一?[份下个张])?"
_NUMBER = r"第?(?P<number>\d{1,2}|[一二三四五六七八九十]{1,3})条"
_END = r"[吧了呢]*[。！!？?]?"

PERIOD = re.compile(r"周报|(?P<month>月报)")
SHOW = re.compile(rf"{_ASK}{_WHEN}{_WHICH}(?:草稿|预览)?(?:给我|发我)?{_END}")
PICTURE = re.compile(rf"{_ASK}{_WHEN}{_WHICH}(?:的)?(?:长图|图片|图)(?:给我|发我)?{_END}")
PRINT = re.compile(
    rf"(?:打印一?下?)?{_ASK}{_WHEN}{_WHICH}(?:的)?(?:[Pp][Dd][Ff]|打印版|打印件|文件)?(?:给我|发我)?{_END}"
)
"""Asked after :data:`SHOW`."""
PUBLISH = re.compile(rf"{_WHEN}{_WHICH}(?:就这样发|可以发|就发|没问题)(?:出去)?{_END}")
SKIP = re.compile(
    rf"{_WHICH}(?:这周|本周|这次|这个月|本月)?(?:先)?不发{_END}|(?:这周|本周|这次|这个月|本月)(?:先)?不(?:发|要|出)(?:周报|月报){_END}"
)
OFF = re.compile(
    rf"{_WHICH}?(?:以后|之后)?(?:都)?(?:不要|别|不用|不)(?:再)?问(?:我)?(?:要不要发)?(?:周报|月报)?{_END}|以后(?:都)?(?:不要|不用|不发|别发|别出)(?:周报|月报){_END}"
)
AUTO = re.compile(
    rf"(?:以后|每周|每个?月)*{_WHICH}(?:以后|每周|每个?月)*(?:都|就)?自动(?:发|出){_END}|(?:以后|每周|每个?月)+(?:都|就)?自动(?:发|出)(?:周报|月报){_END}"
)
ASKING = re.compile(
    rf"{_WHICH}(?:以后)?(?:不要|别|不用)(?:再)?自动(?:发|出){_END}|(?:以后)?(?:不要|别|不用)(?:再)?自动(?:发|出)(?:周报|月报){_END}"
)
REMOVE = re.compile(
    rf"(?:把)?{_WHICH}(?:的|里)?(?:去掉|删掉|删除|删|拿掉)?{_NUMBER}(?:不要|去掉|删掉|删除|删|拿掉)?{_END}"
)
REWORD = re.compile(
    rf"(?:把)?{_WHICH}(?:的|里)?{_NUMBER}(?:改成|改为|换成|写成)[：:，, ]*(?P<text>.{{2,}})", re.S
)
ADD = re.compile(
    rf"{_WHICH}(?:里|上)?(?:再)?(?:加|补|写)(?:上)?(?:一?[条句个])?[：:，, ]*(?P<text>.{{4,}})", re.S
)
DAY = re.compile(
    r"(?:大后天|明天|后天|[下本这]?(?:周|星期|礼拜)[一二三四五六日天])?[（(]?\d{1,2}月\d{1,2}[日号]?(?:[（(]周.[)）])?[)）]?"
)
"""A date as it is written, to be left out where it stands in front already."""
EDGES = "，,。；;：:、 的"
