"""What must not be posted, and what only looks like it."""

from __future__ import annotations

import pytest

from handlers.guard import check
from handlers.guard.texts import digest_stopped, note_stopped

STOPPED = {
    "id_number": ["身份证号330106201501012345", "核对 33010620150101234X", "证件 330106 20150101 2345"],
    "phone_number": [
        "有事打13812345678",
        "请打 138 1234 5678",
        "电话 0571-88886666",
        "家长电话：88886666",
        "＋86 13812345678",
        "手机１３８１２３４５６７８",
    ],
    "no_score_list": [
        "小明 98 乐乐 95 林小满 90 这次考试",
        "语文95数学92",
        "90分以上的有小明和乐乐",
        "张三考了62分",
        "表扬小明98分，乐乐95分，林小满93分",
        "这次平均分 92",
        "小明:95，乐乐:88，小满：91",
        "单元测 小明95 乐乐88",
        "数学不及格的同学留一下",
        "听写得了100分的同学",
    ],
    "no_ranking": [
        "倒数第一",
        "期中考第三名是小明",
        "期中成绩排名见下",
        "把名次表贴出来",
        "小明月考年级第二名",
        "按成绩排一下",
        "前十名的同学考得好",
    ],
}


@pytest.mark.parametrize(
    ("text", "rule"), [(text, rule) for rule, texts in STOPPED.items() for text in texts]
)
def test_stopped(text: str, rule: str) -> None:
    verdict = check(text, "teacher")
    assert (verdict.verdict, verdict.rule) == ("block", rule)
    assert verdict.words


@pytest.mark.parametrize(
    "text",
    [
        "3号楼302室集合",
        "公交15路到校门口",
        "三(2)班45人全部到齐",
        "10月12日8:00到校",
        "秋游交30元",
        "阅读30分钟",
        "跳绳比赛我们班第一名",
        "运动会接力第二名",
        "今天小明、乐乐值日",
        "家长会 10月14日（周三）16:00–16:20",
        "数学课本45页第3题",
        "心里有事可以打12355",
        "校服120元，水杯35元，书包80元",
        "考试8:30开始，带2B铅笔",
        "表扬第三小组",
        "带跳绳2根、水彩笔24色",
        "图书角多了30本新书",
        "302班的同学到操场",
        "每天读20分钟",
        "身高体重下周三量",
        "火警119，急救120",
        "快递单号别忘了",
    ],
)
def test_look_alikes_pass(text: str) -> None:
    assert check(text, "teacher").verdict == "allow"


@pytest.mark.parametrize("text", ["语文第12课背诵", "英语听10遍", "预习数学书第45页"])
def test_homework_is_for_the_teacher_to_decide(text: str) -> None:
    assert (check(text, "teacher").verdict, check(text, "teacher").rule) == ("warn", "homework_in_group")


def test_a_stop_says_why_and_the_way_on() -> None:
    verdict = check("有事打13812345678", "teacher")
    assert "电话号码" in note_stopped(verdict)
    assert "回复小明妈妈" in note_stopped(verdict)
    assert "再回复「发送」" in digest_stopped(verdict, "三(2)班 10月12日的速递")
    assert note_stopped(verdict).count("\n") <= 2
