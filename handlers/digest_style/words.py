"""The words that say how a digest is to be written."""

from __future__ import annotations

import re

_DIGEST = r"(?:每日|每天的?)?(?:速递|小结)(?:以后|之后|里)?(?:都|就)?"
_END = r"[吧了]*[。！!]?"
PATTERNS = {
    name: re.compile(pattern, re.S)
    for name, pattern in {
        "lines": rf"{_DIGEST}(?:用|按|改成|改为|写成)?(?:一条一行|逐条(?:写|列)?|分行(?:写)?|列表|一条一条(?:写|列)?)(?:的)?(?:格式|样子)?{_END}",
        "blocks": rf"{_DIGEST}(?:用|按|改成|改为|写成)?(?:分块|一段一段|合并|连着|紧凑)(?:写|的)?(?:格式|样子)?{_END}|{_DIGEST}(?:不要|别|不用)(?:逐条|分行|一条一行)(?:写|列)?{_END}",
        "plain": rf"{_DIGEST}(?:不要|去掉|别要|不用|取消)(?:写|加)?(?:落款|结尾(?:那句)?|最后一句){_END}",
        "ending": rf"{_DIGEST}(?:的)?(?:落款|结尾|最后)(?:都|再)?(?:加|写|用|改成|改为)?(?:上)?(?:一句)?[：:，, ]*(?P<text>.{{2,}})",
    }.items()
}
