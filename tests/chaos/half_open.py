"""Strangers hold connections half open while the platform calls: no callback may be lost or late.

    python -m tests.chaos.half_open --seconds 60 --strangers 1000 [--control]

A third of the strangers connect and say nothing, a third send a head a byte at a time, a third send a head
and keep most of the body. Each comes again two seconds after it was cut, from one of many addresses of this
machine. The callbacks come beside them, half on connections kept alive, half on new ones, from an address
that has no privilege; each is tried once, as the platform does. The control, without the guard, must lose.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

import bot.server
from bot.app import build
from config.settings import load_settings
from tests.bench import callbacks, school
from tests.bench.load import percentile

RATE = 20.0
LATE_S = 2.0
GIVE_UP_S = 5.0
PLATFORM = "127.0.1.1"
PER_ADDRESS = 25
KEPT = 4
AWAY_S = 2.0
HEAD = b"POST /dingtalk/school/robot HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n"
OPENINGS = (b"", HEAD, HEAD + b"\r\n" + b"a" * 10)


@dataclass(slots=True)
class Result:
    """What came of it; times in ms."""

    callbacks: int
    lost: int
    late: int
    p50_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    strangers: int
    most_at_once: int
    came: int
    control: bool


@dataclass(slots=True)
class Strangers:
    """Those who hold connections open."""

    count: int
    port: int
    now: int = 0
    most: int = 0
    came: int = 0

    async def run(self) -> None:
        """Hold them until cancelled."""
        await asyncio.gather(*(self._one(number) for number in range(self.count)))

    async def _one(self, number: int) -> None:
        source = f"127.0.{2 + number // PER_ADDRESS // 250}.{1 + number // PER_ADDRESS % 250}"
        await asyncio.sleep(number / self.count)  # not all in one moment
        while True:
            with suppress(OSError):
                await self._hold(source, OPENINGS[number % 3])
            await asyncio.sleep(AWAY_S)

    async def _hold(self, source: str, opening: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))
        self.now, self.came = self.now + 1, self.came + 1
        self.most = max(self.most, self.now)
        try:
            writer.write(opening)
            while True:
                try:
                    async with asyncio.timeout(1.0):
                        if not await reader.read(1000):
                            return
                except TimeoutError:
                    if opening:
                        writer.write(b"a")
        finally:
            self.now -= 1
            writer.close()


@dataclass(slots=True)
class Platform:
    """Calls at a fixed rate and notes how long each answer took, or that there was none."""

    port: int
    took: list[float] = field(default_factory=list)
    lost: int = 0
    _kept: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)

    async def run(self, requests: list[bytes]) -> None:
        """Send them all, each at its time; returns when the last is answered or given up."""
        loop = asyncio.get_running_loop()
        began, calls = loop.time(), []
        for number, request in enumerate(requests):
            due = began + number / RATE
            await asyncio.sleep(max(0.0, due - loop.time()))
            calls.append(loop.create_task(self._call(request, due, keep=number % 2 == 0)))
        await asyncio.gather(*calls)
        for _reader, writer in self._kept:
            writer.close()

    async def _call(self, request: bytes, due: float, *, keep: bool) -> None:
        try:
            async with asyncio.timeout(GIVE_UP_S):
                reader, writer = await self._line(keep)
                try:
                    good = await self._ask(reader, writer, request)
                finally:
                    if not keep or len(self._kept) >= KEPT:
                        writer.close()
        except (OSError, EOFError, TimeoutError, ValueError, IndexError, asyncio.LimitOverrunError):
            good = False
        if not good:
            self.lost += 1
            return
        self.took.append(asyncio.get_running_loop().time() - due)
        if not writer.is_closing():
            self._kept.append((reader, writer))

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bool:
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
        except BaseException:
            writer.close()
            raise
        return head[9:12] == b"200"

    async def _line(self, keep: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while keep and self._kept:
            reader, writer = self._kept.pop(0)
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(PLATFORM, 0))


async def run(seconds: float, strangers: int, files: int, directory: Path, *, control: bool) -> Result:
    """One run in an empty folder.

    Args:
        files: Descriptors the service may have open, as on a machine that sets a limit.
        control: Without the guard.
    """
    config = school.write(directory, 1, f"sqlite:///{directory / 'classbridge.db'}", 9)
    async with _serving(config, files, control=control) as port:
        requests = callbacks.make(
            int(seconds * RATE), school.speakers(1), ["明天带什么 {n}"], run="h", port=port,
            session_base="http://127.0.0.1:9",
        )  # fmt: skip
        platform = Platform(port)
        argv = [
            sys.executable,
            "-m",
            "tests.chaos.half_open",
            "--hold",
            str(port),
            "--strangers",
            str(strangers),
        ]
        crowd = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
        try:
            assert crowd.stdout is not None
            await crowd.stdout.readline()  # they are all there before the first callback
            await platform.run(requests)
        finally:
            crowd.terminate()
            told, _ = await crowd.communicate()
        most, came = json.loads(told)
    return Result(
        callbacks=len(requests),
        lost=platform.lost,
        late=sum(one > LATE_S for one in platform.took),
        p50_ms=_ms(platform.took, 0.5),
        p99_ms=_ms(platform.took, 0.99),
        max_ms=_ms(platform.took, 1.0),
        strangers=strangers,
        most_at_once=most,
        came=came,
        control=control,
    )


def _ms(took: list[float], share: float) -> float | None:
    return round(percentile(took, share), 1) if took else None


async def _hold(port: int, count: int) -> None:
    """Be the strangers: says when each has had its turn to come, and at SIGTERM how many there were."""
    crowd, asked = Strangers(count, port), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    holding = asyncio.create_task(crowd.run())
    await asyncio.sleep(1.5)  # they come within the first second; the guard decides who stays
    print("there", flush=True)
    await asked.wait()
    holding.cancel()
    await asyncio.wait([holding])
    print(json.dumps([crowd.most, crowd.came]), flush=True)


@asynccontextmanager
async def _serving(config: Path, files: int, *, control: bool) -> AsyncIterator[int]:
    argv = [sys.executable, "-m", "tests.chaos.half_open", "--serve", str(config), "--files", str(files)]
    process = await asyncio.create_subprocess_exec(
        *argv, *(["--control"] if control else []),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield int(json.loads(await process.stdout.readline())["port"])
    finally:
        process.kill()
        await process.wait()


def _unguarded(runner: web.BaseRunner, listener: Any, _doors: object) -> web.BaseSite:
    return web.SockSite(runner, listener, backlog=1024)


async def _serve(config: Path, files: int, *, control: bool) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if control:
        vars(bot.server)["DoorSite"] = _unguarded
    app = build(load_settings(config, {}))
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    await app.start()
    print(json.dumps({"port": app.public_port}), flush=True)
    await asked.wait()
    await app.stop()


def main() -> int:
    """Run and print the result; 0 if nothing was lost or late (or, with ``--control``, if something was)."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.half_open")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--strangers", type=int, default=1000)
    parser.add_argument("--files", type=int, default=512, help="descriptors the service may have open")
    parser.add_argument("--control", action="store_true", help="without the guard: must lose")
    parser.add_argument("--serve", type=Path, help="be the service (used by this program itself)")
    parser.add_argument("--hold", type=int, help="be the strangers at this port (likewise)")
    options = parser.parse_args()
    if options.serve is not None:
        asyncio.run(_serve(options.serve, options.files, control=options.control))
        return 0
    if options.hold is not None:
        asyncio.run(_hold(options.hold, options.strangers))
        return 0
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="classbridge-half-open-") as name:
        result = asyncio.run(
            run(options.seconds, options.strangers, options.files, Path(name), control=options.control)
        )
    print(json.dumps(asdict(result)))
    return 0 if (result.lost + result.late > 0) == result.control else 1


if __name__ == "__main__":
    sys.exit(main())
