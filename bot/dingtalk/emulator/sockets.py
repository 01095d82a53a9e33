"""What the emulated stream gateway is made of: its sockets, its pace, and how an answer is judged."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from bot.dingtalk.emulator.envelope import Answer, ApiError, refusal
from bot.emulation.faults import Fault

BOT = "/v1.0/im/bot/messages/get"
CARD = "/v1.0/card/instances/callback"
EVENT = "*"
_TYPES = ("SYSTEM", "EVENT", "CALLBACK")
_LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Pace:
    """How long things take, in real seconds; tests make them short.

    Args:
        ping_s: Between two pings of the platform.
        silence_s: From ``disconnect`` to the cut.
        ack_s: How long a message counts as under way.
        card_s: How long a card waits for its answer.
        event_again_s: The pauses before an event is pushed again that was not taken.
        robot_again_s: The pause before a robot message without an acknowledgement is pushed once more;
            None, as documented: never. Reports say that it happens after about 60 s.
        hang_s: How long a planned time-out keeps the caller waiting.
    """

    ping_s: float = 30.0
    silence_s: float = 10.0
    ack_s: float = 5.0
    card_s: float = 2.0
    event_again_s: tuple[float, ...] = (10.0, 30.0)
    robot_again_s: float | None = None
    hang_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Pushed:
    """How one push went: status 0 without an acknowledgement.

    Args:
        body: What a card's answer carries, unwrapped, as JSON; else empty.
    """

    status: int
    outcome: str
    body: bytes = b""

    @property
    def acknowledged(self) -> bool:
        return self.outcome == "acknowledged"


@dataclass(frozen=True, slots=True)
class Ack:
    """What a client answered to one frame."""

    connection: str
    message: str
    code: int
    data: Any


@dataclass(slots=True, eq=False)
class Connection:
    """One socket. ``state``: live, leaving (told to go), zombie (nobody reads or writes any more)."""

    id: str
    topics: frozenset[str]
    ws: web.WebSocketResponse
    transport: asyncio.Transport
    state: str = "live"
    pings: int = 0
    """Those of the client."""
    waiting: dict[str, asyncio.Future[Ack]] = field(default_factory=dict)

    def cut(self) -> None:
        """Break it off without a word."""
        connection = self.transport.get_extra_info("socket")
        if connection is not None and not self.transport.is_closing():
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self.transport.abort()

    async def send(
        self, stamp: tuple[str, str], kind: str, topic: str, data: str | dict[str, Any], frame: str,
        more: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Write one frame; into the void if nobody is there.

        Args:
            stamp: The app's id, and the time in ms as text.
            frame: Its ``messageId``.
            more: What the headers have beside the usual.
        """
        headers = {
            "appId": stamp[0],
            "connectionId": self.id,
            "contentType": "application/json",
            "messageId": frame,
            "time": stamp[1],
            "topic": topic,
            **(more or {}),
        }
        text = data if isinstance(data, str) else orjson.dumps(data).decode()
        if self.state == "zombie":
            return
        whole = {"specVersion": "1.0", "type": kind, "headers": headers, "data": text}
        try:
            await self.ws.send_str(orjson.dumps(whole).decode())
        except (ConnectionError, RuntimeError):  # it is closing
            return


def parsed(raw: bytes) -> dict[str, Any] | None:
    """The JSON object, or None if it is none."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def subscription(wanted: Any) -> str:
    """The topic of one subscription; which events come is chosen in the console, so theirs is only ``*``.

    Raises:
        ApiError: It is not one.
    """
    kind, topic = (wanted.get("type"), wanted.get("topic")) if isinstance(wanted, dict) else (None, None)
    if kind not in _TYPES or not isinstance(topic, str) or not topic or (kind == "EVENT" and topic != EVENT):
        raise ApiError("invalidParameter.param.invalid")
    return topic


def refused(code: str) -> Answer:
    """A planned refusal with the platform's own code."""
    if code == "authFailed":
        return refusal(ApiError(code, 401), "new")
    status = 403 if code.startswith("Forbidden.") else 500 if code.startswith("system.") else 400
    return refusal(ApiError(code, status), "new")


def judged(topic: str, ack: Ack) -> Pushed:
    """What the platform makes of an acknowledgement: of a robot message only that it came."""
    if ack.code != 200:
        return Pushed(ack.code, f"ack {ack.code}")
    data = ack.data or {}
    if topic == EVENT and data.get("status") != "SUCCESS":
        return Pushed(200, f"status {data.get('status') or 'missing'}")
    if topic == CARD and isinstance(data.get("response"), dict):
        return Pushed(200, "acknowledged", orjson.dumps(data["response"]))
    return Pushed(200, "acknowledged")


def without_words(raw: bytes, fault: Fault) -> bytes:
    """A message whose reception quota is used up: an error code and no content."""
    body = {
        key: value for key, value in (parsed(raw) or {}).items() if key not in ("text", "content", "msgtype")
    }
    return orjson.dumps({**body, "errorCode": int(fault.value), "errorMessage": "reception quota exceeded"})
