"""What is said about a post that waits for its teacher."""

from __future__ import annotations

from collections.abc import Sequence

POSTED, ALREADY, NOT_TODAY = "已发到群里", "已经发了", "今天不发"


def merged(sections: Sequence[str]) -> str:
    """The day's one message."""
    return "\n\n".join(sections)


def nudge(class_name: str, clock: str) -> str:
    """A reminder; it has been looked before that it is not sent."""
    return f"{class_name}今天的消息还没到班级群：请在「群发任务」里点「发送」，{clock} 后不再发。"


def nudge_by_hand(class_name: str, clock: str) -> str:
    """The same where the teacher copies."""
    return f"{class_name}今天的消息转到班级群了吗？上面那条长按就能复制，{clock} 后不再问。"


def by_hand(class_name: str, why: str, *, picture: bool) -> str:
    """Words to copy."""
    head = f"{why}这次请您转一下。\n" if why else ""
    what = "上面的文字（或长图）" if picture else "上面的文字"
    return f"{head}{what}请长按转发到{class_name}的班级群，发好了点「{POSTED}」。"


def why(code: str) -> str:
    """Why it did not come before the teacher, from the platform's code or our own."""
    return _WHY.get(code, "企业微信没有收下群发任务，")


_RIGHT = "学校还没有开通客户群群发，"
_WHY = {
    "no_lane": "班级群没有连上群主的企业微信，",
    "limit": "班级群这个月的群发次数用完了，",
    "gone": "群发任务已经失效，",
    "page_silent": "刚才没听到「发到本群」的结果，群里要是还没有，",
    "page_refused": "刚才没能发到班级群，",
    "no_group": "这个群不是能群发的班级群，",
    "90501": "这个群不是能群发的班级群，",
    "90509": "这个群不是能群发的班级群，",
    "48002": _RIGHT,
    "84061": _RIGHT,
    "84074": _RIGHT,
    "60011": _RIGHT,
}


def looking(class_name: str) -> str:
    """「已经发了」: it is looked up."""
    return f"好，我去看一眼{class_name}的群发任务，看到已发就记下。"


def skipped(class_name: str) -> str:
    """「今天不发」."""
    return f"好，{class_name}今天不发。内容还在，改主意就说「发送」（21:00 前）。"


def posted(class_name: str) -> str:
    """「已发到群里」."""
    return f"好，{class_name}今天的记为已发，家长来问就按它回答。"


def too_late(class_name: str) -> str:
    """It was confirmed before it could be taken back."""
    return f"{class_name}今天的消息已经发到班级群了，没来得及撤。要撤请您在群里长按那条消息。"


OVER = "这件事已经结束了。"

BAR_UNKNOWN = "这个群还没有绑定班级，请先在学校通讯录里把它设为班级群，再和小助手说「同步名册」。"
BAR_NOT_YOURS = "这个群的消息由班主任来发，您这边不用做什么。"
BAR_NOTHING = "今天没有等着发的消息。写好以后，再打开这一页就能发。"
BAR_CHANGING = "内容正在准备，过一会儿点「再看一下」。"
BAR_ELSEWHERE = "另一个页面正在发，过一会儿点「再看一下」。"
BAR_TAKING = "正在收回群发任务，免得发两遍。收回了就发到本群。"
BAR_SENDING = "正在发到本群，请不要关掉这一页。"
BAR_REFUSED = "群发任务没能收回，这次没有发。请过一会儿再试，或者在「群发任务」里点「发送」。"
BAR_BY_HAND = "没有发成，文字已经发给您了，长按就能转到群里。"


def bar_nothing(day: str, clock: str) -> str:
    """There is nothing to send, and when there will be; without a day nobody knows yet."""
    return f"{BAR_NOTHING}\n下一次预览：{day}{clock}。" if day else BAR_NOTHING


def bar_ready(class_name: str, *, picture: bool) -> str:
    """The page shows what would be posted."""
    more = "长图在和小助手的聊天里。" if picture else ""
    return f"下面是{class_name}今天的消息，点一下就以您的名义发到本群。{more}"


def bar_sent(class_name: str) -> str:
    """It is in the group."""
    return f"{class_name}今天的消息已经在群里了，不会再发第二遍。"
