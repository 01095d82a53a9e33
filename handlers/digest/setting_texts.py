"""What is said about when a digest goes out, and how."""

from __future__ import annotations

from handlers.digest.texts import Way


def auto_on(class_name: str, clock: str, way: Way) -> str:
    """Automatic sending chosen."""
    if way == "confirmed":
        head = f"好，{class_name}的速递以后上学日 {clock} 放到您的「群发任务」里，"
        return f"{head}点一下「发送」就到班级群。不想这样，说「不要自动发」。"
    if way == "by_hand":
        head = f"好，{class_name}的速递以后上学日 {clock} 连长图一起发给您，"
        return f"{head}请您转到班级群。不想这样，说「不要自动发」。"
    return f"好，{class_name}的速递以后上学日 {clock} 自动发，发之前给您预览。不想自动发，说「不要自动发」。"


def auto_off(class_name: str) -> str:
    """Automatic sending ended."""
    return f"好，{class_name}的速递不自动发了，每次等您说「发送」。"


_BY_WAY: dict[Way, str] = {
    "by_itself": "自动发",
    "confirmed": "请您点「发送」",
    "by_hand": "把文字和长图发给您转",
}


def send_line(send_at: str, way: Way, *, auto: bool) -> str:
    """When and how it goes."""
    return f"{send_at} {_BY_WAY[way]}" if auto else "等您说「发送」才发"


def send_line_set(send_at: str, way: Way, *, auto: bool) -> str:
    """The same right after the time was changed: it is said in any case."""
    return send_line(send_at, way, auto=auto) if auto else f"{send_at} 是发送时间（等您说「发送」才发）"


def times_now(class_name: str, preview_at: str, send: str) -> str:
    """Asked about them."""
    return f"{class_name}的速递上学日 {preview_at} 给您预览，{send}。要改就说「速递改到17:20发」。"


def times_set(class_name: str, preview_at: str, send: str, since: str) -> str:
    """Changed."""
    return f"改好了，{class_name}的速递从{since}起：{preview_at} 给您预览，{send}。"


TIME_OUT_OF_RANGE = "速递要在 6:00 到 20:59 之间发，这个时间没有改。"
FROM_TODAY, FROM_NEXT = "今天", "下一个上学日"
NO_NUDGES = "以后不提醒"
NUDGED = "好，上学日 12:30 还没有内容，就提醒您一句。"
NOT_NUDGED = "好，中午不再提醒。要恢复，说「速递提醒我」。"
_DAYS = "一二三四五六日"


def nudge(class_name: str, preview_at: str) -> str:
    """Nothing noted by noon."""
    return f"{class_name}今天的速递还没有内容。想到什么随手发我一句，{preview_at} 给您看预览。"


def dismissal_set(class_name: str, weekdays: str, clock: str, sent: str, *, own: bool) -> str:
    """When school is out; ``own``: the digest has a time of its own that stays."""
    days = "周" + "、".join(_DAYS[int(day) - 1] for day in weekdays) if weekdays else "每天"
    digest = (
        f"速递仍是 {sent}（要跟着放学走，说「速递跟着放学」）"
        if own
        else f"那天的速递 {sent} 发"
        if weekdays
        else f"速递 {sent} 发"
    )
    return f"记下了，{class_name}{days} {clock} 放学，{digest}。"


def follows(class_name: str, preview_at: str, send_at: str) -> str:
    """The digest has no time of its own any more."""
    return f"好，{class_name}的速递跟着放学走：放学时给您预览，20 分钟后发（今天 {preview_at}、{send_at}）。"
