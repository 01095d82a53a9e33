"""What people say, pushed to the product's robot callback as the platform does.

The vendor documents neither a time limit nor a retry for robot callbacks over HTTP (open.dingtalk.com,
"Receive messages"). The emulator waits 5 s and tries twice more, 1 s and 3 s (real time) after a failure,
which is what its event push is documented to resemble; a receiver must cope with both, retries and none.
Through the socket there is one push, to one connection.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson

from bot.dingtalk.emulator.content import open_webhook
from bot.dingtalk.emulator.envelope import ApiError
from bot.dingtalk.emulator.gateway import Gateway
from bot.dingtalk.emulator.platform import Platform, sign
from bot.emulation.carrier import Attempt, Carrier, Parcel
from bot.emulation.faults import Fault

TIMEOUT_S = 5.0
RETRY_AFTER_S = (1.0, 3.0)
_NO_RECEIVER = "no receiver is configured"


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message on its way: where an answer goes, and the body to send."""

    message: str
    chat: str
    to: str | None
    body: dict[str, Any]


class Pusher:
    """Hands messages to the product.

    Args:
        gateway: The sockets, when the app receives by Stream; None for HTTP.
        target: The product's base URL, for example ``http://127.0.0.1:8080``; None until it is known.
    """

    def __init__(
        self, platform: Platform, carrier: Carrier, gateway: Gateway | None, target: str | None
    ) -> None:
        self.target = target
        self._platform = platform
        self._carrier = carrier
        self._gateway = gateway

    async def push(self, envelope: Envelope, copies: int = 1) -> tuple[bool, str]:
        """Deliver a message; returns whether the product acknowledged it, and why not.

        Args:
            copies: How many times the platform delivers the same message id, side by side.
        """
        platform = self._platform
        if not platform.quotas.received.take(platform.now_ms(), platform.limits.reception):
            envelope = Envelope(
                envelope.message, envelope.chat, envelope.to, without_words(envelope.body, 20001)
            )
        if self._gateway is not None:
            return await self._through_socket(self._gateway, envelope, copies)
        if self.target is None:
            return False, _NO_RECEIVER
        fault, lost = await self._carrier.pick("push:robot", envelope.message)
        if lost:
            return False, "lost on the way"
        if fault is not None and fault.kind == "duplicate":
            copies += 1
        results = await asyncio.gather(*(self._deliver(envelope, fault) for _ in range(copies)))
        self._carrier.passed()
        delivered = any(ok for ok, _ in results)
        return delivered, "" if delivered else results[0][1]

    async def _through_socket(self, gateway: Gateway, envelope: Envelope, copies: int) -> tuple[bool, str]:
        """No answer can come back this way: replies go by the session webhook or by API."""
        pushed = await asyncio.gather(
            *(gateway.push_bot(envelope.body, envelope.message) for _ in range(copies))
        )
        delivered = any(one.acknowledged for one in pushed)
        return delivered, "" if delivered else pushed[0].outcome

    async def _deliver(self, envelope: Envelope, fault: Fault | None) -> tuple[bool, str]:
        """One copy, with its retries; a planned fault hits the first attempt."""
        reason = ""
        for number in range(len(RETRY_AFTER_S) + 1):
            if number:
                await asyncio.sleep(RETRY_AFTER_S[number - 1])
            attempt = await self._attempt(envelope, number + 1, fault if number == 0 else None)
            if attempt.acknowledged:
                self._answered(envelope, attempt.body)
                return True, ""
            reason = attempt.outcome
        return False, reason

    async def _attempt(self, envelope: Envelope, number: int, fault: Fault | None) -> Attempt:
        body = envelope.body
        if fault is not None and fault.kind == "code":
            body = without_words(body, int(fault.value))
        raw = orjson.dumps(body)
        parcel = Parcel("push:robot", envelope.message, raw, self._address, TIMEOUT_S)
        return await self._carrier.attempt(parcel, number, fault)

    def _address(self) -> tuple[str, dict[str, str]]:
        stamp = str(self._platform.stamp_ms())
        url = f"{self.target}/dingtalk/{self._platform.world.app}/robot"
        return url, {"timestamp": stamp, "sign": sign(stamp, self._platform.app.client_secret)}

    def _answered(self, envelope: Envelope, body: bytes) -> None:
        """The HTTP answer may itself be a message; anything unreadable shows nothing."""
        if not body:
            return
        try:
            content = open_webhook(body, self._platform.media)
        except ApiError:
            return
        if content is not None:
            platform = self._platform
            platform.seen.add(
                platform.now_ms(), envelope.to, envelope.chat, "session", platform.new_id("answer"), content
            )


def without_words(body: dict[str, Any], code: int) -> dict[str, Any]:
    """A message whose reception quota is used up: an error code and no content."""
    kept = {key: value for key, value in body.items() if key not in ("text", "content", "msgtype")}
    return {**kept, "errorCode": code, "errorMessage": "reception quota exceeded"}
