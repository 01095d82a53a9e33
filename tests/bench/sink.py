"""A stand-in for the platform that takes everything at once: what remains is our own time."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from typing import Any

from typing_extensions import override


class Sink:
    """Answers every platform call with success and notes when each session's answer arrived."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}
        self.calls = 0
        self.densest = 0
        self.first = 0.0
        self.last = 0.0
        self._seconds: dict[str, deque[float]] = {}
        self._more = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> int:
        """Listen on ``port`` (0: any); returns the port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", port)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    def note(self, path: str) -> None:
        """One call came in."""
        now = time.perf_counter()
        if "session=" in path:
            self.arrived.setdefault(path.partition("session=")[2], now)
        if "oauth2" in path or "gettoken" in path:
            return
        self.calls += 1
        self.first = self.first or now
        self.last = now
        self._note_density(path.partition("?")[0], now)
        self._more.set()

    def _note_density(self, api: str, now: float) -> None:
        """The most calls of one interface in any second; reply addresses are no interface."""
        if "sendBySession" in api:
            return
        second = self._seconds.setdefault(api, deque())
        second.append(now)
        while second[0] <= now - 1.0:
            second.popleft()
        self.densest = max(self.densest, len(second))

    async def wait_for(self, calls: int, seconds: float) -> None:
        """Until so many calls came, or nothing more came for ``seconds``."""
        while self.calls < calls:
            self._more.clear()
            try:
                await asyncio.wait_for(self._more.wait(), seconds)
            except TimeoutError:
                return

    def latencies(self, run: str, starts: list[float]) -> dict[str, Any]:
        """From when a callback should have gone to when its answer was here, ms."""
        from tests.bench.load import percentile

        took = [
            self.arrived[f"{run}{number}"] - start
            for number, start in enumerate(starts)
            if f"{run}{number}" in self.arrived
        ]
        return {
            "answered": len(took),
            "seen_p50_ms": round(percentile(took, 0.50), 3),
            "seen_p99_ms": round(percentile(took, 0.99), 3),
        }


class _Connection(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            size = end + 4 + _length(head)
            if len(self._buffer) < size:
                return
            body, self._buffer = self._buffer[end + 4 : size], self._buffer[size:]
            self._answer(head.split(b" ", 2)[1].decode(), body)

    def _answer(self, path: str, body: bytes) -> None:
        self._sink.note(path)
        answer = json.dumps(answer_to(path, body)).encode()
        assert self._transport is not None
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer)
            + answer
        )


def _length(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(b"content-length:")
    return int(lowered[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


def answer_to(path: str, body: bytes) -> dict[str, Any]:
    """The platform's success for one call (open.dingtalk.com, the page of each call)."""
    if "oauth2/accessToken" in path:
        return {"accessToken": "bench", "expireIn": 7200}
    if "gettoken" in path:
        return {"errcode": 0, "errmsg": "ok", "access_token": "bench", "expires_in": 7200}
    if "sendBySession" in path:
        return {"errcode": 0, "errmsg": "ok"}
    if "createAndDeliver" in path:
        track = json.loads(body).get("outTrackId", "")
        return {"success": True, "result": {"outTrackId": track, "deliverResults": [{"success": True}]}}
    return {"processQueryKey": "bench"}
