"""The load: a process of its own, raw sockets, keep-alive, requests made beforehand.

Two ways of sending: *closed* (each connection sends its next request when it has its answer: the most
a server can do) and *open* (a fixed rate; latency counts from when the request should have gone).
A small stand-in for the platform's answers runs in the same process and notes when they arrive.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from tests.bench import callbacks, sink, wecom_callbacks

CONNECTIONS = 32


@dataclass(slots=True)
class Tally:
    """What came of the requests; times in seconds."""

    latencies: list[float] = field(default_factory=list)
    bad: int = 0
    first_bad: str = ""
    started: float = 0.0
    ended: float = 0.0

    def took(self, status: bytes, seconds: float, head: bytes) -> None:
        if status == b"200":
            self.latencies.append(seconds)
        else:
            self.bad += 1
            self.first_bad = self.first_bad or head[:200].decode("latin-1")


class Connection(asyncio.Protocol):
    """One keep-alive connection; parses only what it needs: status and Content-Length."""

    def __init__(self, tally: Tally, idle: Any) -> None:
        self._tally = tally
        self._idle = idle
        self._buffer = b""
        self._since = 0.0
        self._transport: asyncio.Transport | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @override
    def connection_lost(self, error: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)

    def send(self, request: bytes, since: float) -> None:
        self._since = since
        assert self._transport is not None
        self._transport.write(request)

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or len(self._buffer) < end + 4 + _length(self._buffer[:end]):
            return
        answer, self._buffer = self._buffer, b""
        self._tally.took(answer[9:12], time.perf_counter() - self._since, answer)
        self._idle(self)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _length(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(b"content-length:")
    if at < 0:
        raise ValueError("an answer without Content-Length")
    return int(lowered[at + 15 :].split(b"\r\n", 1)[0])


async def closed_loop(port: int, requests: list[bytes]) -> Tally:
    """Send all as fast as they are answered over :data:`CONNECTIONS` connections."""
    loop = asyncio.get_running_loop()
    tally, todo, done = Tally(), deque(requests), loop.create_future()

    def idle(connection: Connection) -> None:
        if todo:
            connection.send(todo.popleft(), time.perf_counter())
        elif len(tally.latencies) + tally.bad == len(requests) and not done.done():
            done.set_result(None)

    connections = await _connect(port, tally, idle)
    tally.started = time.perf_counter()
    for connection in connections:
        idle(connection)
    await _until(done, connections)
    tally.ended = time.perf_counter()
    return tally


async def open_loop(port: int, requests: list[bytes], rate: float, starts: list[float]) -> Tally:
    """Send ``rate`` requests a second; ``starts`` receives when each should have gone."""
    loop = asyncio.get_running_loop()
    tally, free, late = Tally(), deque[Connection](), deque[tuple[bytes, float]]()
    done = loop.create_future()

    def idle(connection: Connection) -> None:
        if late:
            connection.send(*late.popleft())
        else:
            free.append(connection)
        if len(tally.latencies) + tally.bad == len(requests) and not done.done():
            done.set_result(None)

    connections = await _connect(port, tally, idle)
    free.extend(connections)
    tally.started = time.perf_counter()
    for number, request in enumerate(requests):
        due = tally.started + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        starts.append(due)
        if free:
            free.popleft().send(request, due)
        else:
            late.append((request, due))
    await _until(done, connections)
    tally.ended = time.perf_counter()
    return tally


async def _connect(port: int, tally: Tally, idle: Any) -> list[Connection]:
    loop = asyncio.get_running_loop()
    made = []
    for _ in range(CONNECTIONS):
        _, connection = await loop.create_connection(lambda: Connection(tally, idle), "127.0.0.1", port)
        made.append(connection)
    return made


async def _until(done: asyncio.Future[None], connections: list[Connection]) -> None:
    await asyncio.wait([done, *(one.lost for one in connections)], return_when=asyncio.FIRST_COMPLETED)
    if not done.done():
        raise ConnectionError("the server closed a connection")
    for connection in connections:
        connection.close()


def percentile(values: list[float], share: float) -> float:
    """The ``share`` percentile (0–1), in milliseconds."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


def summary(tally: Tally) -> dict[str, Any]:
    """The figures of one run: rate per second, latencies in ms."""
    seconds = tally.ended - tally.started
    return {
        "requests": len(tally.latencies),
        "bad": tally.bad,
        "first_bad": tally.first_bad,
        "seconds": round(seconds, 3),
        "rate": round(len(tally.latencies) / seconds, 1),
        "p50_ms": round(percentile(tally.latencies, 0.50), 3),
        "p99_ms": round(percentile(tally.latencies, 0.99), 3),
        "max_ms": round(percentile(tally.latencies, 1.0), 3),
    }


def _requests(options: argparse.Namespace, speakers: list[callbacks.Speaker]) -> list[bytes]:
    if options.platform == "wecom":
        return wecom_callbacks.make(options.count, speakers, options.text, run=options.run, port=options.port)
    return callbacks.make(
        options.count, speakers, options.text, run=options.run, port=options.port,
        session_base=f"http://127.0.0.1:{options.sink_port}",
    )  # fmt: skip


async def _main(options: argparse.Namespace) -> dict[str, Any]:
    speakers = [callbacks.Speaker(*one) for one in json.load(sys.stdin)]
    stand_in = sink.Sink()
    if options.answer:
        await stand_in.start(options.sink_port)
    requests = _requests(options, speakers)
    if options.rate:
        starts: list[float] = []
        tally = await open_loop(options.port, requests, options.rate, starts)
        if options.answer:
            await stand_in.wait_for(len(requests), options.drain_s)
        result = summary(tally) | stand_in.latencies(options.run, starts)
    else:
        result = summary(await closed_loop(options.port, requests))
    await stand_in.stop()
    return result


def main() -> None:
    """Run the load as told and print its figures as one JSON line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.load")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--sink-port", type=int, default=0, help="where the platform is")
    parser.add_argument("--answer", action="store_true", help="be that platform")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--rate", type=float, default=0.0, help="per second; 0: as fast as answered")
    parser.add_argument("--run", default="a")
    parser.add_argument("--platform", choices=["dingtalk", "wecom"], default="dingtalk")
    parser.add_argument("--text", action="append", required=True)
    parser.add_argument("--drain-s", type=float, default=10.0)
    print(json.dumps(asyncio.run(_main(parser.parse_args()))), flush=True)


if __name__ == "__main__":
    main()
