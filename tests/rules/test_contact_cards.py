"""Contact cards: whom a line is about, and which words are about cards at all."""

from __future__ import annotations

import re

import pytest

from handlers.contact_cards import rules
from handlers.contact_cards.feature import Change, Look, Write, _teachers
from handlers.digest.rules import Mention

ROSTER = {"小明": ("p1",), "乐乐": ("p2",), "林小满": ("p3",), "子涵": ("p4", "p5")}


def _named(piece: str) -> list[Mention]:
    names = re.compile("|".join(ROSTER))
    return [Mention(hit.start(), hit.end(), ROSTER[hit[0]]) for hit in names.finditer(piece)]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("小明 作业按时交", [("小明", "作业按时交")]),
        ("小明：作业按时交；乐乐：举手多了。", [("小明", "作业按时交"), ("乐乐", "举手多了")]),
        ("1. 小明 作业按时交\n2、乐乐 举手多了", [("小明", "作业按时交"), ("乐乐", "举手多了")]),
        ("小明作业按时交。字还可以再慢一点。", [("小明", "作业按时交。字还可以再慢一点")]),
        ("小明、乐乐：一起擦了讲台", [("小明", "一起擦了讲台"), ("乐乐", "一起擦了讲台")]),
        ("小明帮乐乐擦了讲台", [("小明", "帮乐乐擦了讲台")]),
        ("小明 按时交；乐乐 举手；小明 还扫了地", [("小明", "按时交；还扫了地"), ("乐乐", "举手")]),
        ("- 林小满同学的字有进步", [("林小满", "字有进步")]),
    ],
)
def test_a_text_holds_a_line_per_child(said: str, wanted: list[tuple[str, str]]) -> None:
    found, nobody = rules.lines(said, _named)
    assert [(one.name, one.text) for one in rules.of_each(found)] == wanted
    assert nobody == ""


def test_what_begins_with_nobody_is_said() -> None:
    assert rules.lines("今天都很好；小明 按时交", _named)[1] == "今天都很好"


def test_two_children_of_one_name_are_both_kept_to_be_asked_about() -> None:
    ((line,), _) = rules.lines("子涵 举手多了", _named)
    assert line.pupil_ids == ("p4", "p5")


@pytest.mark.parametrize(
    ("line", "wish"),
    [
        ("联系卡：小明 作业按时交", Write("小明 作业按时交")),
        ("写联系卡\n小明 作业按时交", Write("小明 作业按时交")),
        ("小明的联系卡：作业按时交", Write("小明：作业按时交")),
        ("联系卡", Look("drafts")),
        ("看一下这周的联系卡", Look("drafts")),
        ("联系卡小明不要", Change("小明", None)),
        ("联系卡里小明的改成字有进步", Change("小明", "字有进步")),
        ("联系卡谁没签", Look("signed")),
        ("谁还没看联系卡", Look("signed")),
        ("10月联系卡PDF", Look("month", "10月", file=True)),
        ("打印这个月的联系卡", Look("month", "这个月", file=True)),
        ("上个月联系卡", Look("month", "上个月")),
        ("提醒：明天带联系卡", None),
        ("联系卡是什么", None),
    ],
)
def test_a_teachers_line_about_cards(line: str, wish: object) -> None:
    assert _teachers(line) == wish
