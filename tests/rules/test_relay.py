"""Words between parents and teachers, by what both read."""

from __future__ import annotations

import pytest

from handlers.relay import rules
from handlers.reply import ToPerson
from storage import access, classes, contact_log, people, schools
from storage.access import System
from storage.engine import Db
from tests.contract.invented import CORP
from tests.rules.classroom import IDS, Classroom


@pytest.mark.parametrize(
    ("said", "relation", "same"),
    [
        ("妈妈", "妈妈", True),
        ("妈", "妈妈", True),
        ("家长", "奶奶", True),
        ("", "爸爸", True),
        ("爸爸", "妈妈", False),
    ],
)
def test_relations(said: str, relation: str, same: bool) -> None:
    assert rules.same_relation(said, relation) is same


@pytest.mark.parametrize(
    ("said", "name", "same"),
    [("小明", "小明", True), ("小满", "林小满", True), ("满", "林小满", False), ("小明", "小明明", False)],
)
def test_children(said: str, name: str, same: bool) -> None:
    assert rules.same_child(said, name) is same


DANGER = """
    孩子从楼梯上摔下来了
    从楼上掉下来
    乐乐掉水里了
    被狗咬了
    他吃错药了
    头撞破了
    流了好多血
    联系不上孩子
    放学没接到孩子
    孩子找不到了
    被陌生人带走了
    叫不醒
    他说活着没意思
    孩子被锁在教室了
    眼睛被戳了
    孩子离家出走了
"""
HARMLESS = """
    明天要带什么
    孩子找不到水杯了
    她丢了一支笔
    没接到您的电话
    孩子今天有点不舒服，麻烦您多看一眼
    我把手机摔了
    他在马路对面等
    乐乐的水壶落在教室了吗
"""


@pytest.mark.parametrize("words", DANGER.split())
def test_words_of_danger_are_heard_and_go_when_little_else_does(room: Classroom, words: str) -> None:
    assert room.say("小明妈妈", words).startswith("有危险请先打 110 或 120")
    assert room.answers
    assert all(reply.urgent for reply in room.answers)


@pytest.mark.parametrize("words", [line.strip() for line in HARMLESS.strip().splitlines()])
def test_everyday_words_are_not_danger(words: str) -> None:
    assert not rules.sounds_dangerous(words)


@pytest.mark.parametrize("words", ["撤回", "收回", "刚才那条发错了，撤回", "能撤回吗"])
def test_what_was_passed_on_cannot_be_had_back_and_that_is_said(room: Classroom, words: str) -> None:
    assert "收不回来" in room.say("小明妈妈", words)
    assert not room.seen("王老师")


def test_withdrawing_something_else_goes_to_the_teacher(room: Classroom) -> None:
    assert room.say("小明妈妈", "撤回报名").startswith("已转给王老师")


def test_there_and_back(room: Classroom) -> None:
    assert room.say("小明妈妈", "今天能早点接吗") == "已转给王老师，预计今天 10:00 前回复。"
    assert room.seen("王老师") == "小明妈妈（小明）：今天能早点接吗\n回复「1 加您的话」，就发给小明妈妈。"
    assert room.say("王老师", "1 可以的，谢谢") == "已发给小明妈妈。"
    assert room.seen("小明妈妈") == "王老师：可以的，谢谢"


def test_both_ways_stand_in_the_contact_log(room: Classroom) -> None:
    room.say("小明妈妈", "今天能早点接吗")
    room.say("王老师", "1 可以")

    def look(db: Db) -> list[tuple[str, str]]:
        mother = people.by_identity(db, "dingtalk_user", CORP, IDS["小明妈妈"])
        assert mother is not None
        child = access.children_of(db, mother.id)[0]
        log = contact_log.timeline(db, System("test"), child.id)
        assert isinstance(log, tuple)
        return [(entry.direction, entry.content) for entry in log]

    assert room.store.read(look).result() == [("to_family", "可以"), ("to_school", "今天能早点接吗")]


@pytest.mark.parametrize(("words", "urgent"), [("他说不想活了", True), ("今天能早点接吗", False)])
@pytest.mark.parametrize("group", [False, True])
def test_words_of_danger_go_when_the_month_is_used_up(
    room: Classroom, words: str, urgent: bool, group: bool
) -> None:
    room.say("小明妈妈", words, group=group)
    told = [reply for reply in room.answers if words in reply.text]
    assert {reply.urgent for reply in told} == ({urgent} if urgent or not group else set())


def test_an_answered_number_reaches_nobody_else(room: Classroom) -> None:
    room.say("小明妈妈", "练习册忘带了")
    room.say("王老师", "1 没关系")
    room.say("林小满妈妈", "小满想换座位")
    assert room.say("王老师", "1 明天记得带") == "已发给小明妈妈。"
    assert room.seen("小明妈妈") == "王老师：明天记得带"
    assert not room.seen("林小满妈妈")
    assert room.say("王老师", "1") == "要回小明妈妈什么？说「1 加您的话」就发出去。"
    assert room.say("王老师", "2 好的我来安排") == "已发给林小满妈妈。"
    assert "现在没有 7 号" in room.say("王老师", "7")


def test_a_family_keeps_its_number_while_it_waits(room: Classroom) -> None:
    room.say("小明妈妈", "练习册忘带了")
    room.say("小明妈妈", "还有水杯")
    assert "「1 加您的话」" in room.seen("王老师")


def test_who_waits(room: Classroom) -> None:
    assert room.say("王老师", "谁还等我回复") == "现在没有家长等您回复。"
    room.say("小明妈妈", "练习册忘带了")
    room.say("乐乐妈妈", "乐乐带伞了")
    said = room.say("王老师", "谁还等我回复")
    assert said.startswith(
        "2 位家长等您：\n1 小明妈妈：练习册忘带了\n2 乐乐妈妈：乐乐带伞了\n回复「数字 加您的话」"
    )


def test_the_number_alone_asks_for_words(room: Classroom) -> None:
    room.say("小明妈妈", "练习册忘带了")
    assert room.say("王老师", "1") == "小明妈妈：练习册忘带了\n要回，说「1 加您的话」就发出去。"
    room.say("王老师", "1 放学带回去")
    assert room.say("王老师", "1") == "要回小明妈妈什么？说「1 加您的话」就发出去。"


@pytest.mark.parametrize(
    "words",
    [
        "回复小明妈妈：明天见",
        "告诉小明妈妈，明天见",
        "跟小明妈妈说明天见",
        "回小明妈：明天见",
        "转告小明妈妈 明天见",
    ],
)
def test_words_work_without_numbers(room: Classroom, words: str) -> None:
    assert room.say("王老师", words) == "已发给小明妈妈。"
    assert room.seen("小明妈妈") == "王老师：明天见"


def test_an_unknown_family_is_said(room: Classroom) -> None:
    assert "没找到「豆豆」" in room.say("王老师", "告诉豆豆爸爸：明天见")
    assert not room.seen("?")


def test_several_classes_several_families(room: Classroom) -> None:
    asked = room.say("陈老师", "回复小明妈妈：明天带笛子")
    assert asked.startswith("您说的是哪一家？")
    assert "三(2)班 小明妈妈" in asked
    assert room.say("陈老师", "2") == "已发给小明妈妈。"
    assert room.seen("小明妈妈") == "陈老师：明天带笛子"


def test_a_family_without_account_is_said(room: Classroom) -> None:
    assert room.say("王老师", "回复小明爸爸：好的") == "已发给小明爸爸。"
    room.detach("小明爸爸")
    assert room.say("王老师", "回复小明爸爸：好的").startswith("小明爸爸还没有绑定小助手，这句没有发出去。")


def test_a_class_teacher_without_account_is_said(room: Classroom) -> None:
    room.detach("王老师")
    said = room.say("小明妈妈", "今天能早点接吗")
    assert said == "王老师还没有开通小助手，已转给李老师，预计今天 10:00 前回复。"
    room.detach("李老师")
    room.detach("陈老师")
    assert "这句没有转出去" in room.say("小明妈妈", "今天能早点接吗")


def test_danger_names_the_numbers_first(room: Classroom) -> None:
    said = room.say("小明妈妈", "孩子到现在没到家")
    assert said.startswith("有危险请先打 110 或 120，学校值班 010-55550110。")
    assert "没到家" in room.seen("王老师")


def test_two_children_are_asked_about_unless_named(room: Classroom) -> None:
    _second_child(room)
    asked = room.say("小明妈妈", "今天能早点接吗")
    assert asked.startswith("您说的是哪个孩子的事？\n回复 1 小明，2 乐乐")
    assert room.say("小明妈妈", "乐乐").startswith("已转给王老师")
    assert room.seen("王老师").startswith("乐乐妈妈（乐乐）：今天能早点接吗")
    room.say("小明妈妈", "小明的水杯忘带了")
    assert room.seen("王老师").startswith("小明妈妈（小明）：")


def test_what_did_not_arrive_is_told(room: Classroom) -> None:
    room.say("小明妈妈", "能早点接吗")
    forward = room.answers[-1]
    room.say("王老师", "1 可以")
    answer = room.answers[-1]
    assert isinstance(answer.to, ToPerson)
    assert answer.wants_outcome
    room.ended(answer, "refused", "staffId.notExisted")
    assert room.seen("王老师") == "给小明妈妈的没发出去：对方收不到。内容是“可以”，请打电话或换别的方式联系。"
    room.ended(answer, "unknown", "timeout")
    assert "不确定有没有发到：“可以”" in room.seen("王老师")
    room.ended(forward, "refused", "staffId.notExisted")
    assert "没能转到老师那里" in room.seen("小明妈妈")
    room.ended(forward, "unknown", "timeout")
    assert room.seen("王老师").startswith(
        "刚才有 1 条可能没给您显示，补在这里：\n① 小明妈妈（小明）：能早点接吗"
    )
    room.ended(answer, "sent")
    assert room.sent == []


def test_praise_for_the_teacher_is_a_message(room: Classroom) -> None:
    room.say("小明妈妈", "想表扬一下班主任，昨天那么晚还送孩子回家")
    assert "想表扬一下班主任" in room.seen("王老师")


def _second_child(room: Classroom) -> None:
    def unit(db: Db) -> None:
        mother = people.by_identity(db, "dingtalk_user", CORP, IDS["小明妈妈"])
        of = classes.by_name(db, schools.all_schools(db)[0].id, "三(2)班")
        assert mother is not None
        assert of is not None
        pupils = access.access_class_pupils(db, System("test"), of.id, "test")
        assert isinstance(pupils, tuple)
        second = next(pupil for pupil in pupils if pupil.name == "乐乐")
        people.add_role(
            db,
            room.new_id,
            room.now,
            person_id=mother.id,
            kind="guardian",
            class_id=of.id,
            pupil_id=second.id,
            relation="妈妈",
        )

    room.store.run(unit).result()


@pytest.mark.parametrize(
    "words",
    [
        "别说是我问的，班费花哪儿了",
        "我想说个事但是不想让老师知道是我",
        "不想让别人知道是我反映的，作业太多",
        "机器人会不会把我的微信名告诉老师",
        "王老师，昨天群里有人匿名说我家孩子",
        "千万别告诉老师，我就问问",
    ],
)
def test_who_would_rather_not_be_known_is_asked_first(room: Classroom, words: str) -> None:
    said = room.say("小明妈妈", words)
    assert said.startswith("这句先没有转：匿名信箱还没有开通，转过去王老师会看到是您。要署名转吗？")
    assert not room.seen("王老师")
    assert room.say("小明妈妈", "1") == "已转给王老师，预计今天 10:00 前回复。"
    assert words in room.seen("王老师")


def test_no_means_not_passed_on(room: Classroom) -> None:
    room.say("小明妈妈", "别说是我问的，班费花哪儿了")
    assert room.say("小明妈妈", "不用了") == "好，没有转。"
    assert not room.seen("王老师")


@pytest.mark.parametrize("words", ["不用匿名，请问班费花哪儿了", "别忘了告诉我明天几点", "老师说的我知道了"])
def test_others_are_passed_on_at_once(room: Classroom, words: str) -> None:
    assert room.say("小明妈妈", words) == "已转给王老师，预计今天 10:00 前回复。"


@pytest.mark.parametrize(
    "words", ["孩子从楼梯上摔下来了", "有人天天打他", "老师打我孩子", "有人摸我女儿", "他被同学欺负了"]
)
def test_danger_has_many_words(words: str) -> None:
    assert rules.sounds_dangerous(words)


def test_danger_said_in_the_group_reaches_the_teacher_and_not_the_group(room: Classroom) -> None:
    assert room.say("小明妈妈", "@小助手 救命，小明走丢了", group=True) == "这件事我私下和您说，群里先不聊。"
    assert "小明走丢了" in room.seen("王老师")
    assert room.seen("小明妈妈").startswith("有危险请先打 110 或 120，学校值班")
    assert room.seen("小明妈妈").endswith("已在通知王老师和李老师，谁接到，我马上告诉您。")


def test_the_class_may_stand_before_the_family(room: Classroom) -> None:
    assert room.say("陈老师", "回复三(2)班小明妈妈：今天很专注") == "已发给小明妈妈。"
    assert room.seen("小明妈妈") == "陈老师：今天很专注"


def test_the_class_answers_which_family(room: Classroom) -> None:
    room.say("陈老师", "回复小明妈妈：今天很专注")
    assert room.say("陈老师", "三(2)班") == "已发给小明妈妈。"
    assert room.seen("小明妈妈") == "陈老师：今天很专注"
