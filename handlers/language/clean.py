"""Folding a typed line to one shape before it is understood: widths, spaces, courtesies."""

from __future__ import annotations

import re

LIMIT = 2000
"""Characters looked at; a longer message is relayed whole but understood by its beginning."""

_WIDE = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_WIDE |= {0x3000: 0x20, 0xA0: 0x20, 0xFF20: 0x40, 0xFE6B: 0x40}
_WIDE |= dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xFE0F))
_SPACES = re.compile(r"[ \t\r\f\v\u2000-\u200a]+")
_LINES = re.compile(r" *\n[\n ]*")
_AT = re.compile(r"^(?:@[^\s@]{1,20}(?:\s+|$))+")
_AT_GLUED = re.compile(r"^@(?:小助手|机器人|助手)[，,：: ]*")
_CALLED = re.compile(r"^(?:小助手|机器人)[，,：:！! ]+(?=\S)")
_HELLO = re.compile(
    r"^(?:(?:[一-鿿]{0,2}老师|各位|小助手|[您你])(?:们)?[您你]?(?:早上|上午|中午|下午|晚上)?好"
    r"|(?:早上|上午|中午|下午|晚上)好|[Hh]i|[Hh]ello)(?:呀|啊|哈)?[，,。！!～~：: \n]+"
)
_BYE = re.compile(
    r"(?<![，,。！!～~ \n])[，,。！!～~ \n]++(?:谢谢|多谢|感谢|辛苦|麻烦|拜托)(?:老师|小助手|[您你]|啦|了|哈)*[。！!～~ ]*$"
)
_TAIL = re.compile(r"[～~ \n]+$")


def fold(text: str) -> str:
    """Fold full-width digits and letters and spaces, drop a leading @name; courtesies stay.

    Args:
        text: As the platform handed it over, any length.

    Returns:
        At most :data:`LIMIT` characters.
    """
    line = _SPACES.sub(" ", text[:LIMIT].translate(_WIDE))
    line = _LINES.sub("\n", line).strip()
    line = _AT.sub("", line).strip()
    return _AT_GLUED.sub("", line).strip()


def clean(text: str) -> str:
    """A folded line without its greeting at the beginning and its thanks at the end.

    A line that is only a greeting or thanks stays.
    """
    line = _HELLO.sub("", text, count=1) or text
    line = _CALLED.sub("", line, count=1)
    line = _BYE.sub("", line) or line
    return _TAIL.sub("", line).strip()
