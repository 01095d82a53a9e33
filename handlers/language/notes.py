"""Sorting what a teacher says for the daily digest: news, praise, reminder – or unsure."""

from __future__ import annotations

import re
from typing import Literal

NoteKind = Literal["news", "praise", "reminder"]

_ADD = re.compile(
    r"^(?:请|帮我|麻烦)?(?:在|往)?(?:今天|今日)?(?:的)?(?:班级|每日)?(?:速递|小结)?(?:里)?(?:再|还)?(?:要)?"
    r"(?:记|加|添|补|写|放)(?:上|个|进)?一?[条下个](?:[:：，, ]+|(?=表扬|提醒|要闻|明天|后天))"
)
_LEAD: tuple[tuple[NoteKind, re.Pattern[str]], ...] = (
    (
        "praise",
        re.compile(
            r"^(?:今天|另外|还有|还要|再|也要|要|想|请|帮我|重点|特别|点名|口头)*"
            r"(?:表扬|表杨|褒扬|点赞|夸奖|夸夸|夸一夸|夸一下|夸|赞)(?:一下|一个|下)?(?:[：:，, ]+|的是)?(?:(?:以下|下列|下面)(?:的|几位|这些|这几位)?(?:同学|孩子|小朋友)[：:，, ]*)?(?=\S)"
        ),
    ),
    (
        "reminder",
        re.compile(
            r"^(?:(?:给|跟|和|对)(?:所有|全体|各位)?(?:大家|家长们?)(?:们)?(?:说|讲)(?:一声|一下)?[：:，, ]*(?=\S)|"
            r"(?:另外|还有|还要|再|请|帮我|温馨|也)*(?:提醒|提示|通知|注意事项|注意)"
            r"(?:一下|下|大家|家长们|家长|各位家长|同学们|全班|孩子们)*[：:，, ]*(?=\S))"
        ),
    ),
    (
        "news",
        re.compile(
            r"^(?:另外|还有|今天|今日|班级|本班|加|的|条)*(?:要闻|新闻|大事|资讯)(?:是|有)?[：:，, ]*(?=\S)"
        ),
    ),
)
_PRAISE_INSIDE = re.compile(
    r"(?:值得|要|想|应该|都|给予?|很棒[，,]?|请|口头)?(?:表扬|表杨|点赞|夸奖)(?:一下|一个|他|她|他们|她们|们)*"
    r"(?:嗯|对|就这样|吧|哈|哦|呀|啊|[。！!，, ])*$"
)
_FLOWER = re.compile(
    r"^给(?P<who>[^，,。 ]{1,12}?)(?:记|加|发|送)(?:上)?[一1]?[朵个枚颗](?:小)?(?:红花|星星|奖章|星)[：:，, ]*(?P<deed>.*)$"
)
_SOON = re.compile(
    r"明天|明早|明日|明晚|后天|下周|下星期|周[一二三四五六日]|星期[一二三四五六日天]|今晚|早上|上午|下午|\d月\d|节后|返校"
)
# 「早上升旗时李思思很精神」 tells of what has been: the time of day alone makes no reminder of it.
_TOLD = re.compile(r"了|很|特别|非常|得(?:好|快|真)|真|当(?:上)?|好棒")
_AHEAD = re.compile(
    r"明天|明早|明日|明晚|后天|下周|下星期|周[一二三四五六日]|星期[一二三四五六日天]|今晚|\d月\d|节后|返校|记得|别忘"
)
_LATER = re.compile(r"明天|明早|明日|明晚|后天|下周|记得|别忘|请家长|请各位")
_DUTY = re.compile(
    r"带(?!来了|领|队|着|头|动|走|回|孩子|娃|他|她)|穿|交(?!流|朋|通|给我|接)|到校|记得|别忘|不要忘|准备|签字|签名|升旗|订|放假|补课|补班|上学|检查|体检|"
    r"接种|打疫苗|春游|秋游|运动会|家长会|放学|测验|考试|预习|复习|背诵|洗|剪指甲|早睡"
)
_ASK_ALL = re.compile(
    r"^(?:请|记得|别忘了?|不要忘|大家|各位家长|家长们|请家长|同学们|所有同学|每人|每位同学|人手)"
)
_NEWS = re.compile(
    r"^(?:今天|今日|上午|下午|中午|早上|我们班|我班|本班|班里|班级|全班|同学们|我们)[^？?]{0,40}?"
    r"(?:(?:举行|举办|开展|进行|参加|完成|组织|选出|开放|召开|参观|演练|学习|学完|启动|成立|迎来|拿到|评选|做|打扫)了"
    r"|获得|荣获|获评|被评为|圆满|顺利|结束|第一次)"
)
# One family's matter, or another duty than the digest's: asked about rather than taken by its content.
_NOT_BY_CONTENT = re.compile(
    r"妈妈|爸爸|奶奶|爷爷|外婆|外公|他妈|他爸|约(?=周|明|后|今|下|一)|请假|销假|发烧|生病|咳嗽|吃药|签收|志愿者|没签|没交|没到的|投票|代课|资料"
)
_REMIND_SOME = re.compile(r"^(?:还|都)?(?:没|未)[^，,。]{1,8}的(?:家长|同学|人)?$")
_QUESTION = re.compile(
    r"[？?]|(?:吗|呢|么|没有|是不是|怎么办|怎么样)[。！!～~ ]*$|什么|为啥|哪[里些个]|谁家|几点"
)
_TEACHER = re.compile(r"(?:表扬|夸|赞)(?:一下|下)?(?:我们|咱们|咱|我)?(?:班主任|班任|[一-鿿]{0,3}老师)")
_CLASS_WIDE = re.compile(
    r"^(?:我们|咱们|咱|本|全)?(?:全班|全体|大家|同学们|孩子们|班级|所有同学|各组|每个同学)"
)


def strip_add(text: str) -> str:
    """The note without 「速递加一条，」 and the like."""
    return _ADD.sub("", text, count=1).strip() or text


def note_of(text: str) -> tuple[NoteKind | None, str]:
    """Sort one note.

    Args:
        text: One note, already cleaned.

    Returns:
        The kind, or None when it has to be asked, and the words to keep, without the marker.
    """
    body = strip_add(text)
    if praises_teacher(body):
        return None, body
    flower = _FLOWER.match(body)
    if flower:
        return "praise", (flower["who"] + flower["deed"]).strip() if flower["deed"] else body
    for kind, pattern in _LEAD:
        found = pattern.match(body)
        if found and len(body) - found.end() >= 2 and not _REMIND_SOME.match(body[found.end() :]):
            return kind, body[found.end() :].strip()
    if is_question(body):
        return None, body
    return _by_content(body)


def _by_content(body: str) -> tuple[NoteKind | None, str]:
    found = _PRAISE_INSIDE.search(body)
    if found and found.start() >= 4:
        return "praise", body[: found.start()].rstrip("，,。 ")
    if _NOT_BY_CONTENT.search(body):
        return None, body
    # What has happened is news, also when it names a duty: 「今天上午举行了升旗仪式」.
    if _NEWS.match(body) and not _LATER.search(body):
        return "news", body
    told = _TOLD.search(body) is not None and not _AHEAD.search(body)
    if (_SOON.search(body) and _DUTY.search(body) and not told) or (
        _ASK_ALL.match(body) and _DUTY.search(body)
    ):
        return "reminder", body
    return None, body


def is_question(text: str) -> bool:
    """Whether the words ask something; a question is never taken for a note by its content."""
    return _QUESTION.search(text) is not None


def praises_teacher(text: str) -> bool:
    """Whether somebody praises a teacher: a message to pass on, not a note."""
    return _TEACHER.search(text) is not None


_EDIT_LIKE = re.compile(r"(?:都)?(?:不要|删|去掉|取消|撤掉|撤回|改成|改为|换成)")


def looks_like_edit(words: str) -> bool:
    """Whether words behind a number sound like a change to a note."""
    return _EDIT_LIKE.match(words) is not None


def is_class_wide(text: str) -> bool:
    """Whether praise goes to the class rather than to single pupils."""
    return _CLASS_WIDE.match(text) is not None


_NUMBERED = re.compile(
    r"(?:^|[\n，,。；;：: ])\s{0,3}(?:\d{1,2}[.、)）](?!\d)|[（(]\d{1,2}[）)]|[①②③④⑤⑥⑦⑧⑨])\s*"
)
_COUNTED = re.compile(r"^(?P<head>.{0,12}?[两二三四五]条)[：:，, ]*(?=一是|第一)")
_ONE_IS = re.compile(r"[，,；; ]{0,3}(?:[一二三四五]是|第[一二三四五][，,：:是])[，,：: ]*")
_BREAK = re.compile(
    r"\n+|[；;]+\s*|(?:[。！!]\s*|[，,]\s*|\s)(?:另外|还有|再)?[，,]?(?=(?:再|还要|也)?(?:表扬|表杨|点名表扬|提醒|温馨提示|要闻)(?!信|卡|栏|了我))"
)
_HEADING = re.compile(
    r"^(?:今天|今日)?(?:的)?(?P<word>表扬|提醒|要闻|新闻|明天|注意)(?:两条|三条|如下|几条)?[：:]?$"
)


def split_notes(text: str) -> list[tuple[NoteKind | None, str]]:
    """Split a message into notes where they are clearly separated.

    A line, a semicolon, a number in front, 「一是…二是…」 or a new 表扬/提醒/要闻 begins a note; a
    plain comma does not. A heading such as 「表扬：」 or 「要闻两条」 sorts what follows it.
    """
    body = strip_add(text)
    counted = _COUNTED.match(body)
    if counted:
        head = note_kind_word(counted["head"])
        return _sorted([piece for piece in _ONE_IS.split(body[counted.end() :]) if piece], head)
    pieces: list[str] = []
    for part in _BREAK.split(body):
        if part:
            pieces.extend(_numbered(part))
    return _sorted(pieces, None)


def _numbered(part: str) -> list[str]:
    marks = list(_NUMBERED.finditer(part))
    if not marks or (len(marks) == 1 and marks[0].start() > 0):
        return [part]
    return [piece for piece in _NUMBERED.split(part) if piece.strip()]


def _sorted(pieces: list[str], heading: NoteKind | None) -> list[tuple[NoteKind | None, str]]:
    notes: list[tuple[NoteKind | None, str]] = []
    for piece in pieces:
        words = piece.strip(" ，,；;\n")
        title = _HEADING.match(words)
        if title:
            heading = note_kind_word(title["word"])
            continue
        if len(words) < 2:
            continue
        kind, kept = note_of(words)
        notes.append((kind or heading, kept))
    return notes


def note_kind_word(text: str) -> NoteKind | None:
    """The section a heading names."""
    if re.search(r"表扬|表杨|点赞", text):
        return "praise"
    if re.search(r"提醒|明天|注意|通知", text):
        return "reminder"
    return "news" if re.search(r"要闻|新闻|大事", text) else None
