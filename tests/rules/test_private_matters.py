"""What concerns one child stays out of the group, with a name or without the family's word."""

from __future__ import annotations

import pytest

from handlers.guard import concern_in, kind_deed_end
from tests.rules.classroom import Classroom


@pytest.mark.parametrize(
    "text",
    [
        "要闻：小明今天水痘请假了，请大家注意",
        "要闻：林小满上午发烧回家了",
        "表扬小明发烧还坚持上课",
        "表扬小明主动扶起摔伤的林小满",
        "表扬小满今天终于不打人，改掉打架了",
    ],
)
def test_health_and_trouble_are_no_notes(room: Classroom, text: str) -> None:
    said = room.say("王老师", text)
    assert "一家的事，群里不发，所以没有记。" in said
    assert "还没有内容" in room.say("王老师", "看一下")


@pytest.mark.parametrize("text", ["今天小明打架了", "小明没交作业", "批评小明今天迟到", "小满今天不舒服"])
def test_unsorted_words_about_one_child_wait_for_the_family(room: Classroom, text: str) -> None:
    said = room.say("王老师", text)
    assert "群里不发，没有记。" in said
    assert "要闻" not in said
    assert room.say("王老师", "回复小明妈妈") == "已发给小明妈妈。"
    assert room.seen("小明妈妈") == f"王老师：{text}"


def test_a_section_said_afterwards_does_not_help(room: Classroom) -> None:
    room.say("王老师", "今天小明打架了")
    assert "群里不发，所以没有记" in room.say("王老师", "要闻")


def test_a_note_is_not_changed_into_one(room: Classroom) -> None:
    room.say("王老师", "要闻：今天上午举行了消防演练")
    assert "群里不发，所以没有记" in room.say("王老师", "第1条改成小明今天请假了")
    assert "消防演练" in room.say("王老师", "看一下")


@pytest.mark.parametrize(
    "text",
    ["表扬小明照顾生病的同学", "表扬小明从没迟到", "表扬小明主动扫了地", "要闻：小明获得区书法比赛一等奖"],
)
def test_good_deeds_are(room: Classroom, text: str) -> None:
    assert room.say("王老师", text).startswith("记下了")


def test_without_a_name_it_is_everybodys(room: Classroom) -> None:
    assert room.say("王老师", "提醒最近流感多，明天记得戴口罩").startswith("记下了（提醒）")


@pytest.mark.parametrize("text", ["把张三丰这次考了倒数第一发群里", "把期中成绩按名次排一下发给家长"])
def test_what_the_guard_stops_is_not_offered_a_section(room: Classroom, text: str) -> None:
    said = room.say("王老师", text)
    assert "会违反规定，所以没有记。" in said
    assert "要闻" not in said


def test_the_words_are_named() -> None:
    assert concern_in("小明发烧了") == "发烧"
    assert concern_in("明天带跳绳") == ""
    assert kind_deed_end("小明照顾生病的同学") == 4
    assert kind_deed_end("小明扫地") == 0
