"""The app's robot: what it sends to people and groups, takes back, and asks about.

Facts from open.dingtalk.com, 'Batch send 1:1 robot messages', 'Send robot messages in a group', 'Recall robot
messages' and 'Query the read status of robot messages'. None of the sends can be repeated unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from bot.command import AskRead, Group, Maybe, Outcome, Private, Refused, Sent, TakeBack, Target
from bot.dingtalk.core import Core, Failed
from bot.dingtalk.errors import Verdict
from bot.dingtalk.escape import clean, escape_markdown, no_mentions

PRIVATE = "/v1.0/robot/oToMessages/batchSend"
GROUP = "/v1.0/robot/groupMessages/send"
RECALL_PRIVATE = "/v1.0/robot/otoMessages/batchRecall"
RECALL_GROUP = "/v1.0/robot/groupMessages/recall"
READ_PRIVATE = "/v1.0/robot/oToMessages/readStatus"
READ_GROUP = "/v1.0/robot/groupMessages/query"
ROBOTS = "/v1.0/robot/groups/robots/query"

MAX_USERS = 20
MAX_KEYS = 20
MAX_PARAM = 15_000
"""Bytes of ``msgParam``."""
_PAGE = 200
_MOST_PAGES = 50

Content = tuple[str, dict[str, str]]
"""``msgKey`` and the parameters that become ``msgParam``."""


def words(title: str, text: str) -> Content:
    """Words as a message; a titled one is markdown, in which the words stay words."""
    if not title:
        return "sampleText", {"content": no_mentions(text)}
    return "sampleMarkdown", {"title": heading(title), "text": escape_markdown(text)}


def heading(title: str) -> str:
    """A title on one line."""
    return no_mentions(clean(title).replace("\n", " ")).strip()


def too_long(content: Content) -> bool:
    """Whether the platform would refuse it for its length."""
    return len(orjson.dumps(content[1])) > MAX_PARAM


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of one message to several people.

    Args:
        query_key: For recall and read status.
        refused: Whom it did not reach, by user id: the name of the list they stood in.
    """

    query_key: str
    refused: dict[str, str]


_LISTS = ("invalidStaffIdList", "filteredStaffIdList", "flowControlledStaffIdList")


async def send_many(core: Core, user_ids: Sequence[str], content: Content) -> Batch | Failed:
    """One message to at most :data:`MAX_USERS` people in one counted call.

    A list must not be repeated after a part of it failed: the others would see it twice.

    Raises:
        ValueError: None or too many of them.
    """
    if not 0 < len(user_ids) <= MAX_USERS:
        raise ValueError(f"{len(user_ids)} people in one call")
    verdict = await core.call_new(PRIVATE, {"userIds": list(user_ids), **_message(core, content)})
    if verdict.meaning != "ok":
        return verdict.outcome()
    refused = {
        str(user): name for name in reversed(_LISTS) for user in _list(verdict.data, name) if user in user_ids
    }
    key = verdict.data.get("processQueryKey")
    if not (isinstance(key, str) and key) and len(refused) < len(set(user_ids)):
        return Maybe("no_query_key")
    return Batch(key if isinstance(key, str) else "", refused)


async def send_private(core: Core, user_id: str, content: Content) -> Outcome:
    """One message to one person."""
    came = await send_many(core, [user_id], content)
    if not isinstance(came, Batch):
        return came
    match came.refused.get(user_id):
        case None:
            return Sent(came.query_key)
        case "flowControlledStaffIdList" as name:
            return Refused(name, "slow", 1.0)
        case name:
            return Refused(name, "recipient")


async def send_group(core: Core, conversation: str, content: Content) -> Outcome:
    """One message to a group; it can mention nobody."""
    body = {"openConversationId": conversation, **_message(core, content)}
    verdict = await core.call_new(GROUP, body)
    if verdict.meaning != "ok":
        return verdict.outcome()
    key = verdict.data.get("processQueryKey")
    return Sent(key) if isinstance(key, str) and key else Maybe("no_query_key")


def _message(core: Core, content: Content) -> dict[str, Any]:
    msg_key, param = content
    return {"robotCode": core.robot_code, "msgKey": msg_key, "msgParam": orjson.dumps(param).decode()}


# -- taking back


def recall_path(target: Target) -> str:
    """The interface that recalls there."""
    return RECALL_PRIVATE if isinstance(target, Private) else RECALL_GROUP


async def take_back(core: Core, command: TakeBack) -> Outcome:
    """Recall messages, silently; ``facts`` say which went and, by key, why others did not."""
    target, keys = command.target, [key for key in command.platform_ids if key]
    if not isinstance(target, Private | Group) or not keys:
        return Refused("recall.notPossible", "recipient")
    where = {"openConversationId": target.conversation_id} if isinstance(target, Group) else {}
    gone: list[str] = []
    failed: dict[str, str] = {}
    for start in range(0, len(keys), MAX_KEYS):
        some = keys[start : start + MAX_KEYS]
        body = {"robotCode": core.robot_code, "processQueryKeys": some, **where}
        verdict = await core.call_new(recall_path(target), body)
        if verdict.meaning != "ok":
            return verdict.outcome()
        gone += [str(key) for key in _list(verdict.data, "successResult")]
        failed |= _reasons(verdict)
    if failed and not gone:
        return Refused("recall.failed", "recipient")
    return Sent("", {"recalled": gone, "failed": failed})


def _reasons(verdict: Verdict) -> dict[str, str]:
    failed = verdict.data.get("failedResult")
    return {str(key): str(why)[:120] for key, why in failed.items()} if isinstance(failed, dict) else {}


# -- who has read


def read_path(target: Target) -> str:
    """The interface that knows who has read there."""
    return READ_PRIVATE if isinstance(target, Private) else READ_GROUP


async def ask_read(core: Core, command: AskRead) -> Outcome:
    """Who has read a message: ``facts["read"]`` user ids, ``facts["status"]`` in lower case.

    Of a group only the readers are told, never who has not; private messages are known for 24 hours.
    """
    if not command.platform_id:
        return Refused("read.notPossible", "recipient")
    match command.target:
        case Private():
            return await _read_private(core, command.platform_id)
        case Group(conversation):
            return await _read_group(core, conversation, command.platform_id)
        case _:
            return Refused("read.notPossible", "recipient")


async def _read_private(core: Core, key: str) -> Outcome:
    query = {"robotCode": core.robot_code, "processQueryKey": key}
    verdict = await core.call_new(READ_PRIVATE, None, "GET", query)
    if verdict.meaning != "ok":
        return verdict.outcome()
    rows = [row for row in _list(verdict.data, "messageReadInfoList") if isinstance(row, dict)]
    # The documents spell the words in capitals, answers have been seen in small letters.
    read = [str(row.get("userId")) for row in rows if str(row.get("readStatus")).upper() == "READ"]
    return Sent("", {"read": read, "status": _status(verdict)})


async def _read_group(core: Core, conversation: str, key: str) -> Outcome:
    read: list[str] = []
    token, status = "", ""
    for _ in range(_MOST_PAGES):
        body = {
            "robotCode": core.robot_code,
            "openConversationId": conversation,
            "processQueryKey": key,
            "maxResults": _PAGE,
        } | ({"nextToken": token} if token else {})
        verdict = await core.call_new(READ_GROUP, body)
        if verdict.meaning != "ok":
            return verdict.outcome()
        read += [str(user) for user in _list(verdict.data, "readUserIds")]
        token, status = str(verdict.data.get("nextToken") or ""), _status(verdict)
        if str(verdict.data.get("hasMore")).lower() != "true" or not token:
            break
    return Sent("", {"read": list(dict.fromkeys(read)), "status": status})


def _status(verdict: Verdict) -> str:
    return str(verdict.data.get("sendStatus") or "").lower().replace("sucess", "success")


# -- which robots a group has


@dataclass(frozen=True, slots=True)
class GroupRobot:
    """A robot of a group; ``kind`` is ``custom``, ``internal``, ``third_party``, ``scene`` or ``unknown``."""

    code: str
    name: str
    kind: str


_ROBOT_KINDS = {"1": "custom", "2": "internal", "3": "third_party", "4": "scene"}


async def group_robots(core: Core, conversation: str) -> list[GroupRobot] | Failed:
    """The robots of a group, to see what this school has."""
    verdict = await core.call_new(ROBOTS, {"openConversationId": conversation})
    if verdict.meaning != "ok":
        return verdict.outcome()
    rows = [row for row in _list(verdict.data, "chatbotInstanceVOList") if isinstance(row, dict)]
    return [
        GroupRobot(
            str(row.get("robotCode") or ""),
            clean(str(row.get("name") or ""))[:64],
            _ROBOT_KINDS.get(str(row.get("openRobotType")), "unknown"),
        )
        for row in rows
    ]


def _list(data: dict[str, Any], name: str) -> list[Any]:
    value = data.get(name)
    return value if isinstance(value, list) else []
