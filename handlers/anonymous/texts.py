"""What the anonymous box says."""

from __future__ import annotations

NOT_OPEN = "匿名信箱还没有开通，这句没有保存，也没有转给任何人。"
IN_DANGER = "孩子有危险请马上打 110 或 120；想找人说说，可以打 12355。"


def answer(*, danger: bool) -> str:
    """What an anonymous message is told; words of danger get help in the same breath."""
    return f"{NOT_OPEN}\n{IN_DANGER}" if danger else NOT_OPEN
