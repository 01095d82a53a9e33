"""What an answer means: each class of the platform's error table at least once."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dingtalk.errors import classify

JSON = "application/json"


def judged(status: int, body: Any) -> tuple[str, str, float]:
    verdict = classify(status, orjson.dumps(body), JSON)
    return verdict.meaning, verdict.code, verdict.after_s


@pytest.mark.parametrize(
    ("status", "body", "meaning", "code", "after_s"),
    [
        (200, {}, "ok", "", 0),
        (200, {"processQueryKey": "k"}, "ok", "", 0),
        (200, {"errcode": 0}, "ok", "", 0),
        (200, {"errcode": "0"}, "ok", "", 0),
        (200, {"success": True, "result": True}, "ok", "", 0),
        (200, {"success": False, "code": "param.cardNotExist"}, "content", "param.cardNotExist", 0),
        (200, {"success": False}, "config", "http200", 0),
        (400, {"code": "InvalidAuthentication"}, "token", "InvalidAuthentication", 0),
        (
            400,
            {"code": "AuthenticationFailed.MissingParameter"},
            "token",
            "AuthenticationFailed.MissingParameter",
            0,
        ),
        (200, {"errcode": 88, "sub_code": "40014"}, "token", "40014", 0),
        (200, {"errcode": 88, "errmsg": "ding talk error[subcode=42001,submsg=x]"}, "token", "42001", 0),
        (200, {"errcode": 40014}, "token", "40014", 0),
        (200, {"errcode": 88, "sub_code": ""}, "maybe", "88", 0),
        (200, {"errcode": 15}, "maybe", "15", 0),
        (200, {"errcode": -1}, "maybe", "-1", 0),
        (400, {"code": "unknown.send.result"}, "maybe", "unknown.send.result", 0),
        (500, {"code": "system.busy"}, "maybe", "system.busy", 0),
        (503, {"code": "somethingNew"}, "maybe", "somethingNew", 0),
        (
            403,
            {"code": "Forbidden.AccessDenied.QpsLimitForApi"},
            "slow",
            "Forbidden.AccessDenied.QpsLimitForApi",
            1,
        ),
        (
            403,
            {"code": "Forbidden.AccessDenied.QpmLimitForApi"},
            "slow",
            "Forbidden.AccessDenied.QpmLimitForApi",
            1,
        ),
        (429, {"code": "somethingNew"}, "slow", "somethingNew", 1),
        (200, {"errcode": 90018}, "slow", "90018", 1),
        (400, {"code": "send.too.fast"}, "slow", "send.too.fast", 1),
        (200, {"errcode": 660026}, "slow", "660026", 60),
        (200, {"errcode": 130101}, "slow", "130101", 60),
        (200, {"errcode": 410100}, "slow", "410100", 600),
        (200, {"status": 1111, "wait": 5, "source": "x5", "punish": "deny"}, "slow", "blocked", 300),
        (200, {"status": 1111, "wait": 900}, "slow", "blocked", 900),
        (
            403,
            {"code": "Forbidden.AccessDenied.ApiCountLimitForOrg"},
            "month",
            "Forbidden.AccessDenied.ApiCountLimitForOrg",
            0,
        ),
        (200, {"errcode": 90020}, "month", "90020", 0),
        (
            403,
            {
                "code": "Forbidden.AccessDenied.AccessTokenPermissionDenied",
                "accessdenieddetail": {"requiredScopes": ["qyapi_robot_sendmsg"]},
            },
            "config",
            "Forbidden.AccessDenied.AccessTokenPermissionDenied[qyapi_robot_sendmsg]",
            0,
        ),
        (
            403,
            {"code": "Forbidden.AccessDenied.IpNotInWhiteList"},
            "config",
            "Forbidden.AccessDenied.IpNotInWhiteList",
            0,
        ),
        (400, {"code": "invalidClientIdOrSecret"}, "config", "invalidClientIdOrSecret", 0),
        (401, {"code": "authFailed"}, "config", "authFailed", 0),
        (
            400,
            {"code": "invalidParameter.robotCode.notExsit"},
            "config",
            "invalidParameter.robotCode.notExsit",
            0,
        ),
        (400, {"code": "template.stopped"}, "config", "template.stopped", 0),
        (200, {"errcode": 310000}, "config", "310000", 0),
        (400, {"code": "staffId.notExisted"}, "recipient", "staffId.notExisted", 0),
        (200, {"errcode": 60121}, "recipient", "60121", 0),
        (400, {"code": "group.disbanded"}, "recipient", "group.disbanded", 0),
        (400, {"code": "bot.forbidden.sendMessage"}, "recipient", "bot.forbidden.sendMessage", 0),
        (
            400,
            {"code": "invalidParameter.msgParam.tooLong"},
            "content",
            "invalidParameter.msgParam.tooLong",
            0,
        ),
        (400, {"code": "miss.param.msgKey"}, "content", "miss.param.msgKey", 0),
        (400, {"code": "contain.notAllowed.text"}, "content", "contain.notAllowed.text", 0),
        (400, {"code": "param.contentUnsafe"}, "content", "param.contentUnsafe", 0),
        (200, {"errcode": 430102}, "content", "430102", 0),
        (200, {"errcode": 300001}, "session", "300001", 0),
        (400, {"code": "param.cardAlreadyExist"}, "exists", "param.cardAlreadyExist", 0),
        (400, {"code": "neverSeenBefore"}, "config", "neverSeenBefore", 0),
        (200, {"errcode": 123456}, "config", "123456", 0),
        (400, {}, "config", "http400", 0),
    ],
)
def test_codes(status: int, body: Any, meaning: str, code: str, after_s: float) -> None:
    assert judged(status, body) == (meaning, code, after_s)


@pytest.mark.parametrize(
    ("status", "body", "content_type", "meaning"),
    [
        (200, b"<!DOCTYPE html>", "text/html; charset=utf-8", "slow"),
        (200, b"  <html>", JSON, "slow"),
        (403, b"<html>", "text/html", "slow"),
        (502, b"<html>Bad Gateway", "text/html", "maybe"),
        (504, b"", "", "maybe"),
        (200, b"", JSON, "maybe"),
        (200, b'{"processQ', JSON, "maybe"),
        (200, b"[1]", JSON, "maybe"),
        (408, b"", "", "maybe"),
        (404, b"not found", "text/plain", "config"),
        (400, b'{"code":', JSON, "retry"),
        (404, b"<html>", "text/html", "config"),
        (429, b"<html>", "text/html", "slow"),
        (302, b"", "", "config"),
        (429, b"", "", "slow"),
        (0, b"", "", "maybe"),
    ],
)
def test_what_holds_no_code(status: int, body: bytes, content_type: str, meaning: str) -> None:
    assert classify(status, body, content_type).meaning == meaning


TABLE: dict[tuple[str, float], str] = {
    ("token", 0): """InvalidAuthentication AuthenticationFailed.MissingParameter AuthenticationFailed.Expired
        40014 42001 40001 33""",
    ("maybe", 0): """system.error system.busy unknownError unknown.send.result -1 15 88
        isp.top-remote-connection-timeout""",
    (
        "slow",
        1,
    ): """Forbidden.AccessDenied.QpsLimitForAppkeyAndApi Forbidden.AccessDenied.QpmLimitForAppkeyAndApi
        Forbidden.AccessDenied.QpsLimitForApi 90002 90018 send.too.fast send.byToken.tooFast
        too.many.people too.many.group""",
    ("slow", 60): "130101 302033 660026 processQueryKey.expireTime",
    ("slow", 600): "410100",
    ("month", 0): "Forbidden.AccessDenied.ApiCountLimitForOrg 90020 20001",
    (
        "config",
        0,
    ): """Forbidden.AccessDenied.AccessTokenPermissionDenied Forbidden.AccessDenied.IpNotInWhiteList
        60011 60020 50002 50004 invalidClientIdOrSecret authFailed invalidParameter.robotCode.auth
        invalidParameter.robotCode.empty invalidParameter.robotCode.notExsit template.stopped bot.stopped
        conversation.org.notMatch permession.checkFailed groupPermissionDenied 310000 400101 300005 22
        40096 40035 invalid.client unauthorized.client neverSeenBefore 99999""",
    ("recipient", 0): """staffId.notExisted 33012 60121 robot.oto.notExist chatbotId.notAllow.sendOTO
        group.disbanded 400013 invalid.openConversationId miss.openConversationId
        bot.forbidden.sendMessage""",
    ("content", 0): """invalidParameter.msgParam.tooLong invalidParameter.msgParam.invalid
        invalidParameter.msgKey.invalid msgKey.invalid miss.param.markdownTotext miss.param.titleOfLink
        contain.unsafe.url contain.notAllowed.text contain.notAllowed.picture contain.notAllowed.content
        430101 430102 430103 430104 param.contentUnsafe param.cardDataAndPrivateDataBothEmpty
        invalidParameter.robotCode.downloadCode 40104 143106""",
    ("session", 0): "session.expired session.notExisted 300001",
    ("exists", 0): "param.cardAlreadyExist",
}


@pytest.mark.parametrize(
    ("meaning", "after_s", "code"),
    [(*key, code) for key, codes in TABLE.items() for code in codes.split()],
)
def test_a_code_means_the_same_in_every_envelope(meaning: str, after_s: float, code: str) -> None:
    """The newer API, the older one, behind the gateway as ``sub_code``, and in its sentence."""
    expected = (meaning, code, after_s)
    assert judged(400, {"code": code, "message": "x", "requestid": "r"}) == expected
    assert judged(403, {"code": code}) == expected
    assert judged(200, {"errcode": code, "errmsg": "x"}) == expected
    assert judged(200, {"errcode": 88, "sub_code": code}) == expected
    assert judged(200, {"errcode": 15, "sub_code": code}) == expected
    if code.isdigit():
        assert judged(200, {"errcode": int(code)}) == expected
        assert judged(200, {"errcode": 88, "errmsg": f"ding talk error[subcode={code},submsg=x]"}) == expected


def test_what_stands_behind_the_gateway_comes_first() -> None:
    body = {"errcode": 60011, "sub_code": "90018", "errmsg": "[subcode=40014]"}
    assert judged(200, body) == ("slow", "90018", 1)
    assert judged(200, {"errcode": 0, "sub_code": "90018"})[0] == "ok"


def test_what_never_left() -> None:
    verdict = classify(0, b"", "", bytes_left=False)
    assert (verdict.meaning, verdict.code) == ("retry", "connect")


def test_a_code_cannot_smuggle_anything_into_a_log() -> None:
    code = judged(400, {"code": "小明\r\n\x1b[31m evil <script>" + "a" * 500})[1]
    assert code.isascii()
    assert code.isprintable()
    assert len(code) <= 120


@settings(max_examples=500, derandomize=True, deadline=None, database=None)
@given(
    st.integers(0, 599),
    st.dictionaries(
        st.sampled_from(
            ["errcode", "code", "success", "status", "sub_code", "errmsg", "accessdenieddetail", "wait"]
        ),
        st.none()
        | st.booleans()
        | st.integers(-(2**40), 2**40)
        | st.text(max_size=9)
        | st.lists(st.text(max_size=3)),
    ),
)
def test_any_answer_is_judged(status: int, body: dict[str, Any]) -> None:
    verdict = classify(status, orjson.dumps(body), JSON)
    assert verdict.meaning == "ok" or verdict.outcome() is not None
