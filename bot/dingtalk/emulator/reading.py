"""Somebody reads what the robot sent: the read status changes, and an event tells of it."""

from __future__ import annotations

from typing import Any

from bot.dingtalk.emulator.platform import Platform
from bot.emulation.world import UnknownReference


def mark_read(platform: Platform, message: str, sender: str) -> dict[str, Any] | None:
    """Note it and return the data of the event ``robot_msg_read``; None where the platform has none.

    Work notices have a read list and no event; a second look changes nothing.

    Raises:
        UnknownReference: No such person, or that person did not get that message.
    """
    sent = platform.sent.shown_as(message)
    klass = platform.world.group_class.get(sent.chat) if sent is not None else None
    person = platform.world.person(sender, klass.id if klass else None)
    notice = next((one for one in platform.notices.values() if one.message == message), None)
    if notice is not None and person.id in notice.delivered:
        notice.read.add(person.id)
        return None
    member = sent is not None and (
        person.id in sent.users if sent.private else klass is not None and person.in_class(klass.id)
    )
    if sent is None or not member:
        raise UnknownReference(f"{person.name} did not get a message {message!r} of the robot")
    if person.id in sent.read:
        return None
    sent.read[person.id] = platform.now_ms()
    return {
        "userId": person.id,
        "unionId": person.union_id,
        "openConversationId": sent.chat or person.chat,
        "processQueryKey": sent.key,
        "robotCode": platform.app.robot_code,
        "operatTime": platform.now_ms(),
    }
