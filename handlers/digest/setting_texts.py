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
