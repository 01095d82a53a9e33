"""Robot messages over HTTP: everything genuine comes in, as what it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
import pytest

from bot.dingtalk.wire import (
    EMPTY,
    MAX_BODY,
    Rejected,
    from_payload,
    pinned,
    read_payload,
    read_robot,
    to_response,
)
from tests.wire.dingtalk_requests import MS, NOW, REPLY, body, make_robot, opened

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


# -- the same message over Stream


def test_a_stream_message_is_the_same_message() -> None:
    assert read_robot(orjson.dumps(body()), make_robot(), NOW) == opened(body())


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", Rejected(400, "not_json")),
        (b"x" * (MAX_BODY + 1), Rejected(413, "too_large")),
        (orjson.dumps(body(msgId=...)), Rejected(400, "no_message_id")),
        (orjson.dumps(body(conversationId=...)), Rejected(400, "no_conversation")),
    ],
)
def test_a_stream_message_that_cannot_be_read(raw: bytes, expected: Rejected) -> None:
    assert read_robot(raw, make_robot(), NOW) == expected
