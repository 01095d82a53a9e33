"""Reports: which days they are of, which lines they hold, which words are about them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from config.school_calendar import DayOverride, SchoolCalendar, Term
from handlers.reports import rules, words
from handlers.reports.feature import plan_day
from handlers.reports.reading import said
from handlers.reports.rules import Coming, Told
from storage import classes
from storage.engine import Db
from storage.reports import Item, Period
from tests.rules.classroom import Classroom

TERM = Term("2026秋", date(2026, 9, 1), date(2027, 1, 22))
CALENDAR = SchoolCalendar("Asia/Shanghai", (TERM,))
TUESDAY = date(2026, 10, 13)


@pytest.mark.parametrize(
    ("day", "what"),
    [
        (date(2026, 10, 16), "week"),
        (date(2026, 10, 15), None),
        (date(2026, 10, 17), None),
        (date(2026, 10, 30), "month"),  # also the week's last: one report, of the month
        (date(2026, 11, 30), "month"),
        (date(2027, 1, 22), "month"),  # the term is over
    ],
)
def test_what_ends_with_a_day(day: date, what: Period | None) -> None:
    assert rules.ending(CALENDAR, day) == what


def test_a_week_ends_on_its_make_up_day() -> None:
    makes_up = SchoolCalendar("Asia/Shanghai", (TERM,), (DayOverride(date(2026, 10, 17), school=True),))
    assert rules.ending(makes_up, date(2026, 10, 16)) is None
    assert rules.ending(makes_up, date(2026, 10, 17)) == "week"


def test_days_of_a_month_in_winter() -> None:
    assert rules.days_of("month", date(2026, 12, 5)) == (date(2026, 12, 1), date(2026, 12, 31))
    assert rules.days_of("week", date(2026, 12, 31)) == (date(2026, 12, 28), date(2027, 1, 3))


def test_praise_names_as_many_children_as_it_can() -> None:
    told = [Told(TUESDAY, f"小明做了第{n}件事", frozenset({"p1"})) for n in range(8)]
    told.append(Told(TUESDAY, "乐乐扫地", frozenset({"p2"})))
    said = [one.text for one in rules.praise(told)]
    assert "乐乐扫地" in said
    assert len(said) == rules.PRAISE
    assert said[0] == "小明做了第0件事"


def test_the_same_news_stands_once_and_the_latest_stay() -> None:
    told = [Told(date(2026, 10, 12 + n % 5), f"第{n % 8}件事") for n in range(16)]
    said = rules.news(told, "week")
    assert len(said) == rules.NEWS
    assert len({one.text for one in said}) == rules.NEWS


def test_only_what_is_still_to_come_lies_ahead() -> None:
    week = date(2026, 10, 18)
    coming = [
        Coming(date(2026, 10, 16), "今天的"),
        Coming(date(2026, 10, 23), "秋游"),
        Coming(date(2026, 10, 23), "秋游"),
        Coming(date(2026, 10, 19), "升旗"),
        Coming(date(2026, 12, 30), "太远"),
    ]
    said = rules.ahead(coming, week, date(2026, 10, 16))
    assert [one.text for one in said] == ["10月19日（周一） 升旗", "10月23日（周五） 秋游"]


def test_days_off_and_made_up_are_told() -> None:
    rows = (DayOverride(date(2026, 10, 20), school=False), DayOverride(date(2026, 10, 24), school=True))
    calendar = SchoolCalendar("Asia/Shanghai", (TERM,), rows)
    said = rules.days_off(calendar, date(2026, 10, 17))
    assert [one.day for one in said] == [date(2026, 10, 20), date(2026, 10, 24)]


def test_what_the_teacher_wrote_stays_when_more_comes() -> None:
    before = [Item("news", "我改过的"), Item("ahead", "10月23日（周五） 秋游")]
    fresh = [Item("praise", "小明扫地"), Item("ahead", "10月23日（周五） 秋游")]
    assert [one.text for one in rules.merged(before, fresh)] == [
        "我改过的",
        "小明扫地",
        "10月23日（周五） 秋游",
    ]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("周报", "show"),
        ("看一下这周的周报", "show"),
        ("发周报", "show"),
        ("上周的周报给我", "show"),
        ("本月月报", "show"),
        ("周报长图", "picture"),
        ("周报PDF", "print"),
        ("打印周报", "print"),
        ("周报就这样发吧", "send"),
        ("这周不发周报", "skip"),
        ("以后不问周报", "off"),
        ("以后不要周报了", "off"),
        ("周报自动发", "auto"),
        ("以后每周自动发周报", "auto"),
        ("周报不要自动发", "ask"),
        ("周报第2条不要", "remove"),
        ("周报去掉第三条", "remove"),
        ("周报第2条改成下周一升旗", "reword"),
        ("周报加一条：下周一升旗穿校服", "add"),
        ("周报怎么写比较好", None),
        ("提醒：周五交周报手抄报", None),
        ("表扬小明周报写得好", None),
    ],
)
def test_a_line_about_a_report(line: str, what: str | None) -> None:
    found = said(line)
    assert (found.what if found else None) == what


def test_numbers_are_read_in_words() -> None:
    found = said("周报第十二条改成下周一升旗")
    assert found is not None
    assert (found.number, found.text) == (12, "下周一升旗")
    assert words.DAY.sub("", "明天（10月17日（周六））带跳绳") == "带跳绳"


def test_who_lets_one_lie_is_not_asked_again(room: Classroom) -> None:
    def friday(day: str) -> str:
        for earlier in (2, 1):
            noted = date.fromisoformat(day) - timedelta(days=earlier)
            room.at(f"{noted}T10:00")
            room.say("王老师", "要闻：今天观察了蚂蚁")
            room.say("王老师", "发送")
            room.ended(room.posts[-1], "sent")
        room.at(f"{day}T00:05")
        room.store.run(lambda db: _plan(room, db)).result()
        room.at(f"{day}T12:11")
        room.due()
        return room.seen("王老师")

    assert "三(2)班周报" in friday("2026-10-23")
    assert friday("2026-11-06") == ""
    assert "三(2)班周报" in room.say("王老师", "周报")  # it can be had all the same


def _plan(room: Classroom, db: Db) -> None:
    ctx = room._ctx(db, None)
    for of in classes.of_school(db, ctx.school.id):
        plan_day(ctx, of, room.now.date())
