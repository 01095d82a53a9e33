"""The clock moves forward only, stops where something is due, and waits for those who follow it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from bot.clock_follower import ClockFollower, follow_url
from bot.dingtalk.emulator.emulator import Emulator
from bot.emulation.clock_leader import GoesBack
from config.clock import MovableClock
from tests.wire.emulated import Client

START = datetime(2026, 10, 12, 7, 0, tzinfo=UTC)


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    emulator = Emulator(start=START)
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(emulator, session)


class App:
    """A follower's app: does what is due when asked to settle, and notes at which moment."""

    def __init__(self, *due: datetime) -> None:
        self.clock = MovableClock(START - timedelta(days=400))
        self.due = sorted(due)
        self.done: list[tuple[datetime, datetime]] = []
        self.hold: asyncio.Event | None = None
        self.held = asyncio.Event()

    async def settle(self) -> datetime | None:
        if self.hold is not None:
            self.held.set()
            await self.hold.wait()
        while self.due and self.due[0] <= self.clock.now():
            self.done.append((self.due.pop(0), self.clock.now()))
        return self.due[0] if self.due else None


def _late(app: App) -> list[float]:
    return [(at - due).total_seconds() for due, at in app.done]


@pytest.fixture
async def follow(emulator: Emulator) -> AsyncIterator[list[ClockFollower]]:
    """Followers to be started in the test and stopped after it."""
    followers: list[ClockFollower] = []
    yield followers
    for follower in followers:
        await follower.stop()


async def _started(emulator: Emulator, follow: list[ClockFollower], app: App) -> ClockFollower:
    follower = ClockFollower(emulator.url, app.clock, app.settle)
    follow.append(follower)
    await follower.start()
    return follower


async def test_follower_has_the_time_when_start_returns(
    emulator: Emulator, follow: list[ClockFollower]
) -> None:
    app = App()
    await _started(emulator, follow, app)
    assert abs(app.clock.now() - emulator.clock.now()) < timedelta(seconds=5)


async def test_walk_stops_wherever_something_is_due(emulator: Emulator, follow: list[ClockFollower]) -> None:
    hours = [START + timedelta(hours=hour) for hour in (1, 2, 9)]
    app, other = App(*hours), App(START + timedelta(hours=1, minutes=30))
    await _started(emulator, follow, app)
    await _started(emulator, follow, other)
    assert await emulator.walk(START + timedelta(hours=8)) is True
    assert [due for due, _ in app.done] == hours[:2]
    assert all(0 <= late < 5 for late in (*_late(app), *_late(other)))
    assert timedelta(0) <= emulator.clock.now() - (START + timedelta(hours=8)) < timedelta(seconds=5)


async def test_jump_wakes_late_like_sleep(emulator: Emulator, follow: list[ClockFollower]) -> None:
    app = App(START + timedelta(hours=1))
    await _started(emulator, follow, app)
    assert await emulator.jump(START + timedelta(hours=8)) is True
    assert 7 * 3600 <= _late(app)[0] < 7 * 3600 + 5


async def test_what_becomes_due_while_settling_is_done_too(
    emulator: Emulator, follow: list[ClockFollower]
) -> None:
    app = App(START + timedelta(hours=1))
    follower_settle = app.settle

    async def settle() -> datetime | None:
        before = len(app.done)
        due = await follower_settle()
        if len(app.done) > before and len(app.done) < 3:
            app.due.append(app.clock.now())  # the answer leads to one more thing, at once
            return app.due[0]
        return due

    app.settle = settle  # type: ignore[method-assign]
    await _started(emulator, follow, app)
    assert await emulator.walk(START + timedelta(hours=2)) is True
    assert len(app.done) == 3
    assert app.due == []


async def test_never_back(emulator: Emulator, client: Client) -> None:
    with pytest.raises(GoesBack):
        await emulator.walk(START - timedelta(seconds=1))
    for mode in ("walk", "jump"):
        got = await client.control("clock", {"now": "2026-10-12T06:59:00+00:00", "mode": mode})
        assert got.status == 409
        assert "2026-10-12T15:00" in got.body["error"]
    assert emulator.clock.now() - START < timedelta(minutes=1)


async def test_without_followers_moving_returns_at_once(client: Client) -> None:
    got = await client.control("clock", {"now": "2026-10-13T07:00+08:00", "mode": "walk"})
    assert got.body["settled"] is True
    assert got.body["now"].startswith("2026-10-13T07:00:0")
    assert (await client.control("clock")).body["next_due"] is None


@pytest.mark.parametrize(
    "body",
    [
        {"mode": "walk"},
        {"now": "2026-10-13T07:00", "mode": "walk"},
        {"now": "tomorrow", "mode": "walk"},
        {"now": "2026-10-13T07:00+08:00", "mode": "fly"},
        {"now": "2026-10-13T07:00+08:00", "speed": 2},
        ["now"],
    ],
)
async def test_senseless_moves_are_refused(client: Client, body: object) -> None:
    got = await client.control("clock", body)
    assert (got.status, list(got.body)) == (400, ["error"])


async def test_look_tells_what_is_due_without_moving(
    emulator: Emulator, client: Client, follow: list[ClockFollower]
) -> None:
    app = App(START + timedelta(hours=1))
    await _started(emulator, follow, app)
    got = (await client.control("clock")).body
    assert set(got) == {"now", "next_due", "idle"}
    assert (got["next_due"], got["idle"]) == ("2026-10-12T16:00:00+08:00", True)
    assert app.done == []


async def test_one_who_does_not_settle_is_waited_for_in_vain(
    emulator: Emulator, follow: list[ClockFollower]
) -> None:
    app = App()
    await _started(emulator, follow, app)
    await emulator.walk(START + timedelta(hours=1))
    app.hold = asyncio.Event()
    assert await emulator.walk(START + timedelta(hours=2), timeout_s=0.05) is False
    app.hold.set()
    app.hold = None
    assert await emulator.walk(START + timedelta(hours=3)) is True


async def test_follower_comes_back_and_catches_up(emulator: Emulator, follow: list[ClockFollower]) -> None:
    app = App()
    await _started(emulator, follow, app)
    port = int(emulator.url.rpartition(":")[2])
    await emulator.stop()
    reborn = Emulator(start=START + timedelta(days=1))
    caught_up = asyncio.Event()

    async def settle() -> datetime | None:
        if app.clock.now() >= START + timedelta(days=1):
            caught_up.set()
        return None

    app_follower = follow[0]
    app_follower._settle = settle
    await reborn.start(port)
    await asyncio.wait_for(caught_up.wait(), 10)
    await reborn.stop()


async def test_a_follower_that_leaves_is_not_waited_for(
    emulator: Emulator, follow: list[ClockFollower]
) -> None:
    app = App()
    app_follower = await _started(emulator, follow, app)
    await emulator.walk(START + timedelta(hours=1))
    app.hold = asyncio.Event()
    moving = asyncio.ensure_future(emulator.jump(START + timedelta(hours=2)))
    await app.held.wait()
    await app_follower.stop()
    assert await asyncio.wait_for(moving, 5) is True


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "ws://127.0.0.1:9/", "http://127.0.0.1:9/_control/clock/follow"]
)
def test_any_form_of_the_address_leads_there(url: str) -> None:
    assert follow_url(url) == "http://127.0.0.1:9/_control/clock/follow"
