"""The platform's endpoints: one table of paths, the same gate before each, faults around them."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any
from urllib.parse import parse_qs

import orjson
from aiohttp import web

from bot.dingtalk.emulator import (
    account,
    addressbook,
    cards,
    ding,
    edu,
    groups,
    media,
    notices,
    robot,
    webhook,
)
from bot.dingtalk.emulator.endpoint import Endpoint, Request, Table
from bot.dingtalk.emulator.envelope import Answer, ApiError, Done, ok, refusal
from bot.dingtalk.emulator.platform import Platform
from bot.emulation.faults import LISTS, Fault, FaultPlan
from bot.emulation.records import Outcome

TOKEN_HEADER = "x-acs-dingtalk-access-token"  # noqa: S105 - a header's name
HANG_MS = 30_000
"""How long a planned time-out keeps the caller waiting if it does not give up first."""
MAX_BODY = 1 << 20
DRIP_MS = 1000
_LINGER_NOT = struct.pack("ii", 1, 0)
_BUSY_PAGE = b"<html><head><title>%d</title></head><body>%d</body></html>"
_PUNISHED = {"status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": "0a1b2c3d4e5f"}
_MULTIPART = b'"multipart, %d bytes"'

ENDPOINTS: Table = {
    **account.ENDPOINTS,
    **robot.ENDPOINTS,
    **ding.ENDPOINTS,
    **cards.ENDPOINTS,
    **media.ENDPOINTS,
    **addressbook.ENDPOINTS,
    **edu.ENDPOINTS,
    **notices.ENDPOINTS,
    **groups.ENDPOINTS,
    **webhook.ENDPOINTS,
}
PATHS = frozenset(path for _, path in ENDPOINTS)


def _endpoint(method: str, path: str) -> Endpoint | None:
    return ENDPOINTS.get((method, path)) or groups.by_path(method, path)


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
        planned = str(fault.value) if fault is not None and _fills_a_list(fault) else ""
        call = Request(request.rel_url.query, request.headers, raw, planned)
        if fault is not None and not planned:
            return await self._faulty(request, path, call, fault)
        answer, done = self._decide(request.method, path, call)
        self._finish(request, call, answer, done)
        return _response(answer)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The bytes behind a download link, while it is alive."""
        stored = self._platform.linked(request.match_info["code"])
        if stored is None:
            raise web.HTTPNotFound
        return web.Response(body=stored.data, content_type="application/octet-stream")

    def _decide(self, method: str, path: str, call: Request) -> tuple[Answer, Done | None]:
        endpoint = _endpoint(method, path)
        if endpoint is None:
            return _unknown(path), None
        platform = self._platform
        try:
            if endpoint.token:
                self._check_token(call, endpoint)
            if endpoint.style != "webhook":
                platform.quotas.take_call(
                    path, platform.now_ms(), platform.limits, endpoint.style, counted=endpoint.counted
                )
            done = endpoint.call(platform, call)
        except ApiError as error:
            return refusal(error, endpoint.style), None
        return ok(done.payload), done

    def _check_token(self, call: Request, endpoint: Endpoint) -> None:
        """Both kinds of token are taken by both families; whether the platform does is not documented."""
        new = endpoint.style == "new"
        token = call.headers.get(TOKEN_HEADER) if new else _old_token(call)
        if not token:
            raise ApiError("AuthenticationFailed.MissingParameter" if new else "40014")
        if not self._platform.token_valid(token):
            raise ApiError("InvalidAuthentication" if new else "40014")

    def _finish(
        self, request: web.Request, call: Request, answer: Answer, done: Done | None, *, answered: bool = True
    ) -> None:
        """Let the effect happen and write the call down."""
        outcome: Outcome = "refused"
        if done is not None:
            if done.effect is not None:
                done.effect()
            outcome = "done" if answered else "done_unanswered"
        self._log(request, call, answer.status, answer.code, outcome)

    def _log(self, request: web.Request, call: Request, status: int, code: str, outcome: Outcome) -> None:
        endpoint = _endpoint(request.method, request.path)
        counted = endpoint is not None and endpoint.counted and not code.startswith(_NOT_COUNTED)
        raw = call.raw
        if call.headers.get("Content-Type", "").startswith("multipart/"):
            raw = _MULTIPART % len(raw)
        self._platform.calls.add(self._platform.now_ms(), request.path, status, code, counted, outcome, raw)

    # -- faults ------------------------------------------------------------------------------------------

    async def _faulty(
        self, request: web.Request, path: str, call: Request, fault: Fault
    ) -> web.StreamResponse:
        kind = fault.kind
        if kind in ("refuse", "timeout_before"):
            self._log(request, call, 0, f"fault.{kind}", "refused")
            if kind == "timeout_before":
                await asyncio.sleep(fault.ms(HANG_MS) / 1000)
            return _cut(request)
        if kind in ("http", "code"):
            return self._planned_refusal(request, call, fault)
        if kind == "slow":
            await asyncio.sleep((0 if fault.drip_ms is not None else fault.ms(2_000)) / 1000)
        if kind == "expire_token":
            self._platform.expire_tokens()
        answer, done = self._decide(request.method, path, call)
        if kind in ("slow", "expire_token"):
            self._finish(request, call, answer, done)
            return await _dripped(request, answer, fault) if fault.drip_ms is not None else _response(answer)
        if kind == "silent_drop":
            self._log(request, call, answer.status, "fault.silent_drop" if done else answer.code, "refused")
            return _response(answer)
        self._finish(request, call, answer, done, answered=False)
        return await _unanswered(request, answer, fault)

    def _planned_refusal(self, request: web.Request, call: Request, fault: Fault) -> web.Response:
        endpoint = _endpoint(request.method, request.path)
        if endpoint is None:  # a wrong method is still refused in the family's words
            endpoint = next((each for (_, path), each in ENDPOINTS.items() if path == request.path), None)
        answer = _planned(fault, endpoint)
        self._log(request, call, answer.status, answer.code, "refused")
        retry = {"Retry-After": "1"} if answer.status == 429 else None
        return _response(answer, retry)


_NOT_COUNTED = (
    "Authentication", "InvalidAuthentication", "40014", "42001", "Forbidden.AccessDenied", "90018", "90020",
    "fault.refuse",
)  # fmt: skip


def _fills_a_list(fault: Fault) -> bool:
    return fault.kind == "code" and str(fault.value).partition(":")[0] in LISTS


def _planned(fault: Fault, endpoint: Endpoint | None) -> Answer:
    code = str(fault.value)
    if fault.kind == "http":
        return Answer(fault.value, f"http.{code}", _BUSY_PAGE % (fault.value, fault.value), "text/html")
    if code == "1111":  # this address sent too much: no envelope of any family
        return Answer(200, code, orjson.dumps(_PUNISHED))
    if code == "punish":
        return Answer(200, code, _BUSY_PAGE % (1111, 1111), "text/html")
    return refusal(ApiError(code, _status_of(code)), endpoint.style if endpoint else "new")


def _status_of(code: str) -> int:
    if code.startswith("Forbidden."):
        return 403
    return 500 if code.startswith("system.") or code == "unknownError" else 400


def _old_token(call: Request) -> str | None:
    """The old API takes its token in the query or in the form."""
    token = call.query.get("access_token")
    if token or not call.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        return token
    return parse_qs(call.raw.decode("utf-8", "replace")).get("access_token", [None])[0]


def _unknown(path: str) -> Answer:
    if path.startswith("/v1.0/"):
        return refusal(ApiError("InvalidAction.NotFound", 404), "new")
    return refusal(ApiError("22"), "old")


def _response(answer: Answer, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=answer.body, status=answer.status, content_type=answer.content_type, headers=headers
    )


def _cut(request: web.Request) -> web.Response:
    """Break the connection off without a word: the caller sees a reset."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        request.transport.abort()
    return web.Response(status=500)  # never reaches anybody


async def _begun(request: web.Request, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status)
    response.content_type = answer.content_type
    response.content_length = len(answer.body)
    await response.prepare(request)
    return response


async def _dripped(request: web.Request, answer: Answer, fault: Fault) -> web.StreamResponse:
    """Byte by byte, until it is there or the caller has had enough."""
    response = await _begun(request, answer)
    try:
        for at in range(len(answer.body)):
            await asyncio.sleep((fault.drip_ms or 0) / 1000)
            await response.write(answer.body[at : at + 1])
        await response.write_eof()
    except ConnectionError:
        pass
    return response


async def _unanswered(request: web.Request, answer: Answer, fault: Fault) -> web.StreamResponse:
    if fault.kind == "truncate":
        keep = fault.ms(len(answer.body) // 2)
        return web.Response(body=answer.body[:keep], status=answer.status, content_type=answer.content_type)
    if fault.kind == "timeout_after":
        await asyncio.sleep(fault.ms(HANG_MS) / 1000)
    if fault.kind == "reset" and fault.ms(0):
        response: Any = await _begun(request, answer)
        await response.write(answer.body[: fault.ms(0)])
        _cut(request)
        return response  # type: ignore[no-any-return]
    return _cut(request)
