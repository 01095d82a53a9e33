"""What one message means: pairs that look alike, danger, what may be done unasked, and the learned files."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.language.catalogue import CATALOGUE
from handlers.language.clean import fold
from handlers.language.mend import mend
from handlers.language.message import understood
from handlers.language.reading import read
from handlers.language.slots import slots_of, tagger
from handlers.language.slots.allowed import ALLOWED
from handlers.language.statistics import examples, score
from handlers.language.understanding import understand
from handlers.language.urgency import danger_in

PAIRS = """
p 孩子发烧了要请假 | leave_request
p 孩子发烧了要请假吗 | ask_policy
p 想表扬一下班主任 | praise_teacher
t 表扬小明 | praise_student
p 不去了 | cancel_appointment
p 不用来家访了，家里不方便 | decline_home_visit
p 急急急，校服在哪买 | private_message
p 孩子到现在没到家 | urgent_report
p 匿名 | anonymous_start
p 匿名：食堂的菜太咸 | anonymous_question
p 今天我接孩子 | pickup_change
p 今天换奶奶接 | pickup_change
pg 收到 | acknowledge_notice
p 谢谢老师 | thanks
p 没说要约啊 | abort_flow
p 转人工 | human_handoff
t 批了 | leave_approve
t 回复小宇妈妈：明天可以 | reply_parent
p 明天要带什么 | ask_reminder
t 提醒明天带跳绳 | add_reminder
p 孩子的排名是多少 | ask_ranking
t 把期中成绩排名发群里 | policy_block
"""
RED = """
孩子到现在还没回家，电话打不通
她说不想活了
老师打了孩子耳光，脸都肿了
有陌生男人在校门口要带走孩子
孩子从滑梯上摔下来，胳膊动不了
呼吸困难，嘴唇发紫
前夫要来学校抢孩子，别让他接
几个同学天天堵着他要钱
吞了一颗纽扣电池
先别让孩子出校门
身上好几块青紫，问他也不说
有人摸她的腿
"""
CALM = """
防溺水的安全教育讲座几点开始
我把手机摔了
急急急，校服在哪买
消防演练是哪天
路上堵车，晚十分钟到
"""
MENDED = {
    "想清假一天": "请假",
    "表杨小明": "表扬",
    "饰品家访行吗": "视频",
    "你名：作业太多": "匿名",
    "娃儿咋没来": "孩子怎么",
    "聽日要帶啲乜嘢": "明天",
    "預月家访": "预约",
}


def _cases(table: str) -> list[tuple[str, str, str, str]]:
    cases = []
    for line in table.strip().splitlines():
        who, _, rest = line.partition(" ")
        text, _, intent = rest.rpartition(" | ")
        cases.append(
            (text, "teacher" if who[0] == "t" else "parent", "group" if len(who) > 1 else "private", intent)
        )
    return cases


@pytest.mark.parametrize(("text", "role", "chat", "intent"), _cases(PAIRS))
def test_what_looks_alike_is_told_apart(text: str, role: str, chat: str, intent: str) -> None:
    assert understand(text, role, chat).intent.name == intent


@pytest.mark.parametrize("text", RED.strip().splitlines())
def test_danger_is_red_whatever_else_is_said(text: str) -> None:
    assert understand(text, "parent", "private").urgency == "red"


@pytest.mark.parametrize("text", CALM.strip().splitlines())
def test_words_of_haste_alone_are_no_danger(text: str) -> None:
    assert understand(text, "parent", "private").urgency != "red"
    assert danger_in(mend(fold(text))) is None


def test_an_anonymous_word_of_danger_stays_anonymous() -> None:
    found = understand("匿名：老师打孩子耳光", "parent", "private")
    assert found.intent.name == "anonymous_question"
    assert found.slots["risk"] == "safeguarding"


@pytest.mark.parametrize("text", MENDED)
def test_what_was_mistyped_is_mended(text: str) -> None:
    assert MENDED[text] in mend(fold(text))


@pytest.mark.parametrize("text", ["这批饰品做得很漂亮", "三月家长会很成功"])
def test_right_words_are_left_alone(text: str) -> None:
    assert mend(fold(text)) == text


def test_a_greeting_does_not_hide_the_point() -> None:
    for words in ("明天要带什么", "老师好，打扰了，明天要带什么", "@小助手 明天要带什么"):
        assert understand(words, "parent", "private").intent.name == "ask_reminder"


def test_two_requests_are_both_seen() -> None:
    found = understand("明天请假一天，孩子发烧。另外取消周五的家访", "parent", "private")
    assert found.also is not None
    assert {found.intent.family, found.also[0].family} == {"leave", "appointment.cancel"}


@pytest.mark.parametrize("text", ["到底是线上还是线下", "听说家访取消了", "如果取消家访会怎么样"])
def test_who_asks_or_weighs_does_not_act(text: str) -> None:
    assert not understand(text, "parent", "private").acts


def test_only_asking_is_taken_from_likeness() -> None:
    every = examples.read()
    asked = [line for line in every if line.intent in ("preview_digest", "query_inbox")]
    lines = [line for line in (*asked, *every[::41]) if read(line.text).intent == "unclear"]
    found = {understood(line.text, line.role, "private").intent for line in lines}
    assert {"preview_digest", "query_inbox", "unclear"} <= found
    asked_before_it_counts = {"set_office_hours", "pickup_change"}
    with_a_word_beside = {"leave_cancel", "leave_approve"}  # see handlers/leave/words.py
    acting = {intent for intent in found if CATALOGUE[intent].acts}
    assert not acting - asked_before_it_counts - with_a_word_beside


def test_a_question_in_other_words_is_a_question() -> None:
    assert understood("明儿个娃儿要捎些啥子东西", "parent", "private").intent == "ask_reminder"


SLOTS: dict[tuple[str, str], dict[str, object]] = {
    ("book_appointment", "想约李老师下周三下午四点电话聊聊作业"): {
        "mode": "phone", "teacher": "李老师", "date": "W+1-3", "time": "16:00", "topic": "作业",
    },
    ("leave_request", "安安发烧了，明天请一天假"): {
        "child": "安安", "date": "D+1", "days": 1, "reason": "sick",
    },
    ("pickup_change", "今天放学奶奶来接"): {"person": "奶奶", "date": "D+0"},
    ("remove_item", "第3条不要了"): {"index": 3},
    ("evaluate_contact", "这次家访5分"): {"rating": 5, "mode": "home_visit"},
    ("bind_child", "邀请码 7Q2MX"): {"code": "7Q2MX"},
    ("policy_block", "把这次考试的排名发群里"): {"rule": "no_ranking"},
    ("set_quiet_hours", "晚上九点以后别发了"): {"start": "21:00"},
    ("urgent_report", "孩子放学没回家"): {"category": "missing_child", "urgent": True},
    ("volunteer_signup", "周五上午的护学岗我报名"): {"date": "NEXT-5", "time": "AM", "task": "护学岗"},
}  # fmt: skip


@pytest.mark.parametrize(("intent", "text"), SLOTS)
def test_what_is_named_is_found(intent: str, text: str) -> None:
    line = fold(text)
    assert SLOTS[intent, text].items() <= slots_of(intent, line, mend(line)).items()


@given(st.sampled_from(sorted(CATALOGUE)), st.text(max_size=40))
def test_only_slots_an_intent_may_have(intent: str, text: str) -> None:
    line = fold(text)
    assert set(slots_of(intent, line, mend(line))) <= ALLOWED.get(intent, frozenset())


@given(st.text(max_size=80), st.sampled_from(["parent", "teacher"]), st.sampled_from(["private", "group"]))
def test_no_text_breaks_it(text: str, role: str, chat: str) -> None:
    assert understand(text, role, chat).intent.name in CATALOGUE


def test_what_was_learned_was_learned_from_these_examples() -> None:
    for path in (score.WEIGHTS, tagger.WEIGHTS):
        made_from = json.loads(path.read_text(encoding="utf-8"))["made_from"]
        assert made_from == examples.digest(), (
            f"run python -m {path.parent.as_posix().replace('/', '.')}.build"
        )


def test_every_intent_has_examples_and_every_example_an_intent() -> None:
    assert {line.intent for line in examples.read()} == set(CATALOGUE)


def test_why_names_the_pieces_that_spoke() -> None:
    line = mend(fold("取消明天的家访"))
    pieces = [
        piece for piece, weight in score.why(line, "parent", "private", "cancel_appointment") if weight > 0
    ]
    assert any("取消" in piece for piece in pieces)
