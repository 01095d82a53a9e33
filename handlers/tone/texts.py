"""What is said about how words sound."""

from __future__ import annotations

STOPS = "。！？!?…）)」~～"
ASKING = "您看我们怎么一起帮他？"
LABELS = ("这样发", "照原样发", "先不发")
KEPT_BACK = 2
"""The place of the last: nothing goes out."""


def good(praise: str) -> str:
    """Something good comes first."""
    return f"先说件好事：{praise}。"


def offer(heard: str, text: str) -> str:
    """Other words for what may hurt; the teacher decides."""
    return f"「{heard}」家长读着可能像批评。换成这样？\n{text}"


def instead(heard: str, text: str) -> str:
    """A teacher has asked."""
    return f"「{heard}」读着可能像批评。可以这样说：\n{text}"


WELL = "没有听出责备的话，照您写的说就行。按词表看，看不全，拿不准就请同事读一遍。"
