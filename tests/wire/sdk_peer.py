"""Somebody else's program: the platform's own client package, unchanged, with handlers as in its examples.

Run as a process. It says what it was given as JSON lines on its output. Its waits are shortened, because it
waits ten seconds after every cut.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

import dingtalk_stream
from dingtalk_stream import AckMessage

FASTER = 50
LOOK = {
    "cardUpdateOptions": {"updateCardDataByKey": True},
    "cardData": {"cardParamMap": {"title": "pressed", "buttons": "[]"}},
}

_sleep = asyncio.sleep


async def _shorter(seconds: float, *more: Any) -> None:
    await _sleep(seconds / FASTER, *more)


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


class Bot(dingtalk_stream.ChatbotHandler):  # type: ignore[misc]
    async def process(self, callback: Any) -> tuple[int, str]:
        message = dingtalk_stream.ChatbotMessage.from_dict(callback.data)
        words = message.text.content.strip()
        say(
            got="message", id=message.message_id, words=words, sender=message.sender_staff_id,
            group=message.conversation_type == "2", robot=message.robot_code,
        )  # fmt: skip
        self.reply_text(f"you said {words}", message)
        return AckMessage.STATUS_OK, "OK"


class Card(dingtalk_stream.CallbackHandler):  # type: ignore[misc]
    async def process(self, callback: Any) -> tuple[int, Any]:
        message = dingtalk_stream.CardCallbackMessage.from_dict(callback.data)
        actions = message.content["cardPrivateData"]["actionIds"]
        say(got="press", card=message.card_instance_id, who=message.user_id, actions=actions)
        return AckMessage.STATUS_OK, LOOK


class Event(dingtalk_stream.EventHandler):  # type: ignore[misc]
    async def process(self, event: Any) -> tuple[int, str]:
        say(got="event", kind=event.headers.event_type, id=event.headers.event_id, data=event.data)
        return AckMessage.STATUS_OK, "OK"


def main() -> None:
    setattr(asyncio, "sleep", _shorter)  # noqa: B010 - its type is not ours to say
    credential = dingtalk_stream.Credential(os.environ["PEER_ID"], os.environ["PEER_SECRET"])
    client = dingtalk_stream.DingTalkStreamClient(credential)
    client.register_all_event_handler(Event())
    client.register_callback_handler(dingtalk_stream.ChatbotMessage.TOPIC, Bot())
    client.register_callback_handler(dingtalk_stream.CallbackHandler.TOPIC_CARD_CALLBACK, Card())
    client.start_forever()


if __name__ == "__main__":
    sys.exit(main())  # type: ignore[func-returns-value]
