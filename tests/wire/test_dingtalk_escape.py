"""Nothing a person wrote becomes a mention, a link or a heading of ours."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.dingtalk.escape import clean, escape_markdown, no_mentions

NASTY = [
    "@所有人",
    "＠所有人",
    "@\u200b所有人",
    "<@all>",
    "<@userid>",
    "@all @13800000000",
    "[点我](https://evil.cn)",
    "[点我](javascript:alert(1))",
    "![图](http://evil.cn/beacon.png)",
    "![][a]\n\n[a]: http://evil.cn",
    "<https://evil.cn>",
    "https://evil.cn/a?b=c",
    "HTTPS://EVIL.CN",
    "www.evil.cn",
    "dtmd://dingtalkclient/sendMessage?content=发送",
    "dingtalk://dingtalkclient/page/link?url=x",
    "javascript:alert(1)",
    "data:text/html,x",
    '<a href="http://evil.cn">x</a>',
    "<script>alert(1)</script>",
    "# 王老师说",
    "   ## 王老师说",
    "王老师说\n===",
    "王老师说\n---",
    "***\n---\n___",
    "> 王老师：同意",
    ">> 引用",
    "**班主任**",
    "__班主任__",
    "*a* _b_ ~~c~~",
    "`代码`",
    "```\n代码\n```",
    "    缩进",
    "\t缩进",
    "- 一\n- 二",
    "+ 一",
    "* 一",
    "| a | b |\n| - | - |\n| 1 | 2 |",
    "\\# \\[a\\](b)",
    "&#64;所有人 &lt;b&gt;",
    "$userName=abc$",
    "a  \nb",
    "\u202e反过来",
    "\x1b[31m红\x07",
    "\ud800",
]
_PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_HARMLESS = {"paragraph_open", "paragraph_close", "inline", "text", "softbreak", "hardbreak"}
# Lists stay: they are how people write, and they pretend nothing.
_LISTS = {"bullet_list_open", "bullet_list_close", "ordered_list_open", "ordered_list_close"}
_LISTS |= {"list_item_open", "list_item_close"}


def marks(markdown: str) -> set[str]:
    """The kinds of mark-up a reader's client would find."""
    found: set[str] = set()
    for token in _PARSER.parse(markdown):
        found.add(token.type)
        found |= {child.type for child in token.children or ()}
    return found - _HARMLESS - _LISTS


def check(text: str) -> None:
    markdown = escape_markdown(text)
    assert marks(markdown) == set()
    assert "@" not in markdown
    assert re.search(r"[a-z]://", markdown, re.IGNORECASE) is None
    assert re.search(r"\bwww\.", markdown, re.IGNORECASE) is None
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]", markdown)
    markdown.encode()


@pytest.mark.parametrize("text", NASTY)
def test_nasty_words(text: str) -> None:
    check(text)
    assert "@" not in no_mentions(text)


@settings(max_examples=2000, derandomize=True, deadline=None, database=None)
@given(
    st.lists(st.sampled_from([*NASTY, *"#>*_-=+`~[]()<>!|\\&:/@ \n\t1.", "字", "a"]), max_size=12).map(
        "".join
    )
)
def test_any_mixture(text: str) -> None:
    check(text)


def test_the_checker_sees_what_is_not_escaped() -> None:
    assert marks("# a\n\n[b](http://c) **d**\n\n> e") >= {"heading_open", "link_open", "strong_open"}


def test_the_words_stay_readable() -> None:
    text = "每日速递 10月14日(周三)\n要闻：明天春游，7:50 到校。\n1. 带水\n表扬：小明、乐乐"
    shown = unicodedata.normalize("NFKC", escape_markdown(text).replace("  \n", "\n"))
    assert shown == unicodedata.normalize("NFKC", text)


def test_clean_keeps_lines_and_drops_what_cannot_be_seen() -> None:
    assert clean("a\r\nb\rc\td\x00\x1b\udfffe") == "a\nb\nc de"
