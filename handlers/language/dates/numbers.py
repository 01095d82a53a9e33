"""Numbers as they are written: 12, 十二, 两, 二十三, 二零二六."""

from __future__ import annotations

_DIGITS = {char: at for at, char in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "○": 0,
    "两": 2,
    "俩": 2,
    "壹": 1,
    "廿": 2,
}
NUMBER = r"(?:\d{1,2}|[零〇一二两三四五六七八九十廿]{1,4})"
"""Up to 99, in digits or Chinese."""


def number(word: str) -> int | None:
    """A number up to 9999; None if it is none.

    Args:
        word: Digits, or Chinese with 十 (二十三), or Chinese digits in a row (二零二六).
    """
    if word.isascii() and word.isdigit():
        return int(word)
    word = word.replace("廿", "二十")
    if "十" in word:
        tens, _, ones = word.partition("十")
        if any(part not in _DIGITS for part in (tens, ones) if part):
            return None
        return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
    if not word or any(char not in _DIGITS for char in word):
        return None
    if len(word) in (2, 3) and word[0] not in "零〇○":  # 「两三天」 is no 23 days
        return None
    return int("".join(str(_DIGITS[char]) for char in word))
