"""What accuses is heard, what does not is left alone; good things come first."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from handlers import language
from handlers.tone.rules import only_concern, softer
from tests.rules.classroom import Classroom

HARD = {
    "小明作业又没写完，你们家长到底管不管？": "小明作业这次没写完，想请您一起帮帮孩子。",
    "上课老是讲话，请回家好好管教！": "上课最近有几次讲话，想请您在家也和孩子聊一聊。您看我们怎么一起帮他？",
    "你儿子今天又打人了，必须严加管教": "孩子今天打人了，想请您在家也和孩子聊一聊。您看我们怎么一起帮他？",
    "乐乐太懒了，拖全班后腿": "乐乐还需要我们多帮一把，还要再加把劲。您看我们怎么一起帮他？",
    "再这样下去就别来上学了": "我们一起想想办法。",
    "你家孩子怎么又迟到了": "孩子这次迟到了。您看我们怎么一起帮他？",
    "这次考得太差了，回去好好收拾": "这次没发挥好，想请您在家也和孩子聊一聊。您看我们怎么一起帮他？",
    "小明最近天天迟到，您也太不上心了": "小明最近迟到，想请您一起多留意。",
    "他从来不写作业": "他最近有几次不写作业。您看我们怎么一起帮他？",
    "小明怎么老是欺负同学？再不改就请领回家": "小明这次欺负同学。我们一起想想办法。",
    "请您管管孩子的手机": "想请您在家也和孩子聊一聊孩子的手机。您看我们怎么一起帮他？",
    "您们家长也太不配合了！！": "想请您一起多留意。",
    "孩子屡教不改，没家教": "孩子还没改过来，礼貌上我们一起引导。",
}
SOFT = [
    "今天总是很开心",
    "他又进步了",
    "小明一直很努力",
    "明天必须带身份证",
    "请务必周五前交回执！",
    "小明又不是故意的",
    "发烧了，请马上来接孩子！",
    "没关系，我们一起想办法",
    "他天天都来得很早",
    "这次写得真好",
    "书包请他自己收拾好",
    "再不下雨就开运动会",
    "今天又没下雨，可以出操",
    "视力很差，记得去医院查一查",
    "怎么还没看到回执呀，您方便时发一下",
    "您家孩子今天表现很好",
    "你儿子主动帮同学了",
    "",
]


@pytest.mark.parametrize("words", HARD)
def test_what_accuses_is_offered_in_other_words(words: str) -> None:
    found = softer(words)
    assert found is not None
    assert found.text == HARD[words]
    assert found.heard in words


@pytest.mark.parametrize("words", SOFT)
def test_what_does_not_is_left_alone(words: str) -> None:
    assert softer(words) is None


def test_no_example_of_what_teachers_write_to_families_is_called_hard() -> None:
    folder = Path(language.__file__).parent / "examples"
    said = [
        content
        for path in sorted(folder.glob("*.txt"))
        for part in re.split(r"^\[", path.read_text("utf-8"), flags=re.M)
        if part.startswith("reply_parent]")
        for slots in re.findall(r"^t .*? (\{.*\})$", part, flags=re.M)
        if isinstance(content := json.loads(slots).get("content"), str)
    ]
    assert len(said) > 90
    assert [words for words in said if softer(words)] == []


def test_a_letter_is_the_teachers_own() -> None:
    assert softer("他从来不写作业。" + "我们慢慢说。" * 80) is None


def test_something_good_that_was_published_comes_first(room: Classroom) -> None:
    room.say("王老师", "表扬小明今天主动扫了地")
    room.say("王老师", "发送")
    room.ended(room.posts[-1], "sent")
    offered = room.say("王老师", "回复小明妈妈：他从来不写作业")
    assert "先说件好事：小明主动扫了地。他最近有几次不写作业。" in offered
    assert "先说件好事" not in room.say("王老师", "回复乐乐妈妈：他从来不写作业")


@pytest.mark.parametrize(
    ("said", "only"),
    [
        (["今天没交数学作业", "上课走神了"], True),
        (["今天没交数学作业"], False),
        (["今天没交数学作业", "上课走神了", "今天主动扫地"], False),
        (["没交作业，不过字进步了", "上课走神了"], False),
        (["明天带跳绳", "收到"], False),
    ],
)
def test_who_heard_of_concerns_only(said: list[str], only: bool) -> None:
    assert only_concern(said) is only
