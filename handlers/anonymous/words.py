"""The start word 匿名 and its typos: looked for before anything is stored.

A compiled list, nothing learnt: the same words always give the same answer, and no part of the
message is kept to find out.
"""

from __future__ import annotations

import re

_LOOK_AT = 200
_WIDE = {code: code - 0xFEE0 for code in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_NOISE = re.compile(r"[\s\u200b-\u200d\ufeff\u2060【】\[\]（）()《》<>「」『』“”\"'‘’*#·.。,，!！~～\-—_]+")
_AT = re.compile(r"^(?:\s*@\S{1,20}(?:\s+|$))+")
_HELLO = re.compile(r"^(?:(?:王|李|陈|张|刘|小)?(?:老师|助手)?[您你]?好|[您你]好|老师|请问|在吗)+(?:啊|呀)?")
# Characters typed for 匿 (look-alikes, and what the input methods offer for nì míng / ní míng).
_WORD = r"(?:[匿暱昵逆腻拟泥妮呢尼溺睨][名明鸣铭冥命茗]|匿|ni\s?ming|nm(?=[:：问说提])|anonymous(?:ly)?|不具名|不署名|隐名|无名(?=提问|问|留言|信)|匿各|匿石)"
_WANT = r"(?:(?:我|俺|本人)?(?:要|想|想要|希望|可以|能不能|能|可不可以|打算|需要|申请|请|用|来|就|以|有个|有一个|有一?条|一个|提个|提一个|发个|发一?条|再|还|又|继续|补充|帮我|给我|让我)*)"
_START = re.compile(rf"^{_WANT}(?:以|用|走|进|开启|打开|使用|选择|选)?{_WORD}", re.IGNORECASE)
_NOT = re.compile(
    rf"^{_WANT}(?:不用|不要|不必|不想|不是|不需要|无需|没必要|非|取消|别|不)(?:再)?{_WORD}", re.IGNORECASE
)


# Nearly every message has nothing of all this in it: one look says so.
_HINT = re.compile(r"[匿暱昵逆腻拟泥妮呢尼溺睨名A-Za-zＡ-Ｚａ-ｚ]")


def is_anonymous(text: str) -> bool:
    """Whether the message asks to be anonymous by its own beginning.

    True for 「匿名：…」 in all forms, typos such as 匿明 and 「我想匿名问…」; False for 「不用匿名」
    and for 「别说是我问的」 without the word.
    """
    if _HINT.search(text, 0, _LOOK_AT) is None:
        return False
    head = _AT.sub("", text[:_LOOK_AT])
    line = _HELLO.sub("", _NOISE.sub("", head).translate(_WIDE))
    if _NOT.match(line):
        return False
    found = _START.match(line)
    if found is None:
        return False
    word = line[: found.end()]
    return _sure(word) or _marked(line[found.end() :])


def _sure(word: str) -> bool:
    """The word itself or a typo nobody means otherwise."""
    return (
        re.search(r"匿|暱|昵[名明]|逆名|ni\s?ming|anonymous|不具名|不署名|隐名", word, re.IGNORECASE)
        is not None
    )


def _marked(rest: str) -> bool:
    """A rarer typo counts when a colon or a verb of asking follows."""
    return re.match(r"[:：]|提问|问|说|反映|反馈|投诉|建议|留言", rest) is not None
