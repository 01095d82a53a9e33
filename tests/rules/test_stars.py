"""Weekly stars: who is named for what, which week it is, and when few children get most."""

from __future__ import annotations

from datetime import date

import pytest

from handlers.stars import rules, words
from handlers.stars.rules import Named

ROSTER = {"小明": ("p1",), "乐乐": ("p2",), "林小满": ("p3",), "子涵": ("p4", "p5")}


def _named(line: str) -> list[Named]:
    found = [Named(at, at + len(name), ids) for name, ids in ROSTER.items() if (at := line.find(name)) >= 0]
    return sorted(found, key=lambda one: one.start)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("小明评劳动之星，主动扫地", [("劳动", "小明", "主动扫地")]),
        ("进步之星给小明吧，每天按时交作业", [("进步", "小明", "每天按时交作业")]),
        ("劳动之星 乐乐", [("劳动", "乐乐", "")]),
        (
            "推荐林小满为本周“诚信之星”，事迹：捡到二十元主动上交。",
            [("诚信", "林小满", "捡到二十元主动上交")],
        ),
        ("我提名小明当运动之星，跳绳进步很大", [("运动", "小明", "跳绳进步很大")]),
        ("阅读之星选小明和乐乐", [("阅读", "小明", ""), ("阅读", "乐乐", "")]),
        (
            "劳动之星林小满，留下来擦讲台；友爱之星乐乐，扶同学去医务室",
            [("劳动", "林小满", "留下来擦讲台"), ("友爱", "乐乐", "扶同学去医务室")],
        ),
        ("小明评友爱之星，扶乐乐去医务室", [("友爱", "小明", "扶乐乐去医务室")]),
        ("每周之星小明", []),
        ("表扬小明得了劳动之星", []),
        ("劳动之星选谁好呢", []),
    ],
)
def test_a_line_names_stars(line: str, wanted: list[tuple[str, str, str]]) -> None:
    found = rules.proposals(line, _named(line))
    assert [(one.dimension, one.who, one.deed) for one in found] == wanted


def test_two_children_of_one_name_are_both_kept_to_be_asked_about() -> None:
    (found,) = rules.proposals("子涵评阅读之星", _named("子涵评阅读之星"))
    assert found.pupil_ids == ("p4", "p5")


@pytest.mark.parametrize(
    ("deed", "kind"),
    [
        ("主动扫了地", "劳动"),
        ("帮同桌讲题", "友爱"),
        ("读了十二本绘本", "阅读"),
        ("见到老师都问好", "文明"),
        ("上课敢举手了", "进步"),
    ],
)
def test_a_deed_has_its_dimension(deed: str, kind: str) -> None:
    assert rules.kind_of(deed) == kind


@pytest.mark.parametrize(
    ("note", "deed"),
    [
        ("小明今天主动扫了地", "主动扫了地"),
        ("今天小明帮同学打水", "帮同学打水"),
        ("小明" + "好" * 60, "好" * 40),
    ],
)
def test_praise_becomes_a_deed(note: str, deed: str) -> None:
    assert rules.deed_of(note, "小明") == deed


@pytest.mark.parametrize(
    ("day", "monday"),
    [
        (date(2026, 10, 12), date(2026, 10, 12)),
        (date(2026, 10, 16), date(2026, 10, 12)),
        (date(2026, 10, 17), date(2026, 10, 19)),
    ],
)
def test_the_weekend_belongs_to_the_next_week(day: date, monday: date) -> None:
    assert rules.week_of(day) == monday


def test_few_children_with_most_stars_are_noticed() -> None:
    spread = [f"p{n}" for n in range(12)]
    assert not rules.one_sided(40, spread)
    assert not rules.one_sided(40, ["p1", "p1", "p2"])  # too few to say anything
    assert rules.one_sided(40, ["p1"] * 5 + ["p2"] * 4 + ["p3", "p4"])


@pytest.mark.parametrize("line", ["谁还没评过星", "这学期还有谁没评过每周之星", "每周之星还有谁没轮到"])
def test_who_is_still_to_come_is_asked(line: str) -> None:
    assert words.NOT_YET.fullmatch(line)


@pytest.mark.parametrize("line", ["谁还没交作业", "谁没回", "星期五谁没来"])
def test_other_questions_are_not_about_stars(line: str) -> None:
    assert not words.NOT_YET.fullmatch(line)
