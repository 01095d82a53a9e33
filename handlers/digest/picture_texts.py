"""What is said with the digest's picture."""

from __future__ import annotations

ENDING = "png"


def file_name(class_name: str, day: str) -> str:
    """The picture's file."""
    return f"{class_name}{day}速递.{ENDING}"


def caption(name: str, *, posted: bool) -> str:
    """The picture is here; what to do with it."""
    where = "" if posted else "\n班级群里还没有发这份，要发就说「发送」。"
    return f"{name}长图，长按就能转发到班级群、微信群或 QQ 群。{where}"


def not_drawn(name: str) -> str:
    """It could not be drawn or sent."""
    return f"{name}长图没有发出来，内容都在。请过几分钟再说「长图」。"


def maybe_sent(name: str) -> str:
    """Nobody knows."""
    return f"{name}长图不确定有没有发到您这里。没有看到，就再说一次「长图」。"
