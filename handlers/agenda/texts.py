"""What the agenda says, in Chinese."""

from __future__ import annotations

from collections.abc import Sequence

_LIST = "、"
NAMES = {"digest": "速递", "notices": "通知", "stars": "每周之星", "reports": "周报"}
OF_MONTH = "月报"


def line(day: str, names: Sequence[str], *, merged: bool) -> str:
    """「10月12日（周一） 速递、通知（合成一条）」."""
    together = "（合成一条）" if merged and len(names) > 1 else ""
    return f"{day} {_LIST.join(names)}{together}"


def coming(day: str, clock: object, names: Sequence[str], hint: str) -> str:
    """「10月16日（周五）16:49 速递、每周之星」."""
    return f"{day}{clock} {_LIST.join(names)}{hint}"


def agenda(class_name: str, done: Sequence[str], ahead: Sequence[str]) -> str:
    """The whole."""
    told = [f"{class_name}群这周发过：", *done] if done else [f"{class_name}群这周还没发过。"]
    planned = ["接下来：", *ahead] if ahead else ["接下来还没有安排。"]
    return "\n".join((*told, *planned))


BY_YOU = "（等您说「发送」）"
CONFIRM = "（等您点「发送」）"
