"""Connections at the door: half-open, slow, idle and too many; real sockets, no waiting for luck."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp import web

from bot.doors import Door, Doors, DoorSite, Limits, _counted_as
from bot.metrics import Metrics
from bot.supervisor import bind

LONG = Limits(header_s=1e6, idle_s=1e9, body_s=1e6, unread_s=1e6)
"""Nothing is overdue unless the test says what time it is."""
HEAD = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
WHOLE = HEAD + b"hello"

Talk = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class House:
    """A running listener with one route that answers when it is let."""

    doors: Doors
    metrics: Metrics
    port: int
    begun: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    free: asyncio.Event = field(default_factory=asyncio.Event)
    talks: list[Talk] = field(default_factory=list)
    size: int = 2

    async def call(self, words: bytes = b"", source: str = "127.0.0.1") -> Talk:
        """Connect, say something, and wait until it was heard."""
        before = len(self.doors)
        talk = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0), limit=1 << 24)
        self.talks.append(talk)
        if words:
            talk[1].write(words)
        await until(lambda: len(self.doors) > before or self.cut() > 0)
        return talk

    def door(self, place: int = -1) -> Door:
        return [*self.doors._open][place]

    def cut(self, reason: str | None = None) -> float:
        values = self.metrics.connections_cut._values
        return sum(values.values()) if reason is None else values.get((reason,), 0.0)

    def in_s(self, seconds: float) -> None:
        """Sweep as if so much later."""
        self.doors.sweep(asyncio.get_running_loop().time() + seconds)


async def until(met: Callable[[], bool]) -> None:
    """Let the loop turn until something is so."""
    async with asyncio.timeout(20):
        while not met():  # noqa: ASYNC110 - there is nothing to wait on
            await asyncio.sleep(0)


@asynccontextmanager
async def house(limits: Limits = LONG, **more: Any) -> AsyncIterator[House]:
    metrics = Metrics()
    doors = Doors(limits, metrics)

    async def answer(request: web.Request) -> web.Response:
        one.begun.put_nowait(None)
        await request.read()
        await one.free.wait()
        return web.Response(body=b"x" * one.size)

    app = web.Application()
    app.router.add_post("/x", answer)
    runner = web.AppRunner(app, access_log=None, lingering_time=0.0)
    await runner.setup()
    listener = bind("127.0.0.1", 0)
    one = House(doors, metrics, listener.getsockname()[1], **more)
    one.free.set()
    await DoorSite(runner, listener, doors).start()
    yield one
    one.free.set()
    for _reader, writer in one.talks:
        writer.close()
    await runner.cleanup()
    await until(lambda: not doors)


async def is_over(talk: Talk) -> bytes:
    """What came until the other side ended it."""
    async with asyncio.timeout(20):
        try:
            return await talk[0].read()
        except ConnectionError:
            return b""


# -- time

REAL = Limits()


def test_the_limits_in_service() -> None:
    assert (REAL.header_s, REAL.body_s, REAL.idle_s, REAL.unread_s) == (5.0, 5.0, 15.0, 10.0)
    assert (REAL.connections, REAL.per_address) == (256, 32)


@pytest.mark.parametrize("words", [b"", b"POST /x HT", HEAD[:-2]])
async def test_a_head_that_does_not_come(words: bytes) -> None:
    async with house(REAL) as one:
        talk = await one.call(words)
        one.in_s(4.5)
        assert one.cut() == 0
        one.in_s(5.0)
        assert one.cut("header") == 1
        assert await is_over(talk) == b""


async def test_a_head_that_comes_byte_by_byte_gains_nothing() -> None:
    async with house(REAL) as one:
        talk = await one.call()
        for byte in HEAD[:-2]:
            talk[1].write(bytes([byte]))
            await talk[1].drain()
        one.in_s(5.1)
        assert one.cut("header") == 1


async def test_between_requests_there_is_more_time_but_not_for_half_a_head() -> None:
    async with house(REAL) as one:
        idle, half = await one.call(WHOLE), await one.call(WHOLE)
        for talk in (idle, half):
            await talk[0].readuntil(b"\r\n\r\nxx")
        half[1].write(b"POST")
        await until(lambda: any(door._heard_at for door in one.doors._open))
        one.in_s(5.1)
        assert (one.cut("header"), one.cut("idle")) == (1, 0)
        assert await is_over(half) == b""
        one.in_s(14.0)
        assert one.cut("idle") == 0
        idle[1].write(WHOLE)
        await idle[0].readuntil(b"\r\n\r\nxx")
        one.in_s(15.1)
        assert one.cut("idle") == 1
        assert await is_over(idle) == b""


@pytest.mark.parametrize("body", [b"", b"hell"])
async def test_a_body_that_does_not_come(body: bytes) -> None:
    async with house(REAL) as one:
        talk = await one.call(HEAD + body)
        await one.begun.get()
        one.in_s(4.5)
        assert one.cut() == 0
        one.in_s(5.1)
        assert one.cut("body") == 1
        assert await is_over(talk) == b""


async def test_chunks_without_end() -> None:
    async with house(REAL) as one:
        await one.call(b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        await one.begun.get()
        one.in_s(5.1)
        assert one.cut("body") == 1


async def test_a_large_body_may_take_as_long_as_a_slow_phone_needs() -> None:
    async with house(replace(REAL, body_free=1000, slowest=1000)) as one:
        head = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n"
        await one.call(head + b"a" * 3000)
        await one.begun.get()
        await until(lambda: one.door()._current_request is not None)
        one.in_s(6.5)
        assert one.cut() == 0
        one.in_s(7.1)
        assert one.cut("body") == 1


async def test_a_request_that_takes_us_long_is_never_cut() -> None:
    async with house(REAL) as one:
        one.free.clear()
        talk = await one.call(WHOLE)
        await one.begun.get()
        one.in_s(3600)
        assert one.cut() == 0
        one.free.set()
        assert await talk[0].readuntil(b"\r\n\r\nxx")


async def test_an_answer_nobody_reads() -> None:
    async with house(REAL, size=1 << 23) as one:
        talk = await one.call()
        one.talks.pop()
        talk[1].transport.pause_reading()  # type: ignore[attr-defined]
        talk[1].write(WHOLE)
        await until(lambda: bool(one.door()._stuck_at))
        one.in_s(9.0)
        assert one.cut() == 0
        one.in_s(10.1)
        assert one.cut("unread") == 1
        await until(lambda: not one.doors)
        talk[1].close()


async def test_one_who_neither_reads_nor_goes_after_the_last_answer() -> None:
    async with house(REAL, size=1 << 23) as one:
        talk = await one.call()
        wire = one.door()._wire
        assert wire is not None
        wire.set_write_buffer_limits(high=1 << 24)  # all of it is ours to keep, so nothing is paused
        talk[1].transport.pause_reading()  # type: ignore[attr-defined]
        talk[1].write(WHOLE.replace(b"Host: a", b"Host: a\r\nConnection: close"))
        await one.begun.get()
        await until(lambda: one.door()._task_handler is None)
        one.in_s(0)
        one.in_s(9.0)
        assert one.cut() == 0
        one.in_s(10.1)
        assert one.cut("unread") == 1


async def test_the_sweeper_runs_by_itself_and_ends_with_the_last_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.doors.SWEEP_S", 0.01)  # the first sweep comes too early
    async with house(Limits(header_s=0.1)) as one:
        assert one.doors._sweeper is None
        talk = await one.call()
        assert await is_over(talk) == b""
        assert one.cut("header") == 1
        await until(lambda: one.doors._sweeper is None)


# -- number


async def test_the_oldest_that_never_asked_makes_room() -> None:
    async with house(replace(LONG, connections=4)) as one:
        served = await one.call(WHOLE)
        await served[0].readuntil(b"\r\n\r\nxx")
        first, second, third = [await one.call(words) for words in (b"", b"POST", b"")]
        newest = await asyncio.open_connection("127.0.0.1", one.port)
        one.talks.append(newest)
        newest[1].write(WHOLE)
        assert await newest[0].readuntil(b"\r\n\r\nxx")
        assert await is_over(first) == b""
        assert (len(one.doors), one.cut("full")) == (4, 1)
        for talk in (served, second, third):
            talk[1].write(WHOLE if talk is not second else WHOLE[4:])
            assert await talk[0].readuntil(b"\r\n\r\nxx")


async def test_then_the_one_longest_idle() -> None:
    async with house(replace(LONG, connections=3)) as one:
        talks = [await one.call(WHOLE) for _ in range(3)]
        for talk in (talks[1], talks[0], talks[2]):
            talk[1].write(WHOLE)
            await talk[0].readuntil(b"\r\n\r\nxx")
            await talk[0].readuntil(b"\r\n\r\nxx")
        newest = await asyncio.open_connection("127.0.0.1", one.port)
        one.talks.append(newest)
        assert await is_over(talks[1]) == b""
        assert one.cut("full") == 1


async def test_a_body_that_does_not_come_makes_room_before_a_pause_between_requests() -> None:
    async with house(replace(LONG, connections=3)) as one:
        served = await one.call(WHOLE)
        await served[0].readuntil(b"\r\n\r\nxx")
        await one.begun.get()
        slow = []
        for _ in range(2):
            slow.append(await one.call(HEAD + b"hel"))
            await one.begun.get()
        newest = await asyncio.open_connection("127.0.0.1", one.port)
        one.talks.append(newest)
        assert await is_over(slow[0]) == b""
        slow[1][1].write(b"lo")
        assert await slow[1][0].readuntil(b"\r\n\r\nxx")
        served[1].write(WHOLE)
        assert await served[0].readuntil(b"\r\n\r\nxx")
        assert one.cut("full") == 1


async def test_with_everybody_being_served_the_next_waits_and_is_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.doors.SWEEP_S", 1e6)  # whoever leaves lets the next one in, not the sweeper
    async with house(replace(LONG, connections=3)) as one:
        one.free.clear()
        talks = [await one.call(WHOLE) for _ in range(3)]
        for _talk in talks:
            await one.begun.get()
        late = await asyncio.open_connection("127.0.0.1", one.port)
        one.talks.append(late)
        late[1].write(WHOLE)
        await until(lambda: not one.doors._accepting)
        assert (len(one.doors), one.cut()) == (3, 0)
        one.free.set()
        for talk in talks:
            assert await talk[0].readuntil(b"\r\n\r\nxx")
            talk[1].close()
        assert await late[0].readuntil(b"\r\n\r\nxx")
        assert one.cut() == 0


async def test_what_was_sent_and_not_yet_read_counts_as_asking() -> None:
    async with house(replace(LONG, connections=2)) as one:
        waiting = await one.call()
        asking = await one.call()
        waiting[1].write(WHOLE)  # in the kernel, not yet read by the house
        assert one.doors._make_room("full")
        assert await is_over(asking) == b""
        assert await waiting[0].readuntil(b"\r\n\r\nxx")


async def test_a_burst_of_four_times_the_house_is_served_to_the_last() -> None:
    async with house(replace(LONG, connections=16)) as one:

        async def ask() -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
            writer.write(WHOLE.replace(b"Host: a", b"Host: a\r\nConnection: close"))
            answer = await reader.read()
            writer.close()
            return answer[9:12]

        async with asyncio.timeout(20):
            assert await asyncio.gather(*(ask() for _ in range(64))) == [b"200"] * 64
        assert one.cut() == 0


async def test_one_address_has_its_share() -> None:
    async with house(replace(LONG, per_address=2, proxies=frozenset({"127.0.0.9"}))) as one:
        older = await one.call(source="127.0.0.3")
        first = await one.call(source="127.0.0.2")
        await one.call(source="127.0.0.2")
        for _ in range(5):
            await one.call(source="127.0.0.9")
        assert one.cut() == 0
        crowding = await asyncio.open_connection("127.0.0.1", one.port, local_addr=("127.0.0.2", 0))
        one.talks.append(crowding)
        assert await is_over(first) == b""
        assert (len(one.doors), one.cut("address")) == (8, 1)
        older[1].write(WHOLE)  # nobody makes room for a neighbour
        assert await older[0].readuntil(b"\r\n\r\nxx")


async def test_one_address_with_all_its_requests_under_way_is_refused() -> None:
    async with house(replace(LONG, per_address=2)) as one:
        one.free.clear()
        for _ in range(2):
            await one.call(WHOLE, source="127.0.0.2")
            await one.begun.get()
        more = await asyncio.open_connection("127.0.0.1", one.port, local_addr=("127.0.0.2", 0))
        assert await is_over(more) == b""
        more[1].close()
        assert (len(one.doors), one.cut("address")) == (2, 1)


async def test_counts_come_back_to_nothing() -> None:
    async with house() as one:
        for _ in range(3):
            await one.call(b"POST")
        assert one.metrics.connections.value == 3
        for _reader, writer in one.talks:
            writer.close()
        await until(lambda: not one.doors)
        assert one.metrics.connections.value == 0
        assert not one.doors._per_address
        assert not one.doors._pending


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("::ffff:127.0.0.1", ""),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_whose_share_a_connection_is(peer: str, counted: str) -> None:
    assert _counted_as(peer, {"127.0.0.1", "::1"}) == counted
