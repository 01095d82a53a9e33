"""What a line names, slot by slot, where its meaning is known."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.language.clean import fold
from handlers.language.mend import mend
from handlers.language.slots import build, slots_of, tagger
from handlers.language.slots.allowed import ALLOWED
from handlers.language.slots.counted import NUMBERS
from handlers.language.slots.tables import FALSE, MODE, TABLE, TRUE
from handlers.language.statistics.examples import Example

NONE = "-"
TABLES = """
mode book_appointment | 可以改打电话吗，下周二 | phone
mode book_appointment | 想请老师来我家一趟 | home_visit
mode change_mode | 别上门了，改成视频吧 | video
mode record_contact | 电访，赵小满妈妈，午睡不好 | phone
mode cancel_appointment | 圆桌会我家不来了 | -
program query_slots | 午间半小时下周哪天还有 | 午间半小时
need teacher_book | 约米粒外婆到校，她拄拐，找个一楼的屋 | accessible
need accessibility_request | 我耳朵背，请都发文字 | text
need accessibility_request | 请发繁体字 | traditional
need accessibility_request | 老人机，给我发短信行吗 | sms
index remove_item | 最后一条删了吧 | -1
index remove_item | 把第四条拿掉 | 4
index edit_item | 那条改到周五 | -
index anonymous_merge | 第2条和第5条是一个问题，合起来答 | [2, 5]
item memo_edit | 备忘录第3条换个说法 | 3
item memo_edit | 备忘录再加一条 | -
decision sign_notice | 我们同意参加 | agree
decision sign_notice | 这次就放弃了 | disagree
decision sign_notice | 家长签字：周明 | -
decision sign_amend | 之前点了不参加，现在想参加 | agree
decision sign_amend | 签错名了，重新签 | -
reason leave_request | 脚崴了，请两天 | sick
reason leave_request | 太奶奶八十大寿，周五请一天 | personal
date leave_request | 请个病假 | -
date leave_request | 昨晚又吐了，今天请一天 | D+0
date late_report | 路上堵，晚十分钟 | D+0
days leave_request | 水痘，请七天 | 7
flag leave_request | 确诊手足口，请七天 | infectious
date set_quiet_hours | 周日别给我发 | EVERY-7
start set_quiet_hours | 晚上十点以后不要发 | 22:00
end set_quiet_hours | 早上七点以前别发 | 07:00
date set_office_hours | 周六上午九点到十点可以找我 | EVERY-6
category urgent_report | 孩子确诊猩红热 | infectious
category urgent_report | 放学一小时了，人影都没有 | missing_child
category urgent_report | 先别放我家孩子走，我在路上 | pickup_hold
category urgent_report | 手指让门夹了，肿得厉害 | injury
category safeguarding_report | 同桌天天逼他下跪 | bullying
category safeguarding_report | 她写了一封遗书 | self_harm
category safeguarding_report | 有个不认识的男人尾随她 | stranger
urgent urgent_report | 摔得满脸是血 | True
urgent urgent_report | 确诊水痘了，跟老师说一声 | -
urgent private_message | 不着急，想问春游几点集合 | False
risk anonymous_question | 匿名：作业太多 | -
risk anonymous_question | 匿名：李老师总拖堂 | names_individual
risk anonymous_question | 匿名：我是豆豆妈妈，分组不公平 | self_identifying
risk anonymous_question | 匿名：他动手打学生 | safeguarding
filter query_binding | 还有谁没绑 | unbound
filter query_binding | 我绑好没有 | -
filter query_coverage | 哪些家还没联系过 | not_contacted
purpose draft_message | 想几句感谢的话 | thanks
purpose draft_message | 帮我婉拒送来的茶叶 | decline
purpose draft_message | 帮我写一段 | -
frequency set_frequency | 隔天发一次 | every_2_days
frequency set_frequency | 一周汇总一次 | weekly
kind spam | 帮我女儿投一票 | vote
rule policy_block | 把后十名发群里 | no_ranking
rule policy_warn | 作业请家长批改后拍照 | no_parent_grading
photo star_edit | 轩轩的不要放照片 | none
code bind_child | 邀请码是 8k2qm | 8K2QM
ticket anonymous_status | 编号B3X9答了吗 | B3X9
rating evaluate_contact | 打4分 | 4
max_chars set_digest_style | 控制在八十字以内 | 80
buffer_min set_booking_rule | 两家之间隔20分钟 | 20
duration_min set_booking_rule | 两家之间隔20分钟 | -
attempt record_contact_attempt | 打了三次没人接 | 3
require send_notice | 发给全班，要签字 | sign
capacity_delta edit_slot | 周三那场减两个名额 | -2
field data_correct | 手机号换了 | phone
scope photo_opt_out | 名字和照片都别放 | name+photo
child praise_student | 表扬曹睿把伞借给同学 | 曹睿
person pickup_change | 今天奶奶来接 | 奶奶
person pickup_change | 我自己来接 | 本人
teacher book_appointment | 想约王老师聊聊 | 王老师
task volunteer_signup | 护学岗算我一个 | 护学岗
dimension star_nominate | 书写之星选唐可 | 书写
"""


def _cases() -> Iterator[tuple[str, str, str, str]]:
    for line in TABLES.strip().splitlines():
        head, text, value = line.split(" | ")
        name, intent = head.split(" ")
        yield name, intent, text, value


@pytest.mark.parametrize(("name", "intent", "text", "value"), list(_cases()))
def test_a_slot_is_read(name: str, intent: str, text: str, value: str) -> None:
    found = slots_of(intent, fold(text), mend(fold(text))).get(name)
    assert str(NONE if found is None else found) == value


def test_several_children_are_a_list() -> None:
    text = "表扬罗一凡、宋佳怡一起抬水桶"
    assert slots_of("praise_student", text, text)["child"] == ["罗一凡", "宋佳怡"]


def test_traditional_characters_are_read_as_simplified_ones() -> None:
    text = fold("約韓老師下週四電話")
    found = slots_of("book_appointment", text, mend(text))
    assert (found["teacher"], found["mode"], found["date"]) == ("韩老师", "phone", "W+1-4")


@given(
    st.sampled_from(sorted(ALLOWED)),
    st.lists(st.sampled_from([*"零一两三十百第条点半之星老师打了最后，。 \n\x00０９9-:/🌹周"]), max_size=60),
)
def test_no_heap_of_words_breaks_it(intent: str, words: list[str]) -> None:
    line = fold("".join(words))
    json.dumps(slots_of(intent, line, mend(line)))


def _patterns() -> Iterator[str]:
    for rows in (MODE, *TABLE.values()):
        yield from (pattern for _, pattern in rows)
    yield from (*TRUE.values(), *FALSE.values(), *NUMBERS.values())


def test_patterns_are_linear() -> None:
    for source in _patterns():
        pattern = re.compile(source)
        for one in ("啊", "1", "一", "不", "第", "，", " ", "最多"):
            took = min(_took(pattern, (one * 2_000)[:2_000]) for _ in range(3))
            assert took < 0.005, f"{source}: {took * 1000:.1f} ms for {one}"


def _took(pattern: re.Pattern[str], text: str) -> float:
    began = time.perf_counter()
    pattern.search(text)
    return time.perf_counter() - began


def test_learning_twice_gives_the_same() -> None:
    lines = [
        Example("表扬小明扫地", "teacher", "private", "praise_student", {"child": "小明", "deed": "扫地"}),
        Example("表扬豆豆让座", "teacher", "private", "praise_student", {"child": "豆豆", "deed": "让座"}),
        Example("表扬果果搬书", "teacher", "private", "praise_student", {"child": "果果", "deed": "搬书"}),
    ] * 3
    learned = build.train(lines)
    assert learned == build.train(list(reversed(lines)))
    assert learned["praise_student|0扬"]["O"] > 0  # the verb belongs to no piece


def test_the_weights_stay_small() -> None:
    assert tagger.WEIGHTS.stat().st_size < 500_000
