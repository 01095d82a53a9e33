"""What people say to the AI bot and press on its cards, pushed to the product as the platform does.

Facts from developer.work.weixin.qq.com, paths 100719, 101027, 101033 and 101463: by callback three attempts
of five seconds with the same ``msgid``, and a passive answer sealed with the address's own nonce; over the
long connection one push that nothing acknowledges.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

from bot.emulation import texts as cast
from bot.emulation.carrier import Attempt, Carrier, Parcel
from bot.emulation.faults import Fault
from bot.wecom.emulator import aibot, aibot_cipher
from bot.wecom.emulator.aibot import Asked, BotState
from bot.wecom.emulator.aibot_gateway import BotGateway
from bot.wecom.emulator.endpoint import ApiError

TIMEOUT_S = 5.0
RETRY_AFTER_S = (1.0, 3.0)
MESSAGE, EVENT = "aibot_msg_callback", "aibot_event_callback"
_WIRE = {"picture": "image", "file": "file", "video": "video"}


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody says to the bot.

    Args:
        userid: Who.
        chat: The group's chat id; empty in a chat of two.
        private: The chat of two, as the control API names it.
        kind: As ``POST /_control/say`` names it.
        data: The bytes of a picture or file.
    """

    userid: str
    chat: str = ""
    private: str = ""
    kind: str = "text"
    text: str = ""
    data: bytes = b""
    transcript: str = ""


class BotPusher:
    """Hands to the product what the bot hears.

    Args:
        app: The app's name in the product's settings, part of the address.
        gateway: The long connection; None where the bot listens by callback.
        target: The product's base URL; None until it is known.
    """

    def __init__(
        self, ground: aibot.Ground, bot: BotState, carrier: Carrier, gateway: BotGateway | None, *,
        app: str = "school", target: Callable[[], str | None] = lambda: None,
        stamp_s: Callable[[], int] | None = None, retry_after_s: tuple[float, ...] = RETRY_AFTER_S,
    ) -> None:  # fmt: skip
        self.retry_after_s = retry_after_s
        self._ground = ground
        self._bot = bot
        self._carrier = carrier
        self._gateway = gateway
        self._app = app
        self._target = target
        self._stamp_s = stamp_s or (lambda: ground.now_ms() // 1000)

    async def say(self, word: Word, message: str = "", copies: int = 1) -> tuple[bool, str]:
        """A message; whether the product took it, and why not. In a group only what @-s the bot comes."""
        message = message or self._ground.new_id("aibot-msg")
        asked = self._asked("message", word.userid, word.chat, word.private)
        req_id, url = self._bot.ask(asked)
        body = self._base(message, asked) | {"response_url": url} | self._content(word)
        sends = (self._deliver(MESSAGE, body, asked, req_id) for _ in range(copies))
        results = await asyncio.gather(*sends)
        self._carrier.passed()
        return next((each for each in results if each[0]), results[0])

    async def press(self, message: str, button: str, userid: str) -> tuple[bool, str]:
        """A button of a card the bot showed.

        Raises:
            LookupError: No such card, or it has no such button.
        """
        card = next((each for each in self._bot.cards.values() if each.message == message), None)
        if card is None or not any(each.id == button and each.enabled for each in card.content.buttons):
            raise LookupError(f"no button {button!r} to press")
        asked = self._asked("card", userid, card.chat if card.to is None else "", card.chat)
        asked.task = card.task
        pressed = {"card_type": "button_interaction", "event_key": button, "task_id": card.task}
        event = {"eventtype": "template_card_event", "template_card_event": pressed}
        return await self._event(asked, event)

    async def enter(self, userid: str, private: str) -> tuple[bool, str]:
        """Somebody opens the chat of two for the first time this day."""
        return await self._event(self._asked("enter", userid, "", private), {"eventtype": "enter_chat"})

    def _asked(self, kind: aibot.AskedKind, userid: str, chat: str, private: str) -> Asked:
        private = "" if chat else private or userid
        return Asked(kind, chat or userid, userid, self._ground.now_ms(), private)

    async def _event(self, asked: Asked, event: dict[str, Any]) -> tuple[bool, str]:
        req_id, url = self._bot.ask(asked)
        body = self._base(self._ground.new_id("aibot-event"), asked)
        body |= {"create_time": self._stamp_s(), "response_url": url, "msgtype": "event", "event": event}
        return await self._deliver(EVENT, body, asked, req_id)

    # -- what it says

    def _base(self, message: str, asked: Asked) -> dict[str, Any]:
        group = {"chatid": asked.chat} if not asked.private else {}
        return {
            "msgid": message,
            "aibotid": self._bot.id,
            **group,
            "chattype": "single" if asked.private else "group",
            "from": {"userid": asked.person},
        }

    def _content(self, word: Word) -> dict[str, Any]:
        text = self._mentioning(word.text) if word.chat else word.text
        if word.kind == "text":
            return {"msgtype": "text", "text": {"content": text}}
        if word.kind == "voice":
            return {"msgtype": "voice", "voice": {"content": word.transcript}}
        if word.kind == "richtext":
            words = {"msgtype": "text", "text": {"content": text}}
            picture = {"msgtype": "image", "image": self._medium(word)}
            return {"msgtype": "mixed", "mixed": {"msg_item": [words, picture]}}
        wire = _WIRE.get(word.kind, "unknown")
        return {"msgtype": wire, wire: self._medium(word) if wire in _WIRE.values() else {}}

    def _mentioning(self, text: str) -> str:
        """In a group the words begin with the bot's name, wherever it stood."""
        mention = "@" + self._bot.name
        return f"{mention} {text.replace(mention, '', 1).strip()}"

    def _medium(self, word: Word) -> dict[str, Any]:
        data = word.data or cast.PLACEHOLDERS["picture"].encode()
        if self._gateway is None:
            key = aibot_cipher.media_key(self._bot.aes_key)
            return {"url": self._bot.keep_media(data, key, aibot_cipher.seal_bytes)}
        key = aibot.new_key()
        url = self._bot.keep_media(data, key, aibot_cipher.seal_bytes)
        return {"url": url, "aeskey": base64.b64encode(key).decode()}

    # -- on its way

    async def _deliver(self, cmd: str, body: dict[str, Any], asked: Asked, req_id: str) -> tuple[bool, str]:
        push = "push:card" if asked.kind == "card" else "push:robot" if cmd == MESSAGE else "push:event"
        fault, lost = await self._carrier.pick(push, body["msgid"])
        if lost:
            return False, "lost on the way"
        if self._gateway is not None:
            socket_body = {name: value for name, value in body.items() if name != "response_url"}
            return await self._gateway.push(cmd, socket_body, asked, req_id)
        if self._target() is None:
            return False, "no receiver is configured"
        reason = ""
        for number in range(len(self.retry_after_s) + 1):
            if number:
                await asyncio.sleep(self.retry_after_s[number - 1])
            attempt, nonce = await self._attempt(push, body, number + 1, fault if number == 0 else None)
            if attempt.acknowledged:
                return True, self._answered(attempt.body, nonce, asked)
            reason = attempt.outcome
        return False, reason

    async def _attempt(
        self, push: str, body: dict[str, Any], number: int, fault: Fault | None
    ) -> tuple[Attempt, str]:
        """One attempt, sealed anew."""
        bot, nonce, stamp = self._bot, secrets.token_hex(8), str(self._stamp_s())
        encrypt = aibot_cipher.seal(bot.aes_key, orjson.dumps(body))
        proof = aibot_cipher.proof(bot.token, stamp, nonce, encrypt)
        query = urlencode({"msg_signature": proof, "timestamp": stamp, "nonce": nonce})
        url = f"{self._target()}/wecom/{self._app}/aibot?{query}"
        raw = orjson.dumps({"encrypt": encrypt})
        parcel = Parcel(push, body["msgid"], raw, lambda: (url, {}), TIMEOUT_S)
        return await self._carrier.attempt(parcel, number, fault), nonce

    def _answered(self, raw: bytes, nonce: str, asked: Asked) -> str:
        """Show what was said in the same breath; returns what was wrong with it."""
        if not raw:
            return ""
        try:
            said = self.opened(raw, nonce)
            if "response_type" in said:
                self._bot.update(asked, said)()
            else:
                self._bot.respond(asked, said)()
        except (ApiError, ValueError, KeyError, TypeError) as error:
            return f"answered, but not to be read: {error}"
        return ""

    def opened(self, raw: bytes, nonce: str) -> dict[str, Any]:
        """A passive answer, checked as the platform checks it.

        Raises:
            ValueError: It is not sealed for this request.
            KeyError: A part is missing.
        """
        outer = orjson.loads(raw)
        if outer["nonce"] != nonce:
            raise ValueError("the nonce is not the request's")
        proof = aibot_cipher.proof(self._bot.token, str(outer["timestamp"]), nonce, outer["encrypt"])
        if not hmac.compare_digest(str(outer["msgsignature"]).encode(), proof.encode()):
            raise ValueError("the signature is wrong")
        said = orjson.loads(aibot_cipher.unseal(self._bot.aes_key, outer["encrypt"]))
        if not isinstance(said, dict):
            raise ValueError("no object")
        return said
