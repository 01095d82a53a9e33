"""Events pushed to the product: encrypted over HTTP, or through a socket.

Facts from open.dingtalk.com, "Configure HTTP push of events": the address is checked first
(``check_url``), the answer must come within 2.5 s and be the encrypted word ``success``, a failed push is
tried again after 10 and 30 seconds.
"""

from __future__ import annotations

import asyncio
import hmac
from typing import Any
from urllib.parse import urlencode

import orjson

from bot.dingtalk.emulator.event_crypt import EventCrypt, Unreadable
from bot.dingtalk.emulator.gateway import Gateway
from bot.dingtalk.emulator.platform import Platform
from bot.emulation.carrier import Attempt, Carrier, Parcel
from bot.emulation.faults import Fault

ANSWER_S = 2.5
RETRY_AFTER_S = (10.0, 30.0)
CHECK = "check_url"


class Events:
    """Pushes events.

    Args:
        gateway: The sockets, when the app receives by Stream; None for HTTP.
        pace: What the pauses between tries are multiplied with.
    """

    def __init__(
        self, platform: Platform, carrier: Carrier, gateway: Gateway | None, pace: float = 1.0
    ) -> None:
        self.target: str | None = None
        self.pace = pace
        self._platform = platform
        self._carrier = carrier
        self._gateway = gateway
        self._crypt = EventCrypt(platform.event_token, platform.event_aes_key, platform.app.client_id)
        self._checked: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """Forget what would have been tried again."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def settle(self) -> None:
        """Wait until nothing is to be tried again."""
        await asyncio.gather(*self._tasks)

    async def push(self, kind: str, data: dict[str, Any]) -> tuple[bool, str]:
        """Push one event; returns how the first try went. Later tries go on by themselves."""
        event = self._platform.new_id("event")
        if self._gateway is not None:
            return await self._through_socket(self._gateway, kind, event, data)
        if self.target is None:
            return False, "no receiver is configured"
        if kind != CHECK and not await self._check_address():
            return False, "the address did not pass check_url"
        return await self._push(kind, event, data)

    async def _through_socket(
        self, gateway: Gateway, kind: str, event: str, data: dict[str, Any]
    ) -> tuple[bool, str]:
        headers = {
            "eventType": kind,
            "eventId": event,
            "eventBornTime": str(self._platform.now_ms()),
            "eventCorpId": self._platform.world.corp,
            "eventUnifiedAppId": self._platform.app.client_id,
        }
        pushed = await gateway.push_event(headers, data)
        return pushed.acknowledged, "" if pushed.acknowledged else pushed.outcome

    async def _check_address(self) -> bool:
        """An address gets events only after it has answered ``check_url`` once."""
        url = self._url
        if url in self._checked:
            return True
        parcel = self._parcel({"EventType": CHECK}, CHECK)
        attempt = self._judge(await self._carrier.attempt(parcel, 1, None))
        if attempt.acknowledged:
            self._checked.add(url)
        return attempt.acknowledged

    async def _push(self, kind: str, event: str, data: dict[str, Any]) -> tuple[bool, str]:
        fault, lost = await self._carrier.pick("push:event", event)
        if lost:
            return False, "lost on the way"
        words: dict[str, Any] = {"EventType": kind}
        if kind != CHECK:
            now, corp = self._platform.now_ms(), self._platform.world.corp
            words |= {"EventTime": now, "CorpId": corp, "BizId": event, "eventId": event, **data}
        attempt = await self._once(words, event, 1, fault)
        if fault is not None and fault.kind == "duplicate":
            await self._once(words, event, 1, None)
        self._carrier.passed()
        if not attempt.acknowledged:
            task = asyncio.create_task(self._again(words, event))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return attempt.acknowledged, "" if attempt.acknowledged else attempt.outcome

    async def _again(self, words: dict[str, Any], event: str) -> None:
        for number, pause in enumerate(RETRY_AFTER_S, 2):
            await asyncio.sleep(pause * self.pace)
            if (await self._once(words, event, number, None)).acknowledged:
                return

    async def _once(self, words: dict[str, Any], event: str, number: int, fault: Fault | None) -> Attempt:
        return self._judge(await self._carrier.attempt(self._parcel(words, event), number, fault))

    @property
    def _url(self) -> str:
        return f"{self.target}/dingtalk/{self._platform.world.app}/event"

    def _parcel(self, words: dict[str, Any], event: str) -> Parcel:
        encrypted = self._crypt.seal(orjson.dumps(words))

        def address() -> tuple[str, dict[str, str]]:
            stamp, nonce = str(self._platform.stamp_ms()), self._platform.new_id("nonce")[:16]
            signature = self._crypt.signature(stamp, nonce, encrypted)
            query = {"msg_signature": signature, "signature": signature, "timestamp": stamp, "nonce": nonce}
            return f"{self._url}?{urlencode(query)}", {}

        return Parcel("push:event", event, orjson.dumps({"encrypt": encrypted}), address, ANSWER_S)

    def _judge(self, attempt: Attempt) -> Attempt:
        """Only the encrypted word ``success`` is an acknowledgement."""
        if not attempt.acknowledged:
            return attempt
        try:
            answer = orjson.loads(attempt.body)
            stamp, nonce, encrypted = (str(answer[key]) for key in ("timeStamp", "nonce", "encrypt"))
            signature = self._crypt.signature(stamp, nonce, encrypted)
            if not hmac.compare_digest(signature.encode(), str(answer["msg_signature"]).encode()):
                return Attempt(attempt.status, "answered with a wrong signature")
            words = self._crypt.open(encrypted)
        except (orjson.JSONDecodeError, KeyError, TypeError, Unreadable):
            return Attempt(attempt.status, "answered, but not to be read")
        return attempt if words == b"success" else Attempt(attempt.status, "answered something else")
