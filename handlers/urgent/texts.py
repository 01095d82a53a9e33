"""What is said where somebody may be in danger."""

from __future__ import annotations

from collections.abc import Sequence

DUTY = "值班室"
TAKE, FALSE_ALARM = "我来处理", "不是急事"
TAKING = ("我来", "我来处理", "我处理", "我接", "我接了", "我去处理")
NOT_URGENT = ("误报", "不是急事", "不急", "虚惊一场")
WHICH = "有几件急事等人接，请回复那一条下面的数字。"
OVER = "这件事已经结束了，不用再接。"
MANDATORY = (
    "按《未成年人保护法》第十一条，发现孩子受到侵害或面临危险，须立即向公安（110）、民政或教育部门报告。\n"
    "先保证孩子安全、有人陪着；报告后记下时间和受理人。\n"
    "不自行调查，不让孩子反复讲，不外传。"
)


def numbers_first(duty_phone: str) -> str:
    """The numbers to call."""
    phone = f"，学校值班 {duty_phone}" if duty_phone else ""
    return f"有危险请先打 110 或 120{phone}。"


def _names(names: Sequence[str]) -> str:
    return "和".join(["、".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def telling(duty_phone: str, names: Sequence[str]) -> str:
    """The writer's first answer; only those who are really being told are named."""
    told = f"已在通知{_names(names)}，谁接到，我马上告诉您。" if names else NOBODY
    return numbers_first(duty_phone) + told


NOBODY = "现在这里联系不上老师，请直接打电话，不要等。"


def added(duty_phone: str, names: Sequence[str], taker: str) -> str:
    """More words about what is known already."""
    told = f"这句已补充告诉{taker or _names(names)}。" if taker or names else NOBODY
    return numbers_first(duty_phone) + told


def alarm(who: str, words: str, *, again: bool) -> str:
    """What those who can help read."""
    head = "【紧急，还没有人接】" if again else "【紧急】"
    return f"{head}{who}：{words}"


RING = "家校桥：有一件紧急的事在等您，请马上打开钉钉查看。"
"""May be read out by a machine or stand on a locked screen: it says nothing about anybody."""


KEPT_BACK = "（另发来图片或文件，为保密没有转给任何人，请向发来的人要。）"
"""Behind confidential words that came with something to see."""


def more(who: str, words: str) -> str:
    """More words, for those who know of it."""
    return f"【紧急，补充】{who}：{words}"


def taken_for_writer(taker: str) -> str:
    """Somebody is there."""
    return f"{taker}已接到，正在处理，会和您联系。"


def taken_by_me(who: str, words: str, reply_to: str) -> str:
    """The one who takes it; on a card this covers the call, so the words stand here again."""
    way = f"要带话，说「回复{reply_to}：…」。" if reply_to else ""
    return f"您接了{who}的事：{words}\n已告诉对方和其他人。请马上打电话。{way}"


def taken_by_other(taker: str, who: str) -> str:
    """The others."""
    return f"{taker}已接{who}的事，您不用再接。"


def too_late(taker: str) -> str:
    """Somebody was quicker."""
    return f"{taker}已经接了，您不用再接。"


def still_nobody(duty_phone: str, names: Sequence[str]) -> str:
    """Said once, at the second call."""
    wider = f"我又通知了{_names(names)}。" if names else ""
    duty = f"、学校值班 {duty_phone}" if duty_phone else ""
    return f"还没有人接，请直接打 110 或 120{duty}，不要等。{wider}"


def not_urgent(who: str) -> str:
    """To the one who said so, and to the others."""
    return f"{who}的事按不急的处理，已告诉对方。"


def calmed(taker: str) -> str:
    """The writer is told kindly."""
    return f"{taker}看过了，这件事先按平常的留言处理，会看的。情况变了，随时再告诉我。"


def sender(name: str, child: str, class_name: str) -> str:
    """「三(2)班 小明妈妈」; for a teacher's own report the class and the name."""
    return f"{class_name} {name}" if child in name else f"{class_name} {name}（{child}）"


def doubtful(name: str) -> str:
    """Nobody knows whether words arrived."""
    return f"给{name}的紧急消息不确定有没有到，请打电话确认。"
