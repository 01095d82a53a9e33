"""The daily digest's rules: names, days, order, times."""

from __future__ import annotations

from datetime import date, datetime
from datetime import time as clock

import pytest

from config.school_calendar import DayOverride, SchoolCalendar, Term
from handlers.digest import rules
from storage.digests import Note

ROSTER = [("a", "小明"), ("b", "乐乐"), ("c", "林小满"), ("d", "王可乐"), ("e", "小明明")]


def _hide(text: str, *allowed: str, given: bool = True) -> str:
    found = rules.mentions(text, ROSTER, given_names=given)
    return rules.hide_names(text, found, dict.fromkeys(allowed, True))


@pytest.mark.parametrize(
    ("text", "allowed", "shown"),
    [
        ("小明主动扫了地", ["a"], "小明主动扫了地"),
        ("小明主动扫了地", [], "有同学主动扫了地"),
        ("小明和乐乐一起搬书", ["a"], "小明和另一位同学一起搬书"),
        ("小明、乐乐、林小满一起搬书", ["a"], "小明和另外几位同学一起搬书"),
        ("小明、乐乐一起搬书", [], "有同学一起搬书"),
        ("乐乐 帮同学擦黑板", [], "有同学帮同学擦黑板"),
        ("全班给乐乐鼓掌", [], "全班给一位同学鼓掌"),
        ("图书角由小明和乐乐整理", [], "图书角由几位同学整理"),
        ("小满讲题很耐心", ["c"], "小满讲题很耐心"),
        ("小满讲题很耐心", [], "有同学讲题很耐心"),
        ("小明明扫地", ["a"], "有同学扫地"),
        ("扫地，乐乐也来了", [], "扫地，有同学也来了"),
    ],
)
def test_a_name_stands_in_praise_only_with_consent(text: str, allowed: list[str], shown: str) -> None:
    assert _hide(text, *allowed) == shown


def test_a_drink_is_no_child_outside_praise() -> None:
    assert _hide("春游不要带可乐", given=False) == "春游不要带可乐"


def test_two_children_of_one_name_need_both_families() -> None:
    found = rules.mentions("张伟扫地", [("x", "张伟"), ("y", "张伟")], given_names=True)
    assert rules.hide_names("张伟扫地", found, {"x": True, "y": False}) == "有同学扫地"
    assert rules.hidden_names("张伟扫地", found, {"x": True}) == ["张伟"]


def _calendar() -> SchoolCalendar:
    term = Term("秋", date(2026, 9, 1), date(2027, 1, 22))
    return SchoolCalendar("Asia/Shanghai", (term,), (DayOverride(date(2026, 10, 16), False, "运动会"),))


@pytest.mark.parametrize(
    ("now", "state", "day", "why"),
    [
        ("2026-10-12T10:00", None, date(2026, 10, 12), ""),
        ("2026-10-12T10:00", "draft", date(2026, 10, 12), ""),
        ("2026-10-12T10:00", "failed", date(2026, 10, 12), ""),
        ("2026-10-12T17:00", "published", date(2026, 10, 13), "published"),
        ("2026-10-12T17:00", "queued", date(2026, 10, 13), "published"),
        ("2026-10-12T17:00", "skipped", date(2026, 10, 13), "skipped"),
        ("2026-10-12T21:00", "draft", date(2026, 10, 13), "closed"),
        ("2026-10-15T21:30", "draft", date(2026, 10, 19), "closed"),
        ("2026-10-17T10:00", None, date(2026, 10, 19), "free"),
        ("2026-10-10T10:00", None, date(2026, 10, 10), ""),  # a Saturday made up for the holiday
    ],
)
def test_which_digest_a_note_goes_into(now: str, state: str | None, day: date, why: str) -> None:
    local = datetime.fromisoformat(f"{now}:00+08:00")
    assert rules.target_day(_calendar(), local, state) == rules.Target(day, why)


def test_without_a_term_no_day_is_known() -> None:
    local = datetime.fromisoformat("2026-10-12T10:00:00+08:00")
    assert rules.target_day(SchoolCalendar("Asia/Shanghai", (), ()), local, None) is None


def test_sections_stand_in_order_and_numbers_follow() -> None:
    said = [("reminder", 1), ("praise", 2), ("news", 3), ("praise", 4)]
    moment = datetime.fromisoformat("2026-10-12T10:00:00+08:00")
    notes = [Note(str(at), "d", kind, "x", (), "t", moment, at) for kind, at in said]  # type: ignore[arg-type]
    assert [note.position for note in rules.in_order(notes)] == [3, 2, 4, 1]


@pytest.mark.parametrize(
    ("what", "to", "preview", "send"),
    [
        ("send", clock(17, 20), clock(16, 30), clock(17, 20)),
        ("send", clock(16, 10), clock(15, 50), clock(16, 10)),
        ("preview", clock(16, 0), clock(16, 0), clock(16, 50)),
        ("preview", clock(17, 0), clock(17, 0), clock(17, 20)),
    ],
)
def test_the_preview_stays_before_the_sending(what: str, to: clock, preview: clock, send: clock) -> None:
    times = rules.Times(clock(16, 30), clock(16, 50), auto=True)
    assert rules.changed_times(times, what, to) == rules.Times(preview, send, True)
