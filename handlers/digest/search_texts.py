"""What is said when a parent looks for something that was published."""

from __future__ import annotations

from collections.abc import Sequence


def line(day: str, words: str) -> str:
    """One hit with its date."""
    return f"{day}的速递：{words}"


def found(topic: str, lines: Sequence[str], more: int) -> str:
    """At most three hits, the newest first."""
    rest = f"\n再早还有 {more} 条，说得再细一点就能找到。" if more else ""
    return f"发布过的速递里，说到「{topic}」的：\n" + "\n".join(lines) + rest


def nothing(topic: str) -> str:
    """No hit."""
    return f"最近的速递里没有找到「{topic}」。"


def praised(lines: Sequence[str]) -> str:
    """A child's own praise, as it was published."""
    return "\n".join(lines)


def not_praised(child: str, days: str) -> str:
    """Nothing about this child was published; that says nothing of the child."""
    return f"{days}发布的速递里没有写到{child}。每天只写几件小事，没写到很平常。"


def last_days(days: int) -> str:
    """「最近 7 天」."""
    return f"最近 {days} 天"
