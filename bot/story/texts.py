"""The words of the story's printed form; the day itself is a dialogue, ``day.txt``."""

from __future__ import annotations

GROUP = "{room} 群"
SAYS = "{at}  {who}：{text}"
SAYS_IN_GROUP = "{at}  {who} 在群里：{text}"
BOT_TO = "{at}    小助手 → {who}：{text}"
BOT_IN_GROUP = "{at}  ▌{room} 群  小助手：{text}"
NEW_DAY = "—— {year}年{month}月{day}日，{room}，模拟的{platform} ——"
"""The heading of the printed day."""
INDENT = "          "
PLATFORMS = {"dingtalk": "钉钉", "wecom": "企业微信"}
