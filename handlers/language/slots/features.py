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
    chars = "^^^" + "".join(map(_char, said)) + "$$$"
    kinds = "-" + "".join(map(_kind, said)) + "-"
    names = _name_like(said)
    ends = len(said)
    found = []
    for at, (far, head) in enumerate(_places(said)):
        near = chars[at : at + 7]
        seen = "".join(marks[at]) or "-"
        bare = _bare(near, kinds[at : at + 3], seen, names[at], f"h{head}{min(far, 3)}")
        mine = _mine(near, kinds[at : at + 3], seen + names[at], head, (at, ends - at, far))
        found.append(bare + [f"{intent}|{feature}" for feature in mine])
    return found


def _bare(near: str, kinds: str, seen: str, name: str, place: str) -> list[str]:
    """What a character shows whatever the intent."""
    b3, b2, b1, here, n1, n2, n3 = tuple(near)
    bare = [
        f"0{here}", f"-1{b1}", f"-2{b2}", f"1{n1}", f"2{n2}", f"-10{b1}{here}", f"01{here}{n1}", f"-2-1{b2}{b1}", f"12{n1}{n2}", f"-11{b1}{n1}",
        f"-3{b3}{b2}{b1}", f"3{n1}{n2}{n3}", f"k{kinds}", f"m{seen}", f"n{name}", f"mn{seen}{name}", place,
    ]  # fmt: skip
    if here in (n1, b1):
        bare.append("twice" + ("1" if here == n1 else "2"))
    return bare


def _mine(near: str, kinds: str, marked: str, head: str, place: tuple[int, int, int]) -> tuple[str, ...]:
    """What it shows with the intent."""
    _, b2, b1, here, n1, n2, _ = tuple(near)
    begun, left, far = place
    return (
        f"0{here}", f"-1{b1}", f"1{n1}", f"-2-1{b2}{b1}", f"12{n1}{n2}", f"m{marked}", f"d{min(begun, 4)}", f"e{min(left, 3)}",
        f"f{min(far, 2)}", f"k{kinds}", f"h{head}", "",
    )  # fmt: skip


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


def _char(char: str) -> str:
    return "0" if char.isdigit() else _PLAIN.get(char, char)


_PLAIN = {"：": ":", "，": ",", "。": ".", "？": "?", "！": "!", " ": "_"}


def _name_like(said: str) -> list[str]:
    """For every character, whether it and its neighbours may be surname and given name."""
    first = "-" + "".join("s" if char in _SINGLE and char not in _RARE_AS_NAME else "-" for char in said)
    given = "".join("g" if char in _GIVEN else "-" for char in said)
    return [first[at + 1] + given[at : at + 3] + first[at] for at in range(len(said))]
