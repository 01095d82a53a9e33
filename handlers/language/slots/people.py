"""Whom a line may name: teachers, families, children. Places only; nobody is looked up here."""

from __future__ import annotations

import re

from handlers.language.names import SURNAMES

Span = tuple[int, int]
RELATIONS = (
    "妈妈|爸爸|奶奶|爷爷|姥姥|姥爷|外婆|外公|姑姑|姑父|姑妈|姨妈|小姨|大姨|姨父|阿姨|叔叔|舅舅|舅妈|伯伯|大伯|婶婶|哥哥|姐姐|表哥|表姐|堂哥|堂姐|保姆|邻居|"
    "家长|家人|老公|老婆|爱人|亲家|太太|先生|阿婆|阿公|嬢嬢|大爷|大娘|老妈|老爸|爹|娘|妈|爸|奶|爷|姑|舅|姨|叔"
)
_RELATION = re.compile(RELATIONS)
_COMPOUND = "|".join(sorted(name for name in SURNAMES if len(name) == 2))
_SINGLE = "".join(sorted(name for name in SURNAMES if len(name) == 1))
_GIVEN = r"[^\W\d_a-zA-Z的了在是和跟给把被不要也都很有用到说问请会能就还又让为得着过这那，。！？、：；]"
_NAME = re.compile(rf"(?:{_COMPOUND}){_GIVEN}{{1,2}}|[{_SINGLE}]{_GIVEN}{{1,2}}|[小阿]{_GIVEN}|({_GIVEN})\1")
_TEACHER = re.compile(
    r"(?:语文|数学|英语|体育|音乐|美术|科学|道法|心理|信息|物理|化学|生物|历史|地理|政治|生活|副班|年级|思政|书法|劳动|保健|咨询|门卫|宿管)(?:课)?老师|"
    rf"(?:{_COMPOUND}|[{_SINGLE}])(?:老师|主任|校长|组长|园长)|班主任|副班主任|年级组长|教导主任|德育主任|校长|校医|心理辅导员|任课老师"
)


def teacher_spans(line: str) -> list[Span]:
    """Teachers by subject, surname or office."""
    return [hit.span() for hit in _TEACHER.finditer(line)]


def relation_spans(line: str) -> list[Span]:
    """Words for relatives."""
    return [hit.span() for hit in _RELATION.finditer(line)]


def name_spans(line: str) -> list[Span]:
    """What may be a child's name: surname and given name, 小 and a character, a character twice."""
    return [hit.span() for hit in _NAME.finditer(line)]
