"""The words of the story's printed form; the day itself is a dialogue, ``day.txt``."""

from __future__ import annotations

GROUP = "{room} 群"
SAYS = "{at}  {who}：{text}"
SAYS_IN_GROUP = "{at}  {who} 在群里：{text}"
BOT_TO = "{at}    小助手 → {who}：{text}"
BOT_IN_GROUP = "{at}  ▌{room} 群  小助手：{text}"
NEW_DAY = "—— {year}年{month}月{day}日，{room}，模拟的钉钉 ——"
"""The heading of the printed day."""
INDENT = "          "

INVITATION = (
    "",
    "这一天演完了，一切还开着（Ctrl-C 结束）。The day is over, everything stays up; Ctrl-C ends it.",
    "  看群里和私聊 / what everybody sees:  {base}/",
    "  curl '{base}/_control/seen'",
    "  curl '{base}/_control/people'",
    '  curl -d \'{{"sender": "三(2)班/小明妈妈", "text": "明天带什么"}}\' {base}/_control/say',
    '  curl -d \'{{"now": "2026-10-13T16:50:00+08:00", "mode": "walk"}}\' {base}/_control/clock',
)
