"""What the product goes by: commands that stand there word for word, and else what a line is most like.

A command read word for word brings its slots exactly, so it comes first. Where none fits, the meaning found by
likeness counts only if it is sure and asks for nothing but an answer or a note that can be taken back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from handlers.language.reading import Reading, read
from handlers.language.understanding import Understood, understand
from handlers.language.urgency import RED, danger_said

_ANSWERED = {
    "parent": frozenset(
        [
            "ask_reminder",
            "ask_digest",
            "search_digest",
            "ask_praise",
            "ask_office_hours",
            "query_message_status",
            "sign_amend",
            "sign_proxy",
            "help",
            "ask_identity",
        ]
    ),
    "teacher": frozenset(
        [
            "preview_digest",
            "query_inbox",
            "set_office_hours",
            "set_away",
            "query_unread",
            "help",
            "ask_identity",
        ]
    ),
}
"""Meanings that only ask, or that are asked about before they count: a wrong guess costs one needless answer.
Thanks are none: more may stand in them."""
_DAY = re.compile(r"D[+-]\d{1,3}|NEXT-[1-7]|W[+-]\d{1,2}-[1-7]")
"""One day; several are for the teacher to read."""
_OF_HOURS = frozenset({"set_office_hours", "set_away"})
_NOT_READING = re.compile(
    r"(?:不|没空|没时间|没法)(?:再|能)?(?:看|回复?|答复)(?:家长)?(?:的)?(?:留言|消息|家长)"
)
"""A day without answers, said outright; it is said back before it counts."""
_FROM_ON = re.compile(r"从[^，,。]{1,8}(?:起|开始|以后|之后)|(?:以后|往后|今后)都?")
"""From some day on is not that day alone, and nothing to be guessed at."""
_WEEKLY = re.compile(r"EVERY-[1-7]")
_DATED = frozenset({"ask_reminder", "ask_digest"})
"""Answered from what was published for a day, so a day has to be named: 「秋游那天」 is for the teacher."""
_TO_BRING = re.compile(r"[带帯穿交备捎拿]|东西|提醒|注意|通知|要求")
"""What a reminder is asked for with; where and when to meet is for the teacher to say."""
_LOOKS_FOR = re.compile(r"查|找|翻|搜|发过|哪一?条|在哪|看不到|再看|再发")
_PRAISE = re.compile(r"表扬|夸|喜报|奖")
"""Words without which a question may mean something else, and is for the teacher."""
_SHORTEST = 2
"""Characters of a topic that can be looked for."""
_LONGEST = 60
"""Characters; what is longer tells something, whatever it also asks."""
_AWAY = {
    "parent": frozenset({"leave_request", "late_report", "leave_cancel", "pickup_change"}),
    "teacher": frozenset({"query_leave", "leave_approve"}),
}
"""Who is away, late or fetched by somebody else: written down and said back in full, to be put right in a word."""
_AWAY_LONGEST = 160
"""An illness is told at length, and still is a leave."""
_ITS_REASON = frozenset({"health_info", "urgent_report", *_AWAY["parent"]})
"""A second meaning that only says why: 「孩子发烧了。今天请假一天。」"""
_ABOUT_LEAVE = frozenset({"child", "person", "symptom", "reason", "time", "delay_min", "days", "date"})


def understood(text: str, role: str, chat: str) -> Reading:
    """One message as the features match it.

    Args:
        text: As it came, any length.
        role: ``teacher`` or ``parent``.
        chat: ``private`` or ``group``.

    Returns:
        A reading; never raises.
    """
    reading = replace(read(text), danger=danger_said(text))
    if reading.intent == "unclear":
        return _by_likeness(reading, text, role, chat)
    if role == "parent" and reading.intent in _DATED and understand(text, role, chat).also is not None:
        return replace(
            reading, intent="unclear"
        )  # the answer would swallow the rest: the teacher reads it all
    return reading


def _by_likeness(reading: Reading, text: str, role: str, chat: str) -> Reading:
    if not reading.clean:
        return reading
    meant = understand(text, role, chat)
    if meant.sure or meant.intent.name in RED:  # a needless call costs less than a child
        reading = replace(reading, like=meant.intent.name)
    if role == "teacher" and _NOT_READING.search(reading.clean) and meant.slots.get("date"):
        return _hours(reading, "set_away", meant.slots)
    if meant.intent.name in _AWAY[role]:
        return _away(reading, meant) if len(reading.clean) <= _AWAY_LONGEST else reading
    long = len(reading.clean) > _LONGEST
    if long or not meant.sure or meant.also is not None or meant.intent.name not in _ANSWERED[role]:
        return reading
    if meant.intent.name in _OF_HOURS:
        return _hours(reading, meant.intent.name, meant.slots)
    if meant.intent.name == "search_digest":
        return _searched(reading, meant.slots)
    if meant.intent.name == "ask_praise":
        day = meant.slots.get("date")
        if not _PRAISE.search(reading.clean):
            return reading
        named = {"date": day} if isinstance(day, str) and _DAY.fullmatch(day) else {}
        return replace(reading, intent="ask_praise", slots=reading.slots | named)
    if meant.intent.name not in _DATED:
        return replace(reading, intent=meant.intent.name)
    if meant.intent.name == "ask_reminder" and not _TO_BRING.search(reading.clean):
        return reading
    day = meant.slots.get("date")
    if not isinstance(day, str) or not _DAY.fullmatch(day):
        return reading
    return replace(reading, intent=meant.intent.name, slots=reading.slots | {"date": day})


def _searched(reading: Reading, slots: Mapping[str, object]) -> Reading:
    """A topic to look for; without one it is a question for the teacher."""
    topic = slots.get("topic") or slots.get("keyword")
    if not isinstance(topic, str) or len(topic) < _SHORTEST or not _LOOKS_FOR.search(reading.clean):
        return reading
    return replace(reading, intent="search_digest", slots=reading.slots | {"topic": topic})


def _away(reading: Reading, meant: Understood) -> Reading:
    """One thing for sure, about days that have an end; anything else the teacher reads in the family's words."""
    beside = meant.also is not None and meant.also[0].name not in _ITS_REASON
    if not meant.sure or beside or meant.slots.get("recurring"):
        return reading
    named = {name: "|".join(_listed(value)) for name, value in meant.slots.items() if name in _ABOUT_LEAVE}
    return replace(reading, intent=meant.intent.name, slots=reading.slots | named)


def _hours(reading: Reading, intent: str, slots: Mapping[str, object]) -> Reading:
    """Windows of the week, of single days, or days without any: said back before they count."""
    days, times = _listed(slots.get("date")), _listed(slots.get("time"))
    weekly = all(_WEEKLY.fullmatch(day) for day in days)
    if intent == "set_office_hours" and not weekly and any(_WEEKLY.fullmatch(day) for day in days):
        return reading
    if intent == "set_away" and (weekly or not all(time in ("AM", "PM") for time in times)):
        return reading
    if not weekly and _FROM_ON.search(reading.clean):
        return reading
    spans = " ".join(time for time in times if "-" in time)
    named = {"spans": spans, "days": " ".join(day[-1] for day in days) if weekly else ""}
    more = {
        "dates": "" if weekly else " ".join(days),
        "half": times[0] if intent == "set_away" and len(times) == 1 else "",
        "deputy": str(slots.get("delegate") or ""),
    }
    named |= {name: value for name, value in more.items() if value}
    return replace(reading, intent=intent, slots=reading.slots | named)


def _listed(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)] if value else []
