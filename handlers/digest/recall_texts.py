"""What is said about taking a posted digest back."""

from __future__ import annotations

NOTHING_HANGS = "群里现在没有今天的速递，不用撤。"
RECALL, LET_IT_HANG = "撤回", "不撤"


def offer_recall(name: str) -> str:
    """It is in the group, and the teacher wants it back."""
    return f"{name}已经在群里。撤回后内容还在，改好可以再发。"


def hangs(name: str) -> str:
    """Left as it is."""
    return f"好，{name}留在群里。要更正，再说一条，随下一份发。"


def recalling(name: str) -> str:
    """Under way."""
    return f"正在撤回{name}，撤掉了马上告诉您。"


def recalled(name: str) -> str:
    """Done."""
    return f"{name}已从群里撤回，内容都还在。改好了再发，或今天不发。"


def not_recalled(name: str) -> str:
    """The platform would not."""
    return (
        f"{name}没撤回来，还在群里。请您在群里长按那条，看能不能撤回。\n撤不了要更正，再说一条，随下一份发。"
    )


def yours(name: str) -> str:
    """A teacher's own tap has put it into the group."""
    return f"{name}是您自己点的发送，我撤不了。请在群里长按那条撤回。\n撤不了要更正，再说一条，随下一份发。"
