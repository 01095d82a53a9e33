"""What binding says."""

from __future__ import annotations

from collections.abc import Sequence

WRONG = "这个码没对上（可能少了一位）。再试一次，或请班主任给一个新码。"
USED = "这个码已经用过了，一个码只能用一次。请班主任给一个新码。"
TOO_MANY = "试得太多次了，先歇一小时。也可以请班主任给一个新码。"
NO_CODE = "请把学校发的 8 位绑定码发给我，比如「12345678」；还没有码，向班主任要一个就行。"
NOT_ME = "好，没有绑定。可能是码拿错了，请班主任再给一个您自己的码。"
TALK_OVER = "隔得有点久，没有绑定。请把 8 位绑定码再发一次。"
TAKEN = "这个码的主人已经绑过别的账号了，没有再绑。要换账号，请班主任处理。"
ONLY_MEMBERS = "您不在学校的通讯录里，我还不能给您绑定。请先让班主任把您加进来，再发这个码。"
PARENT, CLASS_TEACHER = "家长", "班主任"


def confirm(who: str) -> str:
    """The question before anything is bound."""
    return f"您是{who}，对吗？回复「是」或「不是」。"


def guardian_of(class_name: str, child: str, relation: str) -> str:
    """「三(2)班 林小满 的妈妈」."""
    return f"{class_name} {child} 的{relation or PARENT}"


def teacher_of(class_name: str, name: str) -> str:
    """A teacher's code."""
    return f"{class_name}的{name}" if class_name else name


def bound_guardian(who: str, teacher: str) -> str:
    """Done."""
    return f"绑好了，您是{who}。\n有话直接写，我转给{teacher}；想问要带什么，说「明天带什么」。"


def bound_teacher(name: str) -> str:
    """Done."""
    return f"{name}好，绑好了。说一句「表扬小明扫地」就能记进今天的速递；说「帮助」看全部用法。"


def already(names: Sequence[str]) -> str:
    """The writer is bound."""
    return f"您已经绑好了（{'、'.join(names)}），不用再绑。"


def other_code(names: Sequence[str]) -> str:
    """A bound person sends somebody else's code."""
    return f"您已经绑好了（{'、'.join(names)}），这个码是给另一位家长的，没有用掉。请转给那位家长自己发。"
