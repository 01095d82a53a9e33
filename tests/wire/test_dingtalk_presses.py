"""Pressed buttons: who pressed what, and nothing that is not the platform's."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dingtalk.gate import callback_secret, sign_card
from bot.dingtalk.wire import MAX_BODY, OpenedPress, Rejected, open_card, read_card
from config.settings import DingTalkApp
from tests.wire.dingtalk_requests import MS, NOW, SECRET, STAMP, make_robot

TOKEN = "0123456789abcdef0123456789abcdef"
ROBOT = make_robot()
SIGN = ROBOT.card_sign(STAMP).decode()


def press(**changes: Any) -> bytes:
    private = changes.pop("private", {"actionIds": [TOKEN], "params": {}})
    whole: dict[str, Any] = {
        "type": "actionCallback",
        "outTrackId": "row-1",
        "corpId": "corp1",
        "userId": "teacher-1",
        "userIdType": 1,
        "extension": "{}",
        "content": orjson.dumps({"cardPrivateData": private}).decode(),
    }
    whole.update(changes)
    return orjson.dumps({key: value for key, value in whole.items() if value is not ...})


def headers(stamp: str = STAMP, **more: str) -> dict[str, str]:
    return {
        "x-ddpaas-signature-timestamp": stamp,
        "x-ddpaas-signature": ROBOT.card_sign(stamp).decode(),
        **more,
    }


def read(raw: bytes) -> OpenedPress:
    opened = read_card(raw, ROBOT)
    assert isinstance(opened, OpenedPress)
    return opened


def test_the_published_signature() -> None:
    assert sign_card(b"mySecret", "1700000000000") == b"t3jqwt0WBVsvNpgD+ncljxce56XsNOeEYafngX/BHjc="


def test_the_secret_of_card_callbacks_follows_from_the_apps() -> None:
    app = DingTalkApp.model_validate({"client_id": "a", "client_secret": SECRET, "corp_id": "c"})
    assert callback_secret(app) == "d0f753d36c8dea3b3fd356ffcd1e1b7e5c144c00ec9"
    assert ROBOT.card_sign(STAMP) == sign_card(callback_secret(app).encode(), STAMP)
    assert ROBOT.card_sign(STAMP) != ROBOT.sign(STAMP)


def test_a_press_over_http() -> None:
    opened = open_card(headers(), press(), make_robot(), NOW)
    assert isinstance(opened, OpenedPress)
    assert opened.message_key == f"dingtalk:school:press:row-1:{TOKEN}:teacher-1"
    assert opened.conversation == "dingtalk/school/press/teacher-1"
    assert (opened.user_id, opened.track, opened.token) == ("teacher-1", "row-1", TOKEN)
    assert opened.app == "school"
    assert orjson.loads(opened.payload) == {
        "v": 1,
        "app": "school",
        "corp": "corp1",
        "user": "teacher-1",
        "track": "row-1",
        "token": TOKEN,
        "values": {},
    }


def test_the_same_press_over_stream_is_the_same_row() -> None:
    assert read_card(press(), make_robot()) == open_card(headers(), press(), make_robot(), NOW)


@pytest.mark.parametrize(
    ("private", "token"),
    [
        ({"actionIds": [TOKEN]}, TOKEN),
        ({"actionIds": ["send", "x"]}, "send"),
        ({"params": {"id": TOKEN}}, TOKEN),
        ({"actionIds": [], "params": {"id": TOKEN}}, TOKEN),
        ({"actionIds": ["pressed"], "params": {"id": TOKEN}}, TOKEN),
        ({"actionIds": [TOKEN], "params": {"id": "other"}}, TOKEN),
        ({"actionIds": [7], "params": {"id": "x"}}, "x"),
        ({"actionIds": TOKEN, "params": {"id": "x"}}, "x"),
    ],
)
def test_which_button(private: dict[str, Any], token: str) -> None:
    assert read(press(private=private)).token == token


def test_content_may_be_an_object() -> None:
    assert read(press(content={"cardPrivateData": {"actionIds": [TOKEN]}})).token == TOKEN


def test_what_was_typed_is_kept_as_words() -> None:
    params = {"id": TOKEN, "note": "好\x07的", "n": 5, "list": ["a"], "long": "长" * 700, "\n": "x"}
    kept = orjson.loads(read(press(private={"actionIds": [TOKEN], "params": params})).payload)
    assert kept["values"] == {"note": "好的"}
    many = {f"v{n}": "x" for n in range(40)}
    assert (
        len(orjson.loads(read(press(private={"actionIds": ["a"], "params": many})).payload)["values"]) == 16
    )


def test_somebody_of_another_organisation_stays_one() -> None:
    assert orjson.loads(read(press(corpId="corp2")).payload)["corp"] == "corp2"
    assert orjson.loads(read(press(corpId=...)).payload)["corp"] == "corp1"


def test_a_long_key_is_hashed() -> None:
    one, two = (read(press(outTrackId="t" * 128, userId=user * 128)) for user in "ab")
    assert len(one.message_key) <= 255
    assert one.message_key.startswith("dingtalk:school:press:")
    assert one.message_key != two.message_key


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", Rejected(400, "not_json")),
        (b"[]", Rejected(400, "not_json")),
        (b"[" * 60_000, Rejected(400, "not_json")),
        (b"x" * (MAX_BODY + 1), Rejected(413, "too_large")),
        (press(userId=...), Rejected(400, "no_sender")),
        (press(userId=""), Rejected(400, "no_sender")),
        (press(userId=["teacher-1"]), Rejected(400, "no_sender")),
        (press(userId="a\0"), Rejected(400, "no_sender")),
        (press(userId="a" * 129), Rejected(400, "no_sender")),
        (press(userIdType=2), Rejected(400, "no_sender")),
        (press(outTrackId=...), Rejected(400, "no_card")),
        (press(outTrackId={"a": 1}), Rejected(400, "no_card")),
        (press(content=...), Rejected(400, "no_button")),
        (press(content="{"), Rejected(400, "no_button")),
        (press(content="[1]"), Rejected(400, "no_button")),
        (press(content="[" * 20_000), Rejected(400, "no_button")),
        (press(private={"actionIds": []}), Rejected(400, "no_button")),
        (press(private={"actionIds": [""], "params": {"id": ""}}), Rejected(400, "no_button")),
        (press(private=[]), Rejected(400, "no_button")),
    ],
)
def test_what_cannot_be_read(raw: bytes, expected: Rejected) -> None:
    assert read_card(raw, ROBOT) == expected
    assert open_card(headers(), raw, make_robot(), NOW) == expected


# -- the signature

_FLIPPED = base64.b64encode(bytes([base64.b64decode(SIGN)[0] ^ 1]) + base64.b64decode(SIGN)[1:]).decode()
FORGED: dict[str, dict[str, str]] = {
    "nothing": {},
    "no sign": {"x-ddpaas-signature-timestamp": STAMP},
    "no timestamp": {"x-ddpaas-signature": SIGN},
    "the message's headers": {"timestamp": STAMP, "sign": ROBOT.sign(STAMP).decode()},
    "the message's sign": headers() | {"x-ddpaas-signature": ROBOT.sign(STAMP).decode()},
    "empty sign": headers() | {"x-ddpaas-signature": ""},
    "cut": headers() | {"x-ddpaas-signature": SIGN[:-1]},
    "longer": headers() | {"x-ddpaas-signature": SIGN + "="},
    "very long": headers() | {"x-ddpaas-signature": "A" * 100_000},
    "blank": headers() | {"x-ddpaas-signature": SIGN + " "},
    "upper": headers() | {"x-ddpaas-signature": SIGN.upper()},
    "one bit": headers() | {"x-ddpaas-signature": _FLIPPED},
    "non-ascii": headers() | {"x-ddpaas-signature": "签" * 44},
    "surrogate": headers() | {"x-ddpaas-signature": SIGN[:-1] + "\udcff"},
    "hex": headers() | {"x-ddpaas-signature": base64.b64decode(SIGN).hex()},
    "another moment": headers() | {"x-ddpaas-signature-timestamp": str(MS + 1)},
    "seconds": headers(STAMP[:10]),
    "full-width": headers() | {"x-ddpaas-signature-timestamp": "".join(chr(ord(c) + 0xFEE0) for c in STAMP)},
    "line break": headers() | {"x-ddpaas-signature-timestamp": STAMP + "\n"},
    "noughts": headers("0" * 13) | {"x-ddpaas-signature-timestamp": ""},
    "another app": headers() | {"x-ddpaas-signature": make_robot("another-secret").card_sign(STAMP).decode()},
}


@pytest.mark.parametrize("given", FORGED.values(), ids=FORGED.keys())
def test_a_forged_press_is_refused(given: dict[str, str]) -> None:
    assert open_card(given, press(), make_robot(), NOW) == Rejected(403, "bad_signature")


@pytest.mark.parametrize("seconds", [-301, 301, 3600])
def test_an_old_press_is_refused(seconds: int) -> None:
    moment = NOW + timedelta(seconds=seconds)
    assert open_card(headers(), press(), make_robot(), moment) == Rejected(403, "stale")


def test_an_encoded_press_is_not_unpacked() -> None:
    given = headers(**{"content-encoding": "gzip"})
    assert open_card(given, press(), make_robot(), NOW) == Rejected(415, "encoded")


def test_one_pair_of_headers_presses_a_few_buttons_at_most() -> None:
    robot = make_robot()
    opened = [open_card(headers(), press(outTrackId=f"row-{n}"), robot, NOW) for n in range(100)]
    assert sum(isinstance(one, OpenedPress) for one in opened) == 3
    assert opened[-1] == Rejected(403, "pair_reused")
    assert isinstance(open_card(headers(), press(outTrackId="row-0"), robot, NOW), OpenedPress)


@settings(max_examples=1000, derandomize=True, deadline=None, database=None)
@given(
    st.binary(max_size=200)
    | st.builds(
        lambda cut, put, at: press()[:at] + put + press()[at + cut :],
        st.integers(0, 9),
        st.binary(max_size=9),
        st.integers(0, 250),
    )
)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    assert isinstance(read_card(raw, ROBOT), OpenedPress | Rejected)
