"""One mark for whoever is meant, in any clothes: 张小明, zxm, 小L, 17号, 数学课代表, 坐第一排靠窗的那位 are all «N».

Numbers become marks by their length. What is left is how something is said, whoever it is said of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlers.guard.folding import Folded
from handlers.guard.people import people_in
from handlers.language.names import SURNAMES

NAME, NUMBER = "N", "0"
_PUPIL = "同学|学生|孩子|小朋友|男生|女生|男孩|女孩|小姑娘|小伙子|丫头"
_SEAT = "[一二三四五六七八九十\\d]{1,2}"
OTHERWISE = re.compile(
    rf"[小大老]?[A-Z]{{1,3}}(?:同学|某)|[小阿大老][A-Za-z](?![A-Za-z])|[A-Za-z]{{1,4}}\*{{1,2}}|[一-鿿][*＊xX]{{1,2}}[一-鿿]?"
    rf"|某?一?位?(?:某[一-鿿]|姓?[一-鿿]姓|姓[一-鿿])(?:的)?(?:那[位个])?(?:{_PUPIL})|姓[一-鿿]的(?:那[位个])?"
    rf"|(?:学号|座号|考号|编号|尾号)(?:后两位)?(?:是|为)?[:：]?\d{{1,4}}(?:的)?(?:{_PUPIL})?"
    r"|(?:(?:语文|数学|英语|科学|语|数|英|体育)课代表|副?班长|(?:学习|体育|劳动|卫生|纪律|文艺|生活|宣传)委员|[一二三四五六七八\d]组(?:小?组)?长|小队长)"
    rf"|坐(?:在)?[^，。！；\n]{{1,12}}?(?:那[位个](?:{_PUPIL})?|的(?:{_PUPIL}))"
    rf"|第?{_SEAT}[组排列]第?{_SEAT}[桌排座个张](?:的)?(?:那[位个])?(?:{_PUPIL})?|靠[窗墙门][^，。！；\n]{{0,8}}?(?:那[位个]|的)(?:{_PUPIL})?"
    rf"|(?:那个|这个|有个|班里那个|新转?来的(?:那个)?)[^，。！；\n]{{0,8}}?的(?:{_PUPIL})"
)
"""Somebody who is pointed at, not named."""
_STRONG = "涵轩梓浩欣怡桐诺辰泽睿琪萱妍曦懿熙霖玥瑶璇婷珊薇雯倩莉楠彤昊皓鑫淼焱垚磊豪杰俊凯煜晟炜彬瑾瑜璐蕾婧媛婉琳颖娜芳娟敏燕霞玲珂祺奕铭航鹏"
_SOFT = "子雨思佳嘉一宇文明梦诗语若书晓可心雅静雪天博志建家海国小紫安乐云清景少承知沐予亦艺美永元亚丽春秋冬"
_SURNAME = "".join(sorted(name for name in SURNAMES if len(name) == 1))
_EDGE = "、，,：:；;。！\\s\\d"
GIVEN = re.compile(
    rf"(?:[{_SURNAME}])?(?:[{_STRONG}][{_STRONG}{_SOFT}]|[{_SOFT}][{_STRONG}])"
    rf"|(?:(?<=[{_EDGE}])|^)(?![上下今明][午周天])[{_SURNAME}][一-鿿](?=[、:：\d]|$)"
)
"""Given names of these years, and a surname with one character that stands alone."""
_DIGIT = "零〇一幺二两三四五六七八九壹贰叁肆伍陆柒捌玖"
_NUMBERS = re.compile(rf"[\dA-Z]?\d[\d]*(?:\.\d)?[XxO]?|[{_DIGIT}十百拾佰]{{2,24}}|[①②③④⑤⑥⑦⑧⑨⓪]{{2,20}}")
_LIST = re.compile(
    r"(?<=[、，,:：；;])[一-鿿]{2,3}(?=[、，,]N)|(?<=N[、，,])[一-鿿]{2,3}(?=[、，,。；;！]|$)"
)


@dataclass(frozen=True, slots=True)
class Marked:
    """A text with marks for people and numbers.

    Args:
        text: With the marks.
        spans: For each of its characters the stretch of the folded text behind it.
        names: Stretches of the folded text that stand for somebody.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    names: tuple[tuple[int, int], ...]


def marked(line: Folded) -> Marked:
    """Put the marks in."""
    text = line.text
    names = _apart([hit.span() for hit in OTHERWISE.finditer(text)], _people(text))
    names = _apart(names, [hit.span() for hit in GIVEN.finditer(text)])
    numbers = [hit.span() for hit in _NUMBERS.finditer(text)]
    shown, spans = _put(text, names, numbers)
    listed = [hit.span() for hit in _LIST.finditer(shown)]
    more = [(spans[a][0], spans[b - 1][1]) for a, b in listed]
    if more:
        names = _apart(names, more)
        shown, spans = _put(text, names, numbers)
    return Marked(shown, tuple(spans), tuple(names))


def _people(text: str) -> list[tuple[int, int]]:
    return [(one.start, one.end) for one in people_in(text)]


def _apart(first: list[tuple[int, int]], then: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Both, without those of the second that overlap one of the first; in order."""
    free = [(a, b) for a, b in then if all(b <= c or a >= d for c, d in first)]
    return sorted(first + free)


def _put(
    text: str, names: list[tuple[int, int]], numbers: list[tuple[int, int]]
) -> tuple[str, list[tuple[int, int]]]:
    marks = {a: (b, NAME) for a, b in names}
    marks |= {a: (b, _number(text[a:b])) for a, b in _apart(names, numbers) if a not in marks}
    shown: list[str] = []
    spans: list[tuple[int, int]] = []
    at = 0
    while at < len(text):
        end, sign = marks.get(at, (at + 1, text[at].lower()))
        if not sign.isspace() and ord(sign) < 0x10000:
            shown.append(sign)
            spans.append((at, end))
        at = end
    return "".join(shown), spans


def _number(word: str) -> str:
    """A mark for its length: 2 and 3 digits may be marks, 11 a phone, 18 an identity."""
    length = len(word)
    return "0123456789"[length] if length < 8 else "8" if length < 11 else "P" if length < 15 else "I"
