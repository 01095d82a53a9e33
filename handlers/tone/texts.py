"""What is said about how words sound."""

from __future__ import annotations

from collections.abc import Sequence

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

LATER = "以后不提醒"
NOBODY = "这四周没有哪家只听到要注意的事。"
NOT_REMINDED = "好，以后不提醒了。想看就说「哪些家庭只听到问题」。"


def only_concern(class_name: str, names: Sequence[str]) -> str:
    """Families that heard of nothing good for four weeks, for the class teacher alone."""
    listed = "、".join(names)
    return f"{class_name}这四周只听到要注意的事的家庭：{listed}。\n下周找一件好事告诉他们，比如「联系卡：{names[0]} ……」。"
