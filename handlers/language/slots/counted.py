"""Numbers a line names: which entry, how many, how long."""

from __future__ import annotations

import re

from handlers.language.dates.numbers import NUMBER, number

_N = NUMBER
NUMBERS: dict[str, str] = {
    "index": rf"(?<![周期拜那这两最\d])第?({_N})(?:条|个|项|题|号|则|句|点(?!\d)|$|[，,、：: ]|(?=改|不要|删|那|回|悄|答|写|换|去))",
    "item": rf"(?:第|^|备忘录?)({_N})(?:条|项|个|点|句|题|款|(?=改))",
    "option": rf"第?({_N})(?:个|项|号(?!楼)|吧|$|[，,。 ])",
    "count": rf"({_N})\s?(?:个|名|位|人|家|户|份)",
    "capacity": rf"(?:限|最多|每次|一次|名额|上限|由[一-鿿\d]{{1,2}}改为|加到)[^，,。\d]{{0,6}}?({_N})\s?(?:个|名|位|人|家|户|场)?(?![点号日月:：半小])"
    rf"|(?:放|开|各|收|接|共|留|缩)[^，,。\d]{{0,6}}?({_N})\s?(?:个(?!时|小)|名|位|人|家|户)",
    "max_per_day": rf"(?:一天|每天|每日|单日|当天|一日)[^，,。\d]{{0,8}}?({_N})\s?(?:家|个|场|位|次|户)?",
    "questions": rf"({_N})\s?(?:道|个|题|问)",
    "attempt": rf"(?:第({_N})次|({_N})\s?(?:次|遍|个电话|回|个))",
    "day": rf"(?:第|D|d|day ?)\s?({_N})\s?(?:天|日)?",
    "children": rf"({_N}|俩|双|三)\s?(?:个|胞胎)?(?:孩子|娃|宝|都|胞胎)",
    "max_chars": r"([\d一二两三四五六七八九十百]{1,5})\s?(?:个)?字|(?:控制在|压到|不超过|限)\s?(\d{2,3})",
    "rating": rf"({_N})\s?(?:分|星|颗星)",
    "minutes": rf"(半|一|{_N}|\d{{3}})\s?(?:个)?(?:小时|分钟|刻钟|钟头)",
    "duration_min": r"(?!)",
    "buffer_min": rf"(?:间隔|隔|中间|留|空|缓冲|路上)[^，,。\d]{{0,6}}?(半|{_N})\s?(?:个)?(?:分钟|小时|刻钟|刻|分)",
    "chapters": rf"第?({_N}(?:\s?[-到至、~]\s?第?{_N})?)\s?章",
}


def counted(intent: str, name: str, line: str) -> object | None:
    if name == "index" and re.search(r"最后(?:的)?一[条个句项]", line):
        return -1
    if name == "index" and intent in ("remove_item", "anonymous_merge"):
        many = [
            value
            for hit in re.finditer(rf"(?<![\d年月])({_N})(?!月|点|号线|年级|[起回个样次并块模])", line)
            if (value := number(hit[1])) is not None
        ]
        if intent == "anonymous_merge" and len(many) > 1:
            return many
        if re.search(rf"第?{_N}条?\s?[、和跟，,]\s?第?{_N}", line) and len(many) > 1:
            return many
    if name == "rating" and intent == "survey_answer":
        word = re.search(r"非常满意|很满意|不满意|基本满意|比较满意|满意|一般|还行|很好|挺好", line)
        if word:
            return word[0]
    found = re.search(NUMBERS[name], line)
    if found is None:
        return None
    return _value(name, next(group for group in found.groups() if group), found[0])


def _value(name: str, word: str, whole: str) -> object | None:
    if name == "chapters":
        return re.sub(
            r"[到至、~\s]+", "-", re.sub(_N, lambda hit: str(number(hit[0])), word.replace("第", ""))
        )
    if name == "max_chars":
        return _hundreds(word)
    if name in ("minutes", "buffer_min"):
        count = 0.5 if word == "半" else float(number(word) or 0)
        return int(count * (60 if "小时" in whole or "钟头" in whole else 15 if "刻" in whole else 1)) or None
    if name == "children":
        return {"俩": 2, "双": 2, "三": 3}.get(word, number(word))
    return number(word)


def _hundreds(word: str) -> int | None:
    if "百" not in word:
        return number(word)
    head, _, tail = word.partition("百")
    rest = (number(tail) or 0) * (10 if len(tail) == 1 else 1) if tail else 0
    return (number(head) or 1) * 100 + rest


def progress(line: str) -> str | None:
    """How often or how long something was kept up: 「五天」 as 5天."""
    part = re.search(rf"({_N})条里的?({_N})条", line)
    if part:
        return f"{number(part[2])}/{number(part[1])}"
    found = re.search(rf"({_N}|\d{{3}})\s?(次|天|回|遍|个|分钟|页|晚)", line)
    if found is None or number(found[1]) is None:
        return None
    return f"{number(found[1])}{ {'回': '次', '遍': '次', '晚': '天'}.get(found[2], found[2]) }"
