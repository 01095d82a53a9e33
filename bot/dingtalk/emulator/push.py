"""What people say, pushed to the product's robot callback as the platform does.

The vendor documents neither a time limit nor a retry for robot callbacks over HTTP (open.dingtalk.com,
"Receive messages"). The emulator waits 5 s and tries twice more, 1 s and 3 s (real time) after a failure,
which is what its event push is documented to resemble; a receiver must cope with both, retries and none.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from bot.dingtalk.emulator.content import open_webhook
from bot.dingtalk.emulator.envelope import ApiError
from bot.dingtalk.emulator.faults import Fault, FaultPlan
from bot.dingtalk.emulator.gateway import Gateway
from bot.dingtalk.emulator.platform import Platform, sign
from bot.dingtalk.emulator.records import PushRecord

TIMEOUT_S = 5.0
RETRY_AFTER_S = (1.0, 3.0)
REORDER_S = 1.0
"""How long a push held back by ``reorder`` waits for another one to overtake it."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message on its way: where an answer goes, and the body to send."""

    message: str
    chat: str
    to: str | None
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one HTTP request went: status 0 without an answer."""

    status: int
    outcome: str
    body: bytes = b""

    @property
    def acknowledged(self) -> bool:
        return 200 <= self.status < 300 and self.outcome == "acknowledged"


class Pusher:
    """Hands messages to the product.

    Args:
        target: The product's base URL, for example ``http://127.0.0.1:8080``; None until it is known.
    """

    def __init__(self, platform: Platform, faults: FaultPlan, target: str | None) -> None:
        self.target = target
        self.stream: Gateway | None = None
        """Set: the robot receives by Stream, and nothing is posted."""
        self._platform = platform
        self._faults = faults
        self._session: aiohttp.ClientSession | None = None
        self._passed = asyncio.Event()

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)
        )

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def push(self, envelope: Envelope, copies: int = 1) -> tuple[bool, str]:
        """Deliver a message; returns whether the product acknowledged it, and why not.

        Args:
            copies: How many times the platform delivers the same message id, side by side.
        """
        if self.stream is not None:
            stream = self.stream
            pushes = (stream.push_bot(envelope.body, envelope.message) for _ in range(copies))
            pushed = await asyncio.gather(*pushes)
            delivered = any(one.acknowledged for one in pushed)
            return delivered, "" if delivered else pushed[0].outcome
        if self.target is None:
            return False, "no receiver is configured"
        fault = self._faults.pick("push:robot")
        if fault is not None and fault.kind in ("drop", "silent_drop"):
            self._note(envelope, 1, Attempt(0, fault.kind), 0.0)
            return False, "lost on the way"
        if fault is not None and fault.kind == "duplicate":
            copies += 1
        if fault is not None and fault.kind == "reorder":
            await self._wait_for_another(fault)
        results = await asyncio.gather(*(self._deliver(envelope, fault) for _ in range(copies)))
        self._passed.set()
        self._passed = asyncio.Event()
        delivered = any(ok for ok, _ in results)
        return delivered, "" if delivered else results[0][1]

    async def _wait_for_another(self, fault: Fault) -> None:
        passed = self._passed
        try:
            await asyncio.wait_for(passed.wait(), fault.ms(int(REORDER_S * 1000)) / 1000)
        except TimeoutError:
            return

    async def _deliver(self, envelope: Envelope, fault: Fault | None) -> tuple[bool, str]:
        """One copy, with its retries; a planned fault hits the first attempt."""
        reason = ""
        for number in range(len(RETRY_AFTER_S) + 1):
            if number:
                await asyncio.sleep(RETRY_AFTER_S[number - 1])
            began = self._platform.clock.monotonic()
            attempt = await self._attempt(envelope, fault if number == 0 else None)
            self._note(envelope, number + 1, attempt, (self._platform.clock.monotonic() - began) * 1000)
            if attempt.acknowledged:
                self._answered(envelope, attempt.body)
                return True, ""
            reason = attempt.outcome
        return False, reason

    def _note(self, envelope: Envelope, number: int, attempt: Attempt, took_ms: float) -> None:
        log = self._platform.pushes
        log.append(
            PushRecord(
                len(log) + 1, self._platform.now_ms(), "push:robot", envelope.message, number,
                attempt.status, attempt.outcome, took_ms,
            )
        )  # fmt: skip

    async def _attempt(self, envelope: Envelope, fault: Fault | None) -> Attempt:
        kind = fault.kind if fault else None
        if kind == "refuse":
            return Attempt(0, "fault.refuse")
        if fault is not None and kind == "timeout_before":
            await asyncio.sleep(fault.ms(int(TIMEOUT_S * 1000)) / 1000)
            return Attempt(0, "fault.timeout_before")
        if fault is not None and kind == "http":
            return Attempt(fault.value, f"http {fault.value}")
        if fault is not None and kind == "slow":
            await asyncio.sleep(fault.ms(2_000) / 1000)
        raw = orjson.dumps(_without_words(envelope.body, fault) if kind == "code" else envelope.body)
        if fault is not None and kind == "truncate":
            raw = raw[: fault.ms(len(raw) // 2)]
        attempt = await self._post(raw)
        if kind in ("timeout_after", "reset"):
            return Attempt(0, f"fault.{kind}")
        return attempt

    async def _post(self, raw: bytes) -> Attempt:
        if self._session is None:
            raise RuntimeError("the emulator is not started")
        stamp = str(self._platform.stamp_ms())
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "timestamp": stamp,
            "sign": sign(stamp, self._platform.app.client_secret),
        }
        url = f"{self.target}/dingtalk/{self._platform.world.app}/robot"
        try:
            async with self._session.post(url, data=raw, headers=headers, allow_redirects=False) as response:
                body = await response.read()
        except TimeoutError:
            return Attempt(0, "no answer in time")
        except (aiohttp.ClientError, OSError) as error:
            return Attempt(0, f"no connection: {type(error).__name__}")
        if 200 <= response.status < 300:
            return Attempt(response.status, "acknowledged", body)
        return Attempt(response.status, f"http {response.status}")

    def _answered(self, envelope: Envelope, body: bytes) -> None:
        """The HTTP answer may itself be a message; anything unreadable shows nothing."""
        if not body:
            return
        try:
            content = open_webhook(body)
        except ApiError:
            return
        if content is not None:
            platform = self._platform
            platform.seen.add(
                platform.now_ms(), envelope.to, envelope.chat, "session", platform.new_id("answer"), content
            )


def _without_words(body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
    """A message whose reception quota is used up: an error code and no content."""
    kept = {key: value for key, value in body.items() if key not in ("text", "content", "msgtype")}
    code = int(fault.value) if fault is not None else 20001
    return {**kept, "errorCode": code, "errorMessage": "reception quota exceeded"}
