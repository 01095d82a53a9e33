"""The daily digest's decisions, by what teacher, group and parents read."""

from __future__ import annotations

from datetime import date

import pytest

from storage import digests
from tests.rules.classroom import Classroom


def test_a_note_is_echoed_with_its_section(room: Classroom) -> None:
    assert room.say("王老师", "表扬小明今天主动扫了地") == "记下了（表扬）：小明主动扫了地，放学后随速递发。"
    assert room.say("王老师", "明天带跳绳和水壶") == "记下了（提醒）：明天带跳绳和水壶，放学后随速递发。"


def test_several_notes_in_one_message(room: Classroom) -> None:
    said = room.say("王老师", "表扬小明扫地；提醒明天带伞")
    assert said == "记下了 2 条，放学后随速递发：\n表扬：小明扫地\n提醒：明天带伞"


def test_preview_send_and_never_twice(room: Classroom) -> None:
    room.say("王老师", "表扬小明今天主动扫了地")
    room.say("王老师", "明天带跳绳")
    room.plan()
    room.come("16:30")
    shown = room.seen("王老师")
    assert shown.startswith(
        "【三(2)班 10月12日速递】\n表扬：1) 小明主动扫了地\n提醒：2) 明天10月13日（周二）带跳绳"
    )
    assert "您说「发送」才会发到群里。" in shown
    assert "1 发送，2 改，3 今天不发" in shown
    assert room.say("王老师", "1") == ""
    assert room.seen("群").endswith("提醒：明天10月13日（周二）带跳绳。")
    assert "正在发" in room.say("王老师", "发送")
    assert not room.seen("群")
    room.ended(room.posts[0], "sent")
    assert "不会再发第二遍" in room.say("王老师", "发送")
    assert "1 号的事已经办完了" in room.say("王老师", "1")
    room.come("21:30")
    assert room.sent == []


def test_automatic_sending_is_off_until_chosen(room: Classroom) -> None:
    room.say("王老师", "表扬小明扫地")
    room.plan()
    room.come("16:50")
    assert not room.seen("群")
    room.come("21:00")
    assert "三(2)班 10月12日的速递没有发（已过 21:00）" in room.seen("王老师")
    room.at("2026-10-13T10:00")
    assert "16:50 自动发" in room.say("王老师", "以后自动发")
    room.say("王老师", "今天上午举行了升旗仪式")
    room.plan(date(2026, 10, 13))
    room.come("2026-10-13T16:50")
    assert "升旗仪式" in room.seen("群")


def test_without_notes_nothing_goes_out_and_nobody_is_bothered(room: Classroom) -> None:
    room.say("王老师", "自动发")
    assert "还没有内容，空的不发" in room.say("王老师", "发送")
    room.plan()
    room.come("21:30")
    assert room.sent == []


def test_a_late_start_still_sends_until_nine(room: Classroom) -> None:
    room.say("王老师", "自动发")
    room.say("王老师", "表扬小明扫地")
    room.plan()
    room.come("20:59")
    assert [name for name, _text in room.sent] == ["群"]


def test_a_start_on_the_next_day_drops_and_says_so(room: Classroom) -> None:
    room.say("王老师", "自动发")
    room.say("王老师", "表扬小明扫地")
    room.plan()
    room.come("2026-10-13T08:00")
    assert [name for name, _text in room.sent] == ["王老师"]
    assert "10月12日的速递没有发" in room.seen("王老师")


def test_not_today_and_back(room: Classroom) -> None:
    room.say("王老师", "自动发")
    room.say("王老师", "表扬小明扫地")
    assert "今天的速递不发" in room.say("王老师", "今天不发")
    room.plan()
    room.come("17:00")
    assert not room.seen("群")
    assert room.say("王老师", "提醒周五交回执").endswith(
        "今天的速递说了不发，这条随 10月13日（周二）的速递发。"
    )
    room.say("王老师", "发送")
    assert "小明扫地" in room.seen("群")


def test_hold_keeps_it_back_until_said(room: Classroom) -> None:
    room.say("王老师", "自动发")
    room.say("王老师", "表扬小明扫地")
    assert "先不自动发" in room.say("王老师", "先别发，等我开完会")
    room.plan()
    room.come("17:30")
    assert not room.seen("群")
    room.say("王老师", "发吧")
    assert "小明扫地" in room.seen("群")


def test_what_is_refused_can_be_sent_again(room: Classroom) -> None:
    room.say("王老师", "表扬小明扫地")
    room.say("王老师", "发送")
    room.ended(room.posts[0], "refused", "robot.notExist")
    assert "没发出去：群里已经没有机器人了。\n内容还在，请把机器人加回群，再回复「重发」。" in room.seen(
        "王老师"
    )
    room.say("王老师", "重发")
    assert room.seen("群").startswith("【三(2)班")


def test_at_the_months_end_the_teacher_hears_why_and_may_post_by_hand(room: Classroom) -> None:
    room.say("王老师", "提醒明天带跳绳")
    room.say("王老师", "发送")
    room.ended(room.posts[0], "refused", "month.reserve")
    told = room.seen("王老师")
    assert "这个月的发送次数快用完了，剩下的要留给急事。\n" in told
    assert "「长图」" in told
    assert "2 群里已经有了" in told
    assert room.say("王老师", "长图").startswith("三(2)班 10月12日的速递长图")
    assert "记为已发" in room.say("王老师", "群里已经有了")
    assert "跳绳" in room.say("小明妈妈", "明天带什么")
    assert len(room.posts) == 1


def test_a_doubtful_post_is_told_and_a_copy_says_so(room: Classroom) -> None:
    room.say("王老师", "表扬小明扫地")
    room.say("王老师", "发送")
    room.ended(room.posts[0], "unknown", "timeout")
    assert "不确定有没有发出去" in room.seen("王老师")
    room.say("王老师", "重发")
    assert room.seen("群").startswith("补发，如已收到请忽略：\n【三(2)班")


def test_a_doubtful_post_seen_in_the_group_counts(room: Classroom) -> None:
    room.say("王老师", "提醒明天带伞")
    room.say("王老师", "发送")
    room.ended(room.posts[0], "unknown", "timeout")
    assert "记为已发" in room.say("王老师", "群里已经有了")
    assert "带伞" in room.say("小明妈妈", "明天带什么")


def test_what_expired_in_the_outbox_is_told(room: Classroom) -> None:
    room.say("王老师", "表扬小明扫地")
    room.say("王老师", "发送")
    room.at("21:00")
    room.ended(room.posts[0], "expired")
    assert "到 21:00 还没发成" in room.seen("王老师")


def test_after_publishing_a_note_waits_and_tomorrow_becomes_a_date(room: Classroom) -> None:
    room.say("王老师", "表扬小明扫地")
    room.say("王老师", "发送")
    room.ended(room.posts[0], "sent")
    room.at("18:00")
    said = room.say("王老师", "明天带跳绳")
    assert "10月13日（周二）带跳绳" in said
    assert "这条随 10月13日（周二）的速递发" in said
    assert "来不及的话请您在群里说一声" in said
    assert "删掉了（提醒）" in room.say("王老师", "刚才那条不要了")


def test_changing_by_plain_words(room: Classroom) -> None:
    for note in ("表扬小明扫地", "提醒明天带跳绳", "提醒周五交回执"):
        room.say("王老师", note)
    assert room.say("王老师", "第1条改成小明擦黑板") == "改好了，第1条（表扬）：小明擦黑板"
    assert room.say("王老师", "删掉跳绳那条") == "删掉了（提醒）：明天带跳绳。还剩 2 条。"
    assert room.say("王老师", "第9条不要了").startswith("没有这一条，现在共 2 条。")
    assert "回执" in room.say("王老师", "第2条不要了")
    assert "小明擦黑板" in room.say("王老师", "看一下")
    assert "还没有内容" in (room.say("王老师", "刚才那条不要了") and room.say("王老师", "看一下"))


def test_two_notes_with_one_word_are_asked_about(room: Classroom) -> None:
    room.say("王老师", "提醒明天带跳绳")
    room.say("王老师", "提醒周五跳绳比赛穿运动鞋，别迟到，记得带水")
    assert room.say("王老师", "删掉跳绳那条").startswith("有几条都像：")


def test_the_guard_stands_before_the_note_and_its_change(room: Classroom) -> None:
    assert "电话号码" in room.say("王老师", "提醒大家秋游有事打13812345678")
    room.say("王老师", "提醒明天带伞")
    assert "有分数" in room.say("王老师", "第1条改成小明考了62分")
    assert "62" not in room.say("王老师", "看一下")


def test_length_hint_and_stop(room: Classroom) -> None:
    room.say("王老师", "提醒" + "明天带伞" * 28)
    assert "120 字以内" in room.say("王老师", "表扬小明扫地很认真，一直到放学")
    assert "所以没有记" in room.say("王老师", "提醒" + "周五带伞" * 50)
    assert "50" not in room.say("王老师", "看一下").split("\n")[1]


def test_consent_decides_about_names(room: Classroom) -> None:
    said = room.say("王老师", "表扬乐乐给植物角浇水")
    assert said.endswith("\n乐乐家还没同意点名，发出时写「有同学」。")
    room.say("王老师", "发送")
    assert "乐乐" not in room.seen("群")
    assert "有同学给植物角浇水" in room.seen("群")


def test_unsure_is_asked_and_kept(room: Classroom) -> None:
    asked = room.say("王老师", "图书角多了三十本新书")
    assert asked.startswith("这是要放进今天的速递（要闻/表扬/提醒），还是发给哪位家长？\n回复 1 要闻")
    assert room.say("王老师", "1") == "记下了（要闻）：图书角多了三十本新书，放学后随速递发。"
    room.say("王老师", "合唱比赛二等奖")
    assert room.say("王老师", "表扬").startswith("记下了（表扬）：合唱比赛二等奖")
    room.say("王老师", "粉笔没了")
    assert "没有记" in room.say("王老师", "都不是")
    assert "粉笔" not in room.say("王老师", "看一下")


def test_an_old_question_is_not_answered(room: Classroom) -> None:
    room.say("王老师", "图书角多了三十本新书")
    room.at("11:00")
    assert "隔得有点久" in room.say("王老师", "1")
    assert "隔得有点久" not in room.say("王老师", "表扬")


def test_unsorted_words_may_go_to_a_family(room: Classroom) -> None:
    room.say("王老师", "作业本在我这儿")
    assert room.say("王老师", "回复小明妈妈") == "已发给小明妈妈。"
    assert room.seen("小明妈妈") == "王老师：作业本在我这儿"


def test_a_teacher_of_three_classes_is_asked_which(room: Classroom) -> None:
    asked = room.say("陈老师", "提醒大家明天带跳绳")
    assert "1 三(1)班，2 三(2)班，3 三(3)班，4 都记" in asked
    assert room.say("陈老师", "3").startswith("记下了（三(3)班，提醒）")
    assert room.say("陈老师", "302班：表扬小明扫地").startswith("记下了（三(2)班，表扬）")
    assert "三(1)班、三(2)班、三(3)班" in room.say("陈老师", "三个班都提醒周五交回执")
    assert "您名下没有三(9)班" in room.say("陈老师", "三(9)班提醒带伞")


def test_a_co_teacher_adds_but_does_not_decide(room: Classroom) -> None:
    room.say("王老师", "提醒明天带伞")
    assert room.say("李老师", "表扬小明扫地").startswith("记下了（表扬）")
    assert room.say("李老师", "发送") == "发不发由王老师决定。您记的内容都在，王老师预览时会看到。"
    assert room.say("李老师", "第2条不要了") == "这条是王老师记的，请王老师来改。"
    assert "发送，" not in room.say("李老师", "看一下")
    assert "删掉了" in room.say("李老师", "刚才那条不要了")


def test_changed_times_move_today(room: Classroom) -> None:
    room.say("王老师", "自动发")
    room.plan()
    said = room.say("王老师", "速递改到17:20发")
    assert said == "改好了，三(2)班的速递从今天起：16:30 给您预览，17:20 自动发。"
    room.say("王老师", "表扬小明扫地")
    room.come("16:50")
    assert not room.seen("群")
    room.come("17:20")
    assert "小明扫地" in room.seen("群")
    assert "没有改" in room.say("王老师", "速递改到晚上10点发")


def test_a_time_that_is_over_never_sends_at_once(room: Classroom) -> None:
    room.say("王老师", "自动发")
    room.say("王老师", "速递改到19:00发")
    room.plan()
    room.say("王老师", "表扬小明扫地")
    room.at("18:00")
    assert "从下一个上学日起" in room.say("王老师", "速递改到17:20发")
    room.come("18:05")
    assert not room.seen("群")


def test_no_school_no_digest(room: Classroom) -> None:
    room.at("2026-10-17T10:00")
    assert room.say("王老师", "表扬小明扫地").endswith("，随 10月19日（周一）的速递发。")
    assert "不上学" in room.say("王老师", "发送")
    room.plan(date(2026, 10, 17))
    room.come("2026-10-17T21:30")
    assert room.sent == []


# Parents


def test_parents_are_answered_from_what_was_published(room: Classroom) -> None:
    asked = room.say("小明妈妈", "明天带什么")
    assert asked.startswith("明天10月13日（周二）要带什么，老师还没有发。要我问王老师吗？")
    room.say("王老师", "提醒明天带水彩笔")
    assert "水彩笔" not in room.say("小明妈妈", "明天带什么")
    room.say("王老师", "发送")
    assert "水彩笔" not in room.say("小明妈妈", "明天带什么")
    room.ended(room.posts[0], "sent")
    said = room.say("小明妈妈", "明天带什么")
    assert said == "明天10月13日（周二）的提醒（10月12日速递）：带水彩笔。"
    assert "水彩笔" in room.say("小明妈妈", "@小助手 明天带什么", group=True)
    assert "水彩笔" not in room.say("三(1)班小明妈妈", "明天带什么")
    assert room.say("小明妈妈", "今天的速递再发我一遍").startswith("【三(2)班 10月12日速递】")
    room.at("2026-10-13T07:00")
    assert "今天10月13日（周二）的提醒" in room.say("小明妈妈", "今天要带什么")


def test_on_friday_tomorrow_is_no_school_day(room: Classroom) -> None:
    room.at("2026-10-23T15:00")
    said = room.say("小明妈妈", "明天带什么")
    assert said.startswith("明天10月24日（周六）不上学，下一个上学日是10月26日（周一）。")


def test_an_open_question_reaches_the_teacher_only_if_said_so(room: Classroom) -> None:
    room.say("小明妈妈", "明天带什么")
    assert not room.seen("王老师")
    assert room.say("小明妈妈", "转给老师") == "已转给王老师，预计今天 10:00 前回复。"
    assert room.seen("王老师").startswith("小明妈妈（小明）：明天带什么")


def test_a_published_digest_without_reminders_says_so(room: Classroom) -> None:
    room.say("王老师", "表扬小明扫地")
    room.say("王老师", "发送")
    room.ended(room.posts[0], "sent")
    said = room.say("小明妈妈", "@小助手 明天带什么", group=True)
    assert said == "明天10月13日（周二）：10月12日速递里没有写要带的东西。还想问老师，点我头像私下说。"


def test_the_post_depends_on_the_digest_as_it_was(room: Classroom) -> None:
    room.say("王老师", "表扬小明扫地")
    room.say("王老师", "发送")
    post = room.posts[0]
    assert (post.arrival, post.wants_outcome, post.title) == ("must", True, "三(2)班速递")
    assert post.subject is not None
    kept = room.store.read(lambda db: digests.get(db, post.subject.id if post.subject else "")).result()
    assert kept is not None
    assert kept.version == post.subject.version


def test_a_reminder_for_one_child_is_not_for_the_group(room: Classroom) -> None:
    said = room.say("王老师", "提醒小明明天带药")
    assert said.startswith("这条点了小明的名，群里不提醒单个孩子，所以没有记。")
    room.say("王老师", "提醒明天带伞")
    assert "所以没有记" in room.say("王老师", "第1条改成小明明天带药")
    assert "小明" not in room.say("王老师", "看一下")


def test_a_consent_taken_back_counts_at_once(room: Classroom) -> None:
    assert room.say("王老师", "表扬小明扫地") == "记下了（表扬）：小明扫地，放学后随速递发。"
    room.consent("小明妈妈", given=False)
    room.say("王老师", "发送")
    assert "有同学扫地" in room.seen("群")


def test_a_failed_digest_at_closing_time_is_not_called_unsent(room: Classroom) -> None:
    room.say("王老师", "表扬小明扫地")
    room.plan()
    room.say("王老师", "发送")
    room.ended(room.posts[0], "unknown", "timeout")
    room.come("21:00")
    assert "还没有确认发出" in room.seen("王老师")


@pytest.mark.parametrize(
    "text",
    [
        "给小宇妈妈约周五四点到校",
        "招志愿者，周五上午带水",
        "我们转学了，把资料都删了",
    ],
)
def test_other_matters_are_asked_about(room: Classroom, text: str) -> None:
    assert "还是发给哪位家长" in room.say("王老师", text)


def test_yes_and_no_to_nothing(room: Classroom) -> None:
    assert room.say("王老师", "好的").startswith("好。")
    assert room.say("王老师", "不用了") == "好，什么也没有做。"


def test_changing_asks_what_when_nothing_is_named(room: Classroom) -> None:
    room.say("王老师", "表扬小明扫地")
    for words in ("改", "我要改一下", "改一下第1条", "删了"):
        assert room.say("王老师", words).startswith("要改哪条？")
    assert room.say("王老师", "第1条改成表扬小明今天擦黑板") == "改好了，第1条（表扬）：小明擦黑板"


def test_the_times_can_be_asked_for(room: Classroom) -> None:
    assert "16:30 给您预览，等您说「发送」才发" in room.say("王老师", "速递几点发")
    room.say("王老师", "自动发")
    assert "16:50 自动发" in room.say("李老师", "速递什么时候发？")


def test_yes_to_the_offer_asks_the_teacher_what_was_asked(room: Classroom) -> None:
    room.say("小明妈妈", "明天带什么")
    assert room.say("小明妈妈", "好的") == "已转给王老师，预计今天 10:00 前回复。"
    assert room.seen("王老师").startswith("小明妈妈（小明）：明天带什么")
    room.say("小明妈妈", "明天带什么")
    assert room.say("小明妈妈", "不用了") == "好，没有转。"


def test_what_is_shown_is_what_numbers_mean(room: Classroom) -> None:
    room.say("王老师", "表扬小明扫地")
    room.say("王老师", "发送")
    room.ended(room.posts[0], "sent")
    assert "（今天的已经发到群里）" in room.say("王老师", "看一下")
    assert "已经发到群里，改不了" in room.say("王老师", "删第1条")
    room.say("王老师", "提醒周五交回执")
    shown = room.say("王老师", "看一下")
    assert "周五交回执" in shown
    assert "这些随 10月13日（周二）的速递发。" in shown
    assert "周五交回执" in room.say("王老师", "删第1条")


def test_a_class_named_alone_answers_which_class(room: Classroom) -> None:
    room.say("陈老师", "图书角多了新书")
    assert room.say("陈老师", "表扬").startswith("这是哪个班的？")
    assert room.say("陈老师", "三(2)班").startswith("记下了（三(2)班，表扬）")
    room.say("陈老师", "提醒明天带伞")
    assert room.say("陈老师", "302班").startswith("记下了（三(2)班，提醒）")
