"""The day that the story plays, as a dialogue, and the words of its printed form."""

from __future__ import annotations

DAY = """
@class 三(2)班   @start 2026-10-12T07:40+08:00   @needs auto_post
# a parent asks, the teacher answers
小明妈妈: 老师早，小明的校服外套好像落在音乐教室了，能帮忙看一下吗
‹ 王老师: *小明妈妈*校服外套*
‹ 小明妈妈: *王老师*
= 08:20
王老师: 1 在音乐教室找到了，放学让他带回去
‹ 王老师: *小明妈妈*
‹ 小明妈妈: *王老师*找到了*
# notes through the day, in any words
= 10:05
王老师: 表扬小明今天主动扫了地
‹ 王老师: *扫了地*
= 11:40
王老师: 今天上午开展了消防演练，全班两分钟下到操场
‹ 王老师: *消防演练*
= 12:15
王老师: 表扬乐乐中午帮同学打饭
‹ 王老师: *打饭*
= 14:30
王老师: 提醒大家明天带水彩笔
‹ 王老师: *水彩笔*
小明妈妈: 明天带什么
‹ 小明妈妈: *10月13日（周二）*
# the preview, and the digest by itself
= 16:30
‹ 王老师: *速递*扫了地*水彩笔*
= 16:50
‹ 群: *速递*消防演练*扫了地*水彩笔*
# asked in the group and in private
= 19:05
乐乐奶奶@群: @小助手 明天带什么
‹ 群: *水彩笔*
林小满爸爸: 明天要带什么东西吗
‹ 林小满爸爸: *水彩笔*
= 21:05
"""

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
