"""What is said about photos, in Chinese."""

from __future__ import annotations

from collections.abc import Sequence

_LIST = "、"
PUT, DROP = "放进速递", "不放"


def put_into(class_name: str) -> str:
    """The choice where a teacher has several classes."""
    return f"放进{class_name}"


def ask(count: int, whom: str) -> str:
    """What is to become of a picture."""
    which = "这张照片" if count == 1 else f"这 {count} 张照片"
    return f"{which}放进速递，和文字一起发到班级群吗？\n{whom}"


NOBODY = "还没有家庭同意用照片：请只放看不清孩子的脸的，比如作品、黑板、场地。"
EVERYBODY = "全班都同意用照片。"
ASK_AGAIN = "问题已经过去了。请把照片再发一次。"


def not_these(names: Sequence[str]) -> str:
    """Few have not agreed."""
    return f"没同意用照片的：{_LIST.join(names)}。照片里不能认得出他们。"


def only_these(names: Sequence[str]) -> str:
    """Few have agreed."""
    return f"只有{_LIST.join(names)}同意用照片，别的孩子不能认得出。"


def not_so_many(count: int) -> str:
    """Neither list is short."""
    return f"有 {count} 家没同意用照片，他们的孩子不能认得出。拿不准就放作品、黑板、场地。"


def kept(day: str, count: int, *, words: bool) -> str:
    """They are in."""
    more = "" if words else "\n还没有文字，再说一句当天的事，速递才会发。"
    return f"放好了：{day}的速递，共 {count} 张照片。不要了就说「速递去掉照片」。{more}"


def one_only() -> str:
    """Where a teacher confirms the post there is room for one."""
    return "您的班级群一条消息只带一张照片，已经有一张了，这张没有放。要换就先说「速递去掉照片」。"


def too_many(most: int) -> str:
    """A digest is no album."""
    return f"一条速递最多 {most} 张照片，这次没有放。要换就先说「速递去掉照片」。"


def remark(count: int) -> str:
    """In the preview."""
    return f"（带 {count} 张照片）"


def not_fetched() -> str:
    """The platform no longer has it."""
    return "有一张照片没取到，没有放进速递。请再发一次。"


def not_posted(class_name: str) -> str:
    """The words are there, the photo is not."""
    return f"{class_name}的照片没发到群里，文字不受影响。要补就自己转一张。"


REMOVED = "好，速递里的照片都去掉了。"
NONE = "速递里没有照片。"
LET_GO = "好，没有放。"
NO_DAY = "还不知道哪天上学，照片没有放。请管理员先设好学期。"
WORDS_ALONE = "照片旁边的文字没有记，请把文字单独再发一次。"
