"""The guard over tables of lines: by rule and role, look-alikes, hours, packs, rewrites, hostile texts."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from datetime import datetime
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.guard import PACKS, check, demands, figures, folding, marks, matters, people, private, rules
from handlers.guard.rules import Chat, Role
from tests.rules import guard_lines as table

WARNED = {"homework_in_group", "parent_grading", "forced_app", "late_message"}
NOON = datetime(2026, 10, 12, 12, 0)  # noqa: DTZ001 - only the hour counts
HOSTILE = (
    "张",
    "1",
    "小",
    "一",
    "1 ",
    "a",
    "Li ",
    "作业",
    "第",
    "打",
    "请假",
    "周雨",
    "考",
    "收",
    "家",
    "\n",
    "9,",
)


@pytest.mark.parametrize(("rule", "text"), table.pairs("STOPPED"))
def test_a_teacher_is_stopped(rule: str, text: str) -> None:
    verdict = check(text, "teacher", "group", NOON)
    assert (verdict.verdict, verdict.rule) == ("warn" if rule in WARNED else "block", rule)
    assert all(word in text for word in verdict.words)


@pytest.mark.parametrize(("rule", "text"), table.pairs("PARENTS"))
def test_a_parent_is_answered_in_private(rule: str, text: str) -> None:
    verdict = check(text, "parent", "group", NOON)
    assert (verdict.verdict, verdict.rule) == ("block", rule)


@pytest.mark.parametrize("text", table.lines("STOPPED_TOO"))
def test_a_teacher_is_stopped_too(text: str) -> None:
    assert check(text, "teacher", "group", NOON).verdict == "block"


@pytest.mark.parametrize("text", table.lines("PARENTS_TOO"))
def test_a_parent_is_answered_in_private_too(text: str) -> None:
    assert check(text, "parent", "group", NOON).verdict == "block"


@pytest.mark.parametrize("text", table.lines("PASSING"))
def test_look_alikes_pass(text: str) -> None:
    assert check(text, "teacher", "group", NOON) == rules.ALLOWED


@pytest.mark.parametrize("text", table.lines("PARENTS_MAY"))
def test_parents_may_say_this(text: str) -> None:
    assert check(text, "parent", "group", NOON) == rules.ALLOWED


@pytest.mark.parametrize("text", table.lines("PRIVATE"))
def test_a_parent_in_private_may_tell(text: str) -> None:
    assert check(text, "parent", "private", NOON) == rules.ALLOWED


@pytest.mark.parametrize("text", table.lines("TO_FAMILY"))
def test_one_family_may_be_told(text: str) -> None:
    assert check(text, "teacher", "private", NOON) == rules.ALLOWED


@pytest.mark.parametrize(("_rule", "text"), table.pairs("STOPPED"))
def test_what_is_offered_instead_passes(_rule: str, text: str) -> None:
    offered = check(text, "teacher", "group", NOON).rewrite
    assert offered is None or check(offered, "teacher", "group", NOON) == rules.ALLOWED


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("周雨桐今天没戴红领巾", "有同学今天没戴红领巾"),
        ("有事打13912345678，我一直在", "有事打（私下发），我一直在"),
        ("期中成绩：周雨桐97，陈浩然89", "每位同学的情况，我只和自己家长说。"),
    ],
)
def test_the_offer(text: str, offered: str) -> None:
    assert check(text, "teacher").rewrite == offered


@pytest.mark.parametrize(
    ("hour", "minute", "verdict"),
    [(6, 59, "warn"), (7, 0, "allow"), (20, 59, "allow"), (21, 0, "warn"), (23, 30, "warn")],
)
def test_quiet_hours(hour: int, minute: int, verdict: str) -> None:
    at = NOON.replace(hour=hour, minute=minute)
    assert check("明天带跳绳", "teacher", "group", at).verdict == verdict
    assert check("明天带跳绳", "teacher", "private", at).verdict == "allow"
    assert check("紧急：台风停课一天", "teacher", "group", at).verdict == "allow"


@pytest.mark.parametrize(
    ("pack", "text", "verdict"),
    [
        ("default", "表扬周雨桐主动扫地", "allow"),
        ("jingan", "表扬周雨桐主动扫地", "block"),
        ("default", "语文背诵第12课", "warn"),
        ("taiyuan", "语文背诵第12课", "block"),
        ("putuo", "请家长批改口算", "block"),
        ("xining", "大家给合唱队投票", "block"),
        ("default", "大家给合唱队投票", "allow"),
        ("putuo", "阅读打卡开始了", "block"),
        ("strictest", "有同学主动扫了地", "allow"),
        ("strictest", "表扬陈浩然", "block"),
    ],
)
def test_packs_switch_rules(pack: str, text: str, verdict: str) -> None:
    assert check(text, "teacher", pack=PACKS[pack]).verdict == verdict


def test_nothing_hides_behind_length() -> None:
    assert check("今天一切都好。" * 900 + "周雨桐妈妈电话13900001111", "teacher").rule == "phone_number"


@given(st.text(max_size=200), st.sampled_from(["teacher", "parent"]), st.sampled_from(["group", "private"]))
def test_any_text_is_answered(text: str, role: Role, chat: Chat) -> None:
    verdict = check(text, role, chat, NOON)
    assert all(word in text for word in verdict.words)
    assert verdict.rewrite is None or check(verdict.rewrite, role, chat, NOON) == rules.ALLOWED


def _patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    modules: tuple[ModuleType, ...] = (demands, figures, folding, marks, matters, people, private, rules)
    for module in modules:
        for name, value in vars(module).items():
            for pattern in value if isinstance(value, tuple) else (value,):
                if isinstance(pattern, re.Pattern):
                    yield f"{module.__name__}.{name}", pattern


@pytest.mark.parametrize(("name", "pattern"), list(_patterns()))
def test_no_pattern_is_slow(name: str, pattern: re.Pattern[str]) -> None:
    words = re.findall(r"[一-鿿]{1,4}|\d", pattern.pattern)[:40] or ["张"]
    dice = random.Random(7)
    mixed = ["".join(dice.choice(words) for _ in range(2000))[:2000] for _ in range(2)]
    for text in ((one * 2000)[:2000] for one in (*HOSTILE, *mixed)):
        took = min(_took(pattern, text) for _ in range(3))
        assert took < 0.005, (name, text[:12], took)


def _took(pattern: re.Pattern[str], text: str) -> float:
    began = time.process_time()
    for _ in pattern.finditer(text):
        pass
    return time.process_time() - began
