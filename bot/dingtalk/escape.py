"""Makes words harmless: nothing a person wrote may become a mention, a link or a heading of ours.

DingTalk documents no escape character for its markdown, so what has a meaning is replaced by the
full-width character that looks like it and has none.
"""

from __future__ import annotations

import re

_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_MARKS = str.maketrans({
    "[": "［", "]": "］", "*": "＊", "_": "＿", "`": "｀", "<": "＜", ">": "＞",
    "\\": "＼", "|": "｜", "~": "～", "&": "＆",
})  # fmt: skip
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(?=//|\S*\?|javascript|data)")
_WWW = re.compile(r"\b(www)\.", re.IGNORECASE)
_LINE_START = re.compile(r"^( *)([#=\-+]+)(?=[ #=\-+]|$)", re.MULTILINE)
_INDENT = re.compile(r"^ {2,}", re.MULTILINE)
_WIDE = str.maketrans("#=-+ ", "＃＝－＋　")


def clean(text: str) -> str:
    """Drop control characters and lone surrogates; line breaks stay, tabs become blanks."""
    if text.isprintable():
        return text
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))


def no_mentions(text: str) -> str:
    """The same words with every ``@`` full-width, so that no client takes it for a mention."""
    return clean(text).replace("@", "＠")


def escape_markdown(text: str) -> str:
    """Plain words as DingTalk markdown that shows exactly these words.

    No mention, link, picture, heading, quote, list, rule, table or code block can come out of it; line
    breaks are kept ("two blanks, then the break", open.dingtalk.com, 'Message types of robots').
    """
    text = no_mentions(text).translate(_MARKS)
    text = _SCHEME.sub(r"\1：", text)
    text = _WWW.sub(r"\1．", text)
    text = _INDENT.sub(lambda found: found[0].translate(_WIDE), text)
    text = _LINE_START.sub(lambda found: found[1] + found[2].translate(_WIDE), text)
    return re.sub(r"(?<=[^\n])\n(?=[^\n])", "  \n", text)
