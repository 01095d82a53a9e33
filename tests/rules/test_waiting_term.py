"""A term of questions at every hour: each promise is given once and kept, and nobody is rung up outside."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.school_calendar import DayOverride, SchoolCalendar, Term
from storage import schedule
from storage.engine import Store
from storage.seed import import_school
from tests.contract.invented import MONDAY, NAMED, Ids, document
from tests.rules.classroom import Classroom

TEACHER = "三(1)班王老师"
ZONE = ZoneInfo("Asia/Shanghai")
START, END = date(2026, 8, 25), date(2027, 3, 10)
"""From before one term until after the beginning of the next."""
CALENDAR = SchoolCalendar(
    "Asia/Shanghai",
    (Term("秋", date(2026, 9, 1), date(2027, 1, 22)), Term("春", date(2027, 2, 24), date(2027, 7, 9))),
    (DayOverride(date(2026, 10, 16), False, "运动会"),),
)
PROMISED = re.compile(r"(\d+)月(\d+)日（周.）(\d+):(\d\d) 开始看留言，预计 (\d+):(\d\d) 前回复")
ASKED = re.compile(r"问题(\d+)")


def _spans(day: date) -> list[tuple[time, time]]:
    """The windows of a day, said once more in other words."""
    if not CALENDAR.has_term(day):
        return [(time(10), time(11))] if day.isoweekday() in (2, 5) else []
    if not CALENDAR.is_school_day(day):
        return []
    return [(time(8), time(10)), (time(16), time(18))]


def _next_window(at: datetime) -> tuple[datetime, datetime]:
    """The window that opens next, or is open."""
    day = at.date()
    while True:
        for start, end in _spans(day):
            if datetime.combine(day, end, ZONE) > at:
                return datetime.combine(day, start, ZONE), datetime.combine(day, end, ZONE)
        day += timedelta(days=1)


@dataclass
class Course:
    """What happened to each question."""

    room: Classroom
    told: Counter[tuple[str, datetime]] = field(default_factory=Counter)
    shown: dict[int, datetime] = field(default_factory=dict)
    rung: list[datetime] = field(default_factory=list)

    def look(self) -> None:
        """What the teacher sees now."""
        for who, text in self.room.sent:
            if who == TEACHER:
                self.rung.append(self.room.now)
                for mark in ASKED.findall(text):
                    self.shown.setdefault(int(mark), self.room.now)

    def until(self, moment: datetime) -> None:
        """Let everything that becomes due before ``moment`` happen, one occurrence after the other."""
        while True:
            due = self.room.store.run(lambda db: schedule.next_due(db, self.room.now)).result()
            if due is None or due > moment:
                break
            self.room.now = due.astimezone(ZONE)
            self.room.due()
            self.look()
        self.room.now = moment


@pytest.mark.parametrize("step", [timedelta(hours=5, minutes=7), timedelta(hours=26, minutes=11)])
def test_a_term_of_questions(store: Store, step: timedelta) -> None:
    store.run(lambda db: import_school(db, document(1, 5), Ids(), MONDAY)).result()
    course = Course(Classroom(store, Ids("e"), datetime.combine(START, time(6), ZONE)))
    moment, number = course.room.now, 0
    while moment.date() < END:
        course.until(moment)
        _ask(course, number)
        moment, number = course.room.now + step, number + 1
    course.until(moment + timedelta(days=2))
    assert set(course.shown) == set(range(number)), "each question reached the teacher"
    assert max(course.told.values()) == 1, "each promise was given once"
    outside = [at for at in course.rung if not _reading(at)]
    assert outside == [], "nobody is rung up outside the windows"


def _ask(course: Course, number: int) -> None:
    """One family asks; what it is told is the window that comes, and the teacher gets it then."""
    room = course.room
    child = NAMED[number % len(NAMED)]
    who = f"g-1-{number % len(NAMED)}-m"
    said = room.say(who, f"问题{number}")
    course.look()
    opens, ends = _next_window(room.now)
    if opens <= room.now:
        assert course.shown[number] == room.now, "in the window it goes through at once"
        assert said.startswith("已转给")
    else:
        assert number not in course.shown
        found = PROMISED.search(said)
        assert found is not None, said
        month, day, *clock = map(int, found.groups())
        assert (month, day, *clock) == (
            opens.month,
            opens.day,
            opens.hour,
            opens.minute,
            ends.hour,
            ends.minute,
        )
        course.told[who, opens] += 1
    # The family is answered before it asks again, so that each question has a closed period of its own.
    course.until(max(room.now, opens))
    assert course.shown[number] == room.now, "kept to the minute"
    assert room.say(TEACHER, f"回复{child}妈妈：知道了") == f"已发给{child}妈妈。"


def _reading(at: datetime) -> bool:
    """In a window, or at the very moment it ends: then a missed promise is told."""
    return any(start <= at.time() <= end for start, end in _spans(at.date()))
