"""What a message names, given what it means: who, when, how, what.

Values with a fixed form come from rules, days and hours from :mod:`handlers.language.dates`, and words as they
were written from a small model of the example lines. An intent is only ever given the slots it may have.
"""

from __future__ import annotations

import re

from handlers.language.dates import date_slots
from handlers.language.dates.groups import moves
from handlers.language.slots.allowed import ALLOWED, spans_of
from handlers.language.slots.rules import fixed
from handlers.language.slots.tagger import learned, spans
from handlers.language.slots.text import LONGEST, said_in
from handlers.language.urgency import danger_in

__all__ = ["slots_of"]

Slots = dict[str, object]
_TIMES = frozenset(
    (
        "date",
        "time",
        "from_date",
        "from_time",
        "deadline",
        "shift_min",
        "shift_days",
        "delay_min",
        "duration_min",
        "days",
        "recurring",
    )
)
_TODAY = frozenset({"late_report"})
"""Whoever writes these without a day means today."""
_ALWAYS = frozenset({"set_office_hours", "set_quiet_hours"})
"""Here a day of the week means every such day."""
_ASIDE = {
    "leave_request": r"昨(?:天|日|晚|夜)(?:晚上|夜里|上)?",
    "late_report": r"昨(?:天|日|晚|夜)(?:晚上|夜里|上)?",
    "urgent_notice": r"(?:提前|推迟|晚)放学|(?:现在|马上|立刻|立即)(?:就)?发",
}
"""What is said of another time than the one that is meant."""
_NEW_DAY = re.compile(
    r"[改换整推挪调移延搬]签?(?:到|成|至)|改约|再约|换(?:个|一个)时间[，, ](?:下|这|本|周|明|后|\d)|(?:周|星期|礼拜)[一二三四五六日天](?:[上下]午|晚上)?(?:吧|行|可以)"
)
"""Where the one day that is named is the new one, though nothing is moved 「到」 it."""
_MYSELF = re.compile(
    r"(?:^|[，, ])(?:(?:今天|今晚|明天|下午|放学|还是|改成?|由|换)[，, ]?)*(?:我|本人)(?:自己|亲自|来|去|过去|今天|下班)*(?:来|去)?接"
)
_RANG = re.compile(r"没接|不接|打不通|没打通|没通|关机|占线|空号|无人接|忙音|打了|响|停机")
_PUPILS = re.compile(r"同学|同桌|被人打|有人打|年级|逼(?:他|她|我|着)|几个(?:男|女|孩|大)")
_LISTS = frozenset({"items", "attendees", "content"})
_SEVERAL = frozenset({"child", "teacher"})
"""One or a list, as many as are named."""
_FILLERS = re.compile(
    r"^[\s，,。：:、！!？?；;“”\"'「」《》（）()]+|[\s，,。：:、！!？?；;“”\"'「」《》（）()～~]+$|(?:吧|哈|呀|啊|哦|谢谢|了哈)$"
)


def slots_of(intent: str, line: str, mended: str) -> Slots:
    """The slots of a line.

    Args:
        intent: What the line means.
        line: As written, folded.
        mended: The same with typos and dialect mended, see :func:`handlers.language.mend.mend`.

    Returns:
        Names and values; only names the intent may have.
    """
    allowed = ALLOWED.get(intent, frozenset())
    if not allowed:
        return {}
    said = said_in(line)
    slots = _pieces(intent, said)
    slots |= _dated(intent, allowed, said)
    for name in sorted(allowed - _TIMES - spans_of(intent)):
        value = fixed(intent, name, said)
        if value is None and mended != said:
            value = fixed(intent, name, mended)
        if value is not None:
            slots[name] = value
    if slots.get("duration_min") == slots.get("buffer_min"):
        slots.pop("duration_min", None)
    return _finished(intent, slots, said, mended)


def _pieces(intent: str, said: str) -> Slots:
    names = tuple(sorted(spans_of(intent)))
    said = said[:LONGEST]
    if not names or not said:
        return {}
    found: dict[str, list[str]] = {}
    for name, words in spans(learned().decode(intent, said, names), said):
        piece = _FILLERS.sub("", _FILLERS.sub("", words))
        if not piece:
            continue
        many = found.setdefault(name, [])
        if not many or (
            name in _LISTS | _SEVERAL and not any(piece in each or each in piece for each in many)
        ):
            many.append(piece)
    return {name: _one_or_many(intent, name, many) for name, many in found.items()}


def _one_or_many(intent: str, name: str, many: list[str]) -> object:
    """Words are one text where only lists of things are lists."""
    listed = name in _LISTS and (name != "content" or intent == "add_news")
    return (
        many
        if (listed and name != "content") or (len(many) > 1 and (listed or name in _SEVERAL))
        else many[0]
    )


def _dated(intent: str, allowed: frozenset[str], said: str) -> Slots:
    if intent in _ASIDE:
        said = re.sub(_ASIDE[intent], "", said)
    times = date_slots(said)
    found: Slots = {name: value for name, value in times.items() if name in allowed}
    if "deadline" in found and "time" not in times:
        found.pop("date", None)
    if "date" in allowed and "from_date" in times and not {"date", "from_date"} & found.keys():
        found["date"] = times["from_date"]
    if "due" in allowed and "date" in times:
        found["due"] = times["date"]
    shifted = {"from_date", "shift_min", "shift_days"} & found.keys()
    if intent == "reschedule_appointment" and not shifted and not (moves(said) or _NEW_DAY.search(said)):
        # 「明天有事，换个时间」: the day that is named is the old one
        found = {f"from_{name}" if name in ("date", "time") else name: found[name] for name in found}
    if intent == "set_quiet_hours" and str(found.get("time", ""))[:1].isdigit():
        found |= _quiet(found.pop("time"), said)
    if intent in _ALWAYS and isinstance(found.get("date"), str):
        found["date"] = str(found["date"]).replace("NEXT-", "EVERY-")
    if intent in _TODAY:
        found.setdefault("date", "D+0")
    if intent == "schedule_digest" and str(found.get("time", "")).startswith(("07:", "08:", "09:")):
        clock = str(found["time"])
        found["time"] = f"{int(clock[:2]) + 12}{clock[2:]}"
    return found


def _quiet(time: object, said: str) -> Slots:
    """From when to when nothing is to come."""
    if not isinstance(time, str) or not time[:1].isdigit():
        return {}
    start, _, end = time.partition("-")
    if end:
        return {"start": start, "end": end}
    return {"end": start} if re.search(r"(?:以前|之前|前)", said) else {"start": start}


def _finished(intent: str, slots: Slots, said: str, mended: str) -> Slots:
    """What follows from another slot or from the whole line."""
    if intent in ("urgent_report", "safeguarding_report"):
        danger = danger_in(mended)
        if danger is not None:
            slots["category"] = danger.category
            if danger.category == "abuse" and _PUPILS.search(said):
                slots["category"] = "bullying"
    if intent == "pickup_change" and _MYSELF.search(said):
        slots["person"] = "本人"
    if intent == "record_contact_attempt" and "mode" not in slots and _RANG.search(said):
        slots["mode"] = "phone"
    return slots
