"""A platform that refuses, closes, hangs or babbles: our stream is patient, and it stops when told to."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from bot.dingtalk.emulator.gateway import CONNECT, OPEN
from bot.dingtalk.stream import Pace, Stream
from bot.dingtalk.stream_frames import BOT
from bot.dingtalk.stream_link import Link
from config.clock import SystemClock
from tests.wire.stream_stand import QUICK, Stand, stand

UNSTABLE = replace(QUICK, stable_s=30.0)
LEAST = 0.8
"""What chance leaves of a pause."""
SEEN = 0.6
"""What a busy machine lets one see of it."""


async def _opens(one: Stand, count: int) -> list[float]:
    """The moments of the first tries to connect."""
    moments: list[float] = []
    for number in range(1, count + 1):
        await one.gateway.until(lambda number=number: one.gateway.opened >= number)  # type: ignore[misc]
        moments.append(SystemClock().monotonic())
    return moments


def _storm(api: str, kind: str, value: Any = None) -> dict[str, Any]:
    return {"rules": [{"api": api, "kind": kind, **({} if value is None else {"value": value})}]}


@pytest.mark.parametrize(
    "plan",
    [
        _storm(CONNECT, "code", 1000),
        _storm(CONNECT, "reset"),
        _storm(CONNECT, "refuse"),
        _storm(CONNECT, "http", 503),
        _storm(OPEN, "http", 503),
        _storm(OPEN, "http", 429),
        _storm(OPEN, "code", "system.busy"),
        _storm(OPEN, "truncate"),
        _storm(OPEN, "reset"),
        _storm(OPEN, "silent_drop"),
    ],
    ids=lambda plan: "-".join(str(value) for value in plan["rules"][0].values()),
)
async def test_the_pauses_grow(plan: dict[str, Any]) -> None:
    async with stand(UNSTABLE) as one:
        one.emulator.faults.set(plan)
        one.stream.start()
        moments = await _opens(one, 5)
        pauses = [later - earlier for earlier, later in pairwise(moments)]
        # Seen from a busy machine one may look shorter than it was, but not the sum and not the long one.
        assert sum(pauses) >= LEAST * UNSTABLE.first_s * (1 + 2 + 4 + 8) * SEEN, pauses
        assert pauses[-1] >= LEAST * UNSTABLE.first_s * 8 * SEEN, pauses
        one.emulator.faults.set({"rules": []})
        await one.gateway.wait(BOT)
        assert await one.say("m1") == "acknowledged"


async def test_told_to_go_at_once_again_and_again() -> None:
    async with stand(UNSTABLE) as one:
        one.stream.start()
        moments: list[float] = []
        for _ in range(4):
            await one.gateway.wait(BOT)
            moments.append(SystemClock().monotonic())
            await one.gateway.disconnect()
        assert moments[-1] - moments[0] >= LEAST * UNSTABLE.first_s * (1 + 2 + 4) * SEEN


def test_at_most_three_tries_in_three_seconds() -> None:
    pace = Pace()
    assert LEAST * pace.first_s * (1 + 2 + 4) > 3  # the fourth would be the next after three pauses


def test_pauses_end_at_a_minute() -> None:
    stream = Stream("a", None, None, SystemClock(), None, None, None)  # type: ignore[arg-type]
    pauses = [stream._pause(n) for n in (0, 1, 2, 7, 1_000)]
    assert pauses[0] == 0
    assert 0.8 <= pauses[1] <= 1.2
    assert 1.6 <= pauses[2] <= 2.4
    assert all(48 <= pause <= 72 for pause in pauses[3:])


async def test_after_a_stable_run_the_next_comes_at_once() -> None:
    async with stand(replace(QUICK, first_s=60.0, most_s=60.0)) as one:
        one.stream.start()
        for _ in range(3):
            await one.gateway.wait(BOT)
            one.gateway.cut()
            await one.gateway.wait(BOT, 0)
        await one.gateway.wait(BOT)


async def test_wrong_credentials_are_told_and_tried_slowly(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        async with stand(replace(QUICK, first_s=0.0), secret="wrong") as one:
            one.stream.start()
            moments = await _opens(one, 3)
            pauses = [later - earlier for earlier, later in pairwise(moments)]
            assert min(pauses) >= QUICK.refused_s * SEEN
            assert one.metrics.stream_opens.value("school", "refused") >= 2
            assert one.stream.state == "refused"
    assert "stream_refused" in [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert Pace().refused_s >= 60


async def test_a_slow_open_is_given_up() -> None:
    async with stand(replace(QUICK, open_s=0.1)) as one:
        one.emulator.faults.set({"rules": [{"api": OPEN, "kind": "slow", "value": 600, "nth": 1}]})
        one.stream.start()
        await one.gateway.wait(BOT)
        assert one.metrics.stream_opens.value("school", "failed") == 1


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [("ws://gateway.example/connect", "clear"), ("http://127.0.0.1/connect", "no socket"), (7, "no text")],
    ids=lambda value: str(value),
)
def test_only_a_safe_socket_is_opened(endpoint: Any, why: str) -> None:
    app = type("App", (), {"api_base": "http://127.0.0.1:1"})()
    stream = Stream("a", app, None, SystemClock(), None, None, None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"safe socket|no ticket"):
        stream._socket({"endpoint": endpoint, "ticket": "t"})


def test_a_ticket_is_escaped() -> None:
    app = type("App", (), {"api_base": "https://api.example"})()
    stream = Stream("a", app, None, SystemClock(), None, None, None)  # type: ignore[arg-type]
    url = stream._socket({"endpoint": "wss://gateway.example:443/connect", "ticket": "a+b&c=d"})
    assert str(url) == "wss://gateway.example/connect?ticket=a%2Bb%26c%3Dd"


class TestStop:
    async def test_while_it_waits_between_two_tries(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with stand() as one:
            waiting = asyncio.Event()

            def pause(_failures: int) -> float:
                waiting.set()
                return 60.0

            monkeypatch.setattr(one.stream, "_pause", pause)
            one.emulator.faults.set(_storm(OPEN, "http", 503))
            one.stream.start()
            await waiting.wait()
            await asyncio.wait_for(one.stream.stop(), 2)
            assert one.gateway.opened == 1

    async def test_while_it_opens(self) -> None:
        async with stand() as one:
            one.emulator.faults.set(_storm(OPEN, "slow", 400))
            one.stream.start()
            await one.gateway.until(lambda: one.gateway.opened == 1)
            await asyncio.wait_for(one.stream.stop(), 2)
            assert one.gateway.connections == []

    async def test_what_is_under_way_is_acknowledged_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = Link._settle

        async def settle(link: Link) -> None:
            one.door.open.set()  # the commit is made only now that the stream waits for it
            await real(link)

        monkeypatch.setattr(Link, "_settle", settle)
        async with stand() as one:
            one.stream.start()
            await one.gateway.wait(BOT)
            one.door.open.clear()
            saying = asyncio.create_task(one.say("m1"))
            await one.door.came.wait()
            await one.stream.stop()
            assert await saying == "acknowledged"
            await one.gateway.wait(BOT, 0)
            assert one.gateway.opened == 1
            assert one.metrics.stream_connected.value == 0
            assert one.metrics.stream_gaps.value("school") == 0
            assert not one.lease.held

    async def test_twice_and_before_the_start(self) -> None:
        async with stand() as one:
            await one.stream.stop()
            one.stream.start()
            await one.gateway.wait(BOT)
            await one.stream.stop()
            await one.stream.stop()


async def test_without_the_lease_nothing_is_open() -> None:
    async with stand() as one:
        one.lease.lost.set()
        one.stream.start()
        assert one.stream.state == "waiting"
        one.lease.lost.clear()
        await one.gateway.wait(BOT)
        assert await one.say("m1") == "acknowledged"
        assert one.gateway.opened == 1
        one.lease.lost.set()
        await one.gateway.wait(BOT, 0)
        assert one.gateway.opened == 1
        assert one.metrics.stream_connected.value == 0


async def test_woken_after_the_lease_was_over_it_answers_nothing() -> None:
    async with stand() as one:
        one.stream.start()
        await one.gateway.wait(BOT)
        one.gateway.pace.ack_s = 0.05
        one.lease.held = False
        assert await one.say("m1") == "no answer in time"
        assert one.heard() == []


async def test_a_fault_in_keeping_the_lease_ends_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stand() as one:
        broken = asyncio.Event()
        real = one.lease.keep

        async def keep() -> None:
            if not broken.is_set():
                await broken.wait()
                raise RuntimeError("planned")
            await real()

        monkeypatch.setattr(one.lease, "keep", keep)
        one.stream.start()
        await one.gateway.wait(BOT)
        assert await one.say("m1") == "acknowledged"
        (first,) = one.gateway.connections
        broken.set()
        await one.gateway.until(lambda: one.gateway.connections not in ([first], []))
        assert await one.say("m2") == "acknowledged"
        assert first not in one.gateway.connections
