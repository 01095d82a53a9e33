"""Somebody presses a card's button: the callback goes out, and its answer changes the card.

Facts from open.dingtalk.com, "Card callbacks": ``content`` and ``extension`` are JSON in a string, the
answer must come within two seconds, and a callback is not repeated.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any

import orjson

from bot.dingtalk.emulator.card_state import CardState, Place, change, look
from bot.dingtalk.emulator.cards import params
from bot.dingtalk.emulator.envelope import ApiError
from bot.dingtalk.emulator.gateway import Gateway
from bot.dingtalk.emulator.platform import CardRoute, Platform
from bot.emulation.carrier import Carrier, Parcel
from bot.emulation.say import NotPossible
from bot.emulation.world import Person, UnknownReference

ANSWER_S = 2.0


@dataclass(frozen=True, slots=True)
class Press:
    """What ``POST /_control/press`` asks for.

    Args:
        values: What the button's form carries along: ``params`` of the callback.
    """

    message: str
    button: str
    sender: str
    values: dict[str, Any] = field(default_factory=dict)


def card_sign(timestamp: str, secret: str) -> str:
    """``x-ddpaas-signature``: base64 of HMAC-SHA256 over the timestamp alone."""
    return base64.b64encode(hmac.new(secret.encode(), timestamp.encode(), hashlib.sha256).digest()).decode()


class Presser:
    """Presses buttons.

    Args:
        gateway: The sockets for ``STREAM`` cards; None where the app receives by HTTP.
    """

    def __init__(self, platform: Platform, carrier: Carrier, gateway: Gateway | None) -> None:
        self._platform = platform
        self._carrier = carrier
        self._gateway = gateway

    async def press(self, press: Press) -> tuple[bool, str]:
        """Press it; returns whether the product answered in time, and why not.

        Raises:
            UnknownReference: Nobody is called that, or that person does not see such a message.
            NotPossible: The button is not there, is switched off or leads to no callback.
        """
        place, person = self._find(press)
        card = self._platform.placed.get(press.message)
        self._check_button(press, card, place, person)
        if card is None or place is None or card.callback is None:
            raise NotPossible("the card was made without a callback: pressing it does nothing")
        body = self._body(press, card, place, person)
        status, answer = await self._send(card, body)
        if answer is None:
            return False, status
        return True, self._apply(card, person.id, answer)

    def _find(self, press: Press) -> tuple[Place | None, Person]:
        """Where the person sees that message; None for a message that is no card."""
        seen = [item for item in self._platform.seen.items if item.message == press.message]
        if not seen:
            raise UnknownReference(f"nobody saw a message {press.message!r}")
        klass = self._platform.world.group_class.get(seen[0].chat)
        person = self._platform.world.person(press.sender, klass.id if klass else None)
        if seen[-1].change == "recalled":
            raise NotPossible("the message was taken back")
        item = next((item for item in seen if item.to in (None, person.id)), None)
        card = self._platform.placed.get(press.message)
        place = next((p for p in card.places if p.message == press.message), None) if card else None
        member = klass is None or person.in_class(klass.id)
        if item is None or not member or (place and place.recipients and person.id not in place.recipients):
            raise UnknownReference(f"{person.name} does not see the message {press.message!r}")
        return place, person

    def _check_button(
        self, press: Press, card: CardState | None, place: Place | None, person: Person
    ) -> None:
        if card is not None and place is not None:
            content = look(card, person.id)
        else:
            items = self._platform.seen.items
            content = next(item for item in reversed(items) if item.message == press.message).content
        button = next((b for b in content.buttons if b.id == press.button), None)
        if button is None:
            raise NotPossible(f"the message has no button {press.button!r}")
        if button.url is not None:
            raise NotPossible("the button only opens a link; use open")
        if not button.enabled:
            raise NotPossible(f"the button {button.label!r} is switched off")

    def _body(self, press: Press, card: CardState, place: Place, person: Person) -> dict[str, Any]:
        content = {"cardPrivateData": {"actionIds": [press.button], "params": press.values}}
        return {
            "type": "actionCallback",
            "outTrackId": card.track,
            "corpId": self._platform.world.corp,
            "userId": person.id,
            "userIdType": 1,
            "spaceId": place.space[1],
            "spaceType": place.space[0],
            "extension": "{}",
            "content": orjson.dumps(content).decode(),
        }

    async def _send(self, card: CardState, body: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
        """The answer, or why there is none."""
        if card.callback == "STREAM":
            if self._gateway is None:
                return "no connection is subscribed to card callbacks", None
            pushed = await self._gateway.push_card(body)
            return pushed.outcome, _answer(pushed.body) if pushed.acknowledged else None
        route = self._platform.routes.get(card.route_key or "")
        if route is None:
            return "no route registered", None
        fault, lost = await self._carrier.pick("push:card", card.track)
        if lost:
            return "lost on the way", None
        parcel = Parcel("push:card", card.track, orjson.dumps(body), lambda: self._address(route), ANSWER_S)
        attempt = await self._carrier.once(parcel, fault)
        return attempt.outcome, _answer(attempt.body) if attempt.acknowledged else None

    def _address(self, route: CardRoute) -> tuple[str, dict[str, str]]:
        stamp = str(self._platform.stamp_ms())
        signed = card_sign(stamp, route.secret)
        return route.url, {"x-ddpaas-signature-timestamp": stamp, "x-ddpaas-signature": signed}

    def _apply(self, card: CardState, user: str, answer: dict[str, Any]) -> str:
        """Change the card as answered; what cannot be read changes nothing. Returns what was wrong."""
        options = answer.get("cardUpdateOptions")
        try:
            data = params(answer["cardData"], "param.invalid") if answer.get("cardData") else None
            own = answer.get("userPrivateData")
            private = {user: params(own, "param.invalid")} if own else {}
        except ApiError as error:
            return f"answered, but not to be read: {error.message}"
        change(self._platform, card, data, private, options if isinstance(options, dict) else {})
        return ""


def _answer(raw: bytes) -> dict[str, Any]:
    """The answer's object; nothing, or nothing readable, is an answer that changes nothing."""
    try:
        answer = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}
