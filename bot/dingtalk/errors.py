"""What an answer of DingTalk means: one table, one function.

An answer is judged by the code in its body; the HTTP status decides only where the body says nothing
known. Rate limits stand before permissions, because both codes begin with "Forbidden". Facts from
open.dingtalk.com, 'Global error codes', 'Call limits' and the error tables of the robot pages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from bot.command import Action, Maybe, Refused

Meaning = Action | Literal["ok", "maybe", "token", "session", "exists"]
"""Beside the actions of a refusal: done · perhaps done · the token is stale · the reply address is
dead · our own id was already taken, so it is done."""

_SLOW_S = 1.0
_MINUTE_S = 60.0
_BLOCKED_S = 300.0
_LONGEST_S = 3600.0
_WEBHOOK_BLOCKED_S = 600.0

_GROUPS: tuple[tuple[Meaning, float, str], ...] = (
    ("month", 0, "90020 20001"),
    ("slow", _SLOW_S, "toomuch.msg"),
    ("config", 0, "ding.serverquota.insufficient"),  # a person has to buy more; the words went anyway
    ("content", 0, "ding.receivercount.limit"),
    ("slow", _SLOW_S, "90002 90018 send.too.fast send.byToken.tooFast too.many.people too.many.group"),
    ("slow", _MINUTE_S, "130101 302033 660026"),
    ("slow", _WEBHOOK_BLOCKED_S, "410100"),
    ("slow", _MINUTE_S, "processQueryKey.expireTime"),  # not ready yet, or over: the deadline tells
    ("token", 0, "InvalidAuthentication 40014 42001 40001 33"),
    # The gateway gave up waiting, or does not know itself.
    ("maybe", 0, "-1 15 88 500 system.error system.busy unknownError unknown.send.result"),
    ("config", 0, "invalidClientIdOrSecret authFailed 40096 40035 invalid.client unauthorized.client"),
    ("config", 0, "60011 60020 50002 50004 310000 400101 300005 template.stopped bot.stopped"),
    ("config", 0, "conversation.org.notMatch permession.checkFailed groupPermissionDenied 22"),
    ("recipient", 0, "staffId.notExisted 33012 60121 robot.oto.notExist chatbotId.notAllow.sendOTO"),
    ("recipient", 0, "group.disbanded 400013 invalid.openConversationId bot.forbidden.sendMessage"),
    ("content", 0, "invalidParameter.robotCode.downloadCode 40104 40004 40005 40006 40009 143106"),
    ("content", 0, "msgKey.invalid contain.unsafe.url param.contentUnsafe 430101 430102 430103 430104"),
    ("session", 0, "300001 session.expired session.notExisted"),
    ("exists", 0, "param.cardAlreadyExist cardAlreadyExist"),
)
_EXACT: dict[str, tuple[Meaning, float]] = {
    code: (meaning, after_s) for meaning, after_s, codes in _GROUPS for code in codes.split()
}

_PATTERNS: tuple[tuple[re.Pattern[str], Meaning, float], ...] = (
    (re.compile(r"ApiCountLimitForOrg"), "month", 0),
    (re.compile(r"Q[pP][sSmM]Limit|Throttling|tooFast|too\.fast"), "slow", _SLOW_S),
    (re.compile(r"^AuthenticationFailed\."), "token", 0),
    (re.compile(r"^isp\."), "maybe", 0),
    (re.compile(r"AccessTokenPermissionDenied|IpNotInWhiteList|^Forbidden\."), "config", 0),
    (re.compile(r"^invalidParameter\.robotCode|^template\.|^param\.(cardT|t)emplate"), "config", 0),
    (re.compile(r"openConversationId|^invalidParameter\.(userIds|staffId)"), "recipient", 0),
    (re.compile(r"^contain\.(notAllowed|unsafe)"), "content", 0),
    (re.compile(r"^invalidParameter\.|^miss\.param|^param\."), "content", 0),
)
_SUBCODE = re.compile(r"subcode=(\d+)")
_UNSAFE_IN_CODE = re.compile(r"[^A-Za-z0-9._,:\[\]\-]")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer means, and what it said when it is "ok"."""

    meaning: Meaning
    code: str
    after_s: float = 0.0
    data: dict[str, Any] = field(default_factory=dict)

    def outcome(self) -> Refused | Maybe:
        """The same as the sender wants it; only for what is neither "ok" nor "exists"."""
        match self.meaning:
            case "maybe":
                return Maybe(self.code)
            case "retry" | "slow" | "config" | "recipient" | "content" | "month":
                return Refused(self.code, self.meaning, self.after_s)
            case "token":
                return Refused(self.code, "config")
            case _:
                return Refused(self.code, "recipient")


def classify(http_status: int, body: bytes, content_type: str, bytes_left: bool = True) -> Verdict:
    """Judge one answer, or the lack of one.

    Args:
        http_status: 0 if there was no answer.
        body: What was read of it, possibly cut short.
        content_type: The header, possibly empty.
        bytes_left: Whether the request can have reached the platform.
    """
    if not bytes_left:
        return Verdict("retry", "connect")
    if http_status == 0:
        return Verdict("maybe", "no_answer")
    data = _object(body)
    if data is None:
        return _unreadable(http_status, body, content_type)
    if data.get("status") == 1111 or data.get("punish"):
        return Verdict("slow", "blocked", min(max(_number(data.get("wait")), _BLOCKED_S), _LONGEST_S))
    code = _code(data, http_status)
    if code == "":
        return Verdict("ok", "", data=data)
    return _known(code, data) or _by_status(http_status, code)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return data if isinstance(data, dict) else None


def _unreadable(status: int, body: bytes, content_type: str) -> Verdict:
    if status >= 500:
        return Verdict("maybe", f"http{status}")
    page = "html" in content_type.lower() or body.lstrip()[:1] == b"<"
    if page and (status < 300 or status in (403, 405)):
        # The page shown to a blocked address; it stands before the API, nothing was done.
        return Verdict("slow", "blocked", _BLOCKED_S)
    if status < 300 or status == 408:
        return Verdict("maybe", "unreadable")
    if status < 500 and body.lstrip()[:1] == b"{":
        return Verdict("retry", "cut")  # a refusal that was cut off: of what is not known
    return _by_status(status, f"http{status}")


def _by_status(status: int, code: str) -> Verdict:
    """An unknown code: a refusal that somebody should look at, unless the server failed."""
    if status >= 500:
        return Verdict("maybe", code)
    if status == 429:
        return Verdict("slow", code, _SLOW_S)
    return Verdict("config", code)


def _code(data: dict[str, Any], status: int) -> str:
    """The code in the body, made safe to log; empty if it says all went well."""
    if "errcode" in data:
        code = str(data["errcode"])
        if code == "0":
            return ""
        # Behind the gateway's own code stands what it was told.
        return _safe(str(data.get("sub_code") or _subcode(data) or code))
    if status >= 300 or data.get("success") is False:
        return _safe(str(data.get("code") or data.get("errorCode") or f"http{status}"))
    return ""


def _subcode(data: dict[str, Any]) -> str:
    found = _SUBCODE.search(str(data.get("errmsg", "")))
    return found[1] if found else ""


def _known(code: str, data: dict[str, Any]) -> Verdict | None:
    if code in _EXACT:
        meaning, after_s = _EXACT[code]
        return Verdict(meaning, code, after_s)
    for pattern, meaning, after_s in _PATTERNS:
        if pattern.search(code):
            return Verdict(meaning, code + _scopes(data), after_s)
    return None


def _scopes(data: dict[str, Any]) -> str:
    """The permissions the application lacks, so that the administrator is told which to ask for."""
    detail = data.get("accessdenieddetail")
    scopes = detail.get("requiredScopes") if isinstance(detail, dict) else None
    if not isinstance(scopes, list) or not scopes:
        return ""
    return _safe("[" + ",".join(str(scope) for scope in scopes) + "]")


def _safe(code: str) -> str:
    return _UNSAFE_IN_CODE.sub("", code)[:120] or "unnamed"


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
