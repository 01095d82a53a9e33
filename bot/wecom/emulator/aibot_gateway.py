"""The AI bot's long connection: subscriptions, acknowledgements, pushes to the one connection that lives.

Facts from developer.work.weixin.qq.com, path 101463, and from what the official client sends. A fault rule
for ``/_aibot`` hits the socket, one for ``/_aibot/aibot_send_msg`` (or another command) the frame: ``code``
refuses it, ``timeout_before`` loses it, ``timeout_after`` and ``silent_drop`` lose its acknowledgement,
``reset`` cuts the connection after it was done.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
from aiohttp import WSMsgType, web

from bot.emulation.faults import FaultPlan
from bot.emulation.records import CallLog
from bot.wecom.emulator import aibot
from bot.wecom.emulator.aibot import BotState
from bot.wecom.emulator.endpoint import ApiError
from config.clock import Clock

PATH = "/_aibot"
PIECE = 512 * 1024
MOST_PIECES = 100
BAD_SECRET = 40001
_LINGER_NOT = struct.pack("ii", 1, 0)
_OVER = (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING, WSMsgType.ERROR)
_SIZES = {"image": 10, "video": 10, "voice": 2, "file": 20}


class Ground(aibot.Ground, Protocol):
    """What is needed of the platform."""

    calls: CallLog

    @property
    def clock(self) -> Clock: ...


@dataclass(slots=True)
class Pace:
    """How the platform behaves, in real seconds; tests change it.

    Args:
        subscriptions: So many in ``window_s``; one more is refused with 45009.
        drop_pings: Leave pings without an answer, as a connection that died on the way.
        kick_code: With what a connection is closed that was driven out.
    """

    subscriptions: int = 30
    window_s: float = 60.0
    drop_pings: bool = False
    kick_code: int = 1000


@dataclass(slots=True)
class Upload:
    """Pieces on their way."""

    kind: str
    size: int
    count: int
    md5: str
    pieces: dict[int, bytes] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Connection:
    """One socket."""

    id: str
    ws: web.WebSocketResponse
    transport: asyncio.Transport
    subscribed: bool = False
    pings: int = 0

    def cut(self) -> None:
        """Break it off without a word."""
        connection = self.transport.get_extra_info("socket")
        if connection is not None and not self.transport.is_closing():
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self.transport.abort()

    async def write(self, frame: dict[str, Any]) -> bool:
        """Send one frame; whether it was written to a connection that is open."""
        if self.ws.closed or self.transport.is_closing():
            return False
        try:
            await self.ws.send_str(orjson.dumps(frame).decode())
        except (ConnectionError, RuntimeError):
            return False
        return True


class BotGateway:
    """See the module; lives in the emulator's event loop."""

    def __init__(self, ground: Ground, bot: BotState, faults: FaultPlan, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self.connections: list[Connection] = []
        self.opened = 0
        self.kicked = 0
        self._ground = ground
        self._bot = bot
        self._faults = faults
        self._subscriptions: deque[float] = deque()
        self._pieces: dict[str, Upload] = {}
        self._closing: set[asyncio.Task[bool]] = set()
        self._moved = asyncio.Event()

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Serve the socket, and the files people sent."""
        router.add_get(PATH, self._connect)
        router.add_get(f"{PATH}/media/{{code}}", self._media)

    async def stop(self) -> None:
        """Cut every socket."""
        self.cut()
        await asyncio.gather(*self._closing, return_exceptions=True)

    # -- what happens to connections

    @property
    def live(self) -> Connection | None:
        """The one connection the platform pushes to."""
        return next((one for one in self.connections if one.subscribed and not one.ws.closed), None)

    async def until(self, so: Callable[[], bool], timeout_s: float = 10.0) -> None:
        """Wait until something is so; looked at whenever a connection or a frame came or went.

        Raises:
            TimeoutError: It did not become so in time.
        """
        async with asyncio.timeout(timeout_s):
            while not so():
                await self._moved.wait()

    async def wait(self) -> None:
        """Wait until somebody is subscribed."""
        await self.until(lambda: self.live is not None)

    def cut(self) -> None:
        """Break every socket off."""
        for one in list(self.connections):
            one.cut()

    async def close(self, code: int = 1000) -> None:
        """Close every socket politely."""
        await asyncio.gather(*(one.ws.close(code=code) for one in list(self.connections)))

    def _changed(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    # -- pushes

    async def push(self, cmd: str, body: dict[str, Any], asked: aibot.Asked, req_id: str) -> tuple[bool, str]:
        """Hand a callback to the live connection; nothing acknowledges it, so writing it is all there is."""
        one = self.live
        if one is None:
            return False, "no connection"
        asked.connection = one.id
        written = await one.write({"cmd": cmd, "headers": {"req_id": req_id}, "body": body})
        return written, "" if written else "the connection was cut"

    # -- the socket

    async def _media(self, request: web.Request) -> web.Response:
        data = self._bot.media_at(request.match_info["code"])
        return web.Response(status=404) if data is None else web.Response(body=data)

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        fault = self._faults.pick(PATH)
        if request.transport is None:
            return web.Response(status=400)
        if fault is not None and fault.kind in ("refuse", "http"):
            return web.Response(status=fault.value if fault.kind == "http" else 503)
        ws = web.WebSocketResponse(timeout=1.0, max_msg_size=2 << 20)
        await ws.prepare(request)
        self.opened += 1
        one = Connection(self._ground.new_id("aibot-connection"), ws, request.transport)
        self.connections.append(one)
        self._changed()
        try:
            await self._serve(one)
        finally:
            self.connections.remove(one)
            self._changed()
        return ws

    async def _serve(self, one: Connection) -> None:
        while True:
            message = await one.ws.receive()
            if message.type in _OVER:
                return
            frame = _frame(message.data) if message.type is WSMsgType.TEXT else None
            if frame is None:
                continue
            if not one.subscribed and frame["cmd"] != "aibot_subscribe":
                await one.ws.close(code=1008)
                return
            await self._frame(one, frame)
            self._changed()

    async def _frame(self, one: Connection, frame: dict[str, Any]) -> None:
        cmd, req_id = frame["cmd"], frame["headers"]["req_id"]
        if cmd == "ping":
            one.pings += 1
            if not self.pace.drop_pings:
                await one.write(_ack(req_id))
            return
        body = frame.get("body")
        body = body if isinstance(body, dict) else {}
        fault = self._faults.pick(f"{PATH}/{cmd}")
        kind = fault.kind if fault is not None else ""
        answer: dict[str, Any] = {}
        code, text = 0, "ok"
        try:
            if kind == "timeout_before":
                return
            if fault is not None and kind == "code":
                raise ApiError(int(fault.value), "planned")
            answer = await self._done(one, cmd, body, req_id)
        except ApiError as error:
            code, text = error.code, error.text
        finally:
            self._log(cmd, body, code, lost=kind == "timeout_before")
        if kind == "reset":
            one.cut()
        elif kind not in ("timeout_after", "silent_drop"):
            await one.write(_ack(req_id, code, text, answer))

    def _log(self, cmd: str, body: dict[str, Any], code: int, *, lost: bool) -> None:
        shown = {**body, "secret": "***"} if "secret" in body else body
        if "base64_data" in shown:
            shown = {**shown, "base64_data": f"<{len(str(shown['base64_data']))}>"}
        outcome = "refused" if code or lost else "done"
        said = "ok" if code == 0 else str(code)
        api = f"{PATH}/{cmd}"
        log, raw = self._ground.calls, orjson.dumps(shown)
        log.add(self._ground.now_ms(), api, 0 if lost else 200, said, False, outcome, raw)  # type: ignore[arg-type]

    async def _done(self, one: Connection, cmd: str, body: dict[str, Any], req_id: str) -> dict[str, Any]:
        """What a command brings; raises ApiError where the platform refuses."""
        bot = self._bot
        match cmd:
            case "aibot_subscribe":
                await self._subscribe(one, body)
            case "aibot_respond_msg":
                bot.respond(bot.found(req_id, "message", one.id), body)()
            case "aibot_respond_welcome_msg":
                bot.respond(bot.found(req_id, "enter", one.id), body)()
            case "aibot_respond_update_msg":
                bot.update(bot.found(req_id, "card", one.id), body)()
            case "aibot_send_msg":
                bot.send(body)()
            case "aibot_upload_media_init":
                return {"upload_id": self._upload_begins(body)}
            case "aibot_upload_media_chunk":
                self._upload_goes_on(body)
            case "aibot_upload_media_finish":
                return self._upload_ends(body)
            case _:
                raise ApiError(40008, "unknown cmd")
        return {}

    async def _subscribe(self, one: Connection, body: dict[str, Any]) -> None:
        """The newest wins: whoever was connected is told, and closed."""
        now = self._ground.clock.monotonic()
        while self._subscriptions and self._subscriptions[0] <= now - self.pace.window_s:
            self._subscriptions.popleft()
        if len(self._subscriptions) >= self.pace.subscriptions:
            raise ApiError(aibot.TOO_OFTEN, "subscribe too often")
        self._subscriptions.append(now)
        proof = str(body.get("secret")).encode()
        if body.get("bot_id") != self._bot.id or not hmac.compare_digest(proof, self._bot.secret.encode()):
            raise ApiError(BAD_SECRET, "invalid bot_id or secret")
        for other in [each for each in self.connections if each.subscribed and each is not one]:
            await self._kick(other)
        one.subscribed = True

    async def _kick(self, other: Connection) -> None:
        other.subscribed = False
        self.kicked += 1
        body = {
            "msgid": self._ground.new_id("aibot-event"), "create_time": self._ground.now_ms() // 1000,
            "aibotid": self._bot.id, "msgtype": "event", "event": {"eventtype": "disconnected_event"},
        }  # fmt: skip
        req_id = self._ground.new_id("aibot-req")
        await other.write({"cmd": "aibot_event_callback", "headers": {"req_id": req_id}, "body": body})
        closing = asyncio.create_task(other.ws.close(code=self.pace.kick_code))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    # -- uploads

    def _upload_begins(self, body: dict[str, Any]) -> str:
        kind, size, count = body.get("type"), body.get("total_size"), body.get("total_chunks")
        if kind not in _SIZES:
            raise ApiError(40004, "invalid media type")
        if not isinstance(size, int) or not 5 < size <= _SIZES[kind] << 20:
            raise ApiError(40006, "invalid media size")
        if not isinstance(count, int) or not 1 <= count <= MOST_PIECES or not body.get("filename"):
            raise ApiError(40058, "invalid total_chunks or filename")
        upload_id = self._ground.new_id("aibot-upload")
        self._pieces[upload_id] = Upload(kind, size, count, str(body.get("md5")))
        return upload_id

    def _upload(self, body: dict[str, Any]) -> Upload:
        upload = self._pieces.get(str(body.get("upload_id")))
        if upload is None:
            raise ApiError(40007, "invalid upload_id")
        return upload

    def _upload_goes_on(self, body: dict[str, Any]) -> None:
        upload, index = self._upload(body), body.get("chunk_index")
        piece = base64.b64decode(str(body.get("base64_data")))
        if not isinstance(index, int) or not 0 <= index < upload.count or not 0 < len(piece) <= PIECE:
            raise ApiError(40058, "invalid chunk")
        upload.pieces[index] = piece

    def _upload_ends(self, body: dict[str, Any]) -> dict[str, Any]:
        upload = self._upload(body)
        data = b"".join(upload.pieces[index] for index in sorted(upload.pieces))
        proof = hashlib.md5(data, usedforsecurity=False).hexdigest()
        if (len(upload.pieces), len(data), proof) != (upload.count, upload.size, upload.md5):
            raise ApiError(40058, "pieces are missing or damaged")
        del self._pieces[str(body.get("upload_id"))]
        media_id = self._bot.keep_upload(upload.kind, data)
        return {"type": upload.kind, "media_id": media_id, "created_at": self._ground.now_ms() // 1000}


def _frame(text: str) -> dict[str, Any] | None:
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    headers = frame.get("headers") if isinstance(frame, dict) else None
    req_id = headers.get("req_id") if isinstance(headers, dict) else None
    good = isinstance(req_id, str) and isinstance(frame.get("cmd"), str)
    return frame if good else None


def _ack(req_id: str, code: int = 0, text: str = "ok", body: dict[str, Any] | None = None) -> dict[str, Any]:
    frame: dict[str, Any] = {"headers": {"req_id": req_id}, "errcode": code, "errmsg": text}
    if body:
        frame["body"] = body
    return frame
