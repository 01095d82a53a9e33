"""WeCom's door: the address tried out, pushes kept and then answered, presses shown, bells passed on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from bot.command import CardButton, UpdateCard
from bot.intake import Answer
from bot.wecom import updates
from bot.wecom.codec import Codec
from tests.wire import wecom_requests as made
from tests.wire.test_intake import _all_bytes
from tests.wire.wecom_stand import CALLBACK, KF, answered, event, message, now_s, press, standing

ECHO = "1616140317555161061"
OLD: dict[str, Any] = {"token": "oldTOKEN1", "aes_key": "b" * 43}
OWN: dict[str, Any] = {"kf_token": "kfTOKEN1", "kf_aes_key": "c" * 43}


def asked(encrypt: str, ahead: int = 0, *, escaped: bool = True) -> str:
    """The query of a tried address."""
    parts = made.query(encrypt, now_s(ahead)) | {"echostr": encrypt}
    return "&".join(f"{name}={quote(value, safe='') if escaped else value}" for name, value in parts.items())


def with_plus() -> str:
    """A cipher text with a plus sign in it."""
    return next(each for each in (made.sealed(ECHO) for _try in range(1000)) if "+" in each)


# -- the address tried out


@pytest.mark.parametrize("path", [CALLBACK, KF, "/wecom/callback", "/wecom/kf"])
@pytest.mark.parametrize("escaped", [True, False])
async def test_the_bare_word_comes_back(tmp_path: Path, path: str, escaped: bool) -> None:
    async with standing(tmp_path) as one:
        status, body, headers = await one.get(asked(with_plus(), escaped=escaped), path)
        assert (status, body) == (200, ECHO.encode())
        assert headers["Content-Length"] == str(len(ECHO))
        assert await one.kept() == 0


@pytest.mark.parametrize(
    ("owner", "ahead", "status"), [("wwother", 0, 403), (made.CORP, -330, 403), (made.CORP, 330, 403)]
)
async def test_an_address_tried_out_by_others(tmp_path: Path, owner: str, ahead: int, status: int) -> None:
    async with standing(tmp_path) as one:
        found, body, _headers = await one.get(asked(made.sealed(ECHO, owner), ahead))
        assert (found, body) == (status, b"")


@pytest.mark.parametrize(("query", "status"), [("", 403), ("echostr=x", 403), (None, 400)])
async def test_an_address_with_nothing_in_it(tmp_path: Path, query: str | None, status: int) -> None:
    async with standing(tmp_path) as one:
        found, body, _headers = await one.get(asked("AAAA") if query is None else query)
        assert (found, body) == (status, b"")


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/wecom/nobody/callback", "POST", 404),
        ("/wecom/nobody/callback", "GET", 404),
        ("/wecom/nobody/kf", "POST", 404),
        ("/wecom/school/aibot", "POST", 404),
        ("/wecom/school/aibot", "GET", 404),
        ("/wecom/school/callback", "PUT", 405),
        ("/wecom/school/callback", "HEAD", 405),
        ("/wecom/school/callback", "POST", 400),
        ("/wecom/school", "POST", 404),
    ],
)
async def test_what_the_door_says_to_others(tmp_path: Path, path: str, method: str, status: int) -> None:
    async with standing(tmp_path) as one, one.http.request(method, one.url + path) as answer:
        assert answer.status == status
        assert path.endswith("school") or status == 405 or await answer.read() == b""


# -- pushes


async def test_a_message_is_on_disk_before_it_is_answered(tmp_path: Path) -> None:
    async with standing(tmp_path) as one:
        assert await one.say(message(77)) == (200, b"")
        lane = "wecom/school/user/teacher_li"
        assert await one.rows() == [("wecom:school:msg:77:teacher_li", lane, "message")]
        assert one.metrics.acks.value("wecom") == 1
        for _retry in range(2):
            assert await one.say(message(77)) == (200, b"")
        assert await one.kept() == 1


async def test_json_around_and_inside(tmp_path: Path) -> None:
    async with standing(tmp_path) as one:
        plain = '{"FromUserName":"li","MsgType":"text","MsgId":1,"Content":"x"}'
        for number, name in enumerate(("Encrypt", "encrypt")):
            encrypt = made.sealed(plain.replace(":1,", f":{number},"))
            body = f'{{"ToUserName":"x","{name}":"{encrypt}"}}'.encode()
            assert await one.post(made.query(encrypt, now_s()), body) == (200, b"")
        assert await one.kept() == 2


async def test_45_events_of_one_second_are_45_rows_and_their_retries_none(tmp_path: Path) -> None:
    async with standing(tmp_path) as one:
        plains = [
            event("change_school_contact", FromUserName="sys", ChangeType="create_parent", Id=f"p{number}")
            for number in range(45)
        ]
        for _try in range(3):
            answers = await asyncio.gather(*(one.say(plain) for plain in plains))
            assert set(answers) == {(200, b"")}
        rows = await one.rows()
        assert len(rows) == 45
        assert {(lane, kind) for _key, lane, kind in rows} == {("wecom/school/event", "event")}


async def test_customer_service_rings_the_puller(tmp_path: Path) -> None:
    async with standing(tmp_path, **OWN) as one:
        rung = event("kf_msg_or_event", FromUserName=..., Token="ENCtok", OpenKfId="wk1")
        assert await one.say(rung) == (200, b"")  # to the app's own address
        assert await one.say(rung, KF) == (200, b"")  # to that of customer service, with the app's keys
        theirs = Codec(OWN["kf_token"], OWN["kf_aes_key"], made.CORP).seal(rung.encode(), "n", now_s())
        query = {"msg_signature": theirs.signature, "timestamp": theirs.timestamp, "nonce": "n"}
        assert await one.post(query, made.envelope(theirs.encrypt), KF) == (200, b"")
        assert one.rings == [("school", "wk1", "ENCtok")] * 3
        # The word it rings for may be an anonymous one: not even the moment is kept, and none is counted.
        assert await one.kept() == one.spool.count == one.metrics.acks.value("wecom") == 0
        assert one.metrics.ack_seconds.count == 0
        # The keys of customer service open no other door.
        assert (await one.post(query, made.envelope(theirs.encrypt)))[0] == 403
        assert len(one.rings) == 3


async def test_who_has_the_keys_of_customer_service_cannot_speak_as_a_teacher(tmp_path: Path) -> None:
    async with standing(tmp_path, **OWN) as one:
        gone = event("change_contact", ChangeType="delete_user", UserID="teacher_li")
        theirs = Codec(OWN["kf_token"], OWN["kf_aes_key"], made.CORP)
        for plain in (message(1, "发送"), press(), gone, event("subscribe")):
            sealed = theirs.seal(plain.encode(), "n", now_s())
            query = {"msg_signature": sealed.signature, "timestamp": sealed.timestamp, "nonce": "n"}
            assert await one.post(query, made.envelope(sealed.encrypt), KF) == (403, b"")
            assert await one.say(plain, KF) == (403, b"")  # nor does the app's own come that way
        assert await one.kept() == 0
        assert one.metrics.refused.value("wecom", "wrong_door") == 8
        assert await one.say(event("kf_account_auth_change", FromUserName=...), KF) == (200, b"")


async def test_the_keys_of_before_a_change_are_accepted(tmp_path: Path) -> None:
    old: dict[str, Any] = {"previous_token": OLD["token"], "previous_aes_key": OLD["aes_key"]}
    sealed = Codec(OLD["token"], OLD["aes_key"], made.CORP).seal(message(1).encode(), "n", now_s())
    query = {"msg_signature": sealed.signature, "timestamp": sealed.timestamp, "nonce": "n"}
    async with standing(tmp_path, **old) as one:
        assert await one.post(query, made.envelope(sealed.encrypt)) == (200, b"")
        assert await one.say(message(2)) == (200, b"")
        assert await one.kept() == 2


@pytest.mark.parametrize("ahead", [-330, 330, -86400])
async def test_a_push_of_another_time_is_refused(tmp_path: Path, ahead: int) -> None:
    async with standing(tmp_path) as one:
        encrypt = made.sealed(message())
        assert await one.post(made.query(encrypt, now_s(ahead)), made.envelope(encrypt)) == (403, b"")
        assert one.metrics.refused.value("wecom", "stale") == 1
        assert await one.kept() == 0


async def test_a_retry_seconds_later_is_taken(tmp_path: Path) -> None:
    async with standing(tmp_path) as one:
        encrypt = made.sealed(message())
        for ahead in (-20, -10, 0):
            assert await one.post(made.query(encrypt, now_s(ahead)), made.envelope(encrypt)) == (200, b"")
        assert await one.kept() == 1


async def test_a_body_that_is_packed_or_too_large(tmp_path: Path) -> None:
    async with standing(tmp_path) as one:
        encrypt = made.sealed(message())
        query = made.query(encrypt, now_s())
        packed = {"Content-Encoding": "gzip"}
        assert (await one.post(query, made.envelope(encrypt), CALLBACK, **packed))[0] == 415
        large = made.sealed(message(1, "长" * 30_000))
        assert (await one.post(made.query(large, now_s()), made.envelope(large)))[0] == 413
        assert await one.kept() == 0


async def test_the_robots_address_is_as_strict(tmp_path: Path) -> None:
    heard: list[bytes] = []

    class Bot:
        def verify(self, _query: Mapping[str, str]) -> Answer:
            return Answer(403)

        async def push(self, _query: Mapping[str, str], raw: bytes) -> Answer:
            heard.append(raw)
            return Answer(200)

    async with standing(tmp_path, bots={"school": Bot()}) as one:
        address = "/wecom/school/aibot"
        assert (await one.post({}, b"{}", address, **{"Content-Encoding": "gzip"}))[0] == 415
        assert (await one.post({}, b"x" * 70_000, address))[0] == 413
        assert (await one.post({}, b"{}", "/wecom/other/aibot"))[0] == 404
        assert (await one.post({}, b"{}", address))[0] == 200
    assert heard == [b"{}"]


# -- bad days


async def test_a_locked_database(tmp_path: Path) -> None:
    async with standing(tmp_path) as one:
        blocker = sqlite3.connect(one.database, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        answers = await asyncio.gather(*(one.say(message(number)) for number in range(60)))
        assert set(answers) == {(200, b"")}
        assert one.spool.count >= 60
        one.spool._size = 0
        rung = event("kf_msg_or_event", Token="t", OpenKfId="wk1")
        assert [(await one.say(plain))[0] for plain in (message(99), press(), rung)] == [503, 503, 200]
        assert len(one.rings) == 1
        blocker.execute("ROLLBACK")
        blocker.close()
        one.spool._size = 1 << 20
        assert await one.kept() == 60


# -- words nobody keeps


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("匿名：食堂的饭是冷的", "匿名信箱还没有开通，这句没有保存，也没有转给任何人。"),
        (
            "匿名：有人天天打他，他说不想活了",
            "匿名信箱还没有开通，这句没有保存，也没有转给任何人。\n"
            "孩子有危险请马上打 110 或 120；想找人说说，可以打 12355。",
        ),
    ],
)
async def test_the_anonymous_word_leaves_no_trace(tmp_path: Path, words: str, said: str) -> None:
    async with standing(tmp_path) as one:
        status, body = await one.say(message(1, words))
        kind, found = answered(body)
        assert (status, kind, found["Content"]) == (200, "text", said)
        assert (found["ToUserName"], found["FromUserName"]) == ("teacher_li", made.CORP)
        assert await one.kept() == 0
        assert one.spool.count == 0
        assert one.metrics.acks.value("wecom") == 0
        assert "食堂".encode() not in await asyncio.to_thread(_all_bytes, tmp_path)


# -- presses


def decided(look: UpdateCard | None) -> asyncio.Future[object | None]:
    future: asyncio.Future[object | None] = asyncio.get_running_loop().create_future()
    future.set_result(look)
    return future


LOOK = UpdateCard(
    "row1", "school", "card1", "三班今天的作业", "语文：抄写]]>\n\n已选：改", (CardButton("c" * 32, "发送"),)
)


async def test_a_press_is_answered_with_the_cards_new_look(tmp_path: Path) -> None:
    async with standing(tmp_path, lambda _row: decided(LOOK)) as one:
        status, body = await one.say(press())
        kind, found = answered(body)
        assert (status, kind) == (200, "update_template_card")
        assert (found["ToUserName"], found["FromUserName"]) == ("teacher_li", made.CORP)
        assert found["TemplateCard"] == {
            "CardType": "button_interaction",
            "MainTitle": {"Title": LOOK.title},
            "SubTitleText": LOOK.text,
            "ButtonList": {"Text": "发送", "Style": "1", "Key": "c" * 32},
        }
        assert [(lane, kind) for _key, lane, kind in await one.rows()] == [
            ("wecom/school/user/teacher_li", "press")
        ]
        assert one.metrics.acks.value("wecom") == 1


async def test_a_card_with_nothing_left_to_press_says_so(tmp_path: Path) -> None:
    over = replace(LOOK, title="", buttons=(CardButton("c" * 32, "发送", enabled=False),))
    async with standing(tmp_path, lambda _row: decided(over)) as one:
        _status, body = await one.say(press())
        shown = answered(body)[1]["TemplateCard"]
        assert set(shown) == {"CardType", "SubTitleText", "ButtonList", "ReplaceText"}
        assert "c" * 32 not in str(shown)


def test_names_of_several_words_in_an_answer() -> None:
    card = {
        "horizontal_content_list": [{"keyname": "k", "userid": "u", "media_id": "m"}],
        "checkbox": {"mode": 1},
    }
    assert updates._named(card) == {
        "HorizontalContentList": [{"KeyName": "k", "UserId": "u", "MediaId": "m"}],
        "CheckBox": {"Mode": 1},
    }
    assert updates._named({"is_checked": True}) == {"IsChecked": "true"}


async def test_an_answer_in_words_is_cut_where_a_character_ends() -> None:
    now = datetime.fromtimestamp(1750000000, UTC)
    codec = Codec(made.TOKEN, made.KEY, made.CORP)
    _kind, found = answered(updates.text(codec, made.CORP, "li", "长" * 1000, now))
    assert found["Content"] == "长" * (updates.MAX_TEXT // 3)


async def test_a_press_nothing_is_shown_for(tmp_path: Path) -> None:
    async with standing(tmp_path, lambda _row: decided(None)) as one:
        assert await one.say(press()) == (200, b"")
        assert await one.kept() == 1


async def test_a_press_decided_too_late_is_answered_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.intake.ANSWER_S", 0.05)
    never = asyncio.get_running_loop().create_future
    async with standing(tmp_path, lambda _row: never()) as one:
        assert await one.say(press()) == (200, b"")
        assert await one.kept() == 1


# -- the AI bot's own door


class Bot:
    """Stands in for the AI bot's."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []

    def verify(self, query: Mapping[str, str]) -> Answer:
        return Answer(200, query["echostr"].encode())

    async def push(self, query: Mapping[str, str], raw: bytes) -> Answer:
        self.heard.append((dict(query), raw))
        return Answer(200, b"said")


@pytest.mark.parametrize("path", ["/wecom/aibot", "/wecom/school/aibot"])
async def test_what_is_for_the_ai_bot_goes_to_its_own_door(tmp_path: Path, path: str) -> None:
    bot = Bot()
    async with standing(tmp_path, bots={"school": bot}) as one:
        status, body, _headers = await one.get("echostr=a+b%2Bc", path)
        assert (status, body) == (200, b"a+b+c")
        assert await one.post({"nonce": "n"}, b"raw", path) == (200, b"said")
        assert bot.heard == [({"nonce": "n"}, b"raw")]
        assert await one.kept() == 0
