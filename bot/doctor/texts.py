"""What the doctor sends, word for word."""

from __future__ import annotations

TITLE = "测试消息"
PRIVATE = "这是一条测试消息，说明小助手能私聊您，不用回复。"
CARD = "这是一张测试卡片，说明卡片模板可以用，不用回复。"
GUARDIAN = "这是一条测试消息，说明小助手能私聊家长，不用回复。"
GROUP = "这是一条测试消息，说明小助手能在本群发言，不用回复。"
