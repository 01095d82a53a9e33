"""The few words that stand in the wire of WeCom."""

from __future__ import annotations

HELLO = "你好"
"""What it means to open the conversation without a word."""
NOTICE_TITLE = "班级小助手给您留了一句话"
NOTICE_TEXT = "点开就能看，也可以在里面回话。"
CHOSEN = "已选好"
"""Stands on a card in the place of its buttons once nothing is left to choose."""
