"""The Chinese words of the dialogue format itself; see the package's docstring."""

from __future__ import annotations

USUAL_CLASS = "三(2)班"
GROUP = "群"
PRESS = "按"
SEND_MEDIA = "发"
ENTER = "进"
CUSTOMER_SERVICE = "客服"
BOT_AT = "@小助手"
STRANGER = "路人"
"""Whoever is called so is outside the school's organisation."""
NEWCOMER = "新家长"
"""With a number: the guardians who are not bound yet, in the cast's order."""

EXPECT = "‹"
TRANSCRIPT_OPEN = "「"
TRANSCRIPT_CLOSE = "」"

MEDIA_KINDS = {"图片": "picture", "语音": "voice", "视频": "video", "文件": "file", "未知": "unknown"}

# How the bot asks for a word: 「回复「是」或「不是」」.
WORD_JOIN = "或"
WORD_STOPS = "「」：…0-9\\s"

# How the bot numbers its choices where a lane has no buttons: 「回复 1 发送，2 改，3 今天不发」.
NUMBERED_LEAD = "回复"
NUMBERED_JOINS = "，、；,;"
NUMBERED_ENDS = "，、；。！？,;「」：\\s"

RECALLED = "（已撤回）"
