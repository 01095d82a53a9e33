"""A person speaks: checked as the client app would allow it, and written as the platform pushes it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from bot.dingtalk.emulator import texts
from bot.dingtalk.emulator.platform import Platform
from bot.dingtalk.emulator.push import Envelope
from bot.emulation import texts as cast
from bot.emulation.say import BadSay, NotPossible, Say
from bot.emulation.world import Person, SchoolClass, UnknownReference

_WIRE = {"richtext": "richText", "voice": "audio", "unknown": "unknownMsgType"}
NOT_IN_GROUPS = ("voice", "video", "file")
_MENTION = "@" + cast.ROBOT


@dataclass(frozen=True, slots=True)
class Spoke:
    """A message said on the platform.

    Args:
        envelope: The push to make; None if the robot does not get it.
        reason: Why it does not.
    """

    message: str
    at_ms: int
    chat: str
    who: str
    envelope: Envelope | None
    reason: str = ""


def speak(platform: Platform, say: Say) -> Spoke:
    """Say it: resolve who and where, and write the push unless the robot does not hear it.

    Raises:
        UnknownReference: No such person or chat.
        BadSay: The sender is not in that chat.
        NotPossible: The client app has no such button there.
    """
    klass, person = _where_and_who(platform, say)
    if klass is not None and say.kind in NOT_IN_GROUPS:
        raise NotPossible(f"{say.kind} cannot be sent to a robot in a group")
    if klass is None and not person.outsider and not platform.world.reachable(person):
        raise NotPossible("guardians have no conversation with the robot here; they have pages")
    message = "msg" + platform.new_id("message") + "=="
    chat = klass.group if klass is not None else person.chat
    mentioned = say.at_bot if say.at_bot is not None else _MENTION in say.text
    if klass is not None and (not mentioned or not platform.robot_in_group(chat)):
        reason = (
            "the robot hears a group only when it is @-ed" if not mentioned else "it is not in this group"
        )
        return Spoke(message, platform.now_ms(), chat, person.name, None, reason)
    body = _base(platform, message, person, klass)
    body.update(_payload(platform, say, group=klass is not None))
    to = None if klass is not None else person.id or None
    return Spoke(message, body["createAt"], chat, person.name, Envelope(message, chat, to, body))


def _where_and_who(platform: Platform, say: Say) -> tuple[SchoolClass | None, Person]:
    world = platform.world
    chat = say.chat
    if chat in (None, "", "private"):
        return None, world.person(say.sender)
    owner = world.chat_owner(str(chat))
    if owner is not None:
        if owner not in (_found(platform, say.sender), _found(platform, say.sender, owner)):
            raise BadSay("the chat is somebody else's conversation with the robot")
        return None, owner
    klass = world.class_(str(chat))
    person = world.person(say.sender, klass.id)
    if not person.in_class(klass.id) and not person.outsider:
        raise BadSay(f"{person.id} is not in that group")
    return klass, person


def _found(platform: Platform, reference: str, owner: Person | None = None) -> Person | None:
    """Who is meant; a name that several carry is taken as the owner's if it is theirs."""
    if owner is not None and owner.name == reference:
        return owner
    try:
        return platform.world.person(reference)
    except UnknownReference:
        return None


def _base(platform: Platform, message: str, person: Person, klass: SchoolClass | None) -> dict[str, Any]:
    """The part every message has (open.dingtalk.com, "Receive messages")."""
    world, app = platform.world, platform.app
    chat = klass.group if klass is not None else person.chat
    webhook, expires = platform.open_session(chat, None if klass is not None else person.id or None)
    robot_id = "$:LWCP_v1:$" + base64.b64encode(app.robot_code.encode()).decode()
    body: dict[str, Any] = {
        "conversationId": chat,
        "chatbotCorpId": world.corp,
        "chatbotUserId": robot_id,
        "msgId": message,
        "senderNick": person.name,
        "senderId": person.open_id,
        "isAdmin": any(role.kind == "admin" for role in person.roles),
        "sessionWebhookExpiredTime": expires,
        "createAt": platform.now_ms(),
        "conversationType": "1" if klass is None else "2",
        "sessionWebhook": webhook,
        "robotCode": app.robot_code,
        "senderPlatform": "Android",
    }
    if not person.outsider:
        body.update(senderStaffId=person.id, senderCorpId=world.corp, senderUnionId=person.union_id)
    if klass is not None:
        body.update(conversationTitle=klass.name, isInAtList=True, atUsers=[{"dingtalkId": robot_id}])
    return body


def _payload(platform: Platform, say: Say, *, group: bool) -> dict[str, Any]:
    """The part that depends on the kind (open.dingtalk.com, "Robot message types")."""
    text = _without_mention(say.text) if group else say.text
    wire = _WIRE.get(say.kind, say.kind)
    if say.kind == "text":
        return {"msgtype": wire, "text": {"content": text}}
    if say.kind == "unknown":
        return {"msgtype": wire, "content": {"unknownMsgType": texts.UNKNOWN_CONTENT}}
    name = say.file_name or texts.DEFAULT_FILE_NAME
    code = platform.keep_file(name, say.file if say.file is not None else _invented(say.kind))
    content: dict[str, Any] = {"downloadCode": code}
    if say.kind == "richtext":
        picture = {"type": "picture", "downloadCode": code, "pictureDownloadCode": code}
        content = {"richText": [{"text": text}, picture] if text else [picture]}
    elif say.kind == "picture":
        content["pictureDownloadCode"] = code
    elif say.kind == "voice":
        content.update(duration=4000, recognition=say.transcript or "")
    elif say.kind == "video":
        content.update(duration=4000, videoType="mp4")
    else:
        content.update(fileName=name, spaceId="3000001", fileId="9000001")
    return {"msgtype": wire, "content": content}


def _without_mention(text: str) -> str:
    """In a group the mention is cut out and a leading space stays."""
    return " " + text.replace(_MENTION, "", 1).strip()


_MARKS = {
    "picture": b"\x89PNG\r\n\x1a\n",
    "richtext": b"\x89PNG\r\n\x1a\n",
    "voice": b"#!AMR\n",
    "video": b"\0\0\0\x18ftypmp42",
    "file": b"%PDF-1.4\n",
}
"""How bytes of each kind begin: a receiver goes by them, not by what was claimed."""


def _invented(kind: str) -> bytes:
    return _MARKS.get(kind, b"") + f"invented {kind}".encode()
