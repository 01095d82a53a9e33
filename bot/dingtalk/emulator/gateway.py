"""The platform's stream gateway: tickets, sockets, and pushes to one of them at random.

Facts from open.dingtalk.com, "Stream mode", and from what its official clients send. A fault rule for
``/v1.0/gateway/connections/open`` hits the call, one for ``/connect`` the socket: ``refuse`` cuts before the
upgrade, ``http`` answers with that status, ``slow`` waits, ``code`` closes at once with that close code,
``reset`` cuts after the upgrade, ``silent_drop`` leaves the socket half open.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from bot.dingtalk.emulator.envelope import Answer, ApiError, refusal
from bot.dingtalk.emulator.platform import Platform
from bot.dingtalk.emulator.sockets import (
    BOT,
    CARD,
    EVENT,
    Ack,
    Connection,
    Pace,
    Pushed,
    judged,
    parsed,
    refused,
    subscription,
    without_words,
)
from bot.emulation.faults import Fault, FaultPlan
from bot.emulation.records import PushRecord

OPEN = "/v1.0/gateway/connections/open"
CONNECT = "/connect"
TICKET_MS = 90_000
_PUSHES = {BOT: "push:robot", CARD: "push:card", EVENT: "push:event"}
_PAGE = "<html><head><title>%d</title></head><body>%d</body></html>"
_XML = "<OpenConnectionResponse><endpoint>%s</endpoint><ticket>%s</ticket></OpenConnectionResponse>"


class Gateway:
    """The emulated gateway; lives in the emulator's event loop."""

    def __init__(self, platform: Platform, faults: FaultPlan, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self.connections: list[Connection] = []
        self.acks: list[Ack] = []
        self.opened = 0
        self._platform = platform
        self._faults = faults
        self._tickets: dict[str, tuple[int, frozenset[str]]] = {}
        self._dice = random.Random(0)  # noqa: S311 - repeatable on purpose
        self._tasks: set[asyncio.Task[Any]] = set()
        self._moved = asyncio.Event()
        self._passed = asyncio.Event()

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Serve the two addresses."""
        router.add_route("*", OPEN, self._open)
        router.add_get(CONNECT, self._connect)

    async def stop(self) -> None:
        """Cut every socket and forget what would have been pushed again."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.cut()

    # -- what happens to connections -------------------------------------------------------------------

    def connected(self, topic: str) -> bool:
        """Whether a push of that topic would find a connection that looks alive."""
        return bool(self._takers(topic))

    def _takers(self, topic: str) -> list[Connection]:
        return [one for one in self.connections if one.state != "leaving" and topic in one.topics]

    async def until(self, so: Callable[[], bool], timeout_s: float = 10.0) -> None:
        """Wait until something is so; looked at whenever a connection, a call or an acknowledgement came.

        Raises:
            TimeoutError: It did not become so in time.
        """
        async with asyncio.timeout(timeout_s):
            while not so():
                await self._moved.wait()

    async def wait(self, topic: str = BOT, count: int = 1) -> None:
        """Wait until exactly ``count`` connections would take that topic.

        Raises:
            TimeoutError: They did not come, or go, in time.
        """
        await self.until(lambda: len(self._takers(topic)) == count)

    async def disconnect(self, reason: str = "connection is expired") -> None:
        """Tell every client to go; after some silence its socket is cut."""
        for one in [one for one in self.connections if one.state == "live"]:
            one.state = "leaving"
            await one.send(self._stamp(), "SYSTEM", "disconnect", {"reason": reason}, self._frame_id())
            self._later(self._cut_after(one, self.pace.silence_s))
        self._changed()

    async def _cut_after(self, one: Connection, seconds: float) -> None:
        await asyncio.sleep(seconds)
        one.cut()

    def cut(self) -> None:
        """Break every socket off."""
        for one in list(self.connections):
            one.cut()

    async def close(self, code: int = 1000) -> None:
        """Close every socket politely."""
        await asyncio.gather(*(one.ws.close(code=code) for one in list(self.connections)))

    def freeze(self) -> None:
        """Leave every socket half open: it stays chosen for pushes, which then are lost."""
        for one in self.connections:
            one.state = "zombie"

    def _changed(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    def _later(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- POST /v1.0/gateway/connections/open -----------------------------------------------------------

    async def _open(self, request: web.Request) -> web.StreamResponse:
        self.opened += 1
        self._changed()
        raw = await request.read()
        fault = self._faults.pick(OPEN)
        kind = fault.kind if fault else ""
        if kind in ("refuse", "timeout_before"):
            self._log(raw, 0, f"fault.{kind}")
            return await self._give_up(request, hang=kind == "timeout_before")
        if fault is not None and kind == "slow":
            await asyncio.sleep(fault.ms(2_000) / 1000)
        if kind == "expire_token":
            self._tickets.clear()
        answer = self._planned(fault) or self._ticket(request, raw)
        if kind == "silent_drop":  # a ticket that opens nothing
            self._tickets.clear()
        self._log(raw, answer.status, answer.code)
        if kind in ("timeout_after", "reset"):
            return await self._give_up(request, hang=kind == "timeout_after")
        body = answer.body[: len(answer.body) // 2] if kind == "truncate" else answer.body
        return web.Response(body=body, status=answer.status, content_type=answer.content_type)

    async def _give_up(self, request: web.Request, *, hang: bool) -> web.Response:
        if hang:
            await asyncio.sleep(self.pace.hang_s)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)  # never reaches anybody

    def _planned(self, fault: Fault | None) -> Answer | None:
        if fault is not None and fault.kind == "http":
            page = (_PAGE % (fault.value, fault.value)).encode()
            return Answer(fault.value, f"http.{fault.value}", page, "text/html")
        if fault is not None and fault.kind == "code":
            return refused(str(fault.value))
        return None

    def _ticket(self, request: web.Request, raw: bytes) -> Answer:
        """A ticket for one connection; as XML for who does not ask for JSON."""
        try:
            topics = self._check(request.method, raw)
        except ApiError as error:
            return refusal(error, "new")
        ticket = str(uuid.uuid4())
        self._tickets[ticket] = (self._platform.now_ms() + TICKET_MS, topics)
        endpoint = self._platform.base_url.replace("http", "ws", 1) + CONNECT
        if "application/json" not in request.headers.get("Accept", ""):
            return Answer(200, "ok", (_XML % (endpoint, ticket)).encode(), "application/xml")
        return Answer(200, "ok", orjson.dumps({"endpoint": endpoint, "ticket": ticket}))

    def _check(self, method: str, raw: bytes) -> frozenset[str]:
        body = parsed(raw)
        app = self._platform.app
        if method != "POST" or body is None:
            raise ApiError("invalidParameter.msgBody.invalid")
        if (body.get("clientId"), body.get("clientSecret")) != (app.client_id, app.client_secret):
            raise ApiError("authFailed", 401)
        wanted = body.get("subscriptions")
        if not isinstance(wanted, list) or not wanted:
            raise ApiError("invalidParameter.param.invalid")
        return frozenset(subscription(one) for one in wanted)

    def _log(self, raw: bytes, status: int, code: str) -> None:
        body = parsed(raw)
        if body is not None and "clientSecret" in body:
            raw = orjson.dumps({**body, "clientSecret": "***"})
        outcome = "done" if code == "ok" else "refused"
        self._platform.calls.add(self._platform.now_ms(), OPEN, status, code, False, outcome, raw)  # type: ignore[arg-type]

    # -- GET /connect ----------------------------------------------------------------------------------

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        fault = self._faults.pick(CONNECT)
        kind = fault.kind if fault else ""
        if fault is not None and kind == "slow":
            await asyncio.sleep(fault.ms(2_000) / 1000)
        if kind == "refuse":
            return await self._give_up(request, hang=False)
        expires, topics = self._tickets.pop(request.query.get("ticket", ""), (0, frozenset()))
        if fault is not None and kind == "http":
            return web.Response(status=fault.value)
        if self._platform.now_ms() >= expires or request.transport is None:
            return web.Response(status=400, text="ticket is not valid")
        ws = web.WebSocketResponse(autoping=False, autoclose=False, timeout=1.0, max_msg_size=1 << 20)
        await ws.prepare(request)
        one = Connection(self._platform.new_id("connection"), topics, ws, request.transport)
        if fault is not None and kind == "code":
            await ws.close(code=int(fault.value))
            return ws
        if kind == "reset":
            one.cut()
            return ws
        one.state = "zombie" if kind == "silent_drop" else "live"
        await self._serve(one)
        return ws

    async def _serve(self, one: Connection) -> None:
        self.connections.append(one)
        self._changed()
        pinging = asyncio.create_task(self._ping(one))
        try:
            await self._read(one)
        finally:
            pinging.cancel()
            self.connections.remove(one)
            for waiting in one.waiting.values():
                waiting.cancel()
            self._changed()

    async def _read(self, one: Connection) -> None:
        while True:
            message = await one.ws.receive()
            if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING, WSMsgType.ERROR):
                break
            if one.state == "zombie":
                continue
            if message.type is WSMsgType.PING:
                await one.ws.pong(message.data)
                one.pings += 1
                self._changed()
            elif message.type is WSMsgType.TEXT:
                self._acked(one, message.data.encode())
        if one.state == "zombie":  # it does not even say goodbye
            await self._cut_after(one, self.pace.silence_s)
        else:
            await one.ws.close()

    async def _ping(self, one: Connection) -> None:
        for number in range(1 << 30):
            await asyncio.sleep(self.pace.ping_s)
            if one.state == "live":
                await one.send(self._stamp(), "SYSTEM", "ping", {"opaque": f"0-{number}"}, self._frame_id())

    def _acked(self, one: Connection, raw: bytes) -> None:
        frame = parsed(raw) or {}
        headers = frame.get("headers")
        message = headers.get("messageId") if isinstance(headers, dict) else None
        code, data = frame.get("code"), frame.get("data")
        if not isinstance(message, str) or not isinstance(code, int):
            return
        ack = Ack(one.id, message, code, parsed(data.encode()) if isinstance(data, str) else None)
        self.acks.append(ack)
        waiting = one.waiting.pop(message, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(ack)
        self._changed()

    # -- pushes ----------------------------------------------------------------------------------------

    async def push_bot(self, body: dict[str, Any], message: str) -> Pushed:
        """A message for the robot; whether it was acknowledged."""
        frame, raw = self._frame_id(), orjson.dumps(body)
        pushed = await self._push(BOT, message, frame, raw, {}, self.pace.ack_s)
        if not pushed.acknowledged and self.pace.robot_again_s is not None:
            self._later(self._bot_again(message, frame, raw, self.pace.robot_again_s))
        return pushed

    async def _bot_again(self, message: str, frame: str, raw: bytes, after_s: float) -> None:
        await asyncio.sleep(after_s)
        if not any(ack.message == frame for ack in self.acks):
            await self._push(BOT, message, frame, raw, {}, self.pace.ack_s, attempt=2)

    async def push_card(self, body: dict[str, Any]) -> Pushed:
        """Somebody pressed a card's button; the answer, if it came in time, is in ``body``."""
        message = str(body.get("outTrackId"))
        return await self._push(CARD, message, self._frame_id(), orjson.dumps(body), {}, self.pace.card_s)

    async def push_event(self, headers: dict[str, str], data: dict[str, Any]) -> Pushed:
        """An event; pushed again until somebody says SUCCESS or the platform gives up.

        Args:
            headers: ``eventType``, ``eventId``, ``eventBornTime``, ``eventCorpId``, ``eventUnifiedAppId``.
        """
        pushed = await self._event(headers, data, 1)
        if not pushed.acknowledged:
            self._later(self._event_again(headers, data))
        return pushed

    async def _event(self, headers: dict[str, str], data: dict[str, Any], attempt: int) -> Pushed:
        message, raw = headers.get("eventId", ""), orjson.dumps(data)
        return await self._push(
            EVENT, message, self._frame_id(), raw, headers, self.pace.ack_s, attempt=attempt
        )

    async def _event_again(self, headers: dict[str, str], data: dict[str, Any]) -> None:
        for attempt, pause in enumerate(self.pace.event_again_s, 2):
            await asyncio.sleep(pause)
            if (await self._event(headers, data, attempt)).acknowledged:
                return

    async def _push(
        self, topic: str, message: str, frame: str, raw: bytes, headers: dict[str, str], wait_s: float,
        *, attempt: int = 1,
    ) -> Pushed:  # fmt: skip
        began = self._platform.clock.monotonic()
        pushed = await self._faulty(topic, frame, raw, headers, wait_s)
        took_ms = (self._platform.clock.monotonic() - began) * 1000
        log, name = self._platform.pushes, _PUSHES[topic]
        at = self._platform.now_ms()
        log.append(
            PushRecord(len(log) + 1, at, name, message, attempt, pushed.status, pushed.outcome, took_ms)
        )
        return pushed

    async def _faulty(
        self, topic: str, frame: str, raw: bytes, headers: dict[str, str], wait_s: float
    ) -> Pushed:
        fault = self._faults.pick(_PUSHES[topic])
        kind = fault.kind if fault else ""
        if fault is None:
            return await self._one(topic, frame, raw, headers, wait_s)
        if kind in ("drop", "silent_drop", "refuse", "http", "timeout_before"):
            return Pushed(0, f"fault.{kind}")
        if kind == "slow":
            await asyncio.sleep(fault.ms(2_000) / 1000)
        if kind == "reorder":
            await self._wait_for_another(fault)
        if kind == "duplicate":
            both = (self._one(topic, frame, raw, headers, wait_s) for _ in range(2))
            first, second = await asyncio.gather(*both)
            return first if first.acknowledged else second
        if kind == "truncate":
            raw = raw[: fault.ms(len(raw) // 2)]
        if kind == "code":
            raw = without_words(raw, fault)
        pushed = await self._one(topic, frame, raw, headers, wait_s)
        return Pushed(0, f"fault.{kind}") if kind in ("timeout_after", "reset") else pushed

    async def _wait_for_another(self, fault: Fault) -> None:
        passed = self._passed
        try:
            await asyncio.wait_for(passed.wait(), fault.ms(1_000) / 1000)
        except TimeoutError:
            return

    async def _one(
        self, topic: str, frame: str, raw: bytes, headers: dict[str, str], wait_s: float
    ) -> Pushed:
        """To one connection at random, as the platform does; a dead one that looks alive is chosen too."""
        takers = self._takers(topic)
        if not takers:
            return Pushed(0, "nobody is subscribed" if self.connections else "nobody is connected")
        one = self._dice.choice(takers)
        # A doubled frame on one connection has one acknowledgement.
        answered = one.waiting.setdefault(frame, asyncio.get_running_loop().create_future())
        kind = "EVENT" if topic == EVENT else "CALLBACK"
        await one.send(self._stamp(), kind, topic, raw.decode("utf-8", "replace"), frame, headers)
        self._passed.set()
        self._passed = asyncio.Event()
        try:
            async with asyncio.timeout(wait_s):
                return judged(topic, await asyncio.shield(answered))
        except TimeoutError:
            return Pushed(0, "no answer in time")
        except asyncio.CancelledError:
            if not answered.cancelled():
                raise  # we are stopped, not the connection
            return Pushed(0, "the connection was cut")

    def _stamp(self) -> tuple[str, str]:
        return self._platform.app.client_id, str(self._platform.now_ms())

    def _frame_id(self) -> str:
        return self._platform.new_id("frame")
