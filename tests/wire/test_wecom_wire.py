"""What WeCom pushes, decrypted: every message and event there is comes in as what it is, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from wechatpy.work.parser import parse_message

from bot.pressing import read_press
from bot.received import read_event, read_payload
from bot.wecom import wire
from bot.wecom.codec import Rejected
from handlers.message import Attachment, Identity
from tests.wire.wecom_requests import CORP, VECTORS, inner

US = wire.Us("school", CORP)
NOW = datetime.fromtimestamp(1750000000, UTC)


def read(body: str | bytes, now: datetime = NOW) -> wire.Read:
    return wire.read(body.encode() if isinstance(body, str) else body, US, now)


def said(**fields: object) -> wire.Opened:
    found = read(inner(**{"MsgType": "text", "MsgId": 1, **fields}))
    assert isinstance(found, wire.Opened), found
    return found


def happened(name: str, **fields: object) -> wire.OpenedEvent:
    found = read(inner(MsgType="event", Event=name, **fields))
    assert isinstance(found, wire.OpenedEvent), found
    return found


def facts(name: str, **fields: object) -> tuple[str, dict[str, str]]:
    opened = happened(name, **fields)
    back = read_event(opened.payload)
    assert back is not None
    assert (back.app, back.event) == ("school", opened.event)
    return back.event.kind, dict(back.event.facts)


def pressed(**fields: object) -> wire.OpenedPress:
    common = {"EventKey": "a" * 32, "TaskId": "t1", "CardType": "button_interaction", "ResponseCode": "rc1"}
    found = read(inner(**{"MsgType": "event", "Event": "template_card_event", **common, **fields}))
    assert isinstance(found, wire.OpenedPress), found
    return found


# -- messages


def test_a_text_message_of_the_official_library() -> None:
    vector = VECTORS["official message"]
    us = wire.Us("school", vector.owner)
    found = wire.read(vector.plain.encode(), us, datetime.fromtimestamp(int(vector.time), UTC))
    assert isinstance(found, wire.Opened)
    assert (found.message_key, found.text) == ("wecom:school:msg:4561255354251345929:mycreate", "hello")


def test_who_said_it_and_where() -> None:
    opened = said(Content=" 明天带什么\r\n ", MsgId=7345678901234567890)
    assert opened.message_key == "wecom:school:msg:7345678901234567890:teacher_li"
    assert opened.conversation == "wecom/school/user/teacher_li"
    message = read_payload("row1", opened.payload, NOW).message
    assert (message.id, message.at, message.kind, message.text) == ("row1", NOW, "text", "明天带什么")
    assert message.sender == Identity("wecom_member", CORP, "teacher_li")
    assert message.chat.key == "wecom/school/private/teacher_li"


@pytest.mark.parametrize(
    ("fields", "kind", "text", "media"),
    [
        ({"MsgType": "text", "Content": "第一行\n\x07第二行"}, "text", "第一行\n第二行", []),
        ({"MsgType": "text", "Content": "a]]]]><![CDATA[>b"}, "text", "a]]>b", []),
        ({"MsgType": "text", "Content": "😀&amp;<b>"}, "text", "😀&amp;<b>", []),
        ({"MsgType": "text"}, "text", "", []),
        ({"MsgType": "text", "Content": "<b>x</b>"}, "text", "", []),
        ({"MsgType": "image", "PicUrl": "http://x/y", "MediaId": "m1"}, "picture", "", [("picture", "m1")]),
        ({"MsgType": "voice", "MediaId": "m2", "Format": "amr"}, "voice", "", [("voice", "m2")]),
        ({"MsgType": "video", "MediaId": "m3", "ThumbMediaId": "t"}, "video", "", [("video", "m3")]),
        ({"MsgType": "image"}, "picture", "", []),
        (
            {"MsgType": "link", "Title": "通知", "Description": "d", "Url": "https://a.example/b"},
            "text", "通知\nhttps://a.example/b", [],
        ),
        ({"MsgType": "link", "Title": "只有标题"}, "text", "只有标题", []),
        (
            {"MsgType": "location", "Location_X": "30.1", "Location_Y": "120.2", "Label": "教学楼"},
            "unknown", "教学楼", [],
        ),
        ({"MsgType": "file", "MediaId": "m4"}, "unknown", "", []),
        ({"MsgType": "something_new"}, "unknown", "", []),
    ],
)  # fmt: skip
def test_every_kind_of_message(fields: dict[str, object], kind: str, text: str, media: list[Any]) -> None:
    opened = said(**fields)
    message = read_payload("row1", opened.payload, NOW).message
    assert (message.kind, message.text) == (kind, text) == (message.kind, opened.text)
    assert message.attachments == tuple(Attachment(*item) for item in media)


@pytest.mark.parametrize(
    "fields",
    [
        {"MsgType": "text", "Content": "hello"},
        {"MsgType": "image", "PicUrl": "http://x", "MediaId": "m1"},
        {"MsgType": "voice", "MediaId": "m1", "Format": "amr"},
        {"MsgType": "video", "MediaId": "m1", "ThumbMediaId": "t"},
        {"MsgType": "link", "Title": "t", "Description": "d", "Url": "u", "PicUrl": "p"},
        {"MsgType": "location", "Location_X": "1", "Location_Y": "2", "Scale": "3", "Label": "l"},
    ],
    ids=lambda fields: fields["MsgType"],
)
def test_wechatpy_reads_the_same_message(fields: dict[str, object]) -> None:
    body = inner(MsgId=77, **fields)
    theirs, mine = parse_message(body), read(body)
    assert isinstance(mine, wire.Opened)
    assert theirs.source.lower() == mine.user_id
    assert f":{theirs.id}:" in mine.message_key
    message = read_payload("r", mine.payload, NOW).message
    tickets = [theirs.media_id] if hasattr(theirs, "media_id") else []
    assert [each.ticket for each in message.attachments] == tickets
    if hasattr(theirs, "content"):
        assert message.text == theirs.content


# -- events

SCHOOL = [
    ("create_student", "book_changed"), ("update_student", "book_changed"),
    ("delete_student", "book_changed"),
    ("create_parent", "book_changed"), ("update_parent", "book_changed"), ("delete_parent", "book_changed"),
    ("create_department", "book_changed"), ("update_department", "book_changed"),
    ("delete_department", "book_changed"), ("subscribe", "subscribed"), ("unsubscribe", "unsubscribed"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "kind"), SCHOOL)
def test_the_school_address_book(change: str, kind: str) -> None:
    found, what = facts("change_school_contact", FromUserName="sys", ChangeType=change, Id="zhangsan_Parent")
    assert found == kind
    known = {"change": change, "id": "zhangsan_Parent", "new_id": ""}
    assert what == (known if kind == "book_changed" else {"id": "zhangsan_Parent"})


def test_the_misspelling_in_the_manual_is_the_same_event() -> None:
    _kind, what = facts("change_school_contact", FromUserName="sys", ChangeType="create_deparmtment", Id=7)
    assert what == {"change": "create_department", "id": "7", "new_id": ""}


def test_an_id_that_was_changed() -> None:
    _kind, what = facts("change_school_contact", ChangeType="update_parent", Id="old", NewId="new")
    assert what == {"change": "update_parent", "id": "old", "new_id": "new"}


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        (
            {"ChangeType": "update_user", "UserID": "ZhangSan", "NewUserID": "ZhangSan001",
             "Mobile": "1380000", "Name": "张三", "ExtAttr": "<Item><Name>爱好</Name><Type>0</Type></Item>"},
            {"change": "update_user", "id": "zhangsan", "new_id": "zhangsan001"},
        ),
        ({"ChangeType": "delete_user", "UserID": "lisi"},
         {"change": "delete_user", "id": "lisi", "new_id": ""}),
        ({"ChangeType": "create_party", "Id": 2, "Name": "三年级", "ParentId": 1},
         {"change": "create_party", "id": "2", "new_id": ""}),
        ({"ChangeType": "update_tag", "TagId": 1, "AddUserItems": "a,b"},
         {"change": "update_tag", "id": "1", "new_id": ""}),
    ],
)  # fmt: skip
def test_the_members(fields: dict[str, object], what: dict[str, str]) -> None:
    assert facts("change_contact", FromUserName="sys", **fields) == ("member_changed", what)


@pytest.mark.parametrize("name", ["subscribe", "unsubscribe"])
def test_a_member_who_comes_into_sight_is_not_a_guardian_who_follows(name: str) -> None:
    assert facts(name) == ("member_changed", {"change": name, "id": "teacher_li", "new_id": ""})


OTHERS: dict[str, dict[str, Any]] = {
    "enter_agent": {},
    "LOCATION": {"Latitude": "23.1", "Longitude": "113.3", "Precision": "40", "AppType": "wxwork"},
    "click": {"EventKey": "MENU_1"},
    "view": {"EventKey": "https://a.example/x"},
    "view_miniprogram": {"EventKey": "pages/a"},
    "scancode_push": {"EventKey": "k", "ScanCodeInfo": "<ScanResult>1</ScanResult>"},
    "scancode_waitmsg": {"EventKey": "k", "ScanCodeInfo": "<ScanType>qrcode</ScanType>"},
    "pic_sysphoto": {"EventKey": "k", "SendPicsInfo": "<PicList><item>a</item></PicList>"},
    "pic_photo_or_album": {"EventKey": "k"},
    "pic_weixin": {"EventKey": "k"},
    "location_select": {"EventKey": "k", "SendLocationInfo": "<Location_X>1</Location_X>"},
    "batch_job_result": {"FromUserName": "sys", "BatchJob": "<JobId>j</JobId><ErrCode>0</ErrCode>"},
    "taskcard_click": {"EventKey": "k", "TaskId": "t"},
    "open_approval_change": {"ApprovalInfo": "<ThirdNo>1</ThirdNo>"},
    "inactive_alert": {"EffectTime": 1750000000},
    "low_active": {},
    "change_external_contact": {"ChangeType": "add_external_contact", "UserID": "u"},
    "change_external_chat": {"ChatId": "c", "ChangeType": "update", "UpdateDetail": "add_member"},
    "change_external_tag": {"Id": "1", "TagType": "tag", "ChangeType": "create"},
    "msgaudit_notify": {},
    "kf_account_auth_change": {"AuthAddOpenKfId": "kf1"},
    "living_status_change": {"LivingId": "l", "Status": 1},
    "add_schedule": {"CalId": "c", "ScheduleId": "s"},
    "book_meeting_room": {"MeetingRoomId": 1},
    "share_agent_change": {},
    "something_new": {"EventKey": "k"},
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_an_event_nobody_waits_for_is_kept_without_its_words(name: str) -> None:
    fields = OTHERS[name]
    kind, what = facts(name, **fields)
    sender = str(fields.get("FromUserName", "teacher_li"))
    assert kind == "other"
    assert what == {"event": name, "id": sender, "key": fields.get("EventKey", "")}


@pytest.mark.parametrize(
    "name", ["subscribe", "unsubscribe", "enter_agent", "click", "view", "taskcard_click"]
)
def test_wechatpy_reads_the_same_event(name: str) -> None:
    body = inner(MsgType="event", Event=name, EventKey="K", TaskId="t")
    theirs = parse_message(body)
    kind, what = facts(name, EventKey="K", TaskId="t")
    assert theirs.event == name
    assert what["id"] == theirs.source.lower()
    assert kind == "member_changed" or what["key"] == "K"


def test_customer_service_rings() -> None:
    rings = {"Event": "kf_msg_or_event", "Token": "ENCtoken", "OpenKfId": "wkAJ2GCAAA"}
    body = inner(MsgType="event", FromUserName=..., AgentID=..., **rings)
    found = read(body)
    assert found == wire.Rung("wkAJ2GCAAA", "ENCtoken")
    assert parse_message(body).token == found.ticket


def test_what_is_for_another_organisation_is_not_read() -> None:
    for plain in (
        inner(MsgType="text", Content="x", MsgId=1, ToUserName="wwother"),
        inner(MsgType="event", Event="enter_agent", ToUserName="wwother"),
        inner(MsgType="event", Event="kf_msg_or_event", Token="t", OpenKfId="wk1", ToUserName="wwother"),
    ):
        assert read(plain) == Rejected(403, "bad_owner")


def test_what_is_too_deep_is_not_readable() -> None:
    for depth in (400, 900, 1000, 5000):
        plain = b'{"MsgType":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
        assert wire.read(plain, US, NOW) in (Rejected(400, "not_readable"), Rejected(400, "no_kind"))


def test_45_events_of_one_second_are_45_and_a_retry_is_none() -> None:
    def key(number: int, name: str = "change_school_contact") -> str:
        return happened(name, FromUserName="sys", ChangeType="create_parent", Id=f"p{number}").message_key

    keys = [key(number) for number in range(45)]
    assert len(set(keys)) == 45
    assert [key(number) for number in range(45)] == keys
    assert {each.rpartition(":")[0] for each in keys} == {"wecom:school:event"}


# -- presses


def test_a_press() -> None:
    opened = pressed()
    assert (opened.track, opened.token, opened.user_id) == ("t1", "a" * 32, "teacher_li")
    assert opened.lane == opened.conversation == "wecom/school/user/teacher_li"
    back = read_press("row1", opened.payload.decode(), NOW)
    assert (back.track, back.token, back.code) == ("t1", "a" * 32, "rc1")
    assert back.message.sender == Identity("wecom_member", CORP, "teacher_li")
    assert back.message.chat.key == "wecom/school/private/teacher_li"


def test_two_presses_in_one_second_are_two_and_a_retry_is_none() -> None:
    assert pressed().message_key == pressed().message_key
    assert pressed(ResponseCode="rc2").message_key != pressed().message_key
    assert pressed(EventKey="b" * 32).message_key != pressed().message_key
    assert pressed(FromUserName="other").message_key != pressed().message_key


def test_what_was_ticked() -> None:
    one = (
        "<SelectedItem><QuestionKey>q1</QuestionKey><OptionIds><OptionId>a</OptionId></OptionIds>"
        "</SelectedItem>"
    )
    two = (
        "<SelectedItem><QuestionKey>q2</QuestionKey><OptionIds><OptionId>a</OptionId><OptionId>b</OptionId>"
        "</OptionIds></SelectedItem>"
    )
    none = "<SelectedItem><QuestionKey>q3</QuestionKey><OptionIds></OptionIds></SelectedItem>"

    def values(items: str) -> object:
        return json.loads(pressed(SelectedItems=items).payload)["values"]

    assert values(one) == {"q1": ["a"]}
    assert values(one + two + none) == {"q1": ["a"], "q2": ["a", "b"], "q3": []}
    assert values("<SelectedItem>x</SelectedItem>") == {}
    assert values("<x/>") == {}
    assert pressed(Event="template_card_menu_event", TaskId=...).track == ""


# -- JSON, and what is turned away


def test_json_with_the_same_names_is_the_same() -> None:
    body = {"ToUserName": CORP, "FromUserName": "Teacher_Li", "CreateTime": 1750000000, "MsgType": "text"}
    found = read(json.dumps({**body, "MsgId": 77, "Content": "你好", "AgentID": 1}))
    assert isinstance(found, wire.Opened)
    assert (found.message_key, found.text) == ("wecom:school:msg:77:teacher_li", "你好")
    event = {**body, "MsgType": "event", "Event": "change_school_contact", "ChangeType": "create_department"}
    seen = read(json.dumps({**event, "Id": 5, "x": None, "y": [1]}))
    assert isinstance(seen, wire.OpenedEvent)
    assert seen.event.facts["id"] == "5"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "not_readable"),
        ("x", "not_readable"),
        ("{", "not_readable"),
        ("[]", "not_readable"),
        ("{}", "no_kind"),
        ("<xml></xml>", "not_readable"),
        ("<xml><MsgType>text</MsgType></xml>", "no_sender"),
        (inner(MsgId=1), "no_kind"),
        (inner(MsgType="text"), "no_message_id"),
        (inner(MsgType="text", MsgId="m" * 129), "no_message_id"),
        (inner(MsgType="text", MsgId=1, FromUserName="a\nb"), "no_sender"),
        (inner(MsgType="text", MsgId=1) + inner(MsgType="text", MsgId=1), "not_readable"),
        (inner(MsgType="event"), "no_kind"),
        (inner(MsgType="event", Event="template_card_event", TaskId="t"), "no_button"),
        (inner(MsgType="event", Event="template_card_event", EventKey="k", FromUserName=...), "no_sender"),
        (inner(MsgType="event", Event="kf_msg_or_event", Token="t"), "no_account"),
        ("x" * (64 * 1024 + 1), "too_large"),
    ],
)
def test_what_is_turned_away(body: str, reason: str) -> None:
    found = read(body)
    assert isinstance(found, Rejected)
    assert found.reason == reason
    assert 400 <= found.status < 500


def test_a_message_is_not_dropped_for_broken_characters() -> None:
    for broken in (b"\xff\xfe", b"\xed\xa0\x80", b"\x00", b"\x1b", b"\xf0\x9f"):
        found = read(
            inner(MsgType="text", MsgId=1, Content="aXb").encode().replace(b"aXb", b"a" + broken + b"b")
        )
        assert isinstance(found, wire.Opened), broken
        assert found.text.replace("\ufffd", "") == "ab"


@pytest.mark.parametrize(("days", "kept"), [(0.9, True), (-0.9, True), (1.1, False), (-1.1, False)])
def test_what_is_older_than_any_delay_is_a_replay(days: float, kept: bool) -> None:
    found = read(inner(MsgType="text", MsgId=1), NOW + timedelta(days=days))
    assert isinstance(found, wire.Opened) is kept
    assert kept or found == Rejected(403, "stale")


@pytest.mark.parametrize("said_at", ["", "x", "１７５０００００００", "1_750000000", "9" * 30, "-1"])
def test_a_time_that_is_none_is_no_time(said_at: str) -> None:
    assert isinstance(read(inner(MsgType="text", MsgId=1, CreateTime=said_at)), wire.Opened)
