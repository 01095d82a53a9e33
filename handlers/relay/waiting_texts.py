"""What is said about words that wait: to the parent who wrote them, and to the teacher they wait for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time

from handlers.hours.rules import Window
from handlers.language.say import say_day, say_time

PUT_OFF = "顺延"
NO_ANSWER = (
    "不用回",
    "不用回了",
    "不回",
    "不回了",
    "已处理",
    "处理好了",
    "当面说了",
    "电话说了",
    "已电话回复",
)
"""Words behind a family's number that end the matter without a message."""
NOTHING_OPEN = "现在没有家长在等您回复，不用顺延。"
NO_WINDOW = "我不知道您下一次什么时候看留言，没法告诉家长。请先说答复时段，比如「答复时间改成8:00到10:00」。"
Moved = Callable[[str, Window, date], str]
"""Says a new time to a parent: the teacher, the window, the local date."""
_LONGEST = 36
_UNSURE = "（放假安排还没公布，以学校通知为准）"
_SOON = "今天"


def day(of: date, today: date) -> str:
    """「今天」, or the day in full."""
    return _SOON if of == today else say_day(of)


def moment(of: date, at: time, today: date) -> str:
    """「今天 20:00」, 「10月13日（周二）8:00」."""
    return f"{day(of, today)}{' ' if of == today else ''}{say_time(at)}"


def until(window: Window, today: date) -> str:
    """「预计今天 18:00 前回复」."""
    unsure = "" if window.confirmed else _UNSURE
    return f"预计{moment(window.day, window.span.end, today)} 前回复{unsure}"


def span(window: Window, today: date) -> str:
    """「10月14日（周三）8:00–10:00」."""
    return f"{moment(window.day, window.span.start, today)}–{say_time(window.span.end)}"


def waits(
    teacher: str,
    window: Window,
    duty_phone: str,
    *,
    earlier: datetime | None = None,
    why: str = "",
) -> str:
    """The one automatic answer outside the windows: since when it is read, until when it is answered.

    Args:
        teacher: Who reads it.
        window: The window of the promise.
        duty_phone: For what cannot wait; may be empty.
        earlier: When it is read if that is not in the window (medicine, allergy), local.
        why: Why it is not the class teacher, or empty.
    """
    holiday = "现在是假期，" if window.between_terms else ""
    unsure = "" if window.confirmed else _UNSURE
    seen = (
        f"{say_day(earlier.date())}{say_time(earlier)} 看到"
        if earlier is not None
        else f"{say_day(window.day)}{say_time(window.span.start)} 开始看留言"
    )
    by = say_time(window.span.end)
    if earlier is not None and earlier.date() != window.day:
        by = f"{say_day(window.day)}{by}"
    phone = f"直接打 {duty_phone}" if duty_phone else "直接打电话给老师"
    return (
        f"收到。{why}{holiday}{teacher} {seen}，预计 {by} 前回复{unsure}。\n孩子有危险或不舒服，请{phone}。"
    )


def brought_along(teacher: str) -> str:
    """Thanks wait, too; nothing is promised."""
    return f"好，我带给{teacher}。"


def taken_back(words: str) -> str:
    """What nobody has seen yet is taken out."""
    return f"好，这句没有转给老师，也不留着：“{short(words)}”。"


def moved(teacher: str, window: Window, today: date) -> str:
    """A new time for an answer that was promised."""
    unsure = "" if window.confirmed else _UNSURE
    return f"{teacher}现在走不开，改到{span(window, today)} 回您{unsure}。您的留言在，不用重发。"


def late(teacher: str, window: Window, today: date) -> str:
    """Twice a promise was not kept: the parent is told so, with a new time and a way on."""
    return f"让您久等了，{teacher}还没来得及回。改到{span(window, today)}；等不及，请打学校电话。"


def overslept(teacher: str, window: Window, today: date) -> str:
    """The service was down while the window was open."""
    return f"抱歉，您的留言我送晚了，{teacher} {span(window, today)} 看。内容都在，不用重发。"


def short(words: str) -> str:
    """One line of a list."""
    line = " ".join(words.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def line(number: int, name: str, words: str) -> str:
    """「3 小明妈妈：明天可以晚到吗」."""
    return f"{number} {name}：{short(words)}"


def waiting_list(lines: Sequence[str], first: int, overdue: int, rest: int, thanks: Sequence[str]) -> str:
    """The list at the beginning of a window.

    Args:
        lines: At most ten.
        first: How many of them are to be looked at first.
        overdue: How many should have been answered before.
        rest: How many more wait.
        thanks: What was only thanks, see :func:`thanked`.
    """
    notes = [
        *([f"前 {overdue} 位说好的时间已经过了"] if overdue else []),
        *([f"{first} 位请先看"] if first else []),
    ]
    head = f"{len(lines) + rest} 位家长等您" + (f"，{'，'.join(notes)}" if notes else "")
    more = [f"还有 {rest} 位，回完这些我接着列。"] if rest else []
    last = [thanks_line(thanks)] if thanks else []
    how = "回复「数字 加您的话」就发给那位家长；只回数字看全文；「数字 不用回」就不再提。"
    return "\n".join([f"{head}：", *lines, *more, *last, how])


def thanked(name: str, words: str) -> str:
    """「小明妈妈“谢谢老师”」."""
    return f"{name}“{short(words)}”"


def thanks_line(thanks: Sequence[str]) -> str:
    """Those who only say thanks need no answer; their words are shown all the same."""
    return f"不用回的：{'、'.join(thanks)}"


def more(rest: int) -> str:
    """The button to the next page."""
    return f"看后面 {rest} 位"


def closing(lines: Sequence[str], rest: int, end: str, after: str) -> str:
    """What is still open shortly before the end of a window."""
    more_line = [f"还有 {rest} 位。"] if rest else []
    then = f"来不及就点「{PUT_OFF}」，我告诉他们改到{after}。" if after else ""
    return "\n".join([f"{end} 前还有 {len(lines) + rest} 位家长等您：", *lines, *more_line, then]).strip()


def missed(names: Sequence[str], end: str, after: str) -> str:
    """The first reminder, in private, after a promise has run out."""
    who = "、".join(names[:5]) + ("等" if len(names) > 5 else "")
    again = f"{after} 我再列给您；点「{PUT_OFF}」就先告诉家长。" if after else ""
    return f"说好 {end} 前回的，还有 {len(names)} 位没回：{who}。现在回也行。\n{again}".strip()


def put_off_done(count: int, after: str) -> str:
    """The echo of 顺延."""
    return f"好，已告诉 {count} 位家长：改到{after}。到时候我再列给您。"


def status_waits(teacher: str, said_at: str, opens: str) -> str:
    """A parent asks after words nobody has seen yet."""
    return f"您{said_at} 的留言在，{teacher} {opens} 开始看。要补充，直接接着说。"


def status_shown(teacher: str, said_at: str, promised: str) -> str:
    """The teacher has it and has not answered."""
    by = f"，说好{promised} 前" if promised else ""
    return f"您{said_at} 的留言{teacher}已经收到，还没回{by}。"


STATUS_NONE = "您没有在等回复的留言。有话给老师，在这里直接说就行。"
"""A parent asks after words, and nothing waits."""


def morning_label(*, today: bool) -> str:
    """The button for words that may wait."""
    return "早上七点半发" if today else "明早七点半发"


def settled(name: str) -> str:
    """A family's message needs no answer."""
    return f"好，{name}这条不用回了。"


def whole(name: str, words: str, number: int | None) -> str:
    """The number alone: the words in full, and how to answer."""
    how = f"「{number} 加您的话」" if number is not None else f"「回复{name}：加您的话」"
    return f"{name}：{words}\n要回，说{how}就发出去。"
