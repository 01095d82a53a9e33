"""What a line means: an intent and its slots, by compiled patterns, in linear time.

Only clear commands get an intent of their own. Everything else is ``unclear``: for a parent that
is a message to the teacher, for a teacher a question back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from handlers.language import notes, times
from handlers.language.clean import clean, fold
from handlers.language.commands import COMMANDS, digest_times
from handlers.language.people import addressed, class_mentions, code_in
from handlers.language.urgency import RED, Danger


@dataclass(frozen=True, slots=True)
class Reading:
    """An understood line.

    Args:
        raw: The words as they came.
        clean: Folded, without @name, class, greeting and thanks.
        intent: The fine meaning; ``unclear`` when it is none of them for sure.
        slots: What it names, as written: ``class`` (several joined by ``|``, ``*`` for all), ``date``,
            ``time``, ``index``, ``keyword``, ``content``, ``child``, ``relation``, ``number``, ``code``, …
        like: What it is most like where nothing acts on that: it only weighs; empty where that is unsure.
        danger: What in the words cannot wait, if words of danger say so.
    """

    raw: str
    clean: str
    intent: str
    slots: dict[str, str] = field(default_factory=dict)
    like: str = ""
    danger: Danger | None = None

    @property
    def red(self) -> bool:
        """Whether somebody may be in danger: by the words, or by what they are most like."""
        return self.danger is not None or self.like in RED


_GONE_BEFORE = "去掉|删掉|删除|删了|删|拿掉|撤掉"
_GONE_BEHIND = r"(?:给我)?(?:删(?:掉|了|除)?|去掉|不要|撤掉|撤了|拿掉|划掉)(?:了|吧|掉)*"
_Reader = Callable[[str], tuple[str, dict[str, str]] | None]
_END = re.compile(r"[。.！!～~，, ]+$")


def read(text: str) -> Reading:
    """Understand one line.

    Args:
        text: As it came, any length; understood by its first 2 000 characters.

    Returns:
        A reading; never raises.
    """
    folded = fold(text)
    # Words for a family go out as they were said, so its reader sees the thanks at their end.
    to_family = addressed(folded)
    if to_family is not None:
        return Reading(text, folded, "reply_parent", to_family)
    classes, body = class_mentions(clean(folded))
    for reader in _READERS:
        found = reader(_END.sub("", body) or body)
        if found is not None:
            intent, slots = found
            return Reading(text, body, intent, slots | classes)
    return Reading(text, body, "unclear", classes)


def _code(line: str) -> tuple[str, dict[str, str]] | None:
    code = code_in(line)
    return None if code is None else ("bind_child", {"code": code})


def _command(line: str) -> tuple[str, dict[str, str]] | None:
    for intent, pattern in COMMANDS:
        found = pattern.fullmatch(line)
        if found:
            return intent, {name: value for name, value in found.groupdict().items() if value}
    return None


_SECTIONS = {"要闻": "news", "表扬": "praise", "提醒": "reminder"}
_SECTION = re.compile(
    rf"(?:请)?(?:{_GONE_BEFORE})(?:今天的)?(?:全部|所有|整个)?(?:的)?(?P<before>要闻|表扬|提醒)(?:那?部分|那?一栏|那几条)?(?:吧|了)?"
    rf"|(?:请)?(?:把|将)?(?:今天的)?(?:全部|所有)?(?:的)?(?P<behind>要闻|表扬|提醒)(?:那?部分|那?一栏|那几条)?(?:都|全部?|统统){{0,2}}{_GONE_BEHIND}"
)
_NUMBER = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,3})"
_SEVERAL = re.compile(
    rf"(?:请)?(?:把|将)?(?:{_GONE_BEFORE})?(?P<them>第?{_NUMBER}条?(?:[、和跟与，, ]+第?{_NUMBER}条?)*[、和跟与，, ]+第?{_NUMBER}条?)(?:都)?(?P<gone>{_GONE_BEHIND})?"
)


def _many(line: str) -> tuple[str, dict[str, str]] | None:
    """Several notes at once, or a whole section: 「第2、3条不要」, 「去掉表扬」."""
    section = _SECTION.fullmatch(line)
    if section is not None:
        return "remove_item", {"section": _SECTIONS[section["before"] or section["behind"]]}
    several = _SEVERAL.fullmatch(line)
    if several is None or not (several["gone"] or re.match(rf"(?:请)?(?:把|将)?(?:{_GONE_BEFORE})", line)):
        return None
    numbers = [times.number_of(one) for one in re.findall(_NUMBER, several["them"])]
    if "条" not in several["them"] or any(one is None for one in numbers):
        return None
    return "remove_item", {"indexes": " ".join(dict.fromkeys(map(str, numbers)))}


def _edit(line: str) -> tuple[str, dict[str, str]] | None:
    for intent, pattern in _EDITS:
        found = pattern.fullmatch(line)
        if found:
            slots = {name: value.strip() for name, value in found.groupdict().items() if value}
            if "index" in slots:
                number = times.number_of(slots["index"])
                if number is None:
                    return None
                slots["index"] = str(number)
            slots["last"] = slots.pop("last1", "") or slots.pop("last2", "")
            return intent, {name: value for name, value in slots.items() if value}
    return None


_TARGET = (
    r"(?:第?(?P<index>\d{1,2}|[一二两三四五六七八九十]{1,3})[条个]|(?P<last1>(?:刚才|刚刚|上面|最后)?(?:的)?(?:那|这|上|最后)一?条|刚才说的|刚才的)"
    r"|(?:关于)?(?P<keyword>[^，,。：:？?\n]{1,12}?)(?:的)?(?:那|这)一?条)"
)
_GONE = r"(?:给我)?(?:都)?(?:删(?:掉|了|除)?|去掉|不要|取消|撤掉|撤了|撤回|拿掉|划掉)(?:了|吧|掉)*"
_EDITS = (
    (
        "edit_item",
        re.compile(
            rf"(?:把|将|请把)?{_TARGET}[，, ]*(?:内容)?(?:改成|改为|换成|修改为|修改成|应该是|写成)[：:，, ]*(?P<content>.+)",
            re.DOTALL,
        ),
    ),
    ("remove_item", re.compile(rf"(?:请)?(?:把|将)?{_TARGET}[，, ]*{_GONE}")),
    ("remove_item", re.compile(r"(?:请)?(?:删|删掉|删除|去掉) ?(?P<index>\d{1,2})(?:号|了|吧)?")),
    (
        "remove_item",
        re.compile(
            r"(?:请)?(?:删掉|删除|删了|删|去掉|取消|撤掉|撤回|不要)(?:一下)?"
            + _TARGET.replace("last1", "last2")
            + r"(?:吧|了)?"
        ),
    ),
)


def _digest_clock(line: str) -> tuple[str, dict[str, str]] | None:
    found = digest_times(line)
    return None if found is None else ("schedule_digest", found)


def _ask(line: str) -> tuple[str, dict[str, str]] | None:
    if len(line) > 60:
        return None
    if _ASK_THINGS.search(line) and not _TAKE_CHILD.search(line):
        return "ask_reminder", {"date": times.day_slot(line) or "D+1"}
    if _ASK_DIGEST.search(line):
        return "ask_digest", {"date": times.day_slot(line) or "D+0"}
    return None


_TAKE_CHILD = re.compile(r"带(?:着|上)?(?:孩子|娃|他|她|小孩|宝宝|女儿|儿子)|带病|带药")
_WHEN = r"(?:明天|明早|明日|后天|今天|今日|大后天|下{0,2}(?:个)?(?:周|星期|礼拜)[一二三四五六日天])"
_ASK_THINGS = re.compile(
    rf"{_WHEN}[^。！!？?\n]{{0,14}}(?:带|代(?!课|理|表|替|管|收)|戴|穿|准备|交)[^。！!？?\n]{{0,10}}(?:什么|啥|哪些|吗|么|没有|还是|[？?])"
    rf"|^(?:请问|问一?下|想问一?下)?(?:孩子|我们|需要|都|要)?(?:要|需要|得|该)?(?:带|代|戴|穿|准备)(?:些|点)?(?:什么|啥|哪些)(?:东西|衣服|材料|去学校|呢|呀|啊)?[？?]?$"
    rf"|{_WHEN}[^。！!？?\n]{{0,8}}(?:要不要|用不用|需不需要|需要)(?:带|代(?!课|理|表|替|管|收)|戴|穿|准备)|{_WHEN}有(?:什么|啥)(?:要|需要)?(?:注意|准备|带|提醒|安排|事)"
)
_ASK_DIGEST = re.compile(
    r"(?:速递|小结)[^。！!\n]{0,10}(?:发我|给我|再发|再来|一遍|在哪|哪里|怎么看|看不到|没看到|没收到|找不到|发了吗|发了没|有吗|呢|吗)"
    r"|(?:看一?下|看看|想看|补发|重新发|再发|发我|要)(?:一下|一遍|一份)?(?:我)?(?:昨天|今天|前天|今日|昨日|周.)(?:的)?(?:班级|每日)?(?:速递|小结)"
)


_OF_HOURS = re.compile(
    r"(?:不|没空|没时间|没法|只)[^，,。！!？?]{0,12}?(?:看|回复?|答复)(?:家长)?(?:的)?(?:留言|消息|家长)|答复(?:时段|时间)"
)
"""When the teacher answers is no news for the class: 「明天监考，不看留言」."""
_NAMED = re.compile(r"提醒|要闻|表扬|通知|请家长|各位")


def _note(line: str) -> tuple[str, dict[str, str]] | None:
    if _OF_HOURS.search(line) and not _NAMED.match(line):
        return None
    if notes.praises_teacher(line):
        return "praise_teacher", {}
    for kind, words in notes.split_notes(line):
        if kind == "praise":
            return ("praise_class" if notes.is_class_wide(words) else "praise_student"), {"content": words}
        if kind is not None:
            return ("add_reminder" if kind == "reminder" else "add_news"), {"content": words}
    return None


# The order matters: a code is a code whatever stands around it; several notes come before one, whole-line commands before
# edits (「今天的不要了」 skips, 「第2条不要了」 edits) and questions before notes (「明天带什么」 is no
# reminder). Words to a family were read before all of them (「告诉小明妈妈：明天带伞」 is no reminder).
_READERS: tuple[_Reader, ...] = (_code, _many, _command, _digest_clock, _edit, _ask, _note)
