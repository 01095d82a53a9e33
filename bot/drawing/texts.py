"""What pictures say by themselves, and how characters behave at the edge of a line."""

from __future__ import annotations

NOT_FIRST = "、，。．：；？！）」』】》〉〕］｝”’…—～·%‰℃°,.:;?!)]}’”"
"""Never at the beginning of a line."""
NOT_LAST = "（「『【《〈〔［｛“‘([{¥￥$#@"
"""Never at the end of one."""
CLOSING = "、，。．：；？！）」』】》〉〕］｝”’"
OPENING = "（「『【《〈〔［｛“‘"
"""Half of such a character is empty: beside another one the empty half is left out."""
HELD = r"(?:\d+(?:[:.,/\-–~]\d+)*[年月日号点时分元页遍次个条]?)+|[一二三四五六七八九]年级|[一二三四五六七八九]?[(（]\d+[)）]班"
"""Numbers stay with their units: 10月12日 and 三(2)班 are not broken."""
UNITS = "年月日号点时分"
"""Close behind their number."""
MISSING = "〓"
"""The printer's mark for a character the case does not hold."""
INSTEAD = {
    "⭐": "★", "🌟": "★", "✨": "★", "❤": "♥", "💗": "♥", "💕": "♥", "✅": "√", "✔": "√", "☑": "√", "❌": "×",
    "✖": "×", "➡": "→", "⬅": "←", "⬆": "↑", "⬇": "↓", "👍": "[赞]", "👏": "[鼓掌]", "🌹": "[玫瑰]", "🎉": "[庆祝]",
    "💪": "[加油]", "😊": "[微笑]", "😄": "[开心]", "🙏": "[谢谢]", "⚠": "[注意]", "❗": "！", "❓": "？", "📢": "[通知]",
}  # fmt: skip
"""What stands for a sign no text font has; other such signs are left out."""

DIGEST = "每日速递"


def foot(teacher: str) -> str:
    """The last line: whose words these are."""
    return f"小助手整理 · {teacher}"


def page_of(number: int, count: int) -> str:
    """At the foot of a printed page."""
    return f"第 {number} 页，共 {count} 页"


def by(teacher: str, week: str) -> str:
    """Who says so, and when: at the foot of a certificate."""
    return f"{teacher} · {week}"
