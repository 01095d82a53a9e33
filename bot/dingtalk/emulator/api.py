"""The platform's endpoints: one table of paths, the same gate before each, faults around them."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from aiohttp import web

from bot.dingtalk.emulator import cards, texts
from bot.dingtalk.emulator.content import open_msg, open_webhook
from bot.dingtalk.emulator.envelope import Answer, ApiError, Done, Style, ok, refusal
from bot.dingtalk.emulator.faults import Fault, FaultPlan
from bot.dingtalk.emulator.platform import Platform
from bot.dingtalk.emulator.records import Outcome

TOKEN_HEADER = "x-acs-dingtalk-access-token"  # noqa: S105 - a header's name
MAX_USERS = 20
HANG_MS = 30_000
"""How long a planned time-out keeps the caller waiting if it does not give up first."""
MAX_BODY = 1 << 20
_LINGER_NOT = struct.pack("ii", 1, 0)
_BUSY_PAGE = b"<html><head><title>%d</title></head><body>%d</body></html>"


@dataclass(frozen=True, slots=True)
class Request:
    """One call as an endpoint sees it."""

    query: Any
    headers: Any
    raw: bytes

    def json(self, code: str) -> dict[str, Any]:
        """The body as an object.

        Raises:
            ApiError: ``code``, if it is none.
        """
        try:
            body = orjson.loads(self.raw)
        except orjson.JSONDecodeError:
            raise ApiError(code) from None
        if not isinstance(body, dict):
            raise ApiError(code)
        return body


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One API: how it is called, whether it needs a token and counts, and what it does."""

    method: str
    style: Style
    token: bool
    counted: bool
    call: Callable[[Platform, Request], Done]


# -- tokens ---------------------------------------------------------------------------------------------


def _access_token(platform: Platform, request: Request) -> Done:
    body = request.json("invalidParameter.msgBody.invalid")
    app = platform.app
    if (body.get("appKey"), body.get("appSecret")) != (app.client_id, app.client_secret):
        raise ApiError("invalidClientIdOrSecret")
    return Done({"accessToken": platform.token("new"), "expireIn": 7200})


def _get_token(platform: Platform, request: Request) -> Done:
    key, secret = request.query.get("appkey"), request.query.get("appsecret")
    if not key or not secret:
        name = "appsecret" if key else "appkey"
        raise ApiError("40035", message=texts.MISSING_PARAMETER.format(name=name))
    if (key, secret) != (platform.app.client_id, platform.app.client_secret):
        raise ApiError("40096")
    return Done({"errcode": 0, "errmsg": "ok", "access_token": platform.token("old"), "expires_in": 7200})


# -- robot ----------------------------------------------------------------------------------------------


def _robot_body(platform: Platform, request: Request) -> dict[str, Any]:
    body = request.json("invalidParameter.msgBody.invalid")
    robot = body.get("robotCode")
    if not robot:
        raise ApiError("invalidParameter.robotCode.empty")
    if robot != platform.app.robot_code:
        raise ApiError("invalidParameter.robotCode.auth")
    return body


def _batch_send(platform: Platform, request: Request) -> Done:
    """``POST /v1.0/robot/oToMessages/batchSend``: one message for up to 20 people."""
    body = _robot_body(platform, request)
    users = body.get("userIds")
    if not users:
        raise ApiError("invalidParameter.userIds.empty")
    if not isinstance(users, list) or not all(isinstance(user, str) for user in users):
        raise ApiError("invalidParameter.param.invalid")
    if len(users) > MAX_USERS:
        raise ApiError("invalidParameter.userIds.overMax")
    content = open_msg(body.get("msgKey"), body.get("msgParam"))
    people = platform.world.people
    known = [user for user in dict.fromkeys(users) if user in people]
    key = platform.new_id("query")
    payload = {
        "processQueryKey": key,
        "invalidStaffIdList": [user for user in dict.fromkeys(users) if user not in people],
        "flowControlledStaffIdList": [],
        "filteredStaffIdList": [],
    }

    def show() -> None:
        at = platform.now_ms()
        for user in known:
            platform.seen.add(at, user, people[user].chat, "robot_private", key, content)

    return Done(payload, show)


def _group_send(platform: Platform, request: Request) -> Done:
    """``POST /v1.0/robot/groupMessages/send``."""
    body = _robot_body(platform, request)
    chat = body.get("openConversationId")
    if not chat:
        raise ApiError("miss.openConversationId")
    content = open_msg(body.get("msgKey"), body.get("msgParam"))
    if not isinstance(chat, str) or chat not in platform.world.group_class:
        raise ApiError("invalid.openConversationId")
    key = platform.new_id("query")

    def show() -> None:
        platform.seen.add(platform.now_ms(), None, chat, "robot_group", key, content)

    return Done({"processQueryKey": key}, show)


def _download(platform: Platform, request: Request) -> Done:
    """``POST /v1.0/robot/messageFiles/download``: a link to an attachment."""
    body = _robot_body(platform, request)
    code = body.get("downloadCode")
    if not isinstance(code, str) or code not in platform.files:
        raise ApiError("invalidParameter.robotCode.downloadCode")
    return Done({"downloadUrl": f"{platform.base_url}/_files/{code}"})


def _send_by_session(platform: Platform, request: Request) -> Done:
    """The reply address of one message, alive for 90 minutes (open.dingtalk.com, "Receive messages")."""
    session = platform.session(request.query.get("session", ""))
    content = open_webhook(request.raw)
    payload = {"errcode": 0, "errmsg": "ok"}
    if content is None:
        return Done(payload)
    message = platform.new_id("session-message")

    def show() -> None:
        platform.seen.add(platform.now_ms(), session.to, session.chat, "session", message, content)

    return Done(payload, show)


# -- cards ----------------------------------------------------------------------------------------------


def _card(call: Callable[[Platform, dict[str, Any]], Done], platform: Platform, request: Request) -> Done:
    return call(platform, request.json("param.empty"))


ENDPOINTS: dict[str, Endpoint] = {
    "/v1.0/oauth2/accessToken": Endpoint("POST", "new", False, False, _access_token),
    "/gettoken": Endpoint("GET", "old", False, False, _get_token),
    "/v1.0/robot/oToMessages/batchSend": Endpoint("POST", "new", True, True, _batch_send),
    "/v1.0/robot/groupMessages/send": Endpoint("POST", "new", True, True, _group_send),
    "/v1.0/robot/messageFiles/download": Endpoint("POST", "new", True, True, _download),
    "/v1.0/card/instances/createAndDeliver": Endpoint(
        "POST", "new", True, True, partial(_card, cards.create_and_deliver)
    ),
    "/v1.0/card/instances": Endpoint("PUT", "new", True, True, partial(_card, cards.update)),
    "/robot/sendBySession": Endpoint("POST", "webhook", False, False, _send_by_session),
}


class Api:
    """Answers every platform path."""

    def __init__(self, platform: Platform, faults: FaultPlan) -> None:
        self._platform = platform
        self._faults = faults

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call: read, perhaps go wrong as planned, decide, answer, write it down."""
        path = request.path
        raw = await request.read()
        fault = self._faults.pick(path)
        call = Request(request.rel_url.query, request.headers, raw)
        if fault is not None:
            return await self._faulty(request, path, call, fault)
        answer, done = self._decide(request.method, path, call)
        self._finish(path, call, answer, done)
        return _response(answer)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The bytes behind a download link."""
        stored = self._platform.files.get(request.match_info["code"])
        if stored is None:
            raise web.HTTPNotFound
        return web.Response(body=stored.data, content_type="application/octet-stream")

    def _decide(self, method: str, path: str, call: Request) -> tuple[Answer, Done | None]:
        endpoint = ENDPOINTS.get(path)
        if endpoint is None or endpoint.method != method:
            return _unknown(path), None
        try:
            if endpoint.token:
                self._check_token(call)
            if endpoint.style == "new":
                self._platform.take_quota(path, endpoint.counted)
            done = endpoint.call(self._platform, call)
        except ApiError as error:
            return refusal(error, endpoint.style), None
        return ok(done.payload), done

    def _check_token(self, call: Request) -> None:
        token = call.headers.get(TOKEN_HEADER)
        if not token:
            raise ApiError("AuthenticationFailed.MissingParameter")
        if not self._platform.token_valid(token):
            raise ApiError("InvalidAuthentication")

    def _finish(
        self, path: str, call: Request, answer: Answer, done: Done | None, *, answered: bool = True
    ) -> None:
        """Let the effect happen and write the call down."""
        outcome: Outcome = "refused"
        if done is not None:
            if done.effect is not None:
                done.effect()
            outcome = "done" if answered else "done_unanswered"
        self._log(path, call, answer.status, answer.code, outcome)

    def _log(self, path: str, call: Request, status: int, code: str, outcome: Outcome) -> None:
        endpoint = ENDPOINTS.get(path)
        counted = endpoint is not None and endpoint.counted and not code.startswith(_NOT_COUNTED)
        self._platform.calls.add(self._platform.now_ms(), path, status, code, counted, outcome, call.raw)

    # -- faults ------------------------------------------------------------------------------------------

    async def _faulty(
        self, request: web.Request, path: str, call: Request, fault: Fault
    ) -> web.StreamResponse:
        kind = fault.kind
        if kind in ("refuse", "timeout_before"):
            self._log(path, call, 0, f"fault.{kind}", "refused")
            if kind == "timeout_before":
                await asyncio.sleep(fault.ms(HANG_MS) / 1000)
            return _cut(request)
        if kind in ("http", "code"):
            return self._planned_refusal(path, call, fault)
        if kind == "slow":
            await asyncio.sleep(fault.ms(2_000) / 1000)
        if kind == "expire_token":
            self._platform.expire_tokens()
        answer, done = self._decide(request.method, path, call)
        if kind in ("slow", "expire_token"):
            self._finish(path, call, answer, done)
            return _response(answer)
        if kind == "silent_drop":
            self._log(path, call, answer.status, "fault.silent_drop" if done else answer.code, "refused")
            return _response(answer)
        self._finish(path, call, answer, done, answered=False)
        return await _unanswered(request, answer, fault)

    def _planned_refusal(self, path: str, call: Request, fault: Fault) -> web.Response:
        if fault.kind == "http":
            page = _BUSY_PAGE % (fault.value, fault.value)
            answer = Answer(fault.value, f"http.{fault.value}", page, "text/html")
        else:
            endpoint = ENDPOINTS.get(path)
            answer = refusal(
                ApiError(str(fault.value), _status_of(str(fault.value))),
                endpoint.style if endpoint else "new",
            )
        self._log(path, call, answer.status, answer.code, "refused")
        return _response(answer)


_NOT_COUNTED = ("Authentication", "InvalidAuthentication", "Forbidden.AccessDenied", "fault.refuse")


def _status_of(code: str) -> int:
    if code.startswith("Forbidden."):
        return 403
    return 500 if code.startswith("system.") or code == "unknownError" else 400


def _unknown(path: str) -> Answer:
    if path.startswith("/v1.0/"):
        return refusal(ApiError("InvalidAction.NotFound", 404), "new")
    return refusal(ApiError("22"), "old")


def _response(answer: Answer) -> web.Response:
    return web.Response(body=answer.body, status=answer.status, content_type=answer.content_type)


def _cut(request: web.Request) -> web.Response:
    """Break the connection off without a word: the caller sees a reset."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        request.transport.abort()
    return web.Response(status=500)  # never reaches anybody


async def _unanswered(request: web.Request, answer: Answer, fault: Fault) -> web.StreamResponse:
    if fault.kind == "truncate":
        keep = fault.ms(len(answer.body) // 2)
        return web.Response(body=answer.body[:keep], status=answer.status, content_type=answer.content_type)
    if fault.kind == "timeout_after":
        await asyncio.sleep(fault.ms(HANG_MS) / 1000)
    return _cut(request)
