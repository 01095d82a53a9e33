"""What is said about how a digest is written, in Chinese."""

from __future__ import annotations

from collections.abc import Sequence

ONLY_TEACHER = "速递的样子由班主任定。"
AS_LINES = "好，以后的速递一条一行。要改回来，说「速递分块」。"
AS_BLOCKS = "好，以后的速递按要闻、表扬、提醒各一段。要一条一行，说「速递逐条」。"
NO_ENDING = "好，以后的速递没有结尾那一句。"


def ending(text: str) -> str:
    """The last line is set."""
    return f"好，以后每条速递最后写「{text}」。不要了就说「速递不要落款」。"


def too_long(count: int, most: int) -> str:
    """It stands under every digest."""
    return f"这句有 {count} 个字，最多 {most} 个，没有改。短一点再说一遍。"


def stopped(reason: str) -> str:
    """The guard does not let it through."""
    return f"这句没有用：{reason}，发群里会违反规定。请换个说法。"


def lines(title: str, items: Sequence[str]) -> str:
    """A section with each note on a line of its own."""
    return "\n".join((f"{title}：", *(f"· {item.rstrip('。；; ')}" for item in items)))
