"""What the AI bot is told, read: words, presses, events, and what is none of ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from bot.pressing import read_press
from bot.received import read_event, read_payload
from bot.wecom import aibot_wire
from bot.wecom.aibot_wire import Bot, OpenedEvent, OpenedMessage, OpenedPress, Passed, Poll
from bot.wecom.codec import Codec, Rejected
from config.settings import WeComApp
from handlers.message import Attachment, Identity, Message

NOW = datetime(2026, 10, 12, 8, tzinfo=UTC)
BASE = "https://qyapi.weixin.qq.com"
URL = f"{BASE}/cgi-bin/aibot/response?response_code=RC-1_x.y~"
APP = WeComApp.model_validate(
    {
        "corp_id": "ww1",
        "agent_id": 1,
        "secret": "s",
        "token": "tok",
        "aes_key": "a" * 43,
        "aibot_id": "AIBOT1",
    }
)
BOT = Bot("school", APP)


def body(**more: Any) -> dict[str, Any]:
    return {
        "msgid": "CAIQ1", "aibotid": "AIBOT1", "chatid": "wrCHAT1", "chattype": "group",
        "from": {"userid": "Teacher_Li"}, "response_url": URL, "msgtype": "text",
        "text": {"content": "@小助手 作业是什么"}, **more,
    }  # fmt: skip


def message(**more: Any) -> tuple[OpenedMessage, Message]:
    opened = aibot_wire.read(body(**more), BOT, NOW)
    assert isinstance(opened, OpenedMessage)
    return opened, read_payload("row", opened.payload, NOW).message


def event(kind: str, **more: Any) -> dict[str, Any]:
    inner = {"eventtype": kind, **({kind: more} if more else {})}
    return body(msgtype="event", event=inner, create_time=int(NOW.timestamp()))


class TestMessages:
    def test_a_word_in_the_group(self) -> None:
        opened, read = message()
        assert opened.message_key == "wecom:school:aibot:CAIQ1"
        assert opened.conversation == read.chat.key == "wecom/school/group/wrCHAT1"
        assert (read.text, read.kind) == ("作业是什么", "text")
        assert read.sender == Identity("wecom_member", "ww1", "teacher_li")

    def test_ids_go_back_as_they_came(self) -> None:
        opened, read = message(chattype="single")
        assert opened.conversation == "wecom/school/user/teacher_li"
        assert (read.chat.kind, read.chat.id, opened.chat_id) == ("private", "Teacher_Li", "Teacher_Li")

    @pytest.mark.parametrize(
        ("said", "heard"),
        [
            ("@小助手 作业", "作业"),
            ("@小助手\u2005作业", "作业"),
            ("  @小助手  @王老师 在吗", "@王老师 在吗"),
            ("@小助手", ""),
            ("作业 @小助手", "作业 @小助手"),
            ("a@b.cn 是我的邮箱", "a@b.cn 是我的邮箱"),
        ],
    )
    def test_its_own_name_is_no_word(self, said: str, heard: str) -> None:
        assert message(text={"content": said})[1].text == heard

    def test_in_private_nothing_is_cut_off(self) -> None:
        assert message(chattype="single", text={"content": "@王老师 在吗"})[1].text == "@王老师 在吗"

    def test_an_unknown_kind_of_chat_is_a_group(self) -> None:
        assert message(chattype="other")[1].chat.kind == "group"

    def test_a_quote_is_left_aside(self) -> None:
        quote = {"msgtype": "text", "text": {"content": "秘密"}}
        assert "秘密" not in message(quote=quote)[0].payload.decode()

    def test_mixed_words_and_pictures(self) -> None:
        items = [
            {"msgtype": "text", "text": {"content": "@小助手 看"}},
            {"msgtype": "image", "image": {"url": "https://a.qq.com/1", "aeskey": "k="}},
            {"msgtype": "text", "text": {"content": "这个"}},
            7,
        ]
        read = message(msgtype="mixed", mixed={"msg_item": items})[1]
        assert (read.kind, read.text) == ("richtext", "看\n这个")
        assert read.attachments == (Attachment("picture", "aibot:k=:https://a.qq.com/1"),)

    def test_a_voice_is_its_words(self) -> None:
        read = message(msgtype="voice", voice={"content": "明天请假"}, chattype="single")[1]
        assert (read.kind, read.text, read.attachments) == ("voice", "明天请假", ())

    @pytest.mark.parametrize(("wire", "kind"), [("image", "picture"), ("file", "file"), ("video", "video")])
    def test_media(self, wire: str, kind: str) -> None:
        read = message(msgtype=wire, **{wire: {"url": "https://a.qq.com/x:y"}})[1]
        assert (read.kind, read.attachments) == (kind, (Attachment(kind, "aibot::https://a.qq.com/x:y"),))  # type: ignore[arg-type]

    def test_something_new_is_unknown(self) -> None:
        assert message(msgtype="hologram", hologram={})[1].kind == "unknown"


class TestAddresses:
    def test_the_messages_own(self) -> None:
        session = message()[0].session
        assert session is not None
        assert (session.url, session.expires_at) == (f"aibot-reply:{URL}", NOW + timedelta(hours=1))

    @pytest.mark.parametrize(
        "url",
        [
            "http://169.254.169.254/cgi-bin/aibot/response?response_code=x",
            f"{BASE}.evil.cn/cgi-bin/aibot/response?response_code=x",
            f"{BASE}/cgi-bin/aibot/response/../gettoken?response_code=x",
            f"{BASE}/cgi-bin/aibot/response?response_code=x#@evil.cn",
            f"{BASE}/cgi-bin/aibot/response",
            f"{BASE}@evil.cn/cgi-bin/aibot/response?a=b",
            "",
            7,
        ],
    )
    def test_any_other_is_none(self, url: Any) -> None:
        opened, _read = message(response_url=url)
        assert opened.session is None
        assert b"evil" not in opened.payload

    def test_over_the_connection_it_is_the_frames_own(self) -> None:
        opened = aibot_wire.read(body(), BOT, NOW, "req-1")
        assert isinstance(opened, OpenedMessage)
        assert opened.session is not None
        assert opened.session.url == "aibot:req-1"
        assert opened.session.expires_at == NOW + timedelta(hours=24)


class TestEvents:
    def test_a_press(self) -> None:
        given = event("template_card_event", card_type="button_interaction", event_key="k1", task_id="t1")
        opened = aibot_wire.read(given, BOT, NOW, "req-2")
        assert isinstance(opened, OpenedPress)
        pressed = read_press("row", opened.payload.decode(), NOW)
        assert (pressed.track, pressed.token, pressed.code) == ("t1", "k1", "")
        assert (opened.track, opened.token, opened.lane) == ("t1", "k1", "wecom/school/user/teacher_li")
        assert pressed.message.sender == Identity("wecom_member", "ww1", "teacher_li")
        assert pressed.message.chat.platform == "wecom"

    def test_two_presses_of_a_second_are_two(self) -> None:
        keys = set()
        for key in ("k1", "k2"):
            given = event("template_card_event", event_key=key, task_id="t1")
            opened = aibot_wire.read(given, BOT, NOW)
            assert isinstance(opened, OpenedPress)
            keys.add(opened.message_key)
        assert len(keys) == 2

    def test_somebody_enters(self) -> None:
        opened = aibot_wire.read(event("enter_chat"), BOT, NOW)
        assert isinstance(opened, OpenedEvent)
        happened = read_event(opened.payload)
        assert happened is not None
        assert (happened.event.kind, happened.event.facts) == ("other", {"event": "enter_chat"})
        assert opened.conversation == "wecom/school/event"
        assert opened.message_key.startswith("wecom:school:event:")

    def test_feedback_is_not_kept(self) -> None:
        assert aibot_wire.read(event("feedback_event", id="1", type=1), BOT, NOW) == Passed("feedback")

    def test_a_poll(self) -> None:
        given = body(msgtype="stream", stream={"id": "s1"})
        assert aibot_wire.read(given, BOT, NOW) == Poll("s1")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (body(aibotid="ANOTHER"), Rejected(403, "bad_owner")),
        (body(msgid=""), Rejected(400, "no_message_id")),
        (body(msgid="x" * 129), Rejected(400, "no_message_id")),
        (body(chatid=None), Rejected(400, "not_readable")),
        (body(**{"from": 1}), Rejected(400, "no_sender")),
        (body(**{"from": {"userid": "a\nb"}}), Rejected(400, "no_sender")),
        (body(**{"from": {"userid": "a", "corpid": "ww2"}}), Passed("outsider")),
        (body(msgtype="event"), Rejected(400, "no_kind")),
        (event("template_card_event", task_id="t"), Rejected(400, "no_button")),
        (event("template_card_event", event_key="k"), Rejected(400, "no_button")),
        (body(create_time=int(NOW.timestamp()) - 90_000), Rejected(403, "stale")),
    ],
)
def test_what_is_turned_away(given: dict[str, Any], read: object) -> None:
    assert aibot_wire.read(given, BOT, NOW) == read


@pytest.mark.parametrize("part", ["text", "mixed", "image", "voice", "from", "event", "stream"])
@pytest.mark.parametrize("value", [None, 7, "x", [], [[]], {"content": 7, "url": {}, "msg_item": [None]}])
@pytest.mark.parametrize("kind", ["text", "mixed", "image", "voice", "event", "stream", 7, None])
def test_strange_bodies_do_no_harm(part: str, value: Any, kind: Any) -> None:
    aibot_wire.read(body(msgtype=kind, **{part: value}), BOT, NOW, "r")


def test_the_vendors_shape_comes_through_the_codec() -> None:
    """The published test vector of a JSON callback: an empty receiver, a message of a group."""
    encrypt = (
        "wrNmYnsdngNwZHPRm4NnS9Td5POzRFu7pSKMhBjX3NwLHEuT+uUh+TkFtzrOCrMk4BBtf5sjRDTiVG9oiJqyIpEhibn8pppHeQ4RK"
        "DzwW6WwrbdJkP9X/1PSHSb1WW+AWuuG7VVa2yi26Cvwig/wL7MTz2Dvj/933Yd1mYpdX0QRGdegr2Gk2rWy0PPXb3D8c0DhX8WhZo"
        "tUokom0WITInCDZdDIPm5hsaVverRT5UiHyD19on8izfWbT4vqfcX1HjGjBL1pbc3GusaW0I97/yDC+wyRkCWJAS/KLOkZIeoBTB0"
        "Y4m9PtWvbT7sIGqp4oBkOIY/o0MPTi3oQ9V01jsin4/Kvbd7KK5nP4YGBGeMpG9XAmTDHsDCth1nH4cF7"
    )
    query = {
        "msg_signature": "d4f9c3e1024caf08f442f2e88ed046b3b4eaf086", "timestamp": "1750000000",
        "nonce": "nonce12345",
    }  # fmt: skip
    codec = Codec("tokenTOKEN123", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "")
    plain = codec.open(query, encrypt)
    assert isinstance(plain, bytes)
    opened = aibot_wire.read(orjson.loads(plain), BOT, NOW)
    assert isinstance(opened, OpenedMessage)
    assert (opened.text, opened.message_key) == ("作业是什么", "wecom:school:aibot:CAIQtest0001")
    assert opened.session is None  # 127.0.0.1 is not the configured host
