"""The platform's endpoints: one table of paths, the same gate before each, faults around them."""

from __future__ import annotations

import asyncio
import hmac
import re
import socket
import struct

from aiohttp import web

from bot.emulation.faults import Fault, FaultPlan
from bot.emulation.records import Outcome
from bot.wecom.emulator import (
    aibot_api,
    contacts,
    groups,
    jssdk,
    kf,
    media,
    meeting,
    messages,
    oauth,
    school,
    webhook,
)
from bot.wecom.emulator.endpoint import ApiError, Done, Endpoint, Request, Table
from bot.wecom.emulator.envelope import refused, taken
from bot.wecom.emulator.platform import Platform

HANG_MS = 30_000
MAX_BODY = 24 << 20
_LINGER_NOT = struct.pack("ii", 1, 0)
_ESCAPED = re.compile(rb"\\u[0-9a-fA-F]{4}")
_RANGE = re.compile(r"bytes=([0-9]{1,12})-([0-9]{0,12})")


def _get_token(platform: Platform, call: Request) -> Done:
    """developer.work.weixin.qq.com, path 91039."""
    app, query = platform.app, call.query
    if not query.get("corpid"):
        raise ApiError(41002, "corpid missing")
    if not query.get("corpsecret"):
        raise ApiError(41004, "corpsecret missing")
    if query["corpid"] != app.corp_id:
        raise ApiError(40013, "invalid corpid")
    if not hmac.compare_digest(query["corpsecret"].encode(), app.secret.encode()):
        raise ApiError(40001, "invalid credential")
    token, lives_s = platform.token()
    return Done({"access_token": token, "expires_in": lives_s})


ENDPOINTS: Table = {
    ("GET", "/cgi-bin/gettoken"): Endpoint(_get_token, token=False),
    **messages.ENDPOINTS,
    **media.ENDPOINTS,
    **contacts.ENDPOINTS,
    **kf.ENDPOINTS,
    **school.ENDPOINTS,
    **groups.ENDPOINTS,
    **oauth.ENDPOINTS,
    **jssdk.ENDPOINTS,
    **meeting.ENDPOINTS,
    **aibot_api.ENDPOINTS,
    **webhook.ENDPOINTS,
}
PATHS = frozenset(path for _, path in ENDPOINTS)


class Api:
    """Answers every platform path."""

    def __init__(self, platform: Platform, faults: FaultPlan) -> None:
        self._platform = platform
        self._faults = faults
        self._n = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call: read, perhaps go wrong as planned, decide, answer, write it down."""
        raw = await request.read()
        call = Request(request.rel_url.query, request.headers, raw)
        fault = self._faults.pick(request.path)
        if fault is not None:
            return await self._faulty(request, call, fault)
        body, code, done = self._decide(request.method, request.path, call)
        self._finish(request, call, code, done)
        return self._part(request, self._response(body, done), done)

    def _decide(self, method: str, path: str, call: Request) -> tuple[bytes, str, Done | None]:
        try:
            done = self._endpoint_of(method, path, call)
        except ApiError as error:
            self._n += 1
            return refused(error, self._platform.now_ms() // 1000, self._n), str(error.code), None
        return taken(dict(done.payload)), "ok", done

    def _endpoint_of(self, method: str, path: str, call: Request) -> Done:
        endpoint = ENDPOINTS.get((method, path))
        if endpoint is None:
            raise ApiError(43002 if path in PATHS else -1, "require another method or path")
        if endpoint.token:
            self._check_token(call)
        if not endpoint.multipart and _ESCAPED.search(call.raw):
            raise ApiError(40033, "invalid charset. please check your request, if include \\uxxxx")
        platform = self._platform
        if not platform.api_calls.take(path, platform.now_ms(), platform.limits.api_minute):
            raise ApiError(45009, "api freq out of limit")
        if call.query.get("debug") == "1" and not platform.debug_calls.take(
            "", platform.now_ms(), platform.limits.debug_minute
        ):
            raise ApiError(45009, "debug freq out of limit")
        return endpoint.call(platform, call)

    def _check_token(self, call: Request) -> None:
        token = call.query.get("access_token", "")
        if not token:
            raise ApiError(41001, "access_token missing")
        code = self._platform.token_state(token)
        if code:
            raise ApiError(code, "invalid access_token" if code == 40014 else "access_token expired")

    def _finish(
        self, request: web.Request, call: Request, code: str, done: Done | None, *, answered: bool = True
    ) -> None:
        outcome: Outcome = "refused"
        if done is not None:
            if done.effect is not None:
                done.effect()
            outcome = "done" if answered else "done_unanswered"
        self._log(request, call, 200, code, outcome)

    def _log(self, request: web.Request, call: Request, status: int, code: str, outcome: Outcome) -> None:
        raw = call.raw
        if call.headers.get("Content-Type", "").startswith("multipart/"):
            raw = b'"multipart, %d bytes"' % len(raw)
        self._platform.calls.add(self._platform.now_ms(), request.path, status, code, False, outcome, raw)

    def _response(self, body: bytes, done: Done | None) -> web.Response:
        if done is not None and done.raw is not None:
            data, kind, name = done.raw
            headers = {"Content-Disposition": f'attachment; filename="{name}"'} if name else None
            return web.Response(body=data, content_type=kind, headers=headers)
        return web.Response(body=body, content_type="application/json", charset="utf-8")

    def _part(self, request: web.Request, answer: web.Response, done: Done | None) -> web.Response:
        """Of a file, the part that ``Range`` asks for."""
        wanted = _RANGE.fullmatch(request.headers.get("Range", ""))
        if done is None or done.raw is None or wanted is None:
            return answer
        data, kind, _ = done.raw
        first, last = int(wanted[1]), min(int(wanted[2] or len(data)), len(data) - 1)
        if first > last:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{len(data)}"})
        place = {"Content-Range": f"bytes {first}-{last}/{len(data)}"}
        return web.Response(status=206, body=data[first : last + 1], content_type=kind, headers=place)

    # -- faults ------------------------------------------------------------------------------------------

    async def _faulty(self, request: web.Request, call: Request, fault: Fault) -> web.StreamResponse:
        kind = fault.kind
        if kind in ("refuse", "timeout_before"):
            self._log(request, call, 0, f"fault.{kind}", "refused")
            if kind == "timeout_before":
                await asyncio.sleep(fault.ms(HANG_MS) / 1000)
            return _cut(request)
        if kind == "http":
            self._log(request, call, fault.value, f"http.{fault.value}", "refused")
            return web.Response(status=fault.value, text="<html>busy</html>", content_type="text/html")
        if kind == "code":
            self._n += 1
            error = ApiError(int(fault.value), "planned")
            self._log(request, call, 200, str(fault.value), "refused")
            return self._response(refused(error, self._platform.now_ms() // 1000, self._n), None)
        if kind == "slow":
            await asyncio.sleep(fault.ms(2_000) / 1000)
        if kind == "expire_token":
            self._platform.expire_tokens()
        body, code, done = self._decide(request.method, request.path, call)
        if kind in ("slow", "expire_token"):
            self._finish(request, call, code, done)
            return self._response(body, done)
        if kind == "silent_drop":
            self._log(request, call, 200, "fault.silent_drop" if done else code, "refused")
            return self._response(body, done)
        self._finish(request, call, code, done, answered=False)
        return await self._unanswered(request, body, fault)

    async def _unanswered(self, request: web.Request, body: bytes, fault: Fault) -> web.StreamResponse:
        if fault.kind == "truncate":
            return web.Response(body=body[: fault.ms(len(body) // 2)], content_type="application/json")
        if fault.kind == "timeout_after":
            await asyncio.sleep(fault.ms(HANG_MS) / 1000)
        return _cut(request)


def _cut(request: web.Request) -> web.Response:
    """Break the connection off without a word: the caller sees a reset."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        request.transport.abort()
    return web.Response(status=500)  # never reaches anybody
