"""Whom a line is for: a class, a family, or a code that says who writes."""

from __future__ import annotations

import re

_CN = "一二三四五六七八九"
_CLASS = rf"(?:[{_CN}](?:年级|年)?[（(]\s*\d{{1,2}}\s*[）)]\s*班?|[{_CN}\d](?:年级|年)[{_CN}十\d]{{1,2}}班|[{_CN}]\d{{1,2}}班|[1-9]0\d班?(?!\d)|\d{{1,2}}班)"
_LEAD = re.compile(
    rf"^(?:给|在|往|请给|把)?(?P<names>{_CLASS}(?:\s*[、和跟，,]\s*{_CLASS})*)(?:都)?(?P<after>的|[：:，, \n]+|(?=[^\d的班]))"
)
_TRAIL = re.compile(rf"(?<![，, （(])[，, （(]++(?P<names>{_CLASS}(?: ?[、和] ?{_CLASS})*+)(?:的)?[）)]?$")
_ONE = re.compile(_CLASS)
_ALL = re.compile(
    r"^(?:给|在)?(?:这)?(?:[两三四五]个|几个|每个|所有|各|全部)班(?:级)?(?:都)?(?:的|[：:，, \n]+|(?=.))"
)
_ROOM = re.compile(r"^[1-9]0\d(?!班)")


def class_mentions(line: str) -> tuple[dict[str, str], str]:
    """Classes a line is for, at its beginning or end, and the line without them.

    Returns:
        ``{"class": "三(2)班"}`` (several joined by ``|``; ``*`` for all of the teacher's classes) or an
        empty mapping, and the rest. Room numbers (302室) and times are no classes.
    """
    found = _ALL.match(line)
    if found and found.end() < len(line):
        return {"class": "*"}, line[found.end() :].strip()
    for pattern in (_LEAD, _TRAIL):
        found = pattern.search(line)
        if found and _is_class(line, found):
            rest = (line[: found.start()] + line[found.end() :]).strip()
            if rest:
                return {
                    "class": "|".join(name.replace(" ", "") for name in _ONE.findall(found["names"]))
                }, rest
    return {}, line


def _is_class(line: str, found: re.Match[str]) -> bool:
    names = found["names"]
    return "班" in names or "(" in names or "（" in names or not _ROOM.match(names)


_RELATION = r"妈妈|爸爸|奶奶|爷爷|姥姥|姥爷|外婆|外公|姑姑|姑妈|阿姨|叔叔|舅舅|伯伯|哥哥|姐姐|家长|妈|爸"
_TO_NUMBER = re.compile(
    r"(?:请)?(?:回复|回一下|回)\s*(?P<number>[1-9]\d{3}|\d{1,3})(?!\d|[:：]\d|[点月日号人年班条个])\s*[：:，, ]*(?P<content>.*)",
    re.DOTALL,
)
_TO = re.compile(
    rf"(?:请|帮我|麻烦)?(?P<verb>回复|回一?下|回|转告|转给|告诉|告知|通知|跟|和|给|发给|对|私信)\s*"
    rf"(?:(?P<of>{_CLASS})\s*的?)?(?P<child>[^\s，,：:。？?！!\d]{{1,8}}?)(?:的|同学)?(?:他)?(?P<relation>{_RELATION})"
    rf"(?:说一?声|说一下|说|讲|回复|带句话|带个话)?(?P<gap>\s*[：:，,]\s*|\s+|)(?P<content>.*)",
    re.DOTALL,
)
_TO_NAMED = re.compile(
    rf"@?(?:(?P<of>{_CLASS})\s*的?)?(?!表扬|表杨|提醒|通知|要闻|感谢|谢谢|请|夸|点赞)"
    rf"(?P<child>[^\s，,：:。？?！!\d@和、跟与说是的]{{1,4}}?)(?P<relation>{_RELATION})\s*[：:]\s*(?P<content>.+)",
    re.DOTALL,
)
_SAYS = re.compile(r"(?:说一?声|说一下|说|讲|带句话|带个话)$")


def addressed(line: str) -> dict[str, str] | None:
    """Words for one family: 「回复小明妈妈：好的」, 「跟豆豆爸爸说我明早打电话」, 「回复 3 好的」.

    Returns:
        ``number`` or ``child`` and ``relation``, and ``content`` (missing when nothing is said yet);
        None when the line is for nobody in particular.
    """
    found = _TO_NUMBER.fullmatch(line)
    if found:
        return _filled({"number": found["number"], "content": found["content"].strip()})
    found = _TO.fullmatch(line)
    if found is None or not _clear(found):
        found = _TO_NAMED.fullmatch(line)
    if found is None:
        return None
    child = "" if found["child"] in ("各位", "全体", "所有", "各", "大家", "请") else found["child"]
    if not child:
        return None
    return _filled(
        {
            "child": child,
            "relation": found["relation"],
            "content": found["content"].strip(" ：:，,"),
            "class": (found["of"] or "").replace(" ", ""),
        }
    )


def _clear(found: re.Match[str]) -> bool:
    """「给小明妈妈」 alone, a colon, a gap or 说 make it clear; 「和小明妈妈约好了」 does not."""
    if not found["content"]:
        return found["verb"] not in ("跟", "和", "对", "给")
    said = _SAYS.search(found.string[: found.start("gap")]) is not None
    strong = found["verb"] in ("回复", "转告", "告诉", "告知", "转给", "发给", "私信", "回", "回一下", "回下")
    return (
        said or bool(found["gap"].strip(" ")) or (strong and (found["gap"] != "" or found["verb"] == "告诉"))
    )


def _filled(slots: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in slots.items() if value}


_DIGITS8 = re.compile(r"(?<!\d)(\d{4})[ -]?(\d{4})(?!\d)")
_SAYS_CODE = re.compile(r"绑定|邀请码|验证码|绑定码|激活码|我的码|码是|班级码")
_BARE = re.compile(r"\d[\d -]{4,10}\d")
_ANY_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{4,12}(?![0-9A-Za-z])")


def code_in(line: str) -> str | None:
    """A binding code as digits; something that is meant as one but cannot be, as written.

    Returns:
        The eight digits, a wrong code as typed, an empty string when somebody wants to bind without
        naming a code, or None.
    """
    if len(line) > 40:
        return None
    says = _SAYS_CODE.search(line) is not None
    found = _DIGITS8.search(line)
    if found and (says or len(line) - len(found[0]) <= 6):
        return found[1] + found[2]
    if _BARE.fullmatch(line) and 5 <= len(re.sub(r"[ -]", "", line)) <= 10:
        return re.sub(r"[ -]", "", line)
    if not says:
        return None
    other = _ANY_CODE.search(line)
    if other:
        return other[0]
    return (
        "" if "绑定" in line and len(line) <= 12 and not re.search(r"谁|哪|几|没绑|未绑|多少", line) else None
    )
