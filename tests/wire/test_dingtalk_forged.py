"""Robot messages over HTTP: nothing that is not the platform's comes in."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dingtalk.wire import MAX_BODY, Opened, PairGuard, Rejected, from_payload, open_robot
from tests.wire.dingtalk_requests import (
    MS,
    NOW,
    SECRET,
    STAMP,
    Request,
    body,
    make_robot,
    opened,
    sign,
    signed,
)

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
