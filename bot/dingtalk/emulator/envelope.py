"""How the platform answers: its envelopes for errors and success, old API, new API and webhook."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from bot.dingtalk.emulator import texts

Style = Literal["new", "old", "webhook"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished HTTP answer and the code it carries (``ok`` when it is no error)."""

    status: int
    code: str
    body: bytes
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Done:
    """What an API decided: what it answers, and what happens in the world if nothing goes wrong."""

    payload: dict[str, Any]
    effect: Callable[[], object] | None = None


class ApiError(Exception):
    """The platform refuses a call.

    Args:
        code: The platform's error code.
        status: The HTTP status of the new API (the old one always answers 200).
        message: The platform's words; looked up when not given.
    """

    def __init__(self, code: str, status: int = 400, message: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.message = texts.PLATFORM_MESSAGES.get(code, code) if message is None else message


def ok(payload: dict[str, Any]) -> Answer:
    return Answer(200, "ok", orjson.dumps(payload))


def refusal(error: ApiError, style: Style) -> Answer:
    """The error in the envelope of that API family (open.dingtalk.com, "Server API error codes")."""
    if style == "new":
        body = {"code": error.code, "requestid": str(uuid.uuid4()).upper(), "message": error.message}
        return Answer(error.status, error.code, orjson.dumps(body))
    if style == "old" and error.code in ("40014", "42001"):
        return Answer(200, error.code, orjson.dumps(_gateway_refusal(error)))
    code: int | str = int(error.code) if error.code.lstrip("-").isdigit() else error.code
    return Answer(200, error.code, orjson.dumps({"errcode": code, "errmsg": error.message}))


def _gateway_refusal(error: ApiError) -> dict[str, Any]:
    return {
        "errcode": 88,
        "sub_code": error.code,
        "sub_msg": error.message,
        "errmsg": f"ding talk error[subcode={error.code},submsg={error.message}]",
        "request_id": uuid.uuid4().hex[:12],
    }
