"""Robot messages over HTTP: only genuine ones come in, and everything genuine comes in."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dingtalk.wire import (
    EMPTY,
    MAX_BODY,
    Opened,
    PairGuard,
    Rejected,
    Robot,
    from_payload,
    open_robot,
    pinned,
    read_payload,
    to_response,
)
from config.settings import DingTalkApp

SECRET = "abcDEF123-_abcDEF123-_abcDEF123-_abcDEF123-_"
MS = 1_700_000_000_000
STAMP = str(MS)
NOW = datetime.fromtimestamp(MS / 1000, UTC)
REPLY = "https://oapi.dingtalk.com/robot/sendBySession?session=0123456789abcdef"

Request = tuple[dict[str, str], bytes]


def make_robot(secret: str = SECRET, **more: Any) -> Robot:
    app = DingTalkApp.model_validate(
        {"client_id": "dingapp", "client_secret": secret, "corp_id": "corp1", **more}
    )
    return Robot("school", app)


def body(**changes: Any) -> dict[str, Any]:
    """A parent's words in the group, as the platform sends them."""
    whole: dict[str, Any] = {
        "msgId": "msgAAAA==",
        "msgtype": "text",
        "text": {"content": " 明天带什么"},
        "conversationId": "cidBBBB==",
        "conversationType": "2",
        "conversationTitle": "三(2)班",
        "senderId": "$:LWCP_v1:$sender",
        "senderStaffId": "parent-1",
        "senderNick": "小明妈妈",
        "isInAtList": True,
        "atUsers": [{"dingtalkId": "$:LWCP_v1:$robot"}],
        "chatbotUserId": "$:LWCP_v1:$robot",
        "robotCode": "dingapp",
        "createAt": MS,
        "sessionWebhook": REPLY,
        "sessionWebhookExpiredTime": MS + 5_400_000,
    }
    whole.update(changes)
    return {key: value for key, value in whole.items() if value is not ...}


def signed(raw: bytes | dict[str, Any], stamp: str = STAMP) -> Request:
    content = raw if isinstance(raw, bytes) else orjson.dumps(raw)
    return {
        "content-type": "application/json; charset=utf-8",
        "timestamp": stamp,
        "sign": sign(stamp),
    }, content


@cache
def sign(stamp: str, secret: str = SECRET) -> str:
    return make_robot(secret).sign(stamp).decode()


def opened(raw: bytes | dict[str, Any], robot: Robot | None = None) -> Opened:
    headers, content = signed(raw)
    result = open_robot(headers, content, robot or make_robot(), NOW)
    assert isinstance(result, Opened), result
    return result


# -- the signature


@pytest.mark.parametrize(
    ("stamp", "secret", "sign"),
    [
        ("1577262236757", "this is a secret", "DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA="),
        ("1700000000000", SECRET, "zJvNr4ezY8etkq/cn9n3onGxHkNKHgcGOdGTpB/0/zk="),
        ("1764000000123", "测试密钥", "x5K9sLx8NmpxG0kuoa1bYHuwusGKpB8uw7oLbgh7F28="),
    ],
)
def test_published_signatures(stamp: str, secret: str, sign: str) -> None:
    robot = make_robot(secret)
    assert robot.sign(stamp) == sign.encode()
    moment = datetime.fromtimestamp(int(stamp) / 1000, UTC)
    headers = {"timestamp": stamp, "sign": sign}
    assert isinstance(open_robot(headers, orjson.dumps(body()), robot, moment), Opened)
    assert secret not in repr(robot)


ROBOT = make_robot()
GOOD = make_robot().sign(STAMP).decode()
_URLSAFE = GOOD.replace("+", "-").replace("/", "_")
_HEX = base64.b64decode(GOOD).hex()
_FLIPPED = base64.b64encode(bytes([base64.b64decode(GOOD)[0] ^ 1]) + base64.b64decode(GOOD)[1:]).decode()

SIGNS: dict[str, str | None] = {
    "missing": None,
    "empty": "",
    "blank": " ",
    "blank before": " " + GOOD,
    "blank after": GOOD + " ",
    "line break after": GOOD + "\n",
    "nul after": GOOD + "\0",
    "cut by one": GOOD[:-1],
    "cut by half": GOOD[:22],
    "first only": GOOD[0],
    "one more": GOOD + "=",
    "twice": GOOD + GOOD,
    "twice with comma": GOOD + "," + GOOD,
    "upper": GOOD.upper(),
    "lower": GOOD.lower(),
    "swapped case": GOOD.swapcase(),
    "reversed": GOOD[::-1],
    "url-safe alphabet": _URLSAFE,
    "hex": _HEX,
    "url-encoded": GOOD.replace("=", "%3D"),
    "no padding": GOOD.rstrip("="),
    "other padding bits": GOOD[:-2] + chr(ord(GOOD[-2]) + 1) + "=",
    "one bit": _FLIPPED,
    "non-ascii": "签名" * 22,
    "non-ascii in place": GOOD[:-2] + "ｋ=",
    "full-width": "".join(chr(ord(c) + 0xFEE0) for c in GOOD),
    "surrogate": GOOD[:-1] + "\udcff",
    "combining": GOOD + "\u0301",
    "over-long": "A" * 65,
    "very long": "A" * 100_000,
    "zeros": base64.b64encode(bytes(32)).decode(),
    "of another secret": make_robot(SECRET[:-1]).sign(STAMP).decode(),
    "of an empty-ish secret": make_robot("x").sign(STAMP).decode(),
    "of another moment": make_robot().sign(str(MS + 1)).decode(),
    "null": "null",
    "true": "true",
    "none": "None",
}
STAMPS: dict[str, str | None] = {
    "missing": None,
    "empty": "",
    "word": "now",
    "seconds": STAMP[:10],
    "microseconds": STAMP + "000",
    "12 digits": STAMP[:12],
    "14 digits": STAMP + "0",
    "leading zero": "0" + STAMP,
    "plus": "+" + STAMP[1:],
    "minus": "-" + STAMP[1:],
    "underscores": "1_700_000_000",
    "point": STAMP[:12] + ".",
    "exponent": "1.7000000e+12",
    "hex": "0x18bcfe56800",
    "blank before": " " + STAMP,
    "blank after": STAMP + " ",
    "line break": STAMP + "\n",
    "full-width": "".join(chr(ord(c) + 0xFEE0) for c in STAMP),
    "arabic digits": "".join(chr(0x660 + int(c)) for c in STAMP),
    "superscript": STAMP[:12] + "²",
    "nul": STAMP[:12] + "\0",
    "surrogate": STAMP[:12] + "\udcb2",
    "next ms": str(MS + 1),
    "too old": str(MS - 300_001),
    "an hour old": str(MS - 3_600_000),
    "too new": str(MS + 300_001),
    "far future": "9999999999999",
    "epoch": "0000000000000",
    "very long": "1" * 100_000,
}


def forged() -> dict[str, Request]:
    """Requests nobody at DingTalk made."""
    raw = orjson.dumps(body())
    cases: dict[str, Request] = {}
    for name, given_sign in SIGNS.items():
        cases[f"sign {name}"] = (
            {"timestamp": STAMP} | ({} if given_sign is None else {"sign": given_sign}),
            raw,
        )
    for name, stamp in STAMPS.items():
        given_stamp = {} if stamp is None else {"timestamp": stamp}
        cases[f"timestamp {name}, sign kept"] = given_stamp | {"sign": GOOD}, raw
        # What is computed in place of a malformed moment is no key to the door.
        cases[f"timestamp {name}, signed as zeros"] = given_stamp | {"sign": sign("0" * 13)}, raw
        signable = stamp is not None and len(stamp) < 50 and max(stamp, default="a") < "\ud800"
        if stamp is not None and signable and stamp != str(MS + 1):
            # Even a right sign does not help a malformed or stale moment.
            cases[f"timestamp {name}, signed"] = (
                {
                    "timestamp": stamp,
                    "sign": make_robot().sign(stamp).decode(),
                },
                raw,
            )
    cases["no headers"] = {}, raw
    cases["names of the event callback"] = {"signature": GOOD, "timestamp": STAMP}, raw
    return cases


FORGED = forged()


def test_the_table_is_long_enough() -> None:
    assert len(FORGED) >= 60


@pytest.mark.parametrize("name", FORGED)
def test_forged_requests_are_refused(name: str) -> None:
    headers, raw = FORGED[name]
    result = open_robot(headers, raw, make_robot(), NOW)
    assert isinstance(result, Rejected)
    assert result.status == 403


def test_a_refused_body_is_never_parsed() -> None:
    bomb = b"[" * 60_000
    assert open_robot({"timestamp": STAMP, "sign": "x"}, bomb, make_robot(), NOW) == Rejected(
        403, "bad_signature"
    )


def test_the_window_is_what_the_settings_say() -> None:
    headers, raw = signed(body())
    for offset_s, status in ((299, None), (-299, None), (301, 403), (-301, 403)):
        result = open_robot(headers, raw, make_robot(), NOW + timedelta(seconds=offset_s))
        assert (result.status if isinstance(result, Rejected) else None) == status
    wide = make_robot(freshness_s=3600)
    assert isinstance(open_robot(headers, raw, wide, NOW + timedelta(minutes=59)), Opened)


_TEXT = st.text(max_size=60)
_EDIT = st.tuples(st.sampled_from("-+~"), st.integers(0, 200), st.characters())


def _edited(word: str, edits: list[tuple[str, int, str]]) -> str:
    for how, where, char in edits:
        at = where % (len(word) + 1)
        word = word[:at] + ("" if how == "-" else char) + word[at + (how in "-~") :]
    return word


@settings(max_examples=2500, derandomize=True, deadline=None, database=None)
@given(
    stamp=st.one_of(_TEXT, st.lists(_EDIT, max_size=3).map(lambda edits: _edited(STAMP, edits))),
    sign=st.one_of(_TEXT, st.lists(_EDIT, max_size=3).map(lambda edits: _edited(GOOD, edits))),
    raw=st.one_of(st.just(orjson.dumps(body())), st.binary(max_size=200)),
)
def test_no_mutation_of_the_headers_is_accepted(stamp: str, sign: str, raw: bytes) -> None:
    result = open_robot({"timestamp": stamp, "sign": sign}, raw, ROBOT, NOW)
    if (stamp, sign) == (STAMP, GOOD):
        return
    assert isinstance(result, Rejected)
    assert result.status == 403


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=600, derandomize=True, deadline=None, database=None)
@given(
    changes=st.dictionaries(st.sampled_from([*body(), "content", "errorCode"]), _JSON, max_size=5),
    kind=st.sampled_from(["text", "richText", "picture", "audio", "video", "file", "unknownMsgType", "new"]),
    content=st.one_of(_JSON, st.fixed_dictionaries({"richText": st.lists(_JSON, max_size=4)})),
)
def test_a_signed_body_of_any_shape_raises_nothing(changes: dict[str, Any], kind: str, content: Any) -> None:
    whole = {**body(msgtype=kind, content=content), **changes}
    headers, raw = signed(json.dumps(whole).encode())
    ROBOT.guard = PairGuard()
    result = open_robot(headers, raw, ROBOT, NOW)
    if isinstance(result, Rejected):
        assert result.status == 400
        return
    message, session = from_payload("id1", result.payload, NOW)
    assert message.text == result.text
    assert session is None or session.url.startswith("https://oapi.dingtalk.com/robot/sendBySession?")


@settings(max_examples=500, derandomize=True, deadline=None, database=None)
@given(raw=st.binary(max_size=300))
def test_signed_bytes_of_any_kind_raise_nothing(raw: bytes) -> None:
    headers, raw = signed(raw)
    assert isinstance(open_robot(headers, raw, ROBOT, NOW), Rejected)


# -- size, encoding, shape


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"x" * (MAX_BODY + 1), Rejected(413, "too_large")),
        (b"", Rejected(400, "not_json")),
        (b"not json", Rejected(400, "not_json")),
        (b"[]", Rejected(400, "not_json")),
        (b'"text"', Rejected(400, "not_json")),
        (b"null", Rejected(400, "not_json")),
        (b"[" * 60_000, Rejected(400, "not_json")),
        (b'{"a":' * 10_000, Rejected(400, "not_json")),
        (b'{"msgId":' + b"9" * 5_000 + b"}", Rejected(400, "not_json")),
        (body(msgId=...), Rejected(400, "no_message_id")),
        (body(msgId=""), Rejected(400, "no_message_id")),
        (body(msgId=7), Rejected(400, "no_message_id")),
        (body(msgId="a" * 257), Rejected(400, "no_message_id")),
        (body(msgId="a\0b"), Rejected(400, "no_message_id")),
        (body(conversationId=...), Rejected(400, "no_conversation")),
        (body(conversationId=["cid"]), Rejected(400, "no_conversation")),
        (body(senderId=..., senderStaffId=...), Rejected(400, "no_sender")),
    ],
)
def test_what_cannot_be_read(raw: bytes | dict[str, Any], expected: Rejected) -> None:
    headers, content = signed(raw)
    result = open_robot(headers, content, make_robot(), NOW)
    assert result == expected


def test_an_encoded_body_is_not_unpacked() -> None:
    headers, raw = signed(body())
    result = open_robot({**headers, "content-encoding": "gzip"}, raw, make_robot(), NOW)
    assert result == Rejected(415, "encoded")


@pytest.mark.parametrize("bad", [b"\\ud83d", b"\\udc00 \\ud800", b"\xff\xfe", b"\xed\xa0\x80"])
def test_broken_characters_do_not_lose_the_message(bad: bytes) -> None:
    raw = orjson.dumps(body(text={"content": "带彩笔HERE"})).replace(b"HERE", bad)
    assert opened(raw).text.startswith("带彩笔")


# -- one pair of headers


def test_one_pair_of_headers_carries_three_messages_at_most() -> None:
    robot = make_robot()
    results = [
        open_robot(*signed(body(msgId=f"msg{n}", isAdmin=True, senderId="$:forged")), robot, NOW)
        for n in range(100)
    ]
    assert [isinstance(result, Opened) for result in results] == [True] * 3 + [False] * 97
    assert results[99] == Rejected(403, "pair_reused")
    again = open_robot(*signed(body(msgId="msg0")), robot, NOW)
    assert isinstance(again, Opened)  # the platform's own repetition stays welcome
    other = open_robot(*signed(body(msgId="msg200"), str(MS + 1)), robot, NOW)
    assert isinstance(other, Opened)


def test_the_guard_remembers_for_the_whole_window_and_forgets_after_two() -> None:
    guard = PairGuard(max_msgs=1, window_ms=1000)
    assert guard.admits("a", "m1", 10_000)
    assert not guard.admits("a", "m2", 10_999)
    assert guard.admits("b", "m1", 11_500)
    assert not guard.admits("a", "m2", 11_600)
    assert guard.admits("c", "m1", 12_600)
    assert guard.admits("a", "m2", 12_700)


def test_the_guard_stays_small() -> None:
    guard = PairGuard(most=100)
    assert all(guard.admits(str(n), "m", 1) for n in range(1000))
    assert len(guard._new) + len(guard._old) <= 200


# -- the kinds of messages


def test_a_group_message() -> None:
    result = opened(body())
    assert result.message_key == "dingtalk:school:msgAAAA==:$:LWCP_v1:$sender"
    assert result.conversation == "dingtalk/school/group/cidBBBB=="
    assert (result.kind, result.text, result.quota) == ("text", "明天带什么", False)
    message, session = from_payload("row1", result.payload, NOW)
    assert (message.id, message.chat.kind, message.at) == ("row1", "group", NOW)
    assert (message.sender.kind, message.sender.corp, message.sender.id) == (
        "dingtalk_user",
        "corp1",
        "parent-1",
    )
    assert message.nick == "小明妈妈"
    assert session == result.session is not None
    assert session is not None
    assert session.url == REPLY
    assert session.expires_at == NOW + timedelta(minutes=90)
    assert REPLY not in repr(result.session)


def test_a_private_message() -> None:
    assert opened(body(conversationType="1")).chat.kind == "private"


@pytest.mark.parametrize("kind", [..., "3", "", None, [], 2])
def test_an_unknown_conversation_type_counts_as_a_group(kind: Any) -> None:
    assert opened(body(conversationType=kind)).chat.kind == "group"


@pytest.mark.parametrize("staff", [..., "", None])
def test_an_outsider_is_known_by_the_sender_id_only(staff: Any) -> None:
    sender = opened(body(senderStaffId=staff)).sender
    assert (sender.kind, sender.id) == ("dingtalk_outsider", "$:LWCP_v1:$sender")


def test_is_admin_and_the_nick_give_nothing() -> None:
    plain = opened(body()).sender
    assert opened(body(isAdmin=True, senderNick="班主任 王老师")).sender == plain


_RICH_PICTURE = {"type": "picture", "downloadCode": "code1", "pictureDownloadCode": "code0"}


@pytest.mark.parametrize(
    ("changes", "kind", "text", "media"),
    [
        ({"text": ..., "content": "顶层文字"}, "text", "顶层文字", []),
        ({"text": {"content": "先"}, "content": "后"}, "text", "先", []),
        ({"text": "坏"}, "text", "", []),
        ({"text": {"content": 5}}, "text", "", []),
        ({"text": ...}, "text", "", []),
        ({"text": {"content": " 第一行\r\n第二行\t完\x07\x1b[31m "}}, "text", "第一行\n第二行 完[31m", []),
        (
            {
                "msgtype": "richText",
                "content": {"richText": [{"text": "看图"}, _RICH_PICTURE, {"text": "好吗"}]},
            },
            "richtext",
            "看图好吗",
            [("picture", "code1")],
        ),
        (
            {"msgtype": "richText", "content": {"richText": [{"text": "@小助手 "}, {"text": "明天带什么"}]}},
            "richtext",
            "明天带什么",
            [],
        ),
        (
            {
                "msgtype": "richText",
                "content": {"richText": [{"text": "@小助手 你好"}, 3, None, {"type": "picture"}]},
            },
            "richtext",
            "@小助手 你好",
            [],
        ),
        ({"msgtype": "richText", "content": {"richText": "x"}}, "richtext", "", []),
        ({"msgtype": "picture", "content": {"downloadCode": "c"}}, "picture", "", [("picture", "c")]),
        ({"msgtype": "picture", "content": {"pictureDownloadCode": "p"}}, "picture", "", [("picture", "p")]),
        ({"msgtype": "picture", "content": {}}, "picture", "", []),
        (
            {
                "msgtype": "audio",
                "content": {"downloadCode": "c", "duration": 4000, "recognition": "明天请假"},
            },
            "voice",
            "明天请假",
            [("voice", "c")],
        ),
        (
            {"msgtype": "audio", "content": {"downloadCode": "c", "duration": "4000"}},
            "voice",
            "",
            [("voice", "c")],
        ),
        (
            {"msgtype": "video", "content": {"downloadCode": "c", "duration": 5, "videoType": "mp4"}},
            "video",
            "",
            [("video", "c")],
        ),
        (
            {"msgtype": "file", "content": {"downloadCode": "c", "fileName": "请假条\n.pdf"}},
            "file",
            "",
            [("file", "c")],
        ),
        (
            {"msgtype": "unknownMsgType", "content": {"unknownMsgType": "暂不支持的消息类型"}},
            "unknown",
            "",
            [],
        ),
        ({"msgtype": "hologram", "content": {"text": "x"}}, "unknown", "", []),
        ({"msgtype": ..., "content": ...}, "unknown", "", []),
        ({"msgtype": ["text"]}, "unknown", "", []),
        ({"msgtype": "audio", "content": "x"}, "unknown", "", []),
    ],
)
def test_every_kind(changes: dict[str, Any], kind: str, text: str, media: list[tuple[str, str]]) -> None:
    result = opened(body(**changes))
    assert (result.kind, result.text) == (kind, text)
    message, _ = from_payload("row", result.payload, NOW)
    assert (message.kind, message.text) == (kind, text)
    assert [(item.kind, item.ticket) for item in message.attachments] == media


def test_a_voice_message_keeps_its_length_and_a_file_its_name() -> None:
    voice = opened(body(msgtype="audio", content={"downloadCode": "c", "duration": "4000"}))
    assert from_payload("r", voice.payload, NOW)[0].attachments[0].duration_ms == 4000
    paper = opened(body(msgtype="file", content={"downloadCode": "c", "fileName": "请假\n条.pdf"}))
    assert from_payload("r", paper.payload, NOW)[0].attachments[0].name == "请假 条.pdf"


def test_a_long_text_is_kept_whole() -> None:
    assert len(opened(body(text={"content": "长" * 9000})).text) == 9000


@pytest.mark.parametrize("at", [MS, str(MS), ..., None, "soon", -1, True, 10**18])
def test_the_moment_of_saying_may_be_anything(at: Any) -> None:
    kept = orjson.loads(opened(body(createAt=at)).payload)
    assert kept["said_ms"] == (MS if at in (MS, str(MS)) else None)


@pytest.mark.parametrize("quota", [{"errorCode": 20001}, {"errorCode": "20001"}, {"errCode": 20001}])
def test_a_used_up_quota_is_told(quota: dict[str, Any]) -> None:
    result = opened(body(text=..., **quota))
    assert result.quota
    assert result.text == ""
    assert read_payload("r", result.payload, NOW).quota


# -- the reply address


EVIL = [
    "",
    "http://169.254.169.254/latest/meta-data",
    "http://oapi.dingtalk.com/robot/sendBySession?session=a",
    "https://oapi.dingtalk.com@evil.cn/robot/sendBySession?session=a",
    "https://user@oapi.dingtalk.com/robot/sendBySession?session=a",
    "https://user:pw@oapi.dingtalk.com/robot/sendBySession?session=a",
    "https://oapi.dingtalk.com.evil.cn/robot/sendBySession?session=a",
    "https://evil.cn/robot/sendBySession?session=a",
    "https://evil.cn/?https://oapi.dingtalk.com/robot/sendBySession?session=a",
    "https://evil.cn#https://oapi.dingtalk.com/robot/sendBySession?session=a",
    "https://evil.cn\\@oapi.dingtalk.com/robot/sendBySession?session=a",
    "https://oapi.dingtalk.com\\.evil.cn/robot/sendBySession?session=a",
    "https://oapi.dingtaIk.com/robot/sendBySession?session=a",
    "https://оapi.dingtalk.com/robot/sendBySession?session=a",
    "https://xn--api-9cd.dingtalk.com/robot/sendBySession?session=a",
    "https://oapi。dingtalk。com/robot/sendBySession?session=a",
    "https://oapi.dingtalk.com./robot/sendBySession?session=a",
    "https://oapi.dingtalk.com:443/robot/sendBySession?session=a",
    "https://oapi.dingtalk.com:8443/robot/sendBySession?session=a",
    "https://oapi.dingtalk.com:/robot/sendBySession?session=a",
    "HTTPS://OAPI.DINGTALK.COM/robot/sendBySession?session=a",
    "https://api.dingtalk.com/robot/sendBySession?session=a",
    "https://[::ffff:169.254.169.254]/robot/sendBySession?session=a",
    "https://2852039166/robot/sendBySession?session=a",
    "https://0xA9FEA9FE/robot/sendBySession?session=a",
    "https://0251.0376.0251.0376/robot/sendBySession?session=a",
    "https://127.0.0.1/robot/sendBySession?session=a",
    "https://localhost/robot/sendBySession?session=a",
    "https://oapi.dingtalk.com/robot/send?access_token=a",
    "https://oapi.dingtalk.com/robot/sendBySession",
    "https://oapi.dingtalk.com/robot/sendBySession?session=",
    "https://oapi.dingtalk.com/robot/sendBySession/../send?session=a",
    "https://oapi.dingtalk.com/robot/../gettoken?session=a",
    "https://oapi.dingtalk.com//robot/sendBySession?session=a",
    "https://oapi.dingtalk.com/robot/sendbysession?session=a",
    "https://oapi.dingtalk.com/robot/sendBySession?session=a#b",
    "https://oapi.dingtalk.com/robot/sendBySession?session=a/b",
    "https://oapi.dingtalk.com/robot/sendBySession?session=a b",
    "https://oapi.dingtalk.com/robot/sendBySession?session=a\r\nHost: evil.cn",
    "https://oapi.dingtalk.com/robot/sendBySession?session=a\0",
    "https://oapi.dingtalk.com/robot/sendBySession?session=会话",
    "https://oapi.dingtalk.com/robot/sendBySession?session=" + "a" * 513,
    " https://oapi.dingtalk.com/robot/sendBySession?session=a",
    "https://oapi.dingtalk.com/robot/sendBySession?session=a\n",
    "//oapi.dingtalk.com/robot/sendBySession?session=a",
    "file:///robot/sendBySession?session=a",
    "gopher://oapi.dingtalk.com/robot/sendBySession?session=a",
    "dtmd://dingtalkclient/sendMessage?content=a",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("url", EVIL)
def test_only_the_configured_reply_address_is_kept(url: str) -> None:
    assert pinned(url, make_robot()) == ""
    assert opened(body(sessionWebhook=url)).session is None


def test_the_reply_address_of_an_emulated_platform() -> None:
    robot = make_robot(oapi_base="http://127.0.0.1:18080")
    good = "http://127.0.0.1:18080/robot/sendBySession?session=ab%3D"
    assert pinned(good, robot) == good
    assert pinned(good.replace("18080", "18081"), robot) == ""
    assert pinned(good.replace("127.0.0.1", "127.0.0.2"), robot) == ""


@pytest.mark.parametrize("expires", [..., None, "soon", MS, MS - 1, 0, -5, 10**17, True, [], 1.5e12])
def test_a_reply_address_needs_a_future(expires: Any) -> None:
    assert opened(body(sessionWebhookExpiredTime=expires)).session is None


def test_the_expiry_may_be_text() -> None:
    assert opened(body(sessionWebhookExpiredTime=str(MS + 60_000))).session is not None


# -- answers inside the response


def test_answers() -> None:
    assert orjson.loads(EMPTY) == {"msgtype": "empty"}
    answer: Mapping[str, Any] = orjson.loads(to_response("好的 @所有人\ud800"))
    assert answer == {"msgtype": "text", "text": {"content": "好的 ＠所有人"}}
    assert "at" not in answer
