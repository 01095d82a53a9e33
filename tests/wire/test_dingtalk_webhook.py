"""A group's custom robot, and everything else in the webhook format."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.command import FileRef, Maybe, Outcome, Page, Refused, Sent, Webhook
from bot.dingtalk import webhook
from bot.dingtalk.media import UPLOAD
from bot.dingtalk.webhook import SEND, link_card, message, sign
from tests.wire.dingtalk_fake import Answer, Bench, command, serving
from tests.wire.test_dingtalk_escape import NASTY, marks

ROBOT = Webhook("0a1b2c3d4e5f", "SECdemo")


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    async with serving() as (platform, http):
        platform.answers.setdefault(SEND, []).extend([Answer(body={"errcode": 0, "errmsg": "ok"})] * 20)
        yield Bench(platform, http)


# -- the signature


@pytest.mark.parametrize(
    ("secret", "stamp", "encoded"),
    [
        ("SEC" + "0" * 60 + "abcd", 1_700_000_000_000, "LfRah3Ez4ZqolKBE6aWwJvYZ%2BoYrCgeT747Rkk7rtDI%3D"),
        ("SECdemo", 1_700_000_000_001, "PTs%2BdsurGspsy8LSQV%2FUd2CTvBpozdeoue2U2fgKqxI%3D"),
    ],
)
async def test_published_signatures_are_encoded_once(
    bench: Bench, secret: str, stamp: int, encoded: str
) -> None:
    bench.clock.moment = datetime.fromtimestamp(stamp / 1000, UTC)
    assert sign(secret, str(stamp)) == unquote(encoded)
    assert await bench.send(command(target=Webhook("0a1b", secret))) == Sent("")
    assert bench.platform.queries[-1] == f"access_token=0a1b&timestamp={stamp}&sign={encoded}"


async def test_a_robot_without_a_secret_is_not_signed(bench: Bench) -> None:
    await bench.send(command(target=Webhook("0a1b")))
    assert bench.platform.queries[-1] == "access_token=0a1b"


# -- requests


async def test_words_by_a_custom_robot(bench: Bench) -> None:
    assert await bench.send(command(target=ROBOT, text="@所有人 好", card=True, must=True)) == Sent("")
    assert bench.platform.body(SEND) == {
        "msgtype": "text",
        "text": {"content": "＠所有人 好"},
        "msgUuid": "o1",
    }
    assert [path for path, _, _ in bench.platform.requests] == [SEND]
    assert bench.counted == []


async def test_titled_words_with_choices_are_markdown(bench: Bench) -> None:
    await bench.send(command(target=ROBOT, title="速递", text="# 一", choices="回复 1 发送"))
    assert bench.platform.body(SEND)["markdown"] == {"title": "速递", "text": "＃ 一  \n回复 1 发送"}


async def test_a_custom_robot_can_never_be_repeated_and_has_a_bucket_of_its_own(bench: Bench) -> None:
    asked = command(target=ROBOT, card=True)
    assert not bench.client.idempotent(asked)
    assert bench.client.api(asked) == SEND
    ((name, most, window),) = bench.client.bucket_names(asked)
    assert re.fullmatch(r"dingtalk:webhook:[0-9a-f]{16}", name)
    assert (most, window) == (18, 60.0)
    assert ROBOT.token not in name
    assert bench.client.bucket_names(command(target=Webhook("another")))[0][0] != name


async def test_a_picture_by_a_custom_robot(bench: Bench) -> None:
    bench.files["a.png"] = b"png"
    bench.platform.will(UPLOAD, Answer(body={"errcode": 0, "media_id": "@lADPicture"}))
    picture = command(target=ROBOT, text="看图 [x](y)", title="", file=FileRef("picture", "a.png"))
    assert await bench.send(picture) == Sent("")
    assert bench.platform.body(SEND)["markdown"]["text"] == "看图 ［x］(y)\n\n![](@lADPicture)"
    bench.files["a.pdf"] = b"pdf"
    paper = command(target=ROBOT, file=FileRef("file", "a.pdf"))
    assert await bench.send(paper) == Refused("file.noLane", "content")


@pytest.mark.parametrize("token", ["", "a b", "a&sign=x", "a/../b", "令牌", "a" * 257, "a\r\nHost: x"])
async def test_a_token_that_is_none_is_not_used(bench: Bench, token: str) -> None:
    assert await bench.send(command(target=Webhook(token))) == Refused("webhook.token", "config")
    assert bench.platform.requests == []


async def test_too_long_words(bench: Bench) -> None:
    assert await bench.send(command(target=ROBOT, text="长" * 4990)) == Sent("")
    assert await bench.send(command(target=ROBOT, text="长" * 5001)) == Refused("msgParam.tooLong", "content")


async def test_no_credential_can_be_seen() -> None:
    assert "0a1b" not in repr(ROBOT)
    assert "SECdemo" not in repr(command(target=ROBOT))


async def test_a_page_is_another_clients(bench: Bench) -> None:
    assert await bench.send(command(target=Page("p1"))) == Refused("no_lane", "recipient")
    assert bench.client.bucket_names(command(target=Page("p1"))) == []


# -- answers


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"errcode": 310000, "errmsg": "keywords not in content"}, Refused("310000", "config")),
        ({"errcode": 300005, "errmsg": "token is not exist"}, Refused("300005", "config")),
        ({"errcode": 300001}, Refused("300001", "config")),
        ({"errcode": 400101}, Refused("400101", "config")),
        ({"errcode": 400013}, Refused("400013", "recipient")),
        ({"errcode": 430101}, Refused("430101", "content")),
        ({"errcode": 410100}, Refused("410100", "slow", 600.0)),
        ({"errcode": 130101}, Refused("130101", "slow", 60.0)),
        ({"errcode": 302033}, Refused("302033", "slow", 60.0)),
        ({"errcode": 660026}, Refused("660026", "slow", 60.0)),
        ({"status": 1111, "wait": 5, "punish": "deny"}, Refused("blocked", "slow", 300.0)),
        ({"errcode": -1}, Maybe("-1")),
        ({"errcode": "0"}, Sent("")),
    ],
)
async def test_answers(bench: Bench, answer: dict[str, Any], outcome: Outcome) -> None:
    bench.platform.answers[SEND] = [Answer(body=answer)]
    assert await bench.send(command(target=ROBOT)) == outcome
    assert bench.counted == []


async def test_a_lost_answer_is_in_doubt(bench: Bench) -> None:
    bench.platform.answers[SEND] = [Answer(how="reset")]
    assert await bench.send(command(target=ROBOT)) == Maybe("no_answer")
    assert len(bench.platform.calls(SEND)) == 1


# -- who is mentioned


def test_mentions_come_from_ids_only() -> None:
    assert message("", "@u9 来", ["u1", "u2", "u1"]) == {
        "msgtype": "text",
        "text": {"content": "＠u9 来\n@u1 @u2"},
        "at": {"atUserIds": ["u1", "u2"], "isAtAll": False},
    }
    titled = message("速递", "# 来", ["u1"])
    assert titled["markdown"] == {"title": "速递", "text": "＃ 来\n\n@u1"}
    assert "at" not in message("", "@所有人")


@pytest.mark.parametrize(
    "bad", ["", "a b", "@all", "all", "ALL", "*a*", "所有人", "all,u1", "u\n1", "u" * 65]
)
def test_an_id_of_another_shape_mentions_nobody(bad: str) -> None:
    assert "at" not in message("", "来", [bad])


def test_fifty_at_most() -> None:
    whole = message("", "来", [f"u{n}" for n in range(80)])
    assert len(whole["at"]["atUserIds"]) == whole["text"]["content"].count("@") == 50


@settings(max_examples=2000, derandomize=True, deadline=None, database=None)
@given(
    st.lists(st.sampled_from([*NASTY, *"#>*_-=`~[]()<>!|@\n 字a"]), max_size=8).map("".join),
    st.lists(st.sampled_from(NASTY), max_size=3).map("".join),
    st.lists(st.sampled_from(["u1", "u2"]), max_size=2, unique=True),
)
def test_a_message_has_exactly_our_mentions(text: str, title: str, at: list[str]) -> None:
    whole = message(title, text, at)
    body = whole.get("markdown") or whole["text"]
    shown = body.get("text") or body.get("content") or ""
    assert sorted(re.findall("@(.*?)(?= |$)", shown)) == sorted(at)
    assert "@" not in body.get("title", "")
    assert "\n" not in body.get("title", "")
    if "markdown" in whole:
        assert marks(shown) == set()
    assert whole.get("at", {"isAtAll": False})["isAtAll"] is False


# -- links of ours


def test_a_link_card() -> None:
    one = link_card("请看", "看 [这里](x)", [("打开 @all", "https://school.example/h5/m/abc?x=1&y=%2F")])
    assert one["actionCard"] == {
        "title": "请看",
        "text": "看 ［这里］(x)",
        "btnOrientation": "0",
        "singleTitle": "打开 ＠all",
        "singleURL": "https://school.example/h5/m/abc?x=1&y=%2F",
    }
    two = link_card("请看", "看", [("一", "https://a.example/"), ("二", "http://127.0.0.1:8080/h5/x")])
    assert [one["title"] for one in two["actionCard"]["btns"]] == ["一", "二"]


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "http://school.example/", "javascript:alert(1)", "dtmd://dingtalkclient/sendMessage?content=a",
        "dingtalk://dingtalkclient/page/link?url=x", "https://a@b.example/", "https://a.example/ b",
        "https://a.example/\n", "https://a.example", "https://例子.cn/", "https://a.example\\@b.cn/",
        "http://127.0.0.1.evil.cn:80/x", "http://127.0.0.1@evil.cn:80/", "HTTPS://A.EXAMPLE/",
        'https://a.example/"x', "https://a.example/<b>",
    ],
)  # fmt: skip
def test_only_addresses_of_ours_are_linked(url: str) -> None:
    with pytest.raises(ValueError, match="addresses"):
        link_card("请看", "看", [("打开", url)])


@settings(max_examples=1000, derandomize=True, deadline=None, database=None)
@given(st.lists(st.sampled_from([*NASTY, "\n", "字"]), max_size=4).map("".join))
def test_a_link_card_has_exactly_our_links(words: str) -> None:
    card = link_card(words, words, [(words, "https://a.example/")])["actionCard"]
    assert marks(card["text"]) == set()
    for value in (card["title"], card["text"], card["singleTitle"]):
        assert "@" not in value
    assert "\n" not in card["title"] + card["singleTitle"]
    assert webhook.with_picture(words, "@m").endswith("![](@m)")
