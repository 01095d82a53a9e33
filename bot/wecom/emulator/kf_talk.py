"""What people on WeChat do in customer service: they come in, write, send pictures, choose from a menu.

Facts from developer.work.weixin.qq.com, paths 94670 and 94699.
"""

from __future__ import annotations

from typing import Any

from bot.emulation.records import Item
from bot.emulation.say import NotPossible, Say
from bot.emulation.world import Person, UnknownReference
from bot.wecom.emulator.platform import Platform
from bot.wecom.emulator.push import Callback, Pusher

MOST_SCENE = 128
"""Bytes of what a link brings along."""
_MEDIA = {"picture": "image", "voice": "voice", "video": "video", "file": "file"}
_MARKS = {
    "picture": b"\x89PNG\r\n\x1a\n",
    "voice": b"#!AMR\n",
    "video": b"\0\0\0\x18ftypmp42",
    "file": b"%PDF-1.4\n",
}


class Customers:
    """The customer service conversations: what people on WeChat do there.

    Each thing lies in the log, and a callback says that something does; "delivered" is that callback's word.
    """

    def __init__(self, platform: Platform, pusher: Pusher) -> None:
        self._platform = platform
        self._pusher = pusher

    async def say(self, person: Person, say: Say, message: str = "") -> tuple[bool, str]:
        """Say it; whether the product took the callback, and why not.

        Args:
            message: The id it shall have; empty for any.
        """
        kind, body = self._body(say)
        message = self._platform.kf.wrote(person, kind, body, say.copies, message)
        return await self._ring(message, say.copies)

    def _body(self, say: Say) -> tuple[str, dict[str, Any]]:
        if say.kind in ("text", "richtext"):
            return "text", {"content": say.text}
        if say.kind == "unknown":
            return "location", {"latitude": 31.2, "longitude": 121.5, "name": "", "address": ""}
        kind = _MEDIA[say.kind]
        data = say.file if say.file is not None else _MARKS[say.kind] + b"invented"
        return kind, {"media_id": self._platform.store(kind, say.file_name or "", data)}

    async def press(self, item: Item, button: str, person: Person) -> tuple[bool, str]:
        """Choose from a menu; whether the product took the callback, and why not.

        Raises:
            UnknownReference: That person does not see such a menu.
            NotPossible: It has no such choice.
        """
        if item.lane != "kf" or item.chat != person.chat:
            raise UnknownReference(f"{person.name} does not see the menu {item.message!r}")
        found = next((one for one in item.content.buttons if one.id == button), None)
        if found is None or found.url is not None or not found.enabled:
            raise NotPossible(f"the menu has no choice {button!r}")
        body = {"content": found.label, "menu_id": button}
        return await self._ring(self._platform.kf.wrote(person, "text", body))

    async def enter(self, person: Person, scene: str) -> tuple[bool, str]:
        """Open the conversation, perhaps by a link that brings something along; as :meth:`press`.

        Raises:
            NotPossible: It brings too much.
        """
        if len(scene.encode()) > MOST_SCENE:
            raise NotPossible("scene_param holds 128 bytes")
        message, _code = self._platform.kf.entered(person, scene)
        return await self._ring(message)

    async def fail(self, person: Person, message: str, why: int) -> tuple[bool, str]:
        """What was said did not arrive: ``msg_send_fail`` with its ``fail_type``."""
        facts = {"fail_msgid": message, "fail_type": why}
        return await self._ring(self._platform.kf.happened(person, "msg_send_fail", facts))

    async def _ring(self, message: str, copies: int = 1) -> tuple[bool, str]:
        kf = self._platform.kf
        fields = {
            "FromUserName": "sys", "MsgType": "event", "Event": "kf_msg_or_event",
            "Token": kf.ring(), "OpenKfId": kf.account,
        }  # fmt: skip
        return await self._pusher.push(Callback("push:event", "kf", message, fields), copies)
