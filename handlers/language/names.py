"""Whose name was said: the roster's exact name, its short form, the same sound, or one close to it.

Only the first two may be acted on. Names that merely sound alike or are close are offered, never picked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

How = Literal["exact", "short", "sound", "close", "none"]

_TWO = "欧阳 上官 司马 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 长孙 宇文 轩辕 夏侯 司空 南宫 独孤 百里 端木 钟离 申屠 呼延 赫连 完颜 拓跋 澹台 公羊 濮阳 淳于 太史 闻人 西门 东郭 万俟 闾丘 单于 鲜于 仲孙 亓官 第五"
_ONE = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付傅方邹熊白孟秦邱侯江尹薛闫阎雷龙史陶贺毛段郝顾龚邵覃武钱戴严莫孔向常汤康易乔赖文"
    "牛樊葛邢安齐伍庞颜倪庄聂章鲁岳翟申詹欧耿关焦柳祝左甘毕柴俞包宁尚舒阮纪梅童凌霍辛管成苗涂裴骆席卫曲翁艾游靳路项季盛穆屈盖单车解查朴仇区缪缪晏阳闵宫甄卓蒙娄简涂池饶米井冷花房时符裘柏明仲丛卞苟褚应费柯寇戚古商鲍边窦桂麻党师冉"
    "巩殷全楼慕佟牟郎景薄宗滕晋蔺储刁芦利连初揭占植艾占邸巴原宿藏鄢候邝满奚桑凤幸喻佘敖黎修牧保伊封苑厉阴仝逯谷原臧揣仉"
)
SURNAMES = frozenset(_TWO.split(" ")) | frozenset(_ONE)
_ODD = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "朴": "piao", "区": "ou", "盖": "ge", "缪": "miao", "翟": "zhai", "尉迟": "yuchi", "长孙": "zhangsun",
    "万俟": "moqi", "单于": "chanyu", "冼": "xian", "洗": "xian", "乐": "yue", "折": "she", "黑": "he", "秘": "bi", "员": "yun", "宓": "mi", "种": "chong", "晟": "cheng", "覃": "qin",
}  # fmt: skip
"""Surnames read otherwise than the character alone."""

_BLURRED = (
    ("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"), ("l", "n"), ("r", "n"), ("hu", "fu"),
)  # fmt: skip
"""What many speakers, and phones that listen to them, do not tell apart."""


@dataclass(frozen=True, slots=True)
class Match:
    """Who may be meant.

    Args:
        how: The best way in which anybody matched.
        hits: Positions in the roster that matched in that way.
    """

    how: How
    hits: tuple[int, ...] = ()

    @property
    def sure(self) -> int | None:
        """The one who is certainly meant; None: ask, or nobody."""
        return self.hits[0] if self.how in ("exact", "short") and len(self.hits) == 1 else None


def match(said: str, roster: Sequence[str]) -> Match:
    """Look a name up.

    Args:
        said: As written, without relation or title.
        roster: Full names.

    Returns:
        The strongest kind of match with everybody who matches in it; two hits mean asking.
    """
    said = said.replace(" ", "")
    if not said:
        return Match("none")
    tests = (("exact", _exact), ("short", _short), ("sound", _sounds), ("close", _close))
    for how, test in tests:
        hits = tuple(at for at, name in enumerate(roster) if test(said, name))
        if hits:
            return Match(how, hits)  # type: ignore[arg-type]  # the literals above
    return Match("none")


def split(name: str) -> tuple[str, str]:
    """Surname and given name; a name without a known surname is all given name."""
    if name[:2] in SURNAMES and len(name) > 2:
        return name[:2], name[2:]
    if name[:1] in SURNAMES and len(name) > 1:
        return name[:1], name[1:]
    return "", name


def sound(name: str) -> str:
    """How a name is read, without tones: ``lin xiao man``."""
    surname, given = split(name)
    first = [_ODD.get(surname) or " ".join(_reading(char) for char in surname)] if surname else []
    return " ".join(first + [_reading(char) for char in given])


def _exact(said: str, name: str) -> bool:
    return said == name


def _short(said: str, name: str) -> bool:
    surname, given = split(name)
    return len(said) >= 2 and bool(surname) and said == given


def _sounds(said: str, name: str) -> bool:
    _, given = split(name)
    key = sound(said)
    return key == sound(name) or (len(said) >= 2 and key in {sound(given), " ".join(map(_reading, given))})


def _close(said: str, name: str) -> bool:
    """Nearly the same sound, one character of three wrong, or a pet name: 满满, 小伟."""
    _, given = split(name)
    if len(said) == 2 and (said[0] == said[1] or said[0] in "小阿") and said[1] in given:
        return True
    if len(said) >= 2 and _blurred(sound(said)) in {_blurred(sound(name)), _blurred(sound(given))}:
        return True
    return (
        len(said) >= 3
        and len(said) == len(name)
        and sum(a != b for a, b in zip(said, name, strict=True)) == 1
    )


def _blurred(key: str) -> str:
    for clear, vague in _BLURRED:
        key = re.sub(rf"\b{clear}|{clear}\b" if len(clear) > 1 else rf"\b{clear}", vague, key)
    return key


def _reading(char: str) -> str:
    return _sounds_of().get(char, char)


@cache
def _sounds_of() -> dict[str, str]:
    """Character → reading, for the characters of names; made with pypinyin, which costs 55 MB at run time."""
    table: dict[str, str] = {}
    text = Path(__file__).with_name("sounds.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        reading, _, chars = line.partition(" ")
        table |= dict.fromkeys(chars, reading)
    return table
