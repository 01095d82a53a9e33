"""What an attachment is called when it is passed on."""

from __future__ import annotations

NAMES = {"picture": "图片", "voice": "语音", "video": "视频", "file": "文件"}
