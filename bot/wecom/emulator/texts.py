"""What people see of the emulated WeCom in words."""

from __future__ import annotations

from bot.emulation.texts import SCHOOL as SCHOOL

GRADE = "三年级"
CONFIRM = "发送"
"""The button of a send task."""
MEETING = "会议"
WRONG_DOMAIN = "redirect_uri 域名与后台配置不一致，错误码：50001"
SEND = CONFIRM
SENT = "已发送"
PICTURE = "［图片］"
