"""What a member says to the app, and which buttons he or she presses there (paths 90238, 101031)."""

from __future__ import annotations

import itertools
from typing import Any

from bot.emulation.records import Item
from bot.emulation.say import NotPossible, Say
from bot.emulation.world import Person, UnknownReference
from bot.wecom.emulator.platform import Platform
from bot.wecom.emulator.push import Callback, Pusher

_MEDIA = {"picture": "image", "voice": "voice", "video": "video"}
_FIRST_ID = 7_345_678_901_234_560_000


class Members:
    """The app's conversations with members."""

    def __init__(self, platform: Platform, pusher: Pusher) -> None:
        self._platform = platform
        self._pusher = pusher
        self._ids = itertools.count(_FIRST_ID)

    def next_id(self) -> str:
        """The id the next message will have."""
        return str(next(self._ids))

    async def say(self, person: Person, say: Say, message: str = "") -> tuple[bool, str]:
        """Say it; whether the product took it, and why not.

        Args:
            message: Its id, from :meth:`next_id`.

        Raises:
            NotPossible: The app's conversation does not offer that.
        """
        message = message or self.next_id()
        fields = {
            "FromUserName": person.id, **self._content(say), "MsgId": int(message),
            "AgentID": self._platform.app.agent_id,
        }  # fmt: skip
        callback = Callback("push:robot", "callback", message, fields, person)
        return await self._pusher.push(callback, say.copies)

    def _content(self, say: Say) -> dict[str, Any]:
        if say.kind in ("text", "richtext"):
            return {"MsgType": "text", "Content": say.text}
        if say.kind == "unknown":
            place = {"Location_X": "31.2", "Location_Y": "121.5", "Scale": "15", "Label": ""}
            return {"MsgType": "location", **place}
        if say.kind not in _MEDIA:
            raise NotPossible(f"a self-built app's conversation has no {say.kind}")
        kind = _MEDIA[say.kind]
        media_id = self._platform.store(kind, say.file_name or "", say.file or b"\x89PNG\r\n\x1a\nnothing")
        more: dict[str, Any] = {"PicUrl": f"{self._platform.base_url}/_files/{media_id}"}
        if kind == "voice":
            more = {"Format": "amr"}
        elif kind == "video":
            more = {"ThumbMediaId": media_id}
        return {"MsgType": kind, "MediaId": media_id, **more}

    async def press(
        self, item: Item, button: str, person: Person, values: dict[str, Any]
    ) -> tuple[bool, str]:
        """Press a card's button; whether the product took it, and why not.

        Raises:
            UnknownReference: That person does not see such a card.
            NotPossible: There is no such button, or it is over.
        """
        mine = (item.message, person.id)
        card = next((one for one in self._platform.cards.values() if (one.message, one.to) == mine), None)
        if card is None:
            raise UnknownReference(f"{person.name} does not see the card {item.message!r}")
        found = next((one for one in card.content.buttons if one.id == button), None)
        if found is None or not found.enabled:
            raise NotPossible(f"the card has no button {button!r} to press")
        code = self._platform.new_id("response")
        card.codes[code] = self._platform.now_ms()
        fields: dict[str, Any] = {
            "FromUserName": person.id, "MsgType": "event", "Event": "template_card_event",
            "EventKey": button, "TaskId": card.task, "CardType": card.kind, "ResponseCode": code,
            "AgentID": self._platform.app.agent_id,
        }  # fmt: skip
        if values:
            items = [{"QuestionKey": key, "OptionIds": {"OptionId": value}} for key, value in values.items()]
            fields["SelectedItems"] = {"SelectedItem": items}
        callback = Callback("push:card", "callback", card.task, fields, person, card)
        return await self._pusher.push(callback)
