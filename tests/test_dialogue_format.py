"""The dialogue runner itself: its format, and that planted differences are caught."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typing_extensions import override

from bot.dialogue import ScriptError, parse
from bot.dialogue.control import Button, Cast, Classroom, Item, Person
from bot.dialogue.matching import matches, numbered, rendered
from bot.dialogue.phone import Phone
from bot.dialogue.script import Entered, Expected, Media, Moved, Pressed, Said, Script
from bot.dialogue.stage import Failure, Roll, Stage, Unplayable, when

NOON = datetime(2026, 10, 12, 4, 0, tzinfo=UTC)


# --- the format ---------------------------------------------------------------------------------


def test_reads_the_published_example() -> None:
    script = parse(
        """
# a comment; also at a line's end, after two spaces
@class 三(2)班   @start 2026-10-12T16:20+08:00   @needs auto_post buttons
王老师: 表扬小明今天主动扫了地          # private to the bot
‹ 王老师: 记下了*                       # what she sees next: glob, /regex/, [按钮]
= 16:30                                 # walk the clock; also = 10-13 08:00, = +2h; == jumps instead
‹ 王老师: *速递*[发送]*
王老师 按 [发送]                        # without buttons: types the number or word shown for it
‹ 群: *速递*
小明妈妈@群: @小助手 明天带什么
‹ 群: *明天*
‹ 小明妈妈: -                           # nothing
== 10-13 08:00
"""
    )
    assert script.class_name == "三(2)班"
    assert script.start.isoformat() == "2026-10-12T16:20:00+08:00"
    assert script.needs == {"auto_post", "buttons"}
    assert script.steps == (
        Said(4, "王老师", "表扬小明今天主动扫了地"),
        Expected(5, "王老师", "记下了*"),
        Moved(6, "walk", "16:30"),
        Expected(7, "王老师", "*速递*[发送]*"),
        Pressed(8, "王老师", "发送"),
        Expected(9, "群", "*速递*"),
        Said(10, "小明妈妈", "@小助手 明天带什么", in_group=True),
        Expected(11, "群", "*明天*"),
        Expected(12, "小明妈妈", None),
        Moved(13, "jump", "10-13 08:00"),
    )


def test_reads_media_lines() -> None:
    script = parse("小明妈妈 发 [图片]\n乐乐奶奶 发 [语音 8秒 「明天我接」]\n小明妈妈@群 发 [文件 通知.pdf]")
    assert [step.media for step in script.steps if isinstance(step, Said)] == [
        Media("picture"),
        Media("voice", "8秒", "明天我接"),
        Media("file", "通知.pdf"),
    ]
    assert isinstance(script.steps[2], Said)
    assert script.steps[2].in_group


def test_reads_what_only_wecom_has() -> None:
    script = parse(
        "@limit group_month=1 kf_turn=2   @notices closed\n"
        "新家长1 进 [客服]\n新家长1 进 [客服 {code:新家长1}]"
    )
    assert script.limits == (("group_month", 1), ("kf_turn", 2))
    assert not script.opened
    assert script.steps == (Entered(2, "新家长1"), Entered(3, "新家长1", "{code:新家长1}"))


def test_only_an_at_line_is_addressed_to_the_bot() -> None:
    said = parse("小明妈妈@群: @小助手 明天带什么\n小明妈妈@群: 收到").steps
    assert [step.at_bot for step in said if isinstance(step, Said)] == [True, False]


def test_a_hash_inside_the_words_is_no_comment() -> None:
    assert parse("王老师: 教室 3#楼").steps == (Said(1, "王老师", "教室 3#楼"),)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("", 1),
        ("王老师: 好\nwhat is this", 2),
        ("@klass 三(2)班\n王老师: 好", 1),
        ("王老师: 好\n@class 三(2)班", 2),
        ("@start tomorrow\n王老师: 好", 1),
        ("‹ 王老师:", 1),
        ("‹ 王老师: /(/", 1),
        ("小明妈妈 发 [火箭]", 1),
        ("@unbound many\n王老师: 好", 1),
        ("@limit group_month\n王老师: 好", 1),
        ("@notices open\n王老师: 好", 1),
    ],
)
def test_a_bad_line_is_named(source: str, line: int) -> None:
    with pytest.raises(ScriptError) as caught:
        parse(source)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("16:30", "2026-10-12T16:30:00+08:00"),
        ("10-13 08:00", "2026-10-13T08:00:00+08:00"),
        ("2027-01-05 08:00", "2027-01-05T08:00:00+08:00"),
        ("+2h", "2026-10-12T14:00:00+08:00"),
        ("+1d2h30m", "2026-10-13T14:30:00+08:00"),
        ("+45s", "2026-10-12T12:00:45+08:00"),
    ],
)
def test_clock_lines(text: str, expected: str) -> None:
    assert when(text, NOON) == datetime.fromisoformat(expected)


@pytest.mark.parametrize("text", ["11:00", "10-11 08:00", "soon", "+", "25"])
def test_a_clock_line_that_is_no_future_time_is_refused(text: str) -> None:
    with pytest.raises(Unplayable):
        when(text, NOON)


# --- matching -----------------------------------------------------------------------------------


def test_a_glob_covers_the_whole_text_over_lines() -> None:
    assert matches("记下了*扫了地*", "记下了（表扬）：\n小明扫了地。")
    assert not matches("记下了", "记下了（表扬）：小明扫了地。")
    assert matches("三(2)班*", "三(2)班的速递")
    assert not matches("三.2.班*", "三(2)班的速递")


def test_a_label_matches_a_button_and_a_numbered_text() -> None:
    assert matches("*速递*[发送]*", "【速递】要闻", ["发送", "改"])
    assert matches("*速递*[发送]*", "【速递】要闻\n回复 1 发送，2 改，3 今天不发")
    assert matches("*[发送] [改]*", "【速递】\n回复 1 发送，2 改，3 今天不发")
    assert not matches("*速递*[发送]*", "【速递】发送")
    assert matches("【速递】", "【速递】", ["发送"])


def test_numbers_are_read_from_the_text() -> None:
    text = "16:50 自动发出。回复 11 发送，12 改，13 今天不发"
    assert numbered(text) == {"发送": "11", "改": "12", "今天不发": "13"}
    assert numbered("您有 3 条，回复「3 加您的话」就发给他，或说「回复小明妈妈：…」") == {}
    assert numbered("对吗？回复「是」或「不是」。") == {"是": "是", "不是": "不是"}
    assert rendered("要发吗？回复 1 发送", []) == "要发吗？回复 1 发送[发送]"


def test_a_regex_is_searched_for() -> None:
    assert matches(r"/10月13日（周二）/", "明天是10月13日（周二），带水彩笔")
    assert not matches(r"/10月14日/", "明天是10月13日（周二）")


# --- strictness, against a small world in memory ------------------------------------------------


@dataclass
class World:
    """Answers the control calls; ``answers`` says who sees what after which words."""

    answers: dict[str, list[tuple[str | None, str]]]
    buttons: tuple[Button, ...] = ()
    items: list[Item] = field(default_factory=list)
    said: list[dict[str, Any]] = field(default_factory=list)
    pressed: list[tuple[str, str, str]] = field(default_factory=list)
    moved: list[tuple[datetime, str]] = field(default_factory=list)
    time: datetime = NOON
    delivers: bool = True

    async def say(self, **fields: Any) -> tuple[bool, str]:
        self.said.append(fields)
        self._show(fields["text"])
        return self.delivers, "" if self.delivers else "503"

    async def press(self, message: str, button: str, sender: str) -> tuple[bool, str]:
        self.pressed.append((message, button, sender))
        self._show("press")
        return True, ""

    async def seen(self, since: int, wait_ms: int = 0) -> tuple[int, list[Item]]:
        return len(self.items), self.items[since:]

    async def now(self) -> datetime:
        return self.time

    async def move(self, to: datetime, mode: str = "walk") -> None:
        self.moved.append((to, mode))
        self.time = max(self.time, to)

    def _show(self, cause: str) -> None:
        for to, text in self.answers.get(cause, []):
            self.items.append(
                Item(
                    n=len(self.items) + 1, at="", to=to, chat="g2" if to is None else f"chat-{to}", lane="",
                    message=f"m{len(self.items)}", kind="text", text=text, buttons=self.buttons, change="new",
                    raw={},
                )
            )  # fmt: skip


def _item(n: int, to: str, text: str, message: str, change: str, *labels: str) -> Item:
    buttons = tuple(Button(f"b-{label}", label, True) for label in labels)
    return Item(n, "", to, f"chat-{to}", "", message, "card", text, buttons, change, {})


def _person(person_id: str, name: str, room: str = "c2", code: str = "") -> Person:
    return Person(person_id, name, f"chat-{person_id}", True, code, frozenset({room}), ("guardian",))


CAST = Cast(
    classes=(Classroom("c2", "三(2)班", "g2"), Classroom("c3", "三(3)班", "g3")),
    people=(
        _person("t2", "王老师"),
        _person("t3", "王老师", "c3"),
        _person("p1", "小明妈妈", code="12345678"),
        _person("p9", "豆豆妈妈", "c3"),
    ),
)


def _play(world: World, source: str) -> Failure | None:
    stage = Stage(world, Roll(CAST, "三(2)班"))  # type: ignore[arg-type]
    script: Script = parse(source, "a.txt")
    return asyncio.run(stage.play(script))


GREETING: dict[str, list[tuple[str | None, str]]] = {"你好": [("t2", "王老师好。"), ("p1", "您好。")]}


def test_a_play_without_difference() -> None:
    world = World(GREETING)
    assert _play(world, "王老师: 你好\n‹ 小明妈妈: 您好。\n‹ 王老师: 王老师好*\n‹ 群: -") is None
    assert world.said[0]["chat"] == "chat-t2"
    assert world.said[0]["sender"] == "t2"
    assert world.moved == [(NOON + timedelta(milliseconds=500), "walk")]


@pytest.mark.parametrize(
    ("source", "line", "expected", "got"),
    [
        ("王老师: 你好\n‹ 王老师: *\n王老师: 走了", 3, "everything read", "小明妈妈: 您好。"),
        ("王老师: 你好\n‹ 王老师: *\n= +1h", 3, "everything read", "小明妈妈: 您好。"),
        ("王老师: 你好\n‹ 王老师: *", 2, "everything read before the end", "小明妈妈: 您好。"),
        ("王老师: 你好\n‹ 小明妈妈: -", 2, "nothing for 小明妈妈", "您好。"),
        ("王老师: 没人答\n‹ 王老师: *", 2, "王老师: *", "silence for 王老师"),
        ("王老师: 你好\n‹ 王老师: 再见*", 2, "王老师: 再见*", "王老师: 王老师好。"),
        ("王老师: 你好\n‹ 群: *", 2, "群: *", "silence for 群; unread: 王老师: 王老师好。"),
        ("王老师 按 [发送]", 1, "a choice [发送]", "none was shown"),
        ("外星人: 你好", 1, "a line that can be played", "nobody is called 外星人"),
        ("王老师: 你好\n‹ 王老师: *\n‹ 小明妈妈: *\n= 08:00", 4, "a line that can be played", "in the past"),
    ],
)
def test_a_planted_difference_is_caught(source: str, line: int, expected: str, got: str) -> None:
    failure = _play(World(GREETING), source)
    assert failure is not None
    assert failure.line == line
    assert expected in failure.expected
    assert got in failure.got
    assert str(failure).startswith(f"a.txt:{line}: ")


def test_each_reader_reads_in_order() -> None:
    world = World({"你好": [("t2", "一"), ("t2", "二")]})
    failure = _play(world, "王老师: 你好\n‹ 王老师: 二\n‹ 王老师: 一")
    assert failure is not None
    assert failure.line == 2


def test_a_message_the_bot_did_not_take_is_a_difference() -> None:
    failure = _play(World(GREETING, delivers=False), "王老师: 你好\n‹ 王老师: *")
    assert failure is not None
    assert "not delivered: 503" in failure.got


def test_a_press_types_the_number_where_there_is_no_button() -> None:
    world = World({"好": [("t2", "要发吗？回复 7 发送，8 改")], "7": [("t2", "发出去了。")]})
    assert _play(world, "王老师: 好\n‹ 王老师: *[发送]*\n王老师 按 [发送]\n‹ 王老师: 发出去*") is None
    assert world.said[-1]["text"] == "7"


def test_a_wrong_number_is_caught() -> None:
    # The text offers 8 for what 7 does: the typed number gets no answer.
    world = World({"好": [("t2", "要发吗？回复 8 发送")], "7": [("t2", "发出去了。")]})
    failure = _play(world, "王老师: 好\n‹ 王老师: *[发送]*\n王老师 按 [发送]\n‹ 王老师: 发出去*")
    assert failure is not None
    assert failure.line == 4


def test_a_press_presses_a_button_where_there_is_one() -> None:
    world = World({"好": [("t2", "要发吗？")], "press": []}, buttons=(Button("b1", "发送", True),))
    assert _play(world, "王老师: 好\n‹ 王老师: *[发送]\n王老师 按 [发送]") is None
    assert world.pressed == [("m0", "b1", "t2")]


def test_names_of_other_classes_and_codes() -> None:
    world = World({"码 12345678": [("p9", "好"), (None, "群里")]})
    assert _play(world, "三(3)班王老师: 码 {code:小明妈妈}\n‹ 豆豆妈妈: 好\n‹ 三(2)班群: 群里") is None
    assert world.said[0]["sender"] == "t3"


class Notices(World):
    """Every word brings a notice; what it leads to is seen once it is opened."""

    @override
    async def say(self, **fields: Any) -> tuple[bool, str]:
        notice = _item(len(self.items) + 1, "p1", "有一句话\n点开就能看", "n1", "new")
        self.items.append(replace(notice, lane="school_notice", raw={"url": "http://127.0.0.1/h5/"}))
        return True, ""

    async def open(self, sender: str, url: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        self.items.append(_item(len(self.items) + 1, sender, "老师的话", "m9", "new"))
        return 200, ""


def test_a_notice_is_opened_at_once_and_need_not_be_read() -> None:
    assert _play(Notices({}), "王老师: 好\n‹ 小明妈妈: 老师的话") is None


def test_a_notice_kept_closed_has_to_be_read_and_pressed() -> None:
    kept = "@notices closed\n王老师: 好\n"
    failure = _play(Notices({}), f"{kept}小明妈妈 按 [有一句话]")
    assert failure is not None
    assert "everything read" in failure.expected
    read_it = f"{kept}‹ 小明妈妈: 有一句话*\n‹ 小明妈妈: -\n小明妈妈 按 [有一句话]\n‹ 小明妈妈: 老师的话"
    assert _play(Notices({}), read_it) is None


class Cards(World):
    """Every word brings a card with a button; pressing it changes the card."""

    @override
    async def say(self, **fields: Any) -> tuple[bool, str]:
        number = len(self.items) + 1
        self.items.append(_item(number, "t2", "要发吗？", f"m{number}", "new", "发送"))
        return True, ""

    @override
    async def press(self, message: str, button: str, sender: str) -> tuple[bool, str]:
        self.pressed.append((message, button, sender))
        self.items.append(_item(len(self.items) + 1, "t2", "已选：发送", message, "updated"))
        return True, ""


ASKED = "王老师: 好\n‹ 王老师: *[发送]\n王老师 按 [发送]\n"


@pytest.mark.parametrize("after", ["", "‹ 王老师: 已选*\n", "‹ 王老师: -\n"])
def test_a_card_that_changed_may_be_read_or_passed_over(after: str) -> None:
    assert _play(Cards({}), ASKED + after) is None


def test_a_card_that_changed_is_not_what_was_expected_of_it() -> None:
    failure = _play(Cards({}), ASKED + "‹ 王老师: 没发出去*")
    assert failure is not None
    assert "已选：发送" in failure.got


def test_a_button_that_is_gone_cannot_be_pressed_again() -> None:
    failure = _play(Cards({}), ASKED + "王老师 按 [发送]")
    assert failure is not None
    assert failure.line == 4


PAGE = """<form action="/h5/code"><input type="hidden" name="t" value="1"><input type="tel" name="code">
<button>好</button></form>"""
TALK = """<form action="/h5/say"><input type="hidden" name="t" value="2"><textarea name="text"></textarea>
<button>发送</button></form><form action="/h5/press"><button name="press" value="k1">没问题</button></form>"""


@dataclass
class Browser:
    """Shows one page, and remembers what was sent."""

    html: str
    sent: list[tuple[str, dict[str, str] | None]] = field(default_factory=list)

    async def open(self, sender: str, url: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        self.sent.append((url, form))
        return 200, self.html


@pytest.mark.parametrize(
    ("html", "said", "sent"),
    [
        (TALK, "明天带什么", ("/h5/say", {"t": "2", "text": "明天带什么"})),
        (TALK, "没问题", ("/h5/press", {"press": "k1"})),
        (PAGE, "绑定 12345678", ("/h5/code", {"t": "1", "code": "12345678"})),
    ],
    ids=["writes", "presses", "types a code"],
)
def test_a_phone_does_what_a_person_would(html: str, said: str, sent: tuple[str, dict[str, str]]) -> None:
    browser = Browser(html)
    assert asyncio.run(Phone(browser, "p1").say(said))
    assert browser.sent == [("/h5/", None), sent]


def test_a_page_without_a_place_to_write_is_a_difference() -> None:
    assert not asyncio.run(Phone(Browser("<p>过期了</p>"), "p1").say("你好"))
