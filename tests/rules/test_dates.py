"""What people say of days and hours, and what it means: one table for each convention."""

from __future__ import annotations

import string
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.language.dates import date_slots, every, when

SUNDAY, EVENING, TUESDAY = "2026-09-27T08:30", "2026-11-23T20:10", "2026-11-24T14:00"

# phrase | start [-> end] | marks: ? must be asked, then the other readings, then flags
TABLE = """
2026-11-24T14:00
明天下午三点 | 11-25 15:00
明儿早上七点一刻到 | 11-25 07:15
后天早上 | 11-26
大后天晚上八点半 | 11-27 20:30
大前天 | 11-21 | past
昨晚十点 | 11-23 22:00 | past
下周一 | 11-30
下下周二上午 | 12-08
上周五 | 11-20 | past
礼拜六上午10点去您家 | 11-28 10:00
星期五放学后能来吗 | 11-27 16:30 | ?
週四下午四點半 | 11-26 16:30
下禮拜五 | 12-04
周 五 下午3点 | 11-27 15:00
周三三点三刻 | 11-25 15:45 | ? 12-02 15:45
周三凌晨一点 | 11-25 01:00 | ? 12-02 01:00
周二晚上七点 | 11-24 19:00 | ? 12-01 19:00
周二上午十点 | 12-01 10:00 | ? 11-24 10:00
周三周四都可以 | 11-25 | ? 11-26
下周二或下周四 | 12-01 | ? 12-03
下周三或者周四下午三点 | 12-02 15:00 | ? 12-03 15:00
明天或者后天下午三点 | 11-25 15:00 | ? 11-26 15:00
七点半打给我 | 11-24 19:30 | ? 11-25 07:30
八点钟 | 11-24 20:00 | ? 11-25 08:00
五点左右 | 11-24 17:00
四点来钟到校 | 11-24 16:00
今天晚上12点 | 11-25 00:00
半夜12点 | 11-25 00:00
明天中午 | 11-25 12:00 | ?
明天中午1点 | 11-25 13:00
明天下午14点 | 11-25 14:00
周五15点30 | 11-27 15:30
3:15在校门口 | 11-24 15:15
周四07:05 | 11-26 07:05
差五分八点 | 11-24 19:55 | ? 11-25 07:55
下午四点差一刻 | 11-24 15:45
下午4.30开会 | 11-24 16:30
周五4.30 | 11-27 16:30
12月1-5号 | 12-01 -> 12-05
周五下班前给我 | -> 11-27
五一5月2号 | 2027-05-02 | holiday
25点 | - | invalid_time
周五15:70 | - | invalid_time
11月31号上午 | - | invalid_date
2月30号 | - | invalid_date
13月5号 | - | invalid_date
11月10号说的那个 | 11-10 | past
9月26号 | 09-26 | past holiday
9月23号 | 2027-09-23
3月5号 | 2027-03-05
明年3月5号 | 2027-03-05
二十号 | 12-20 | ? 11-20
廿五号 | 11-25
26号周四 | 11-26
11月26号星期四下午3点 | 11-26 15:00
周四（11月26日） | 11-26
12月3日（周四）14:00 | 12-03 14:00
2026.12.01 | 12-01
11月28日至30日 | 11-28 -> 11-30
26到28号 | 11-26 -> 11-28
下周一到下周三出差 | 11-30 -> 12-02
周四下午两点到四点 | 11-26 14:00 -> 11-26 16:00
后天下午三到四点 | 11-26 15:00 -> 11-26 16:00
明天上午10点到下午2点 | 11-25 10:00 -> 11-25 14:00
明后天 | 11-25 -> 11-26
下周 | 11-30 -> 12-06
周末 | 11-28 -> 11-29
周五前交 | -> 11-27
下周一早上8点前 | -> 11-30 08:00
月底之前 | -> 11-30
月底 | 11-30 | ?
12月底 | 12-31 | ?
月初 | 12-01 | ?
下月中旬 | 12-15 | ?
一周后 | 12-01
三个月后 | 2027-02-24
半小时以后 | 11-24 14:30
一刻钟后 | 11-24 14:15
四十分钟后 | 11-24 14:40
两三天后 | - | ?
过几天 | - | ?
期末考完 | - | ?
运动会以后 | - | ?
冬至 | 12-22
腊八节 | 2027-01-15
除夕 | 2027-02-05 | holiday
大年初三 | 2027-02-08 | holiday
正月初八 | 2027-02-13
圣诞节 | 12-25
元旦 | 2027-01-01 | holiday
元旦前 | -> 2027-01-01 | holiday
不是周五是周四 | 11-26
周四不行，周五下午可以 | 11-27
改到下周二上午十点 | 12-01 10:00
从周五改到周六 | 11-28
周四下午三点改成四点 | 11-26 16:00
原来约的周四四点，换成周五同一时间 | 11-27 16:00
明天第三节课 | 11-25
周四大课间 | 11-26
每周五下午 | 11-27
三点开家长会 | 11-24 15:00
2026-09-27T08:30
这周三行吗 | 09-30 | ? 09-23
下周二下午四点 | 09-29 16:00
周日下午两点 | 09-27 14:00 | ? 10-04 14:00 holiday
国庆节3号 | 10-03 | holiday
国庆期间 | 10-01 -> 10-07 | holiday
国庆后第一天 | 10-08 | ?
节后 | 10-08 | ?
国庆放假前 | -> 10-01 | holiday
补班那个周六 | 10-10 | makeup_workday
10月10号上午九点 | 10-10 09:00 | makeup_workday
30号下午 | 09-30
这个月15号 | 09-15 | past
下个月 | 10-01 -> 10-31 | holiday
2026-11-23T20:10
今晚8点 | 11-23 20:00 | past
周一晚上七点 | 11-30 19:00 | ? 11-23 19:00
八点半 | 11-23 20:30 | ? 11-24 08:30
三点一刻 | 11-24 15:15 | ? 11-23 15:15
"""
NO_TIMES = """
三(2)班
302教室
第2条
一点都不难
就差一点
三点建议
5路车
13812345678
周老师说
周雨桐很棒
月月没交
三号楼
二年级一班
早点
晚一点行吗
1.5小时
下学期
"""


def _cases() -> list[tuple[str, str, str, str]]:
    now, cases = "", []
    for line in TABLE.strip().splitlines():
        phrase, *rest = (part.strip() for part in line.split("|"))
        if not rest:
            now = phrase
        else:
            cases.append((now, phrase, rest[0], rest[1] if len(rest) > 1 else ""))
    return cases


def _short(moment: date | None) -> str:
    if moment is None:
        return ""
    text = moment.strftime("%Y-%m-%d %H:%M" if isinstance(moment, datetime) else "%Y-%m-%d")
    return text.removeprefix("2026-")


def _said(text: str, now: str) -> tuple[str, str]:
    found = when(text, datetime.fromisoformat(f"{now}:00+08:00"))
    span = f"{_short(found.start)} -> {_short(found.end)}" if found.end else _short(found.start) or "-"
    marks = ["?"] * found.ambiguous + [_short(each) for each in found.alt] + list(found.flags)
    return span.strip(), " ".join(marks)


@pytest.mark.parametrize(("now", "phrase", "span", "marks"), _cases())
def test_what_is_said_is_what_is_meant(now: str, phrase: str, span: str, marks: str) -> None:
    assert _said(phrase, now) == (span, marks)


@pytest.mark.parametrize("phrase", NO_TIMES.strip().splitlines())
def test_numbers_and_names_are_no_times(phrase: str) -> None:
    found = when(phrase, datetime.fromisoformat(f"{TUESDAY}:00+08:00"))
    assert not found.known


def test_two_dates_in_one_message_are_both_read() -> None:
    found = every("明天请假，周五下午三点再去家访", datetime.fromisoformat(f"{TUESDAY}:00+08:00"))
    assert [_short(each.start) for each in found] == ["11-25", "11-27 15:00"]


CODES: dict[str, dict[str, object]] = {
    "周二的时段改成三点到四点": {"date": "NEXT-2", "time": "15:00-16:00"},
    "从明天起回复时间改成五点到六点": {"date": "D+1", "time": "17:00-18:00"},
    "12月20日全部预约改到21日": {"date": "12-21", "from_date": "12-20"},
    "12月5号6号停两天": {"date": ["12-05", "12-06"]},
    "听日唔得闲，改后日得唔得": {"date": "D+2"},
    "琴日漏咗打卡": {"date": "D-1"},
    "考试周一律不约": {"date": "EXAM_WEEK"},
    "明天的家访能往后挪一个小时吗": {"date": "D+1", "shift_min": 60},
    "原来约的周二四点，换成周三同一时间": {
        "date": "NEXT-3", "time": "16:00", "from_date": "NEXT-2", "from_time": "16:00",
    },
    "下周一到周五每天12:30-13:00": {"date": "W+1-1/W+1-5", "time": "12:30-13:00"},
    "设置回复时间 8点到10点 16点到18点": {"time": ["08:00-10:00", "16:00-18:00"]},
    "国庆节3号能家访吗": {"date": "10-03"},
    "以后周三都是爷爷接": {"date": "EVERY-3", "recurring": True},
    "明后两天出差": {"date": ["D+1", "D+2"]},
    "星期天上午": {"date": "NEXT-7", "time": "AM"},
    "上周三家访过": {"date": "W-1-3"},
    "补班那个周六": {"date": "MAKEUP_WORKDAY"},
    "期中考试周先停": {"date": "EXAM_WEEK"},
    "这学期的台账": {"date": "term"},
    "寒假能联系吗": {"date": "VACATION"},
    "随便，听老师安排": {"date": "ANY", "time": "ANY"},
    "现在能找老师吗": {"time": "NOW"},
    "晚十分钟到": {"delay_min": 10},
    "周五放学后": {"date": "NEXT-5", "time": "AFTER_SCHOOL"},
    "请三天假": {"days": 3},
    "周一三五都有空": {"date": ["NEXT-1", "NEXT-3", "NEXT-5"]},
    "六点半到七点二十": {"time": "18:30-19:20"},
    "晚上十点了先存着，明早八点再发": {"date": "D+1", "time": "08:00"},
}  # fmt: skip


@pytest.mark.parametrize("text", CODES)
def test_codes_need_no_now(text: str) -> None:
    assert CODES[text].items() <= date_slots(text).items()


def test_a_month_is_no_length() -> None:
    assert "days" not in date_slots("2月30号") | date_slots("开学第一周")


def test_a_sunday_is_no_monday() -> None:
    assert date_slots("礼拜天的那个")["date"] == "NEXT-7"


PIECES = st.sampled_from(
    [
        *"一二三四五六七八九十两半零〇点号月日年周末初底刻分到至前后：:-/. ，（）",
        *("下周", "上周", "星期", "明天", "放学后", "农历", "国庆", "节后", "改到", "或者"),
        *string.digits,
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_whatever_is_written_nothing_breaks(text: str) -> None:
    now = datetime.fromisoformat(f"{EVENING}:00+08:00")
    found = when(text, now)
    assert found.start is None or found.flags.count("past") <= 1
    date_slots(text)
    every(text, now)


@given(st.text(max_size=60))
def test_nor_by_any_other_text(text: str) -> None:
    when(text, datetime.fromisoformat(f"{SUNDAY}:00+08:00"))
    date_slots(text)
