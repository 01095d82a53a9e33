"""What is said about reply windows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from handlers.hours.rules import Hours, Span, Window
from handlers.language.say import say_day, say_time

_WEEKDAYS = "一二三四五六日"
TAKE = "就这样"
LEAVE = "先不改"
NOT_SPANS = "答复时段我没看明白。请说从几点到几点，比如「答复时间改成8:00到10:00和16:00到18:00」。"
LEFT = "好，答复时段没有改。"
TALK_OVER = "这件事隔得有点久，我没有留着。要改答复时段，请再说一遍。"
NOT_DAYS = "是哪几天我没看明白。请说日期，比如「10月14日到10月16日我不看留言」。"
ALREADY_NONE = "那天本来就没有答复时段，不用改。"
AGREE, DISAGREE = "可以", "这次不行"


def span(one: Span) -> str:
    """「8:00–10:00」."""
    return f"{say_time(one.start)}–{say_time(one.end)}"


def spans(many: Sequence[Span]) -> str:
    """「8:00–10:00、16:00–18:00」."""
    return "、".join(map(span, many))


def hours(all_of_them: Hours) -> str:
    """「上学日 8:00–10:00，周五 15:00–16:00」."""
    usual = [f"上学日 {spans(all_of_them.usual)}"] if all_of_them.usual else []
    own = [f"周{_WEEKDAYS[day - 1]} {spans(many)}" for day, many in sorted(all_of_them.own.items())]
    return "，".join([*usual, *own])


def shall_it(new: Hours) -> str:
    """Said in full before it counts."""
    return f"您答复家长的时段改成：{hours(new)}。要这样吗？"


def days(dates: Sequence[date]) -> str:
    """「10月14日（周三）」, 「10月14日（周三）到10月16日（周五）」, or each of them."""
    if len(dates) > 1 and (dates[-1] - dates[0]).days == len(dates) - 1:
        return f"{say_day(dates[0])}到{say_day(dates[-1])}"
    return "、".join(map(say_day, dates))


def shall_days(dates: Sequence[date], windows: Sequence[Span], deputy: str) -> str:
    """The same for single days; ``deputy`` is to be asked to stand in."""
    what = f"答复时段是 {spans(windows)}" if windows else "不看留言"
    ask = f"家长的话，我去问{deputy}愿不愿意代看。" if deputy else ""
    return f"{days(dates)}{what}，别的日子不变。{ask}要这样吗？"


def taken(new: Hours) -> str:
    """It holds."""
    return f"好，答复家长的时段是：{hours(new)}。时段外的留言我先收着，到点一起列给您。"


def days_taken(dates: Sequence[date], windows: Sequence[Span]) -> str:
    """It holds for single days."""
    if windows:
        return f"好，{days(dates)}答复时段是 {spans(windows)}。"
    return f"好，{days(dates)}不看留言。家长问起我照实说，急事照样马上告诉您。"


def will_you(teacher: str, dates: Sequence[date]) -> str:
    """A colleague is asked to stand in."""
    return f"{teacher}{days(dates)}不在，想请您代看家长的留言。到您的答复时段，我列给您。可以吗？"


def stands_in(deputy: str, dates: Sequence[date]) -> str:
    """The colleague has agreed."""
    return f"{deputy}答应了，{days(dates)}由{deputy}代看留言。"


def does_not(deputy: str, dates: Sequence[date]) -> str:
    """The colleague has not."""
    return f"{deputy}{days(dates)}也不方便。家长的留言我收着，等您回来列给您。"


def thanks_deputy(teacher: str, dates: Sequence[date]) -> str:
    """To the colleague who agreed."""
    return f"好，已告诉{teacher}。{days(dates)}家长的留言会列给您。"


NEVER_MIND = "好，已经说了您这次不方便。"


def nobody_of_name(deputy: str) -> str:
    """No such colleague in the class."""
    return f"您班里没有找到{deputy}，没有人代看。家长的留言我收着，等您回来列给您。"


def now(current: Hours) -> str:
    """The teacher asks for the own windows."""
    usual = "" if current.chosen else "（默认的）"
    return f"您现在的答复时段{usual}：{hours(current)}。要改，说从几点到几点就行。"


def told(teacher: str, current: Hours, window: Window | None, *, is_open: bool) -> str:
    """A parent asks when the teacher answers."""
    line = f"{teacher}答复的时段是：{hours(current)}"
    if window is None:
        return f"{line}。有话现在就可以说，我转过去。"
    unsure = "" if window.confirmed else "（放假安排还没公布，以学校通知为准）"
    when = "现在就在时段内" if is_open else f"下次是{say_day(window.day)}{span(window.span)}{unsure}"
    return f"{line}。\n{when}。有话现在就可以说，我收着。"


def do_they_suit(current: Hours) -> str:
    """Asked once, with the first list."""
    return f"您的答复时段现在是{hours(current)}，家长留言到时候一起给您。\n时间不合适，说「答复时间改成12:30到13:30」就改。"
