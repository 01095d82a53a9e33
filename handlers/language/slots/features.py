"""What a character and its neighbours tell about the slot it stands in; the same when learning and when reading."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handlers.language.names import SURNAMES
from handlers.language.slots import people

_SINGLE = frozenset(name for name in SURNAMES if len(name) == 1)
_RARE_AS_NAME = frozenset("在是于和向都常时任应单成解万明支全管相计易方有花后周安高温平经严连关古")
_DATE = re.compile(
    r"(?:[今明昨后前](?:天|日|早|晚|儿个?)|大[后前]天|(?:[这本上下每]{0,2}个?)(?:周|星期|礼拜)[一二三四五六日天末]?|周末|[上中下]午|早上|晚上|中午|傍晚|放学[后前]?|"
    r"\d{1,2}[:：]\d{2}|[\d一二三四五六七八九十两半]{1,4}(?:点[半钟整]?|[月号日天周刻年]|分钟|小时|个小时|个钟)|月底|学期|寒假|暑假|国庆|元旦)"
)
_GIVEN = frozenset(
    "子梓涵轩宇浩然欣怡诗雨晨曦一诺佳思语嘉俊杰睿博文泽昊天航宁静雅琪瑶萱妍婷雪梅丽芳娟敏强伟磊军勇涛鹏飞龙凯明辉鑫斌亮超玲霞红艳燕英华玉兰秀珍桂琳璐瑞恒铭哲皓煜霖森林洋海波峰岳川云霄星辰阳光熙旭东晓小大可乐果豆安圆朵米糖桐若汐沐悦彤心妙"
    "娜莹蕾薇菲萌依婉清灵慧颖洁冰晶莎娇倩淑惠贞仪蓉君凝雁青墨书雯韵初夏秋冬春念北辰知远景行承志家豪国建平新民富贵福寿康健荣昌盛茂立达毅坚刚正义信礼智仁孝忠良善美好学成功胜利威武雄壮帆扬羽翔鹤凤麟彦霆奕"
)


def of(intent: str, said: str) -> list[list[str]]:
    """For every character of a simplified line the names of its features."""
    marks = _marks(said)
    starts = list(_places(said))
    return [_at(intent, said, at, marks, starts[at]) for at in range(len(said))]


def _marks(said: str) -> list[list[str]]:
    """What the dictionaries see: teachers, families, names, days."""
    found: list[list[str]] = [[] for _ in said]
    for kind, pieces in (
        ("T", people.teacher_spans(said)),
        ("R", people.relation_spans(said)),
        ("N", people.name_spans(said)),
        ("D", (hit.span() for hit in _DATE.finditer(said))),
    ):
        for begin, end in pieces:
            for at in range(begin, end):
                found[at].append(kind + ("b" if at == begin else "i"))
            if end < len(said):
                found[end].append(kind + "e")
    return found


def _places(said: str) -> Iterator[tuple[int, str]]:
    """How far each character is from the beginning of its clause, and how that clause begins."""
    begin = 0
    for at, char in enumerate(said):
        if at and _kind(said[at - 1]) in "ps" and _kind(char) not in "ps":
            begin = at
        yield at - begin, said[begin : begin + 2]


def _kind(char: str) -> str:
    if "一" <= char <= "鿿":
        return "h"
    if char.isdigit():
        return "d"
    if char.isspace():
        return "s"
    return "a" if char.isalpha() else "p"


def _char(said: str, at: int) -> str:
    if at < 0:
        return "^"
    if at >= len(said):
        return "$"
    char = said[at]
    return (
        "0"
        if char.isdigit()
        else {"：": ":", "，": ",", "。": ".", "？": "?", "！": "!", " ": "_"}.get(char, char)
    )


def _at(intent: str, said: str, at: int, marks: list[list[str]], place: tuple[int, str]) -> list[str]:
    b3, b2, b1, here, n1, n2 = (_char(said, at + step) for step in range(-3, 3))
    n3 = _char(said, at + 3)
    far, head = place
    seen = "".join(marks[at]) or "-"
    name = _name_like(said, at)
    bare = [
        f"0{here}", f"-1{b1}", f"-2{b2}", f"1{n1}", f"2{n2}", f"-10{b1}{here}", f"01{here}{n1}", f"-2-1{b2}{b1}", f"12{n1}{n2}", f"-11{b1}{n1}",
        f"-3{b3}{b2}{b1}", f"3{n1}{n2}{n3}", f"k{_kinds(said, at)}", f"m{seen}", f"n{name}", f"mn{seen}{name}", f"h{head}{min(far, 3)}",
    ]  # fmt: skip
    if here in (n1, b1):
        bare.append("twice" + ("1" if here == n1 else "2"))
    mine = [
        f"0{here}", f"-1{b1}", f"1{n1}", f"-2-1{b2}{b1}", f"12{n1}{n2}", f"m{seen}{name}", f"d{min(at, 4)}", f"e{min(len(said) - at, 3)}",
        f"f{min(far, 2)}", f"k{_kinds(said, at)}", f"h{head}", "",
    ]  # fmt: skip
    return bare + [f"{intent}|{feature}" for feature in mine]


def _kinds(said: str, at: int) -> str:
    return "".join(_kind(said[i]) if 0 <= i < len(said) else "-" for i in (at - 1, at, at + 1))


def _name_like(said: str, at: int) -> str:
    """Whether the characters may be surname and given name."""
    char = said[at]
    first = "s" if char in _SINGLE and char not in _RARE_AS_NAME else "-"
    after = "".join("g" if said[i : i + 1] in _GIVEN else "-" for i in (at, at + 1, at + 2) if i < len(said))
    before = "s" if at and said[at - 1] in _SINGLE and said[at - 1] not in _RARE_AS_NAME else "-"
    return first + after + before
