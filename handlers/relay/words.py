"""The words the relay listens for: the wish not to be known, and whether anything is said at all."""

from __future__ import annotations

import re
from functools import lru_cache

EMOJI = re.compile(r"\[[^\[\]\s]{1,6}\]")
SAID = re.compile(r"[0-9A-Za-z一-鿿㐀-䶿]")

NO_NAME = re.compile(
    r"匿名|不留名|不记名|不署名|(?:别|不要|不想|不希望|不能|能不能不|可不可以不|千万别)(?:跟|和|对|让)?[^，,。]{0,6}"
    r"(?:(?:说|讲|提|告诉|知道|看出|透露)[^，,。]{0,6}(?:是我|我是谁|我的?名字|是谁(?:说|问|反映|提)))|(?:别|不要|不想)提我(?:名字)?|"
    r"(?:会不会|会|能|能不能)[^，,。]{0,4}(?:看到|看得到|知道|告诉)[^，,。]{0,6}(?:是我|是谁(?:说|问|发|提)|我的(?:微信)?(?:名字?|号))|"
    r"把我(?:的)?(?:微信)?(?:名字?|号)?告诉老师|(?:别|不要|不想)(?:告诉|让)(?:[一-鿿]{0,2}老师|班主任)(?:知道)?"
)
BACK = re.compile(
    r"(?:刚才|刚刚|刚|上面)?(?:的|那条|那句|发的)?(?:[发说写打]错了)?[，,]?(?:请|帮我|能|可以|怎么|把|快)*(?:刚才|刚刚)?(?:的|那条|那句)?(?:撤回|收回)"
    r"(?:刚才|刚刚)?(?:的|那条|那句|这条)?(?:消息)?(?:来|一下|吗|吧|了)*[?？。]?"
)
BY_NAME = re.compile(r"不用匿名|不必匿名|不要匿名|不想匿名|不匿名|取消匿名|不需要匿名")
OFF = re.compile(r"(?:都|全部|留言)?(?:先)?顺延(?:一下|到下次)?(?:吧|了)?[。！!]?")
_TO = r"(?:跟|和|给|告诉|转告|转给|转发给|问一?下|问问|找|请|麻烦|带话给)"
_SAYS = r"(?:老师)?(?:说|讲|带|转|问|反映|打|发|看一?下|帮|，|,|：|:|一声|一下|$)"


@lru_cache(maxsize=256)
def words_to(name: str) -> re.Pattern[str]:
    """How words for a teacher begin, or name the teacher; ``name`` is escaped already."""
    return re.compile(f"^{name}(?:您好|你好|好|早)?[，,：:。！! ]|{_TO}{name}{_SAYS}")
