"""Folding a text for looking at it, with the way back to the words as they were written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_HIDDEN = frozenset({"Cf", "Mn", "Me", "Cs", "Co"})
_DIGITS = str.maketrans("零〇一幺二两三四五六七八九壹贰叁肆伍陆柒捌玖", "0011223456789123456789")
_TRADITIONAL = str.maketrans(
    "績數語學級發電話號單補貧難紅賬戶轉錢業寫讀題頁聽練檢載軟關註請過敏燒體樓區園罵壞隊長師媽爺傳遲沒帶這個們間時點後後週證處藥醫陳張劉楊趙黃吳徐孫馬蕭許鄧馮鄭謝",
    "绩数语学级发电话号单补贫难红账户转钱业写读题页听练检载软关注请过敏烧体楼区园骂坏队长师妈爷传迟没带这个们间时点后后周证处药医陈张刘杨赵黄吴徐孙马萧许邓冯郑谢",
)
_SPLIT = re.compile(r"(?<=[一-鿿])[ \t.·•・_*/|\\~-]{1,3}(?=[一-鿿])")
_TYPOS = (
    ("弟一", "第一"),
    ("排茗", "排名"),
    ("排明", "排名"),
    ("成积", "成绩"),
    ("成机", "成绩"),
    ("名刺", "名次"),
    ("做业", "作业"),
)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as it is looked at.

    Args:
        text: One shape for widths, letters and characters; hidden characters and splitting marks are gone.
        places: For each of its characters the place in the original.
        original: As it was written.
    """

    text: str
    places: tuple[int, ...]
    original: str

    def written(self, start: int, end: int) -> str:
        """The exact original words behind a stretch of the folded text."""
        if start >= end:
            return ""
        return self.original[self.places[start] : self.places[end - 1] + 1]


def fold(text: str) -> Folded:
    """Fold a text of any length."""
    shown: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        for one in unicodedata.normalize("NFKC", sign) if sign > "\x7f" else sign:
            if unicodedata.category(one) in _HIDDEN:
                continue
            shown.append(" " if one in "\t\r\u2028\u2029" else one)
            places.append(place)
    line = "".join(shown).translate(_TRADITIONAL)
    line, places = _joined(line, places)
    for wrong, right in _TYPOS:
        line = line.replace(wrong, right)
    return Folded(line, tuple(places), text)


def digits(line: str) -> str:
    """The same line with Chinese digits as figures; of the same length."""
    return line.translate(_DIGITS)


def _joined(line: str, places: list[int]) -> tuple[str, list[int]]:
    """Take out what splits single characters: 「张 小 明」, 「分.数」. Spaces between whole words stay."""
    gaps = [hit.span() for hit in _SPLIT.finditer(line)]
    kept: list[str] = []
    left: list[int] = []
    begin = 0
    ends = {end for _start, end in gaps}
    starts = {start for start, _end in gaps}
    for start, end in gaps:
        alone = (start - 1 in ends) or (end + 1 in starts) or _edge(line, start - 2) or _edge(line, end + 1)
        if not alone:
            continue
        kept.append(line[begin:start])
        left += places[begin:start]
        begin = end
    kept.append(line[begin:])
    left += places[begin:]
    return "".join(kept), left


def _edge(line: str, place: int) -> bool:
    """Whether there is no Chinese character here: what stands beside it stands alone."""
    return not (0 <= place < len(line)) or not "一" <= line[place] <= "鿿"
