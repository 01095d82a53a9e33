"""The minimal guard: identity numbers, phone numbers, score lists, ranks. Pure and linear."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from handlers.language.clean import fold

Role = Literal["teacher", "parent"]
Decision = Literal["allow", "warn", "block"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard says.

    Args:
        verdict: ``block`` must not be posted as it is, ``warn`` is for the sender to decide.
        rule: ``id_number``, ``phone_number``, ``no_score_list``, ``no_ranking`` or ``none``.
        words: The words that caused it, as written.
    """

    verdict: Decision
    rule: str
    words: tuple[str, ...] = ()


ALLOWED = Verdict("allow", "none")

_ID = re.compile(
    r"(?<![0-9A-Za-z])\d{6}[ -]?(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[ -]?\d{3}[\dXx](?![0-9A-Za-z])"
)
_OLD_ID = re.compile(r"(?<!\d)[1-6]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[- ]?[2-9]\d{6,7}(?!\d)")
_SAID_PHONE = re.compile(r"(?:电话|手机|手机号|联系方式|微信|Tel|tel|TEL)[^\d\n]{0,6}(?P<n>\d{6,12})(?!\d)")
_EXAM = re.compile(r"考|成绩|分数|得分|测验|测试|单元测|期中|期末|月考|小测|听写")
_SUBJECT = re.compile(
    r"(?:语文|数学|英语|科学|道法|物理|化学|总分)\s*(?:考|得)?了?[:：]?\s*\d{2,3}(?:\.5)?(?!\d|\s*(?:页|题|课|字|遍|个|道|分钟|本|班|[点:：月号年元]))"
)
_GOT = re.compile(
    r"(?:考|得|考试|测验|听写)了?\s*(?P<n>\d{1,3}(?:\.5)?)\s*分(?!钟|享)|\d{2,3}(?:\.5)?\s*分(?!钟|享|之|数线|组|区)(?:以上|以下)"
)
_BAND = re.compile(
    r"\d{2,3}\s*分?\s*(?:以上|以下)(?:的)?(?:有|是|同学|：|:)|不及格|满分的?(?:有|是|同学)|(?:最高|最低|平均)分"
)
_PAIR = re.compile(
    r"(?P<name>[一-鿿]{2,4}|[A-Za-z]{2,4})\s*[:：]?\s*(?P<n>\d{2,3}(?:\.5)?)(?!\d|\s*[-–—~～至到:：.、)）]|\s*"
    r"(?:[月日号点时元块人年班楼室路页本个支条名遍岁米级届站度秒次天周期楼栋层%％]|分钟|公里|厘米|毫升))"
)
_NOT_NAME = re.compile(
    r"共|有|约|第|近|到|至|于|超|达|电|号|路|楼|室|班|课|页|座|位|费|价|早|晚|午|上|下|前|后|带|交|每|各|只|就|才|在|是|用|要|需|请"
)
_RANK = re.compile(
    r"倒数第?|排名|名次|排行榜|第\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*名|前[三五十]\s*名?|班级?第[一二三]|年级第[一二三]"
)
_PLAIN_RANK = re.compile(
    r"倒数第[一二三四五六七八九十\d]{0,2}|(?:成绩|考试|分数|学习|学生|同学|班级|年级)的?(?:排名|名次|排行)|(?:排名|名次)(?:表|榜|单)|按名次|按成绩排"
)
_SPORT = re.compile(r"运动会|比赛|接力|拔河|跳绳|跑|足球|篮球|合唱|大赛|竞赛|艺术节|广播操|队")


def check(text: str, role: Role) -> Verdict:
    """Look at what would be posted.

    Args:
        text: The words, any length.
        role: Who wants to say it; for this first form the rules are the same for both.

    Returns:
        The first rule that is broken, hardest first.
    """
    line = fold(text)
    for rule, look in (
        ("id_number", _ids),
        ("phone_number", _phones),
        ("no_ranking", _ranks),
        ("no_score_list", _scores),
    ):
        words = look(line)
        if words:
            return Verdict("block", rule, words)
    return ALLOWED


def _ids(line: str) -> tuple[str, ...]:
    return tuple(found[0] for pattern in (_ID, _OLD_ID) for found in pattern.finditer(line))


def _phones(line: str) -> tuple[str, ...]:
    found = [hit[0] for pattern in (_MOBILE, _LANDLINE) for hit in pattern.finditer(line)]
    return tuple(found) or tuple(hit["n"] for hit in _SAID_PHONE.finditer(line) if not _public(hit["n"]))


def _public(number: str) -> bool:
    """Help lines everybody may be told."""
    return number.startswith(("400", "800", "123", "95", "96"))


def _ranks(line: str) -> tuple[str, ...]:
    plain = _PLAIN_RANK.search(line)
    if plain:
        return (plain[0],)
    found = _RANK.search(line)
    if found and _EXAM.search(line) and not _SPORT.search(line):
        return (found[0],)
    return ()


def _scores(line: str) -> tuple[str, ...]:
    single = [hit[0] for pattern in (_SUBJECT, _GOT, _BAND) for hit in pattern.finditer(line)]
    if single:
        return tuple(single)
    pairs = [
        hit
        for hit in _PAIR.finditer(line)
        if not _NOT_NAME.search(hit["name"]) and 20 <= float(hit["n"]) <= 150
    ]
    exam = _EXAM.search(line) is not None
    if len(pairs) >= (2 if exam else 3):
        return tuple(hit[0] for hit in pairs)
    return ()
