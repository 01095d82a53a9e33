"""Names as people write them against a class roster."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.language.names import match, sound, split

ROSTER = (
    "王小明",
    "李子涵",
    "林小满",
    "单雨桐",
    "欧阳乐乐",
    "张伟",
    "章伟",
    "刘诗琪",
    "牛思琪",
    "周浩然",
    "曾可",
)


@pytest.mark.parametrize(
    ("said", "how", "who"),
    [
        ("王小明", "exact", ["王小明"]),
        ("小明", "short", ["王小明"]),
        ("小满", "short", ["林小满"]),
        ("乐乐", "short", ["欧阳乐乐"]),
        ("诗琪", "short", ["刘诗琪"]),
        ("王晓明", "sound", ["王小明"]),
        ("王肖铭", "sound", ["王小明"]),
        ("紫涵", "sound", ["李子涵"]),
        ("善雨桐", "sound", ["单雨桐"]),
        ("增可", "sound", ["曾可"]),
        ("章卫", "sound", ["张伟", "章伟"]),
        ("周号染", "sound", ["周浩然"]),
        ("刘思琪", "close", ["刘诗琪", "牛思琪"]),
        ("满满", "close", ["林小满"]),
        ("小伟", "close", ["张伟", "章伟"]),
        ("林小蔓", "sound", ["林小满"]),
        ("林小瞒", "sound", ["林小满"]),
        ("林晓芒", "close", ["林小满"]),
        ("赵铁柱", "none", []),
        ("王", "none", []),
        ("", "none", []),
    ],
)
def test_match(said: str, how: str, who: list[str]) -> None:
    found = match(said, ROSTER)
    assert (found.how, [ROSTER[at] for at in found.hits]) == (how, who)


def test_only_a_name_as_written_may_be_acted_on() -> None:
    assert match("小明", ROSTER).sure == 0
    assert match("王晓明", ROSTER).sure is None
    assert match("伟", ("张伟", "章伟")).sure is None
    assert match("小明", ("王小明", "李小明")).sure is None


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("单雨桐", "shan yu tong"),
        ("曾可", "zeng ke"),
        ("仇远", "qiu yuan"),
        ("尉迟恭", "yuchi gong"),
        ("解放", "xie fang"),
    ],
)
def test_a_surname_is_read_as_a_surname(name: str, key: str) -> None:
    assert sound(name) == key


def test_a_name_without_a_known_surname_is_all_given_name() -> None:
    assert split("豆豆") == ("", "豆豆")
    assert split("欧阳乐乐") == ("欧阳", "乐乐")


@given(st.text(max_size=30))
def test_any_words_are_looked_up(said: str) -> None:
    assert match(said, ROSTER).how in ("exact", "short", "sound", "close", "none")
