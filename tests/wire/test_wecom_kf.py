"""Customer service as it is spoken to: sizes, menus, names of our own, states, links."""

from __future__ import annotations

import pytest

from bot.command import CardButton, Maybe, Refused, Sent
from bot.wecom import kf
from storage.kf import Customer
from tests.wire.wecom_parents import KF_ID, OK, Line, Said

HER = Customer("school", KF_ID, "wm-mother")


def test_short_words_are_one_text_and_none_are_lost_in_long_ones() -> None:
    assert kf.words("好的") == [("text", {"content": "好的"})]
    for text in ("字" * 2000, "行\n" * 2000, "𠮷" * 1500, "x" * 2048, "x" * 2049):
        parts = [body["content"] for _kind, body in kf.words(text)]
        assert "".join(parts) == text
        assert all(0 < len(part.encode()) <= kf.MOST_TEXT for part in parts)


def test_a_cut_falls_behind_a_line_where_there_is_one() -> None:
    first, second = kf.words("一行字。\n" * 200)
    assert first[1]["content"].endswith("\n")
    assert second[1]["content"].startswith("一行字。")


@pytest.mark.parametrize("length", [3, 340, 342, 1500])
def test_a_menu_stands_below_its_words(length: int) -> None:
    buttons = [CardButton("a" * 32, "发送"), CardButton("b" * 32, "x" * 200)]
    *before, menu = kf.words("字" * length, buttons)
    assert menu[0] == "msgmenu"
    assert "".join([*(one[1]["content"] for one in before), menu[1]["head_content"]]) == "字" * length
    assert 0 < len(menu[1]["head_content"].encode()) <= kf.MOST_HEAD
    assert [one["type"] for one in menu[1]["list"]] == ["click", "click"]
    assert len(menu[1]["list"][1]["click"]["content"]) == kf.MOST_LABEL


def test_at_most_ten_choices_and_none_that_is_over() -> None:
    buttons = [CardButton(f"{n:032x}", str(n), enabled=n != 0) for n in range(12)]
    ((_kind, menu),) = kf.words("哪个？", buttons)
    assert [one["click"]["content"] for one in menu["list"]] == [str(n) for n in range(1, 11)]
    assert kf.words("哪个？", [CardButton("a", "x", enabled=False)])[0][0] == "text"


def test_our_own_names_are_what_the_platform_takes_and_tell_parts_apart() -> None:
    names = [kf.msg_id("e" * 32, part) for part in (0, 1, 2, -1)]
    assert len(set(names)) == 4
    assert names == [kf.msg_id("e" * 32, part) for part in (0, 1, 2, -1)]
    assert all(len(name) == 32 and name.isalnum() and name.isascii() for name in names)


async def test_parts_end_at_the_first_that_is_refused() -> None:
    line = Line()
    line.will(kf.SEND, OK, Said("slow", "45009", 60))
    contents = kf.words("字" * 2000)
    came = await kf.say(line.core, HER, "e" * 32, contents)
    assert came == (Refused("45009", "slow", 60), 1)
    assert await kf.say(line.core, HER, "e" * 32, contents) == (Sent(""), 3)


@pytest.mark.parametrize(
    ("data", "items", "more"),
    [
        ({"msg_list": [{"msgid": "1"}, 7], "next_cursor": "c", "has_more": 1}, 1, True),
        ({"next_cursor": "c", "has_more": 1}, 0, True),
        ({"msg_list": "x", "next_cursor": 7, "has_more": "1"}, 0, False),
    ],
)
async def test_a_page_of_any_shape(data: dict[str, object], items: int, more: bool) -> None:
    line = Line()
    line.will(kf.SYNC, Said("ok", data=data))
    page = await kf.read(line.core, KF_ID, "", "")
    assert isinstance(page, kf.Page)
    assert (len(page.items), page.more) == (items, more)


async def test_the_way_to_the_conversation_brings_a_code_along() -> None:
    line = Line()
    line.will(kf.CONTACT_WAY, Said("ok", data={"url": "https://work.weixin.qq.com/kf/kfc?enc_scene=E"}), OK)
    url = await kf.contact_way(line.core, KF_ID, "paper")
    assert isinstance(url, str)
    assert kf.with_scene(url, "12345678").endswith("?enc_scene=E&scene_param=12345678")
    assert await kf.contact_way(line.core, KF_ID, "paper") == Refused("no_url", "retry")
    line.will(kf.CONTACT_WAY, Said("maybe", "no_answer"))
    assert await kf.contact_way(line.core, KF_ID, "paper") == Maybe("no_answer")
    for bad in ("a b", "码", "x" * 129, ""):
        with pytest.raises(ValueError, match="letters and digits"):
            kf.with_scene(url, bad)
