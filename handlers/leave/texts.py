"""What is said about leave, coming late and being fetched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time

from handlers.language.say import say_day, say_short_day, say_time
from storage.leave import Leave

_PARTS = {"am": "上午", "pm": "下午", "half": "半天", "": ""}
_REASONS = {"sick": "病假", "personal": "事假", "": "请假"}
SELF_WORDS = ("本人", "我", "自己")
WHICH_CHILD = "您说的是哪个孩子的事？"
WHICH_LEAVE = "要取消哪一次请假？"
WHICH_SEEN = "要告诉哪一家您看到了？"
TALK_OVER = "这件事隔得有点久，我没有留着。请再说一遍。"
SEEN = "知道了"
YES, NO = "对", "不对"
PICKUP_DROPPED = "好，接人的事没有改，也没有告诉老师。"
NOTHING_TO_SEE = "现在没有等您看的请假。"
NO_OWN_LEAVE = "现在没有记着请假。要请假，直接说一句，比如「明天请假一天」。"
SICK_QUESTION = "什么症状、去医院了吗？不回也不影响请假。"


def spans(of: Sequence[tuple[date, date]]) -> str:
    """「10月13日（周二）」, 「10月13日（周二）到10月15日（周四）」."""
    return "、".join(say_day(a) if a == b else f"{say_day(a)}到{say_day(b)}" for a, b in of)


def choice(child: str, first: date, *, several: bool) -> str:
    """A request on a button, which takes twelve characters: 「小明10月13日起」."""
    return f"{child}{say_short_day(first)}{'起' if several else ''}"


def kind(reason: str, part: str = "") -> str:
    """「病假」, 「上午事假」."""
    return _PARTS[part] + _REASONS[reason]


def recorded(child: str, days: str, what: str, teacher: str, *, sick: bool, doctor: bool) -> str:
    """A leave is written down."""
    readers = f"{teacher}和校医" if sick and doctor else teacher
    return f"{child}{days}{what}记下了，{readers}会看到。"


def recorded_only(child: str, days: str, what: str) -> str:
    """A leave is written down, and there is nobody to read it."""
    return f"{child}{days}{what}记下了。"


def already(child: str, days: str, what: str, by: str, teacher: str) -> str:
    """The same was said before, by the same or the other parent."""
    said = f"（{by}说的）" if by else ""
    return f"{child}{days}的{what}已经记着了{said}，{teacher}会看到，不用再请。"


def nobody(duty_phone: str) -> str:
    """No teacher of the class can be reached."""
    phone = f"，或打学校值班电话 {duty_phone}" if duty_phone else ""
    return f"班里还没有老师开通小助手，没人会看到。请直接打老师电话{phone}。"


VACATION = "放假期间不上学，不用请假。要请开学后的假，说哪天就行。"


def past(day: date) -> str:
    """That day is over."""
    return f"{say_day(day)}已经过了，没有记。要请今天或以后的假，说哪天就行。"


def over(day: date) -> str:
    """School is out for today."""
    return f"今天{say_day(day)}已经放学，没有记。要请以后的假，说哪天就行。"


def free(child: str, day: date) -> str:
    """No school that day."""
    return f"{say_day(day)}不上学，{child}不用请假。"


def free_for_pickup(day: date) -> str:
    """No school that day."""
    return f"{say_day(day)}不上学，不用接。"


LONG = "这么久的假我记不了，请直接和班主任说。"


def which_day(proposals: Sequence[date]) -> str:
    """Which day is meant?"""
    if not proposals:
        return "您说的是哪一天？说几月几日就行，比如「10月13日」。"
    return "您说的是哪一天？也可以直接说几月几日。"


def thanks_for_symptom(teacher: str, *, doctor: bool) -> str:
    """The answer is kept."""
    return f"记下了，{teacher}{'和校医' if doctor else ''}会看到。祝早日康复。"


def delay(minutes: str) -> str:
    """How much later than usual."""
    return f"约{minutes}分钟"


def late_recorded(child: str, day: str, when: str, teacher: str, *, told: bool) -> str:
    """A child comes late."""
    at = f"（{when}）" if when else ""
    how = f"已告诉{teacher}" if told else f"{teacher}早上会看到"
    return f"{child}{day}晚到{at}记下了，{how}。"


def cancelled(child: str, days: str, teacher: str, *, told: bool) -> str:
    """A leave is taken back."""
    return f"{child}{days}不请假了，记下了{f'，{teacher}会知道' if told else ''}。"


def nothing_to_cancel(child: str) -> str:
    """There is no leave to take back."""
    return f"{child}没有记着那天的请假，正常来就行。"


def children(names: Sequence[str]) -> str:
    """「小明、乐乐」."""
    return "、".join(names)


def pickup_question(child: str, day: str, person: str) -> str:
    """Said in full before it counts."""
    return f"{day}由{person}接{child}，对吗？"


def pickup_told(day: str, person: str, child: str, teacher: str, *, at_once: bool) -> str:
    """The teacher is being told: no word of whether it is allowed."""
    if at_once:
        return f"已告诉{teacher}：{day}由{person}接{child}。{teacher}看到了，我告诉您。"
    return f"记下了：{day}由{person}接{child}。{teacher}当天早上7:00会看到，看到了我告诉您。"


def pickup_for_other(who: str, child: str, day: str, person: str, teacher: str) -> str:
    """The other guardian hears of it: a short fact."""
    return f"{who}说：{day}由{person}接{child}，已告诉{teacher}。"


# To the teacher


def notice(who: str, child: str, days: str, what: str, note: str) -> str:
    """A leave that cannot wait for the list."""
    return f"{who}：{child}{days}{what}{f'（{note}）' if note else ''}。"


def late_when(row: Leave) -> str:
    """When a late child comes, as far as it was said."""
    return f"{say_time(time.fromisoformat(row.clock))}到" if row.clock else row.note


def late_notice(who: str, child: str, day: str, when: str) -> str:
    """A child comes late today."""
    return f"{who}：{child}{day}晚到{f'（{when}）' if when else ''}。"


def pickup_notice(who: str, child: str, day: str, person: str, *, known: bool) -> str:
    """Somebody else fetches today."""
    return f"{who}：{day}由{person}接{child}。{person}{'是登记的家长' if known else '没有登记，请核对'}。"


def more(who: str, child: str, days: str, note: str) -> str:
    """Symptoms that were told later."""
    return f"{who}补充：{child}{days}，{note}。"


def back(who: str, child: str, days: str) -> str:
    """A leave the teacher had read of is taken back."""
    return f"{who}：{child}{days}不请假了，照常上学。"


def heading(day: date, class_name: str, rows: Sequence[Leave]) -> str:
    """「10月13日（周二）三(2)班请假 3 人：」."""
    counted = [(sum(row.what == what for row in rows), word) for what, word in _COUNTED]
    return f"{say_day(day)}{class_name}{'、'.join(f'{word} {n} 人' for n, word in counted if n)}："


_COUNTED = (("leave", "请假"), ("late", "晚到"), ("pickup", "换人接"))


def line(row: Leave, child: str, *, known: bool = True) -> str:
    """One child in the list."""
    if row.what == "late":
        return f"{child} 晚到{f' {late_when(row)}' if late_when(row) else ''}"
    if row.what == "pickup":
        return f"{child} 由{row.note}接{'' if known else '，没有登记，请核对'}"
    return f"{child} {kind(row.reason, row.part)}{f'（{row.note}）' if row.note else ''}"


def and_more(n: int) -> str:
    """More than fit."""
    return f"还有 {n} 人，说「今天谁请假」看全部。"


def nobody_away(day: date) -> str:
    """Nobody is away."""
    return f"{say_day(day)}没有人请假。"


def for_doctor(day: str, class_name: str, lines: Sequence[str], more_than: int = 0) -> str:
    """What the school doctor reads."""
    rest = (f"还有 {more_than} 人。",) if more_than else ()
    return "\n".join((f"{day}{class_name}病假 {len(lines) + more_than} 人：", *lines, *rest))


def seen_by(teacher: str, what: str) -> str:
    """The family hears that it was read."""
    return f"{teacher}看到了：{what}。"


def seen_leave(child: str, days: str, what: str) -> str:
    """What was read."""
    return f"{child}{days}{what}"


def seen_late(child: str, day: str) -> str:
    """What was read."""
    return f"{child}{day}晚到"


def seen_pickup(child: str, day: str, person: str) -> str:
    """What was read."""
    return f"{day}由{person}接{child}"


def told_family(who: str) -> str:
    """The echo that names the family."""
    return f"好，已告诉{who}。"


SEEN_ALREADY = "这件事已经回过，或者家里取消了，没有再发。"


def teacher_recorded(child: str, days: str, what: str) -> str:
    """A teacher writes a pupil's leave down."""
    return f"{child}{days}{what}记下了，当天的请假名单里有。"


def no_pupil(child: str) -> str:
    """No such child in the teacher's classes."""
    return f"您班里没找到「{child}」，没有记。请写全名再说一遍。"


def own(lines: Sequence[str]) -> str:
    """A parent asks what is written down."""
    return "记着的请假：\n" + "\n".join(lines)


def not_told(what: str, duty_phone: str) -> str:
    """The teacher was not reached."""
    phone = f"，或打学校值班电话 {duty_phone}" if duty_phone else ""
    return f"没能告诉老师：{what}。请直接打老师电话{phone}。"
