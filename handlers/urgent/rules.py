"""The urgent path's rules, pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.language.urgency import Danger
from handlers.urgent.words import BY, CLASS_TEACHER, DOES, TEACHER, TITLE

ROUNDS = (timedelta(seconds=60), timedelta(minutes=3), timedelta(minutes=8))
"""When, after it was opened, help is called again for a case nobody has taken."""
JOINING = timedelta(minutes=30)
"""So long a family's further words belong to the same case."""

_CONFIDENTIAL = ("sexual_abuse",)


@dataclass(frozen=True, slots=True)
class Pointed:
    """Whom the words point at as the doer.

    Args:
        at_staff: They point at somebody of the school, known or not.
        ids: Those who may be meant.
    """

    at_staff: bool
    ids: tuple[str, ...] = ()


def pointed(words: str, class_teachers: Sequence[str], staff: Mapping[str, str]) -> Pointed:
    """Whether a teacher is said to have done it.

    Args:
        words: As written.
        class_teachers: Ids of who teaches the class, the class teacher first.
        staff: Ids and names of everybody at the school who might be told.
    """
    found = [match["who"] for regex in (DOES, BY) for match in regex.finditer(words)]
    ids: dict[str, None] = {}
    for who in found:
        named = [i for i, name in staff.items() if _same(who, name)]
        if who == CLASS_TEACHER:
            named = list(class_teachers[:1])
        elif who == TEACHER:  # which one is not said: none of the class's may be the first to know
            named = list(class_teachers)
        ids.update(dict.fromkeys(named))
    return Pointed(bool(found), tuple(ids))


def _same(who: str, name: str) -> bool:
    """「那王老师」 is 王老师; of a full name the family name is said."""
    bare = TITLE.sub("", who)
    return bool(bare) and (name in who or bare == name or bare[-1] == name[0])


def confidential(found: Danger, at: Pointed) -> bool:
    """Whether only the named person and the head are told."""
    if found.intent != "safeguarding_report":
        return False
    return found.category in _CONFIDENTIAL or at.at_staff


def next_call(opened_at: datetime, now: datetime) -> datetime | None:
    """When help is called next; what was slept through is not made up for. Times in UTC."""
    return next((opened_at + after for after in ROUNDS if opened_at + after > now), None)
