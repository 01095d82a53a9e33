"""Phrasings people use, each with what it must be understood as. Written for this file."""

from __future__ import annotations

import time
from datetime import date
from datetime import time as clock

import pytest

from handlers.anonymous.words import is_anonymous
from handlers.language import read
from handlers.language.notes import split_notes
from handlers.language.say import say_day, say_short_day, say_time
from handlers.language.times import resolve_day, time_of

INTENTS = {
    "praise_student": """
        表扬小明今天主动扫了地
        表扬 李思涵 王浩 帮同学搬书
        表杨小明今天主动扫地
        想表扬一下赵一鸣，体育课帮受伤的同学拿书包
        点名表扬周子轩按时值日
        小雨今天把图书角整理好了，表扬一下
        给小雨记一朵小红花，帮老师擦黑板
        今天要表扬陈晨，主动让座
        老师好，表扬小明扫地，谢谢
        另外再表扬乐乐发言积极
        表扬：小明扫地；乐乐擦黑板
        夸一夸林小满，字写得很认真""",
    "praise_class": """
        表扬全班，眼操特别整齐
        表扬全体同学升旗仪式站得好
        表扬大家今天午休很安静""",
    "add_reminder": """
        速递加一条,明天带跳绳和水壶
        明天升旗，穿校服，七点五十到校
        提醒大家明天带伞
        明天美术课带水彩笔
        记得让孩子带水杯
        请家长在回执上签字
        提醒：周五交秋游回执
        后天体检，请空腹到校
        通知家长下周三开家长会
        别忘了带红领巾
        温馨提示：明早七点半到校""",
    "add_news": """
        要闻：消防演练顺利完成
        今天上午开展了消防演练
        要闻两条 一是消防演练 二是图书角开放了
        今天上午举行了升旗仪式
        我们班获得拔河比赛第二名
        今天的要闻：科技节开幕""",
    "edit_item": """
        第三条改成带尺子
        把第2条改成明天带雨衣
        刚才那条改成小明扫了操场
        跳绳那条改成带毽子
        第1条改为：表扬小明擦黑板""",
    "remove_item": """
        删掉跳绳那条
        删掉群公约那条
        把群里不要发语音那条删掉
        把跳绳那条删了
        删第2条
        第2条不要了
        刚才那条不要了
        删掉跳绳那条
        取消刚才那条
        第一条去掉
        请把第3条删掉""",
    "preview_digest": """
        看一下
        预览今天的速递
        预览一下
        看看今天的速递
        速递里有什么
        今天记了什么
        先给我看看""",
    "publish_digest": """
        发送
        发
        发吧
        现在发
        把今天的速递发出去
        可以发了
        马上发到群里""",
    "skip_digest": """
        今天不发
        今天不发了
        今天的速递不发了
        今天速递取消
        不发今天的速递""",
    "hold_digest": """
        先别发
        先别发，等我开完会
        速递先不发
        等一下再发
        不要发""",
    "schedule_digest": """
        速递改到17:20发
        速递改到五点半发
        速递不要自动发
        以后自动发
        不要自动发
        预览改到4点10分
        速递每天17:00发
        等我点头再发""",
    "ask_reminder": """
        明天带什么
        明天要带什么
        明天穿校服还是便装？
        明天带啥？带齐了没 彩笔要不要
        请问明天需要带什么东西吗
        周五要带什么
        老师您好，明天要准备什么材料？
        今天要带什么去学校
        明天要带什么东西吗？
        明天要不要穿校服
        要带什么""",
    "ask_digest": """
        今天的速递再发我一遍
        昨天的每日速递在哪看
        今天速递发了吗
        速递没收到
        给我看一下昨天的速递""",
    "reply_parent": """
        回复 3 好的
        回复3：好的
        回复小明妈妈：好的
        跟豆豆爸爸说我明早八点给他打电话
        告诉乐乐奶奶，明天放学四点半接
        回小明妈妈：在的
        给小明妈妈说一声作业本在我这儿
        转告林小满爸爸：明天记得带回执
        回复小明妈妈
        告诉小明妈妈明天带伞""",
    "query_inbox": """
        谁还等我回复
        今天谁给我发消息了
        哪几个家长等我回复超过一天了
        未回复的留言
        还有谁没回""",
    "help": """
        帮助
        怎么用
        ？
        你能做什么
        使用说明""",
    "ask_identity": """
        你是机器人还是老师
        你是机器人吗
        你是谁""",
    "greeting": """
        你好
        老师好
        王老师早上好
        在吗""",
    "thanks": """
        谢谢
        谢谢老师
        收到
        好的，收到
        知道了，谢谢老师
        辛苦了""",
    "confirm_yes": "是\n是的\n对\n好的\n嗯",
    "confirm_no": "不是\n不对\n不用了\n算了",
    "bind_child": """
        12345678
        1234 5678
        绑定 12345678
        我的绑定码是１２３４５６７８，谢谢
        我的码是12345678
        1234567
        绑定孩子 邀请码 6F3K9
        绑定""",
    "choose_option": "3\n第2个",
    "undo": "说错了\n撤回\n收回\n撤掉\n速递发错了\n发错群了\n能撤回吗",
    "recall_message": """
        撤回速递
        收回今天的速递
        把速递撤回来
        刚发的速递撤回
        请撤回刚才发的速递
        删掉群里那条
        把群里的删了
        群里那条不要了
        删除群里的速递""",
    "praise_teacher": "想表扬一下班主任，昨天那么晚还送孩子回家",
    "unclear": """
        小明发烧了，今天请假
        孩子发烧了要请假吗
        明天我请假，李老师代课
        今天能早点接吗
        老师在吗，小明的水杯是不是在教室
        图书角多了三十本新书
        粉笔没了
        合唱比赛二等奖
        302室的灯坏了
        老师，乐乐今天带了雨伞
        和小明妈妈约好了明天见
        明天要带孩子去医院，请假半天吧
        谁家还没绑定
        匿名的书在哪
        后天放假吗
        我的电话是13812345678
        不用匿名，请问老师体育课改时间了吗""",
}
TABLE = [
    (line.strip(), intent)
    for intent, lines in INTENTS.items()
    for line in lines.strip().split("\n")
    if line.strip()
]


@pytest.mark.parametrize(("text", "intent"), TABLE)
def test_intent(text: str, intent: str) -> None:
    assert read(text).intent == intent


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("回复 3 好的，谢谢", {"number": "3", "content": "好的，谢谢"}),
        ("回复小明妈妈：好的，谢谢", {"child": "小明", "relation": "妈妈", "content": "好的，谢谢"}),
        ("跟豆豆爸爸说我明早打电话", {"child": "豆豆", "relation": "爸爸", "content": "我明早打电话"}),
        ("第三条改成带尺子", {"index": "3", "content": "带尺子"}),
        ("第十二条不要了", {"index": "12"}),
        ("把跳绳那条删了", {"keyword": "跳绳"}),
        ("速递改到五点半发", {"time": "17:30", "what": "send"}),
        ("预览改到16:10", {"time": "16:10", "what": "preview"}),
        ("不要自动发", {"auto": "off"}),
        ("明天带什么", {"date": "D+1"}),
        ("昨天的速递在哪看", {"date": "D-1"}),
        ("三(2)班：表扬小明扫地", {"class": "三(2)班", "content": "小明扫地"}),
        ("三2班提醒明天带伞", {"class": "三2班", "content": "明天带伞"}),
        ("302班：看一下", {"class": "302班"}),
        ("三年二班明天带什么", {"class": "三年二班", "date": "D+1"}),
        ("三(1)班和三(3)班提醒明天带伞", {"class": "三(1)班|三(3)班", "content": "明天带伞"}),
        ("三个班都提醒明天带伞", {"class": "*", "content": "明天带伞"}),
        ("绑定 1234 5678", {"code": "12345678"}),
        ("绑定孩子 邀请码 6F3K9", {"code": "6F3K9"}),
    ],
)
def test_slots(text: str, slots: dict[str, str]) -> None:
    assert read(text).slots == slots


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("@小助手 明天带什么", "明天带什么"),
        ("老师您好，今天能早点接吗，谢谢", "今天能早点接吗"),
        ("１２３４５６７８", "12345678"),
        ("  收到　了 ", "收到 了"),
        ("谢谢", "谢谢"),
        ("老师好", "老师好"),
        ("好～", "好"),
    ],
)
def test_clean(text: str, clean: str) -> None:
    assert read(text).clean == clean


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("表扬小明扫地；提醒明天带伞", [("praise", "小明扫地"), ("reminder", "明天带伞")]),
        ("表扬小明扫地，提醒大家明天带伞", [("praise", "小明扫地"), ("reminder", "明天带伞")]),
        (
            "1. 表扬小明扫地 2. 明天带水彩笔 3. 今天进行了消防演练",
            [("praise", "小明扫地"), ("reminder", "明天带水彩笔"), ("news", "今天进行了消防演练")],
        ),
        ("要闻两条 一是消防演练 二是图书角开放了", [("news", "消防演练"), ("news", "图书角开放了")]),
        ("表扬：\n小明扫地\n乐乐擦黑板", [("praise", "小明扫地"), ("praise", "乐乐擦黑板")]),
        ("表扬小明主动扫地，还帮同学搬书", [("praise", "小明主动扫地，还帮同学搬书")]),
        ("明天带跳绳、水壶，穿校服", [("reminder", "明天带跳绳、水壶，穿校服")]),
        ("图书角多了三十本新书", [(None, "图书角多了三十本新书")]),
        ("明天8.30到校", [("reminder", "明天8.30到校")]),
        ("提醒：1.带跳绳 2.穿校服", [("reminder", "带跳绳"), ("reminder", "穿校服")]),
        ("表扬以下同学：小明、乐乐，值日认真", [("praise", "小明、乐乐，值日认真")]),
        ("给小雨记一朵小红花，帮老师擦黑板", [("praise", "小雨帮老师擦黑板")]),
    ],
)
def test_notes_are_split_where_they_are_clearly_separated(
    text: str, notes: list[tuple[str | None, str]]
) -> None:
    assert split_notes(text) == notes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("17:20", "17:20"),
        ("五点半", "17:30"),
        ("下午四点一刻", "16:15"),
        ("四点五十", "16:50"),
        ("早上7点", "07:00"),
        ("16点", "16:00"),
        ("二十点零五", "20:05"),
        ("25:00", None),
        ("晚上10点", "22:00"),
        ("五", None),
    ],
)
def test_time_of(text: str, said: str | None) -> None:
    assert time_of(text) == said


MONDAY = date(2026, 10, 12)


@pytest.mark.parametrize(
    ("slot", "day"),
    [
        ("D+0", date(2026, 10, 12)),
        ("D-1", date(2026, 10, 11)),
        ("NEXT-5", date(2026, 10, 16)),
        ("NEXT-1", date(2026, 10, 12)),
        ("W+1-3", date(2026, 10, 21)),
        ("", None),
    ],
)
def test_resolve_day(slot: str, day: date | None) -> None:
    assert resolve_day(slot, MONDAY) == day


def test_days_and_times_are_said_in_full() -> None:
    assert say_day(date(2026, 10, 14)) == "10月14日（周三）"
    assert say_short_day(date(2026, 1, 2)) == "1月2日"
    assert say_time(clock(8, 5)) == "8:05"


@pytest.mark.parametrize(
    "text",
    [
        "匿名：作业太多",
        "匿名",
        "匿 名 问一下",
        "【匿名】食堂的菜太咸",
        "匿明：作业太多",
        "昵名提问：作业太多",
        "我想匿名问一个问题",
        "老师好，匿名问一下作业",
        "想匿名提个意见",
        "请问可以匿名吗",
        "ni ming 作业太多",
        "@小助手 匿名：想问一件事",
        "我要匿名",
        "匿名信箱怎么用",
        "逆名：作业太多",
        "“匿名”作业太多",
    ],
)
def test_anonymous(text: str) -> None:
    assert is_anonymous(text)


@pytest.mark.parametrize(
    "text",
    [
        "不用匿名，就说是我问的",
        "别说是我问的",
        "我不想匿名",
        "取消匿名",
        "能不能不匿名",
        "泥泞的路不好走",
        "命名比赛什么时候",
        "昨天有人匿名问的那条有回音吗",
        "呢明天带什么",
        "",
        "小明妈妈",
    ],
)
def test_not_anonymous(text: str) -> None:
    assert not is_anonymous(text)


@pytest.mark.parametrize(
    "text",
    [
        "一" * 100_000,
        "表扬" * 5_000,
        "1." * 20_000,
        "：" * 50_000,
        "第" * 20_000 + "条",
        " " * 100_000,
        "3" * 50_000,
        "明天带" * 9_000,
    ],
    ids=["han", "praise", "numbers", "colons", "items", "spaces", "digits", "things"],
)
def test_long_input_costs_little(text: str) -> None:
    began = time.perf_counter()
    read(text)
    is_anonymous(text)
    assert time.perf_counter() - began < 0.25


def test_a_line_is_read_in_a_fraction_of_a_millisecond() -> None:
    began = time.perf_counter()
    for _ in range(5):
        for text, _intent in TABLE:
            read(text)
    each_ms = (time.perf_counter() - began) * 1000 / (5 * len(TABLE))
    assert each_ms < 2
