"""The emulator's clock moves, and those who follow it move with it, step by step.

``walk`` stops at every instant something is due; ``jump`` goes there in one step, as after sleep. A follower
is a WebSocket: it gets ``{"step", "now", "mode"}`` and, when it has settled, answers
``{"step", "idle", "next_due"}``.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from bot.emulation.records import HERE
from config.clock import MovableClock

SETTLE_S = 30.0
PEEK_S = 2.0
RETURN_S = 10.0
"""A follower that fell over (no goodbye) is waited for so long: it is being restarted, and its dues wait."""
_STUCK_STEPS = 200
"""So many steps at one instant, and something is due for ever without getting done."""


class GoesBack(ValueError):
    """The clock never goes back."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How the followers stand: all idle, and the earliest moment anything is due (UTC)."""

    idle: bool
    next_due: datetime | None


@dataclass(slots=True, eq=False)
class _Follower:
    socket: web.WebSocketResponse
    answers: dict[int, asyncio.Future[Settled]] = field(default_factory=dict)


class ClockLeader:
    """Moves the clock for everybody.

    Args:
        clock: The emulator's clock; it runs on between moves.
    """

    def __init__(self, clock: MovableClock) -> None:
        self.clock = clock
        self._followers: set[_Follower] = set()
        self._fallen: list[float] = []
        self._came = asyncio.Event()
        self._step = 0
        self._moving = asyncio.Lock()

    @property
    def followers(self) -> int:
        return len(self._followers)

    async def follow(self, request: web.Request) -> web.StreamResponse:
        """``GET /_control/clock/follow``: one follower, for as long as it stays."""
        socket = web.WebSocketResponse(heartbeat=20.0, timeout=1.0)
        await socket.prepare(request)
        follower = _Follower(socket)
        self._followers.add(follower)
        if self._fallen:
            self._fallen.pop()
        self._came.set()
        first = asyncio.ensure_future(self._tell(follower, self._next_step(), "set", SETTLE_S))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    _take_answer(follower, message.data)
        finally:
            self._followers.discard(follower)
            if socket.close_code != WSCloseCode.OK:
                self._fallen.append(self.clock.monotonic())
            for answer in follower.answers.values():
                if not answer.done():
                    answer.set_result(Settled(True, None))  # gone: nothing to wait for any more
            await first
        return socket

    async def close(self) -> None:
        """Say goodbye to all followers."""
        for follower in list(self._followers):
            await follower.socket.close()

    async def walk(self, target: datetime, timeout_s: float = SETTLE_S) -> bool:
        """Go to ``target`` and stop wherever something is due; returns whether all was settled in time.

        Raises:
            GoesBack: ``target`` lies before the clock's now.
        """
        async with self._moving:
            self._check(target)
            deadline = self.clock.monotonic() + timeout_s
            stuck = 0
            while True:
                state = await self._set(deadline)
                now = self.clock.now()
                if not state.idle or self.clock.monotonic() >= deadline:
                    return False
                if state.next_due is None or state.next_due > max(target, now):
                    break
                stuck = stuck + 1 if state.next_due <= now else 0
                if stuck > _STUCK_STEPS:
                    return False
                self._move(state.next_due)
            self._move(target)
            return (await self._settle(deadline)).idle

    async def jump(self, target: datetime, timeout_s: float = SETTLE_S) -> bool:
        """Go to ``target`` in one step; returns whether all was settled in time.

        Raises:
            GoesBack: ``target`` lies before the clock's now.
        """
        async with self._moving:
            self._check(target)
            self._move(target)
            return (await self._settle(self.clock.monotonic() + timeout_s)).idle

    async def look(self) -> Settled:
        """How things stand, without moving."""
        return await self._ask("peek", PEEK_S)

    def _check(self, target: datetime) -> None:
        now = self.clock.now()
        if target < now:
            here = now.astimezone(HERE).isoformat(timespec="milliseconds")
            raise GoesBack(f"the clock never goes back: it is {here}")

    def _move(self, target: datetime) -> None:
        # Real time has run on since the target was chosen; then the clock is there already.
        if target > self.clock.now():
            self.clock.move_to(target)

    async def _settle(self, deadline: float) -> Settled:
        """Set everybody's clock until nobody has anything due any more."""
        state = await self._set(deadline)
        for _ in range(_STUCK_STEPS):
            due = state.next_due is not None and state.next_due <= self.clock.now()
            if not state.idle or not due or self.clock.monotonic() >= deadline:
                return Settled(state.idle and not due, state.next_due)
            state = await self._set(deadline)
        return Settled(False, state.next_due)

    async def _set(self, deadline: float) -> Settled:
        while True:
            await self._all_up(deadline)
            state = await self._ask("set", max(deadline - self.clock.monotonic(), 0.0))
            if not self._fallen or self.clock.monotonic() >= deadline:
                return state

    async def _all_up(self, deadline: float) -> None:
        """Wait until the fallen are back, or will not come any more."""
        while self._fallen:
            until = min(self._fallen[0] + RETURN_S, deadline)
            left = until - self.clock.monotonic()
            if left <= 0:
                self._fallen.clear()
                return
            self._came.clear()
            try:
                async with asyncio.timeout(left):
                    await self._came.wait()
            except TimeoutError:
                self._fallen.clear()

    async def _ask(self, mode: str, timeout_s: float) -> Settled:
        if not self._followers:
            return Settled(True, None)
        step = self._next_step()
        states = await asyncio.gather(
            *(self._tell(follower, step, mode, timeout_s) for follower in list(self._followers))
        )
        due = [state.next_due for state in states if state.next_due is not None]
        return Settled(all(state.idle for state in states), min(due, default=None))

    def _next_step(self) -> int:
        self._step += 1
        return self._step

    async def _tell(self, follower: _Follower, step: int, mode: str, timeout_s: float) -> Settled:
        answer: asyncio.Future[Settled] = asyncio.get_running_loop().create_future()
        follower.answers[step] = answer
        now = self.clock.now().isoformat()
        try:
            await follower.socket.send_str(orjson.dumps({"step": step, "now": now, "mode": mode}).decode())
            return await asyncio.wait_for(answer, timeout_s)
        except TimeoutError:
            return Settled(False, None)
        except (ConnectionError, RuntimeError):
            return Settled(True, None)  # it has just gone
        finally:
            follower.answers.pop(step, None)


def _take_answer(follower: _Follower, text: str) -> None:
    try:
        given: dict[str, Any] = orjson.loads(text)
        due = given.get("next_due")
        state = Settled(bool(given["idle"]), datetime.fromisoformat(due).astimezone(UTC) if due else None)
        answer = follower.answers.get(given["step"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return  # not an answer of the protocol: the step then runs into its time-out
    if answer is not None and not answer.done():
        answer.set_result(state)
