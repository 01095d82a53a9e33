"""Notices: what a line asks for, how an answer is read, who is accounted for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from handlers.notices import rules, texts, words
from handlers.notices.rules import Child, Said
from storage.notices import Answer, Level, Word

LOCAL = datetime(2026, 10, 12, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("line", "text", "level"),
    [
        ("发通知：周五下午两点家长会，要签收", "周五下午两点家长会", "confirm"),
        ("发个通知，明天下午三点开家长会，请家长签字", "明天下午三点开家长会", "sign"),
        ("帮我发一条通知 明天停水，带水杯", "明天停水，带水杯", "seen"),
        ("通知：周三体检，请空腹，看到就行", "周三体检，请空腹", "seen"),
        ("发通知给家长：周四放学提前到15:00，收到请回复", "周四放学提前到15:00", "confirm"),
        ("发通知：冬季作息调整，每家都要确认一下。", "冬季作息调整", "confirm"),
        ("致家长一封信：防溺水安全告知，要回执", "防溺水安全告知", "sign"),
        ("发一封致家长的一封信：假期安全", "假期安全", "sign"),
        ("征求意见：下学期校服换成运动款", "下学期校服换成运动款", "opinion"),
        ("发征求意见函：课后服务时间要不要延到18:00", "课后服务时间要不要延到18:00", "opinion"),
        ("紧急通知 暴雨 今天提前放学 三点到校门口接", "暴雨 今天提前放学 三点到校门口接", "confirm"),
        ("发通知", "", "seen"),
    ],
)
def test_a_line_begins_a_notice(line: str, text: str, level: Level) -> None:
    found = rules.wish(line)
    assert found is not None
    assert (found.text, found.level) == (text, level)


@pytest.mark.parametrize(
    "line",
    [
        "表扬小明主动扫地",
        "提醒大家明天带跳绳",
        "通知栏在哪",
        "告诉小明妈妈：通知收到了",
        "学校通知了吗",
        "意见箱在哪",
    ],
)
def test_what_is_no_notice(line: str) -> None:
    assert rules.wish(line) is None


def test_both_and_urgent_are_heard() -> None:
    found = rules.wish("发通知：下周一研学，两位家长都要签字")
    assert found is not None
    assert (found.text, found.level, found.both) == ("下周一研学", "sign", True)
    hurry = rules.wish("紧急通知：台风，明天停课")
    assert hurry is not None
    assert hurry.urgent
    assert hurry.level == "confirm"


@pytest.mark.parametrize(
    ("text", "dated"),
    [
        ("周五下午两点家长会", "周五（10月16日）下午两点家长会"),
        ("明天体检", "明天（10月13日）体检"),
        ("下周一返校", "下周一（10月19日）返校"),
        ("周五（10月16日）家长会", "周五（10月16日）家长会"),
        ("10月20日研学", "10月20日研学"),
        ("10月23日（周五）秋游", "10月23日（周五）秋游"),
        ("请爱护花草", "请爱护花草"),
    ],
)
def test_a_day_gets_its_date(text: str, dated: str) -> None:
    assert rules.dated(text, LOCAL) == dated


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("收到", Said("confirmed")),
        ("收到，谢谢老师", Said("confirmed")),
        ("好的收到", Said("confirmed")),
        ("已阅", Said("confirmed")),
        ("👌", Said("confirmed")),
        ("同意", Said("agreed")),
        ("我同意,签字 周敏", Said("agreed", "周敏")),
        ("同意孩子参加研学，家长签字：陈建国", Said("agreed", "陈建国", "孩子参加研学")),
        ("不同意参加", Said("disagreed", "", "参加")),
        ("不同意，太贵了", Said("disagreed", "", "太贵了")),
        ("我不同意", Said("disagreed")),
        ("意见：希望能自愿买", Said("said", "", "希望能自愿买")),
        ("收到，孩子发烧了", None),
        ("同意参加吗", None),
        ("老师，明天带什么", None),
        ("不想去学校怎么办", None),
    ],
)
def test_an_answer_is_read_or_left_alone(line: str, said: Said | None) -> None:
    assert rules.answer_in(line) == said


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("陈建国", "陈建国"),
        ("我叫周敏", "周敏"),
        ("签字：欧阳小雨", "欧阳小雨"),
        ("小明妈妈", ""),
        ("不同意", ""),
        ("明天去", ""),
        ("好的", ""),
    ],
)
def test_a_signature_is_a_name(line: str, name: str) -> None:
    assert rules.name_in(line) == name


@pytest.mark.parametrize(
    "line", ["通知谁没回", "谁还没签字", "那条通知谁没看", "意见函结果", "谁没签收", "回执还有谁没交"]
)
def test_who_is_missing_is_asked_in_many_words(line: str) -> None:
    assert words.WHO.fullmatch(line)


@pytest.mark.parametrize("line", ["谁没回", "今天谁请假", "谁等我回", "还有谁没交作业"])
def test_other_questions_are_not_about_notices(line: str) -> None:
    assert not words.WHO.fullmatch(line)


MING = Child("p1", "小明", {"m": "妈妈", "d": "爸爸"})
LELE = Child("p2", "乐乐", {"g": "奶奶"})
NOBODY = Child("p3", "林小满", {})


def _answer(child: str, who: str, word: Word = "confirmed") -> tuple[tuple[str, str], Answer]:
    given = Answer("n", 1, child, who, word, "", "", "", datetime(2026, 10, 12, tzinfo=UTC))
    return (child, who), given


def test_of_two_guardians_one_is_enough_unless_both_are_asked() -> None:
    answers = dict([_answer("p1", "m")])
    either = rules.account([MING, LELE, NOBODY], answers, both=False)
    assert [child.name for child in either.done] == ["小明"]
    assert [child.name for child, _ in either.missing] == ["乐乐"]
    assert [child.name for child in either.unbound] == ["林小满"]
    assert either.families == 3
    both = rules.account([MING], answers, both=True)
    assert both.missing == ((MING, ("d",)),)


def test_two_homes_that_do_not_agree_are_seen() -> None:
    answers = dict(
        [_answer("p1", "m", "agreed"), _answer("p1", "d", "disagreed"), _answer("p2", "g", "agreed")]
    )
    assert rules.split_homes([MING, LELE], answers) == [MING]


def test_a_signature_is_tied_to_the_words() -> None:
    assert rules.fingerprint("去科技馆") == rules.fingerprint("去科技馆")
    assert rules.fingerprint("去科技馆") != rules.fingerprint("去科技馆。")


def test_a_heading_is_short_and_without_the_date() -> None:
    assert rules.heading("周五（10月16日）下午两点家长会，请提前到") == "周五下午两点家长会"
    assert len(rules.heading("关于下学期课后服务和社团活动安排调整的说明")) == 16


def test_a_notice_says_how_it_is_answered_in_every_level() -> None:
    for level in texts.LEVELS.values():
        said = texts.post("三(2)班", "10月12日", "体检", level, urgent=False, corrected=False)
        assert len(said.split("\n")) == 3
    assert timedelta(0) < rules.OPEN_FOR
