"""The Chinese words the emulated WeCom's own clients show."""

from __future__ import annotations

SEND = "发送"
PICTURE = "［图片］"
