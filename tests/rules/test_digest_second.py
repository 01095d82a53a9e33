"""What teachers say the second time: changing their mind, the same again, too late."""

from __future__ import annotations

import pytest

from handlers.reply import Outcome, OutcomeKind
from tests.rules.classroom import Classroom


@pytest.mark.parametrize("text", ["全删了", "都删掉", "全部删除", "清空"])
def test_what_is_not_named_is_not_deleted(room: Classroom, text: str) -> None:
    room.say("王老师", "表扬小明扫地")
    said = room.say("王老师", text)
    assert said == "要删哪几条，说「删第1、2条」或「去掉表扬」。今天整份都不要，说「今天不发」。"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("删第1条和第2条", ["后天体检"]),
        ("第1条、第3条都删掉", ["小明扫地"]),
        ("把第二、三条删掉", ["今天观察了蚂蚁"]),
        ("去掉表扬", ["今天观察了蚂蚁", "后天体检"]),
        ("提醒那部分不要了", ["今天观察了蚂蚁", "小明扫地"]),
        ("删第1条和第7条", ["今天观察了蚂蚁", "小明扫地", "后天体检"]),
        ("第1条和第2条", ["今天观察了蚂蚁", "小明扫地", "后天体检"]),
        ("1、2 不用回", ["今天观察了蚂蚁", "小明扫地", "后天体检"]),
        ("不要提醒了", ["今天观察了蚂蚁", "小明扫地", "后天体检"]),
    ],
)
def test_several_are_deleted_at_once_or_none(room: Classroom, text: str, left: list[str]) -> None:
    for note in ("要闻：今天观察了蚂蚁", "表扬小明扫地", "提醒后天体检"):
        room.say("王老师", note)
    room.say("王老师", text)
    shown = room.say("王老师", "看看今天的速递")
    assert [one for one in ("今天观察了蚂蚁", "小明扫地", "后天体检") if one in shown] == left


def test_a_colleague_deletes_nobody_elses_notes(room: Classroom) -> None:
    room.say("王老师", "表扬小明扫地")
    room.say("李老师", "表扬乐乐擦黑板")
    assert "王老师" in room.say("李老师", "去掉表扬")
    assert "扫地" in room.say("王老师", "看看今天的速递")


def test_the_last_one_is_asked_about_when_it_is_not_the_newest(room: Classroom) -> None:
    room.say("王老师", "提醒明天带跳绳")
    room.say("王老师", "表扬小明扫地")
    assert room.say("王老师", "最后一条删掉").startswith("有几条都像：\n1) 小明扫地\n2) 明天带跳绳")
    assert room.say("王老师", "刚才那条不要了").startswith("删掉了（表扬）：小明扫地")
    assert room.say("王老师", "最后一条删掉").startswith("删掉了（提醒）：明天带跳绳")


def test_a_changed_note_moves_to_the_section_its_new_words_belong_to(room: Classroom) -> None:
    room.say("王老师", "提醒明天带跳绳")
    room.say("王老师", "要闻：今天举行了消防演练")
    said = room.say("王老师", "第1条改成提醒明天带雨伞")
    assert said == "改好了，第2条（提醒）：明天带雨伞"


@pytest.mark.parametrize("text", ["刚才发错了撤回来", "撤回", "发错了", "刚才说错了"])
def test_what_is_out_is_taken_back_only_after_a_yes(room: Classroom, text: str) -> None:
    room.say("王老师", "表扬小明扫地")
    assert room.say("王老师", text).startswith("要去掉刚记的那条")
    room.say("王老师", "发送")
    room.ended(room.posts[-1], "sent")
    assert "已经在群里。撤回后内容还在" in room.say("王老师", text)
    assert not room.taken_back
    assert room.say("王老师", "撤回").startswith("正在撤回")
    assert [back.thing for back in room.taken_back] == [room.posts[-1].thing]


@pytest.mark.parametrize("text", ["撤回速递", "群里那条删掉"])
def test_what_is_said_of_the_group_means_no_note(room: Classroom, text: str) -> None:
    room.say("王老师", "提醒家长在群里接龙")
    assert room.say("王老师", text) == "群里现在没有今天的速递，不用撤。"
    room.say("王老师", "发送")
    assert "正在发" in room.say("王老师", text)
    room.ended(room.posts[-1], "sent")
    room.say("王老师", "提醒明天带跳绳")
    assert "说「撤回速递」" in room.say("王老师", "撤回")
    assert "已经在群里。撤回后内容还在" in room.say("王老师", text)
    assert "王老师" in room.say("李老师", text)
    assert not room.taken_back


@pytest.mark.parametrize(
    ("kind", "says"),
    [("sent", "已从群里撤回，内容都还在"), ("refused", "没撤回来，还在群里"), ("expired", "没撤回来")],
)
def test_the_teacher_hears_whether_it_is_gone(room: Classroom, kind: OutcomeKind, says: str) -> None:
    room.say("王老师", "表扬小明扫地")
    room.say("王老师", "发送")
    room.ended(room.posts[-1], "sent")
    thing = room.posts[-1].thing
    told = room.hear("digest", Outcome("o1", kind, "ok", thing, "", None, None, act="recall"))
    assert says in told[0].text
    again = room.say("王老师", "发送")
    assert ("已经发" in again) is (kind != "sent")


def test_of_two_recalls_the_second_ones_refusal_is_not_told(room: Classroom) -> None:
    """It was asked for again while the first was on its way: what is gone does not hang there still."""
    room.say("王老师", "表扬小明扫地")
    room.say("王老师", "发送")
    room.ended(room.posts[-1], "sent")
    thing = room.posts[-1].thing
    assert room.hear("digest", Outcome("o1", "sent", "ok", thing, "", None, None, act="recall"))
    refused = Outcome("o2", "refused", "not_there", thing, "", None, None, act="recall")
    assert room.hear("digest", refused) == []


def test_only_the_class_teacher_takes_back(room: Classroom) -> None:
    room.say("王老师", "表扬小明扫地")
    room.say("王老师", "发送")
    room.ended(room.posts[-1], "sent")
    assert "王老师" in room.say("李老师", "撤回")
    assert not room.taken_back


@pytest.mark.parametrize("text", ["不发了", "还是不发了吧"])
def test_not_after_all(room: Classroom, text: str) -> None:
    room.say("王老师", "表扬小明扫地")
    assert room.say("王老师", text).startswith("好，三(2)班今天的速递不发。")


def test_by_itself_after_all(room: Classroom) -> None:
    assert "自动发" in room.say("王老师", "还是自动发吧")


def test_the_same_note_twice_is_written_once(room: Classroom) -> None:
    room.say("王老师", "表扬小明扫地")
    assert room.say("王老师", "表扬小明今天扫地").endswith("\n这句之前记过，不会写两遍。")
    assert room.say("王老师", "看一下").count("小明扫地") == 1


def test_a_parent_who_is_praised_is_no_pupil(room: Classroom) -> None:
    room.say("王老师", "表扬乐乐妈妈来当志愿者")
    room.say("王老师", "发送")
    assert "表扬：有家长来当志愿者。" in room.posts[-1].text


def test_a_new_time_counts_from_the_next_day_when_todays_is_out(room: Classroom) -> None:
    room.say("王老师", "表扬小明扫地")
    assert "从今天起" in room.say("王老师", "速递改到17:20发")
    room.say("王老师", "发送")
    assert "从下一个上学日起" in room.say("王老师", "速递改到17:30发")


@pytest.mark.parametrize("text", ["早上升旗仪式李思思当护旗手很精神", "上午升旗的时候同学们站得真直"])
def test_what_has_been_is_no_reminder(room: Classroom, text: str) -> None:
    assert not room.say("王老师", text).startswith("记下了（提醒）")


@pytest.mark.parametrize("text", ["明天代什么东西", "明天要不要带饭合", "明天要戴红领巾吗"])
def test_typos_in_the_question(room: Classroom, text: str) -> None:
    assert "老师还没有发" in room.say("小明妈妈", text)


def test_another_class_named_is_answered_with_the_own_class_name(room: Classroom) -> None:
    assert room.say("小明妈妈", "三(1)班明天带什么").startswith("三(2)班：明天")


def test_a_childs_name_in_the_group_question_ends_with_the_way_on(room: Classroom) -> None:
    room.say("小明妈妈", "@小助手 小明明天带什么", group=True)
    assert room.seen("小明妈妈").endswith("老师还没有发。还想问老师，在这里直接说，我来转。")


@pytest.mark.parametrize("text", ["2不要", "2 改成小明擦窗户", "2 删掉"])
def test_a_notes_number_is_not_taken_for_a_familys(room: Classroom, text: str) -> None:
    room.say("小明妈妈", "水杯找到了吗")
    room.say("林小满妈妈", "运动会几号")
    room.say("王老师", "2 下周五")
    room.say("王老师", "表扬小明扫地")
    said = room.say("王老师", text)
    assert said.startswith("2 号是林小满妈妈，这句先没有发。")
    assert not room.seen("林小满妈妈")


def test_a_short_deletion(room: Classroom) -> None:
    room.say("王老师", "表扬小明扫地")
    assert room.say("王老师", "删1").startswith("删掉了（表扬）：小明扫地")


def test_the_bots_name_is_no_note(room: Classroom) -> None:
    said = room.say("王老师", "小助手，表扬一下小明今天帮同学打饭")
    assert said == "记下了（表扬）：小明帮同学打饭，放学后随速递发。"


@pytest.mark.parametrize("text", ["表扬小明", "表扬小明和林小满", "表扬 小满"])
def test_praise_wants_a_deed(room: Classroom, text: str) -> None:
    assert "什么？说一件具体的事" in room.say("王老师", text)
    assert "还没有内容" in room.say("王老师", "看一下")


@pytest.mark.parametrize("text", ["暂停", "停止", "明天不发", "下周不发速递", "期中考试周先不发速递"])
def test_only_today_can_be_skipped(room: Classroom, text: str) -> None:
    assert room.say("王老师", text).startswith("速递只能当天停")


def test_a_family_named_with_a_colon(room: Classroom) -> None:
    assert room.say("王老师", "小明妈妈：水杯找到了") == "已发给小明妈妈。"
    assert room.say("小明妈妈", "乐乐妈妈：水杯找到了").startswith("已转给王老师")


def test_words_for_all_parents_are_a_reminder(room: Classroom) -> None:
    assert room.say("王老师", "跟大家说一声，明天带伞").startswith("记下了（提醒）：明天带伞")


def test_praise_of_a_mother_with_a_colon_is_praise(room: Classroom) -> None:
    assert room.say("王老师", "表扬小明妈妈：来当志愿者").startswith("记下了（表扬）")
