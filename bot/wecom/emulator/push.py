"""Callbacks to the product: encrypted, signed, three attempts of five seconds, only HTTP 200 counts.

developer.work.weixin.qq.com, paths 90930 (callback), 90238 (messages), 90240 (events), 90241 (answers).
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree as Tree
from xml.sax.saxutils import escape

import aiohttp

from bot.emulation.carrier import Attempt, Carrier, Parcel
from bot.emulation.faults import Fault
from bot.emulation.records import Button, Content
from bot.emulation.world import Person
from bot.wecom.emulator.crypt import Crypt, Unreadable
from bot.wecom.emulator.messages import show_change
from bot.wecom.emulator.platform import Platform, SentCard

TIMEOUT_S = 5.0
VERIFY_S = 1.0
RETRY_AFTER_S = (1.0, 3.0)
NO_RECEIVER = "no receiver is configured"


@dataclass(frozen=True, slots=True)
class Callback:
    """One thing to hand over.

    Args:
        push: ``push:robot``, ``push:card`` or ``push:event``.
        way: The last part of the address: ``callback`` or ``kf``.
        message: Its name in the record.
        fields: What stands in the XML, beside receiver and moment.
        person: Who said or pressed it; answers are shown there.
        card: The pressed card.
    """

    push: str
    way: str
    message: str
    fields: dict[str, Any]
    person: Person | None = None
    card: SentCard | None = None


class Pusher:
    """Hands callbacks to the product.

    Args:
        target: The product's base URL; None until it is known.
        retry_after_s: Pauses between attempts, in real seconds.
    """

    def __init__(
        self,
        platform: Platform,
        carrier: Carrier,
        target: str | None,
        retry_after_s: tuple[float, ...] = RETRY_AFTER_S,
    ) -> None:
        self.target = target
        self.crypt = platform.crypt
        self.older: Crypt | None = None
        """While deliveries with the key before a change are still in flight."""
        self._platform = platform
        self._carrier = carrier
        self._retry_after_s = retry_after_s
        self._background: set[asyncio.Task[Any]] = set()

    def background(self, callback: Callback) -> None:
        """Hand it over without waiting."""
        task = asyncio.create_task(self.push(callback))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def stop(self) -> None:
        """End what is under way."""
        for task in tuple(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    async def push(self, callback: Callback, copies: int = 1) -> tuple[bool, str]:
        """Hand it over; whether the product acknowledged it, and why not."""
        if self.target is None:
            return False, NO_RECEIVER
        fault, lost = await self._carrier.pick(callback.push, callback.message)
        if lost:
            return False, "lost on the way"
        if fault is not None and fault.kind == "duplicate":
            copies += 1
        raw = self._xml(callback)
        results = await asyncio.gather(*(self._deliver(callback, raw, fault) for _ in range(copies)))
        self._carrier.passed()
        return next((each for each in results if each[0]), results[0])

    def _xml(self, callback: Callback) -> bytes:
        stamp = self._platform.now_ms() // 1000
        fields = {"ToUserName": self._platform.app.corp_id, "CreateTime": stamp, **callback.fields}
        return b"<xml>" + b"".join(_element(name, value) for name, value in fields.items()) + b"</xml>"

    async def _deliver(self, callback: Callback, raw: bytes, fault: Fault | None) -> tuple[bool, str]:
        """One copy with its retries; a planned fault hits the first attempt."""
        reason = ""
        for number in range(len(self._retry_after_s) + 1):
            if number:
                await asyncio.sleep(self._retry_after_s[number - 1])
            attempt = await self._attempt(callback, raw, number + 1, fault if not number else None)
            if attempt.outcome == "acknowledged" and attempt.status == 200:
                return True, self._answered(callback, attempt.body)
            reason = attempt.outcome
        return False, reason

    async def _attempt(self, callback: Callback, raw: bytes, number: int, fault: Fault | None) -> Attempt:
        crypt = self.older or self.crypt
        stamp, nonce = str(self._platform.now_ms() // 1000), secrets.token_hex(5)
        cipher = crypt.seal(raw)
        app = self._platform.app
        body = (
            f"<xml><ToUserName><![CDATA[{app.corp_id}]]></ToUserName><AgentID><![CDATA[{app.agent_id}]]>"
            f"</AgentID><Encrypt><![CDATA[{cipher}]]></Encrypt></xml>"
        )
        signature = crypt.sign(stamp, nonce, cipher)
        url = (
            f"{self.target}/wecom/{self._platform.world.app}/{callback.way}"
            f"?msg_signature={signature}&timestamp={stamp}&nonce={nonce}"
        )
        headers = {"Content-Type": "text/xml"}
        parcel = Parcel(callback.push, callback.message, body.encode(), lambda: (url, headers), TIMEOUT_S)
        return await self._carrier.attempt(parcel, number, fault)

    async def verify(self, way: str = "callback") -> tuple[bool, str]:
        """Whether the product's address passes the check the console makes; and why not.

        The decrypted words, and nothing else, within one second (path 90930).
        """
        if self.target is None:
            return False, NO_RECEIVER
        word, stamp = str(secrets.randbelow(10**19)), str(self._platform.now_ms() // 1000)
        nonce, cipher = secrets.token_hex(5), self.crypt.seal(word.encode())
        query = {"timestamp": stamp, "nonce": nonce, "echostr": cipher}
        query["msg_signature"] = self.crypt.sign(stamp, nonce, cipher)
        url = f"{self.target}/wecom/{self._platform.world.app}/{way}"
        timeout = aiohttp.ClientTimeout(total=VERIFY_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as http,
                http.get(url, params=query, allow_redirects=False) as answer,
            ):
                said, status = await answer.read(), answer.status
        except TimeoutError:
            return False, "no answer in time"
        except aiohttp.ClientError as error:
            return False, f"no connection: {type(error).__name__}"
        if status != 200:
            return False, f"http {status}"
        return said == word.encode(), "" if said == word.encode() else "another word came back"

    def change_key(self, *, in_flight: bool) -> None:
        """The console gets another token and key.

        Args:
            in_flight: What is delivered from now on was sealed before; else with the new ones.
        """
        self.older = self.crypt if in_flight else None
        token, key = secrets.token_hex(12), secrets.token_hex(22)[:43]
        self._platform.app = replace(self._platform.app, token=token, aes_key=key)
        self.crypt = self._platform.crypt

    # -- what the product answers at once

    def _answered(self, callback: Callback, body: bytes) -> str:
        """Show a passive answer; returns what was wrong with it."""
        if not body:
            return ""
        try:
            answer = (self.older or self.crypt).answer(body)
        except Unreadable as error:
            return f"answered, but not to be read: {error}"
        kind = answer.findtext("MsgType")
        if kind == "text" and callback.person is not None:
            content = Content("text", answer.findtext("Content") or "")
            self._platform.show(callback.person, callback.person.chat, "app", content)
        elif callback.card is not None and kind in ("update_template_card", "update_button"):
            show_change(self._platform, callback.card, _look(callback.card, answer))
        return ""


def _element(name: str, value: Any) -> bytes:
    if isinstance(value, list):
        return b"".join(_element(name, one) for one in value)
    if isinstance(value, dict):
        inner = b"".join(_element(key, one) for key, one in value.items())
    elif isinstance(value, int):
        inner = str(value).encode()
    else:
        inner = b"<![CDATA[" + str(value).replace("]]>", "]]]]><![CDATA[>").encode() + b"]]>"
    return b"<" + escape(name).encode() + b">" + inner + b"</" + escape(name).encode() + b">"


def _look(card: SentCard, answer: Tree.Element) -> Content:
    """What the card shows after a passive answer."""
    new = answer.find("TemplateCard")
    if new is None:
        words = answer.findtext("Button/ReplaceName") or ""
        return Content("card", card.content.text, (Button("", words, enabled=False),))
    parts = ("MainTitle/Title", "MainTitle/Desc", "QuoteArea/Title", "QuoteArea/QuoteText", "SubTitleText")
    text = "\n".join(words for words in (new.findtext(part) for part in parts) if words)
    buttons = tuple(
        Button(one.findtext("Key") or "", one.findtext("Text") or "") for one in new.findall("ButtonList")
    )
    replaced = new.findtext("ReplaceText")
    if replaced:
        buttons = (Button("", replaced, enabled=False),)
    return Content("card", text, buttons)
