"""Who is answered by what: strangers, numbers, words of open buttons, the group, nonsense."""

from __future__ import annotations

import pytest

from handlers import router
from handlers.message import Attachment
from handlers.reply import Outcome, Reply, Subject, Thing, ToPerson
from handlers.texts import answerable_line, choices_line
from storage import classes, numbers, outbox, people, schools
from storage.engine import Db
from tests.contract.invented import CORP
from tests.rules.classroom import IDS, Classroom

NONSENSE = ["哦嘞哦嘞", "asdf", "哈哈哈哈"]
WORDLESS = ["……", "[微笑]", "。", "😀😀", "[微笑][玫瑰]"]


@pytest.mark.parametrize(
    "text", ["你好", "帮助", "明天带什么", "小明在三(2)班吗", "表扬小明扫地", "3 好的", *NONSENSE, *WORDLESS]
)
def test_a_stranger_is_told_what_to_send_and_nothing_else_happens(room: Classroom, text: str) -> None:
    said = room.say("路人", text)
    assert said.startswith("您好，我是桥头小学的小助手（机器人）。")
    assert "绑定码" in said
    assert [name for name, _text in room.sent] == ["路人"]


@pytest.mark.parametrize("who", ["王老师", "李老师", "陈老师", "小明妈妈", "路人"])
@pytest.mark.parametrize("text", ["帮助", "怎么用", "？", "你好", "你是机器人吗"])
def test_everybody_is_helped_in_few_lines(room: Classroom, who: str, text: str) -> None:
    said = room.say(who, text)
    assert said
    assert said.count("\n") < 6
    assert all(len(line) <= 60 for line in said.split("\n"))


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_from_a_teacher_is_asked_about_and_from_a_parent_passed_on(
    room: Classroom, text: str
) -> None:
    assert "还是发给哪位家长" in room.say("王老师", text)
    assert room.say("小明妈妈", text) == "已转给王老师，预计今天 10:00 前回复。"


@pytest.mark.parametrize("text", WORDLESS)
def test_nothing_said_is_nothing_to_pass_on(room: Classroom, text: str) -> None:
    assert room.say("小明妈妈", text).startswith("想问要带什么")
    assert not room.seen("王老师")
    assert room.say("王老师", text).startswith("直接告诉我就行")


@pytest.mark.parametrize("text", ["1 好的我知道了", "回复1 明天见", "1 小明妈妈你好"])
def test_words_behind_a_buttons_number_do_nothing(room: Classroom, text: str) -> None:
    room.say("王老师", "表扬小明扫地")
    room.say("王老师", "看一下")
    said = room.say("王老师", text)
    assert said.startswith("1 是「发送」，后面带了话，我先没有做。")
    assert not room.posts
    room.say("王老师", "1 发送吧")
    assert len(room.posts) == 1


def test_a_parents_words_behind_an_old_number_go_to_the_teacher(room: Classroom) -> None:
    room.say("小明妈妈", "明天带什么")
    room.say("小明妈妈", "1 号楼集合吗")
    assert "1 号楼集合吗" in room.seen("王老师")


def test_a_stranger_in_danger_reads_the_numbers_first(room: Classroom) -> None:
    assert room.say("路人", "孩子走丢了怎么办").startswith("有危险请先打 110 或 120，学校值班")


def test_thanks_are_not_passed_on_but_yes_is(room: Classroom) -> None:
    assert room.say("小明妈妈", "谢谢老师") == "不客气，有事直接说。"
    assert not room.seen("王老师")
    room.say("小明妈妈", "可以")
    assert room.seen("王老师").startswith("小明妈妈（小明）：可以")


def test_a_word_of_several_open_buttons_is_asked_about(room: Classroom) -> None:
    _teaches_also(room, "王老师", "三(1)班")
    room.say("王老师", "三(1)班：提醒明天带伞")
    room.say("王老师", "三(2)班：提醒明天带笔")
    room.say("王老师", "三(1)班看一下")
    room.say("王老师", "三(2)班看一下")
    asked = room.say("王老师", "发送")
    assert asked == "有几件事都可以「发送」，请回复前面的数字：\n1 三(1)班\n4 三(2)班"
    room.say("王老师", "4")
    assert "带笔" in room.seen("群")


@pytest.mark.parametrize(
    "text", ["1. 表扬小明扫地\n2. 明天带伞", "1月5日开家长会，请准时参加", "7:50 到校，别忘了带红领巾"]
)
def test_a_list_or_a_date_is_no_number(room: Classroom, text: str) -> None:
    room.say("小明妈妈", "今天能早点接吗")
    room.say("王老师", text)
    assert not room.seen("小明妈妈")


def test_a_number_goes_before_an_open_talk(room: Classroom) -> None:
    room.say("小明妈妈", "今天能早点接吗")
    room.say("王老师", "图书角多了三十本新书")
    assert room.say("王老师", "1 可以") == "已发给小明妈妈。"
    assert room.say("王老师", "要闻").startswith("记下了（要闻）：图书角")


# In the group


def test_the_group_gets_what_everybody_may_read(room: Classroom) -> None:
    assert "要带什么，老师还没有发" in room.say("小明妈妈", "@小助手 明天带什么", group=True)
    assert [name for name, _text in room.sent] == ["群"]


def test_a_question_about_a_child_goes_private(room: Classroom) -> None:
    said = room.say("小明妈妈", "@小助手 小明明天要带什么", group=True)
    assert said == "这件事我私下和您说，群里先不聊。"
    assert "10月13日（周二）" in room.seen("小明妈妈")


@pytest.mark.parametrize(
    "text", ["我家孩子数学才考62，怎么办", "王浩上课老吵我家孩子", "今天能早点接吗", *NONSENSE[:2]]
)
def test_the_rest_is_not_for_the_group(room: Classroom, text: str) -> None:
    assert room.say("小明妈妈", text, group=True) == "这件事我私下和您说，群里先不聊。"
    assert "没有转" in room.seen("小明妈妈")
    assert not room.seen("王老师")


def test_a_teacher_in_the_group_records_nothing(room: Classroom) -> None:
    assert "私下" in room.say("王老师", "表扬小明扫地", group=True)
    assert "还没有内容" in room.say("王老师", "看一下")


def test_thanks_in_the_group_are_left_alone(room: Classroom) -> None:
    assert room.say("小明妈妈", "收到", group=True) == ""


@pytest.mark.parametrize("text", ["帮助", "你好", "我家孩子才考62", "12345678"])
def test_a_stranger_in_the_group_gets_one_line(room: Classroom, text: str) -> None:
    said = room.say("路人", text, group=True)
    assert "绑定码" in said
    assert "\n" not in said
    assert len(room.sent) == 1


def test_a_file_from_a_teacher_asks_for_words(room: Classroom) -> None:
    said = room.say("王老师", "", kind="file", attachments=(Attachment("file", "x"),))
    assert "用文字说一遍" in said


# Joining texts


def test_choices_are_said_in_one_line() -> None:
    assert choices_line([(1, "发送"), (2, "改"), (3, "今天不发")]) == "回复 1 发送，2 改，3 今天不发"
    assert choices_line([(3, "回复小明妈妈")]) == answerable_line(3, "回复小明妈妈")
    assert answerable_line(3, "回复小明妈妈") == "回复「3 加您的话」，就发给小明妈妈。"


def test_an_unknown_subject_is_still_wanted(room: Classroom) -> None:
    assert room.store.read(lambda db: router.wanted(db, "relay", Subject("", ""))).result()
    assert not room.store.read(lambda db: router.wanted(db, "digest", Subject("digest", "gone", 1))).result()


# What nobody knows


def _doubtful(room: Classroom, *codes: str) -> list[Reply]:
    def rows(db: Db) -> list[Outcome]:
        teacher = people.by_identity(db, "dingtalk_user", CORP, IDS["王老师"])
        mother = people.by_identity(db, "dingtalk_user", CORP, IDS["小明妈妈"])
        assert teacher is not None
        assert mother is not None
        thing = Thing("relay_answer", teacher.id)
        made = []
        for at, code in enumerate(codes):
            text = f"王老师：好的{at}"
            item = outbox.Item(
                id=room.new_id(),
                school_id=teacher.school_id,
                lane="lane",
                feature="relay",
                payload={"text": text},
                limits=(),
                safe=False,
                sealed_for=f"person:{mother.id}",
                thing_kind=thing.kind,
                thing_id=thing.id,
                to_person=mother.id,
            )
            outbox.put(db, item, room.now)
            made.append(Outcome(item.id, "unknown", code, thing, text, mother.id, None))
        return made

    return room.summary(rows)


def test_doubtful_sends_are_told_once_and_decided_one_by_one(room: Classroom) -> None:
    told = _doubtful(room, "crashed", "crashed")
    assert [reply.arrival for reply in told] == ["must"]
    said = room.seen("王老师")
    assert said.startswith("重启时有 2 条不确定有没有发出去：\n① 给小明妈妈：“王老师：好的0”\n② 给")
    assert said.endswith("回复 1 重发①，2 不发①，3 重发②，4 不发②")
    assert room.say("王老师", "1") == "已补发给小明妈妈。"
    assert room.seen("小明妈妈") == "补发，如已收到请忽略：\n王老师：好的0"
    assert room.say("王老师", "2") == "2 号的事已经办完了，不用再回。"
    assert room.say("王老师", "不发②") == "好，这条不再发。"
    assert room.store.read(_open_numbers).result() == 0


def test_after_a_restore_the_list_says_that_nothing_was_sent(room: Classroom) -> None:
    _doubtful(room, "restored")
    assert room.seen("王老师").startswith("数据从备份恢复了，有 1 条先没有发，等您决定：")
    assert room.say("王老师", "重发") == "已补发给小明妈妈。"


def test_a_doubtful_answer_to_nobody_known_is_only_told(room: Classroom) -> None:
    def rows(db: Db) -> list[Outcome]:
        return [Outcome(room.new_id(), "unknown", "crashed", None, "您好，我是小助手", None, None)]

    told = room.summary(rows)
    assert [reply.buttons for reply in told] == [()]
    assert "给一位家长：“您好，我是小助手”" in told[0].text


def test_trouble_never_tells_of_its_own_doubts(room: Classroom) -> None:
    told = _doubtful(room, "crashed")
    assert isinstance(told[0].to, ToPerson)
    to = told[0].to.person_id
    doubt = Outcome("x", "unknown", "timeout", told[0].thing, told[0].text, to, None)
    assert room.hear("trouble", doubt) == []
    assert room.hear("help", Outcome("y", "unknown", "timeout", None, "不客气", to, None)) != []


def _open_numbers(db: Db) -> int:
    teacher = people.by_identity(db, "dingtalk_user", CORP, IDS["王老师"])
    return len(numbers.open_of(db, teacher.id)) if teacher else -1


def _teaches_also(room: Classroom, who: str, class_name: str) -> None:
    def unit(db: Db) -> None:
        person = people.by_identity(db, "dingtalk_user", CORP, IDS[who])
        of = classes.by_name(db, schools.all_schools(db)[0].id, class_name)
        assert person is not None
        assert of is not None
        people.add_role(db, room.new_id, room.now, person_id=person.id, kind="teacher", class_id=of.id)

    room.store.run(unit).result()


def test_replies_name_people_only(room: Classroom) -> None:
    room.say("小明妈妈", "今天能早点接吗")
    assert all(isinstance(reply.to, ToPerson) for reply in room.answers)


@pytest.mark.parametrize("text", ["好", "好啊", "好的"])
def test_yes_to_the_offer_is_no_greeting(room: Classroom, text: str) -> None:
    room.say("小明妈妈", "明天带什么")
    assert room.say("小明妈妈", text) == "已转给王老师，预计今天 10:00 前回复。"
    assert "明天带什么" in room.seen("王老师")
