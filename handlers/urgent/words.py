"""The words that point at somebody of the school as the doer."""

from __future__ import annotations

import re

CLASS_TEACHER, TEACHER = "班主任", "老师"
TITLE = re.compile(r"(?:老师|教练|主任|校长)$")
_DEED = (
    r"打|扇|踢|踹|掐|揍|摸|抱|亲|搂|骂|罚|殴|虐|猥亵|性侵|骚扰|推|揪|拧|抽|锁|关|逼|威胁|"
    r"侮辱|羞辱|欺负|动手|脱|拍"
)
# Between the teacher and the deed stands nobody else who could be the doer, and no comma.
_GAP = r"(?:(?![爸妈爷奶被让给叔舅姨姑]|同学|继父|后[爸妈]|有人|别人|[，,。！!？?：:\s]).){0,8}?"
_WHO = r"(?P<who>班主任|(?:[一-鿿]{1,2})?(?:老师|教练|主任|校长))"
DOES = re.compile(rf"{_WHO}{_GAP}(?:{_DEED})")
BY = re.compile(rf"被{_WHO}")
