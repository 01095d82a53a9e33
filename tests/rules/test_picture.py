"""The digest as a picture to forward: who may ask, in which words, and what is on it."""

from __future__ import annotations

import json

import pytest

from handlers.digest import picture
from handlers.language import read
from handlers.reply import Drawn, Outcome, Thing
from tests.rules.classroom import Classroom

ASKED = """
    长图
    生成图片
    生成长图
    速递图片
    今天的速递图片
    发张图
    发我一张图
    给我一张长图
    转发到微信群
    转到微信群
    发到QQ群
    转发到家长微信群
    能转发到微信群吗
    把今天的速递做成图片
    把速递发成长图
    帮我生成一张长图
    今天的速递转发到微信群
    来张图吧
    速递长图发我
    我要长图
    图片版
    老师好，生成长图，谢谢
    海报
    生成海报
    出一张海报
    把今天的速递做成海报
"""
NOT_ASKED = """
    提醒明天带一张图片
    提醒明天带海报
    表扬小明做的海报
    表扬小明画的图
    提醒大家把图片发到微信群
    明天美术课带图画本
    图书角整理好了
    发送
    发到群里
    第2条改成明天带图片
    告诉小明妈妈：图片收到了
    要闻：图书节开幕
    别发到微信群
"""


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


@pytest.mark.parametrize("line", _lines(ASKED))
def test_words_that_ask_for_it(line: str) -> None:
    assert read(line).intent == "picture_digest"


@pytest.mark.parametrize("line", _lines(NOT_ASKED))
def test_words_that_do_not(line: str) -> None:
    assert read(line).intent != "picture_digest"


def _asked(room: Classroom, who: str = "王老师", words: str = "长图") -> tuple[str, Drawn | None]:
    said = room.say(who, words)
    file = room.asked[-1].file if room.asked else None
    assert not isinstance(file, Drawn) or json.loads(json.dumps(file.data)) == file.data
    return said, file if isinstance(file, Drawn) else None


def _items(file: Drawn | None) -> dict[str, list[str]]:
    assert file is not None
    return {block["title"]: block["items"] for block in file.data["blocks"]}


def test_what_is_being_written(room: Classroom) -> None:
    room.consent("小明妈妈", given=False)
    room.say("王老师", "表扬小明主动扫了地")
    room.say("王老师", "提醒明天带跳绳。")
    said, file = _asked(room)
    assert said == (
        "三(2)班 10月12日的速递长图，长按就能转发到班级群、微信群或 QQ 群。\n"
        "班级群里还没有发这份，要发就说「发送」。"
    )
    assert file is not None
    assert (file.recipe, file.name) == ("digest", "三(2)班10月12日速递.png")
    assert (file.data["class"], file.data["day"]) == ("三(2)班", "10月12日（周一）")
    assert file.data["teacher"] == "王老师"
    assert [block["kind"] for block in file.data["blocks"]] == ["praise", "reminder"]
    assert _items(file) == {"表扬": ["有同学主动扫了地"], "提醒": ["明天10月13日（周二）带跳绳"]}


def test_names_by_consent_only(room: Classroom) -> None:
    room.consent("小明妈妈", given=True)
    room.say("王老师", "表扬小明和乐乐搬书")
    assert _items(_asked(room)[1]) == {"表扬": ["小明和另一位同学搬书"]}


def _publish(room: Classroom) -> None:
    room.say("王老师", "发送")
    room.ended(room.posts[-1], "sent")


def test_what_was_published(room: Classroom) -> None:
    room.consent("小明妈妈", given=True)
    room.say("王老师", "表扬小明主动扫了地")
    _publish(room)
    room.say("王老师", "提醒后天带伞")  # goes into the next one
    said, file = _asked(room)
    assert said == "三(2)班 10月12日的速递长图，长按就能转发到班级群、微信群或 QQ 群。"
    assert _items(file) == {"表扬": ["小明主动扫了地"]}


def test_a_word_taken_back_since_holds_for_the_picture(room: Classroom) -> None:
    room.consent("小明妈妈", given=True)
    room.say("王老师", "表扬小明主动扫了地")
    _publish(room)
    room.consent("小明妈妈", given=False)
    assert _items(_asked(room)[1]) == {"表扬": ["有同学主动扫了地"]}


def test_a_word_given_since_names_nobody_more(room: Classroom) -> None:
    room.consent("小明妈妈", given=False)
    room.say("王老师", "表扬小明主动扫了地")
    _publish(room)
    room.consent("小明妈妈", given=True)
    assert _items(_asked(room)[1]) == {"表扬": ["有同学主动扫了地"]}


def test_nothing_yet(room: Classroom) -> None:
    said, file = _asked(room)
    assert said.startswith("三(2)班今天的速递还没有内容。")
    assert file is None


def test_on_a_free_day_the_coming_one(room: Classroom) -> None:
    room.at("2026-10-17T10:00")
    room.say("王老师", "提醒周一带跳绳")
    _said, file = _asked(room)
    assert file is not None
    assert file.data["day"] == "10月19日（周一）"


def test_a_co_teacher_may_have_it(room: Classroom) -> None:
    room.say("王老师", "表扬小明主动扫了地")
    assert _asked(room, "李老师")[1] is not None


def test_of_several_classes_the_named_one(room: Classroom) -> None:
    room.say("陈老师", "三(2)班：提醒明天带笛子")
    said, file = _asked(room, "陈老师", "三(2)班长图")
    assert file is not None, said
    assert file.data["class"] == "三(2)班"


def test_nothing_is_sent_unasked(room: Classroom) -> None:
    room.say("王老师", "表扬小明主动扫了地")
    _publish(room)
    assert room.sent == []
    assert all(reply.file is None for reply in [*room.answers, *room.posts, *room.asked])


def test_a_parent_gets_none(room: Classroom) -> None:
    room.say("王老师", "表扬小明主动扫了地")
    _publish(room)
    room.asked.clear()
    said = room.say("小明妈妈", "长图")
    assert "已转给王老师" in said
    assert all(reply.file is None for reply in [*room.asked, *room.answers])


def test_in_the_group_it_is_not_given(room: Classroom) -> None:
    room.say("王老师", "表扬小明主动扫了地")
    room.say("王老师", "@小助手 长图", group=True)
    assert all(reply.file is None for reply in room.asked)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("refused", "三(2)班 10月12日的速递长图没有发出来，内容都在。请过几分钟再说「长图」。"),
        ("expired", "三(2)班 10月12日的速递长图没有发出来，内容都在。请过几分钟再说「长图」。"),
        ("unknown", "三(2)班 10月12日的速递长图不确定有没有发到您这里。没有看到，就再说一次「长图」。"),
        ("sent", ""),
        ("withdrawn", ""),
    ],
)
def test_one_that_did_not_arrive_is_told(room: Classroom, kind: str, said: str) -> None:
    room.say("王老师", "表扬小明主动扫了地")
    _asked(room)
    thing = room.asked[-1].thing
    assert thing is not None
    assert thing.kind == picture.THING
    outcome = Outcome("o", kind, "late", Thing(thing.kind, thing.id), "", "t-302", None)  # type: ignore[arg-type]
    told = room.hear("digest", outcome)
    assert [reply.text for reply in told] == ([said] if said else [])


def test_what_may_not_be_posted_is_not_drawn(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture goes to a group as well: the same guard stands before it."""
    from handlers.guard.rules import Verdict

    room.say("王老师", "提醒明天带跳绳")
    seen: list[str] = []

    def stop(_ctx: object, _class_id: str, text: str) -> Verdict:
        seen.append(text)
        return Verdict("block", "scores")

    monkeypatch.setattr("handlers.guard.look", stop)
    answer = _asked(room)
    assert answer[1] is None
    assert "带跳绳" in seen[0]
