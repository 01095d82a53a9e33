"""Carries pushes to the product over HTTP, with their planned faults; every attempt is written down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import aiohttp

from bot.emulation.base import Ground
from bot.emulation.faults import Fault, FaultPlan
from bot.emulation.records import PushRecord

REORDER_S = 1.0
"""How long a push held back by ``reorder`` waits for another one to overtake it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one HTTP request went: status 0 without an answer."""

    status: int
    outcome: str
    body: bytes = b""

    @property
    def acknowledged(self) -> bool:
        return 200 <= self.status < 300 and self.outcome == "acknowledged"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One push over HTTP.

    Args:
        push: ``push:robot``, ``push:card`` or ``push:event``.
        message: What it is about, for the record.
        address: Makes URL and headers of one attempt: every attempt is signed anew.
        timeout_s: Real seconds the product has to answer.
    """

    push: str
    message: str
    raw: bytes
    address: Callable[[], tuple[str, dict[str, str]]]
    timeout_s: float


class Carrier:
    """Makes attempts and keeps the record."""

    def __init__(self, platform: Ground, faults: FaultPlan) -> None:
        self._platform = platform
        self._faults = faults
        self._session: aiohttp.ClientSession | None = None
        self._passed = asyncio.Event()

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
        )

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def pick(self, push: str, message: str) -> tuple[Fault | None, bool]:
        """The fault of this push, after holding it back if so planned; and whether it is lost on the way."""
        fault = self._faults.pick(push)
        if fault is not None and fault.kind in ("drop", "silent_drop"):
            self.note(push, message, 1, Attempt(0, fault.kind), 0.0)
            return fault, True
        if fault is not None and fault.kind == "reorder":
            await self._wait_for_another(fault)
        return fault, False

    def passed(self) -> None:
        """A push went through: those held back may follow."""
        self._passed.set()
        self._passed = asyncio.Event()

    async def _wait_for_another(self, fault: Fault) -> None:
        passed = self._passed
        try:
            await asyncio.wait_for(passed.wait(), fault.ms(int(REORDER_S * 1000)) / 1000)
        except TimeoutError:
            return

    async def once(self, parcel: Parcel, fault: Fault | None) -> Attempt:
        """One push that is not repeated; its planned fault may double it.

        A card's two answers are one: the first counts.
        """
        copies = 2 if fault is not None and fault.kind == "duplicate" else 1
        attempts = await asyncio.gather(*(self.attempt(parcel, 1, fault) for _ in range(copies)))
        self.passed()
        return next((attempt for attempt in attempts if attempt.acknowledged), attempts[0])

    async def attempt(self, parcel: Parcel, number: int, fault: Fault | None) -> Attempt:
        """One HTTP request, with its fault if it has one."""
        began = self._platform.clock.monotonic()
        attempt = await self._faulty(parcel, fault) if fault is not None else await self._post(parcel)
        took_ms = (self._platform.clock.monotonic() - began) * 1000
        self.note(parcel.push, parcel.message, number, attempt, took_ms)
        return attempt

    def note(self, push: str, message: str, number: int, attempt: Attempt, took_ms: float) -> None:
        """Write one attempt down."""
        log, at = self._platform.pushes, self._platform.now_ms()
        log.append(
            PushRecord(len(log) + 1, at, push, message, number, attempt.status, attempt.outcome, took_ms)
        )

    async def _faulty(self, parcel: Parcel, fault: Fault) -> Attempt:
        kind = fault.kind
        if kind == "refuse":
            return Attempt(0, "fault.refuse")
        if kind == "timeout_before":
            await asyncio.sleep(fault.ms(int(parcel.timeout_s * 1000)) / 1000)
            return Attempt(0, "fault.timeout_before")
        if kind == "http":
            return Attempt(fault.value, f"http {fault.value}")
        if kind == "slow":
            return await self._late(parcel, fault.ms(2_000) / 1000)
        if kind == "truncate":
            parcel = replace(parcel, raw=parcel.raw[: fault.ms(len(parcel.raw) // 2)])
        attempt = await self._post(parcel)
        if kind in ("timeout_after", "reset"):
            return Attempt(0, f"fault.{kind}")
        return attempt

    async def _late(self, parcel: Parcel, delay_s: float) -> Attempt:
        """The way there is slow; the product's time to answer runs meanwhile."""
        await asyncio.sleep(delay_s)
        if delay_s < parcel.timeout_s:
            return await self._post(replace(parcel, timeout_s=parcel.timeout_s - delay_s))
        await self._post(parcel)
        return Attempt(0, "no answer in time")

    async def _post(self, parcel: Parcel) -> Attempt:
        if self._session is None:
            raise RuntimeError("the emulator is not started")
        url, headers = parcel.address()
        headers = {"Content-Type": "application/json; charset=utf-8", **headers}
        timeout = aiohttp.ClientTimeout(total=parcel.timeout_s)
        try:
            async with self._session.post(
                url, data=parcel.raw, headers=headers, allow_redirects=False, timeout=timeout
            ) as response:
                body = await response.read()
        except TimeoutError:
            return Attempt(0, "no answer in time")
        except (aiohttp.ClientError, OSError) as error:
            return Attempt(0, f"no connection: {type(error).__name__}")
        if 200 <= response.status < 300:
            return Attempt(response.status, "acknowledged", body)
        return Attempt(response.status, f"http {response.status}")
