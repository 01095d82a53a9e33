"""What is said about doubtful sends."""

from __future__ import annotations

from collections.abc import Sequence

RESEND, DROP, ARRIVED = "重发", "不发", "群里已经有了"
SOMEBODY = "一位家长"
_MARKS = "①②③④⑤⑥⑦⑧⑨⑩"
_SHOWN = 40


def group_of(class_name: str) -> str:
    """A class group as a recipient."""
    return f"{class_name}群"


def line(number: int, to: str, words: str) -> str:
    """One doubtful send."""
    said = " ".join(words.split())
    short = said if len(said) <= _SHOWN else said[:_SHOWN] + "…"
    return f"{mark(number)} 给{to}：“{short}”"


def mark(number: int) -> str:
    """Numbers that cannot be taken for the numbers to answer with."""
    return _MARKS[number - 1] if number <= len(_MARKS) else f"({number})"


def when(code: str) -> str:
    """In the middle of what."""
    return "重启时" if code == "crashed" else "刚才"


def doubtful(lines: Sequence[str], code: str) -> str:
    """Sends nobody knows the end of."""
    return f"{when(code)}有 {len(lines)} 条不确定有没有发出去：\n" + "\n".join(lines)


def restored(lines: Sequence[str]) -> str:
    """After a backup was restored: nothing of it goes out by itself."""
    return f"数据从备份恢复了，有 {len(lines)} 条先没有发，等您决定：\n" + "\n".join(lines)


def seen(lines: Sequence[str], code: str) -> str:
    """Doubtful sends to the reader, who has now read them."""
    return f"{when(code)}有 {len(lines)} 条可能没给您显示，补在这里：\n" + "\n".join(lines)


def label(what: str, number: int, of: int) -> str:
    """A choice's label; with one item it needs no number."""
    return what if of == 1 else f"{what}{mark(number)}"


def again(words: str) -> str:
    """The second copy."""
    return f"补发，如已收到请忽略：\n{words}"


def resent(to: str) -> str:
    """Done."""
    return f"已补发给{to}。"


DROPPED = "好，这条不再发。"
DECIDED = "这条已经处理过了。"
