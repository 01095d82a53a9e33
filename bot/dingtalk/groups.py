"""Groups of our own making, and who is in a scene group.

Facts from open.dingtalk.com, 'Create an internal group', 'Update a group' and 'Query the members of a scene
group'. For a class group that only has the robot no page names a member list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from bot.command import Maybe
from bot.dingtalk.core import Core, Failed
from bot.dingtalk.escape import clean

CREATE = "/v1.0/im/group/create"
UPDATE = "/v1.0/im/group/update"
MEMBERS = "/v1.0/im/sceneGroups/members/batchQuery"
MAX_NAME = 20
_PAGE = 1000
_MOST_PAGES = 10


@dataclass(frozen=True, slots=True)
class NewGroup:
    """A group just made: ``conversation`` is what messages are sent to, ``chat_id`` what updates want."""

    conversation: str
    chat_id: str


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in a group: our own people by user id, outsiders by union id."""

    user_ids: tuple[str, ...]
    union_ids: tuple[str, ...]


async def create(core: Core, name: str, owner: str, user_ids: Sequence[str]) -> NewGroup | Failed:
    """Make an internal group. Made twice it is two groups: a "maybe" is for a person to look at."""
    body = {
        "name": clean(name).replace("\n", " ")[:MAX_NAME],
        "owner": owner,
        "ownerType": "emp",
        "useridlist": list(dict.fromkeys([owner, *user_ids])),
        "conversationTag": 2,
    }
    verdict = await core.call_new(CREATE, body)
    if verdict.meaning != "ok":
        return verdict.outcome()
    conversation, chat = verdict.data.get("openConversationId"), verdict.data.get("chatid")
    if not isinstance(conversation, str) or not conversation:
        return Maybe("group.noId")
    return NewGroup(conversation, chat if isinstance(chat, str) else "")


async def update(
    core: Core, chat_id: str, add: Sequence[str] = (), remove: Sequence[str] = (), name: str = ""
) -> Failed | None:
    """Add or remove members, or rename; None: done. Doing it twice changes nothing more."""
    body: dict[str, object] = {"chatid": chat_id}
    if add:
        body["add_useridlist"] = list(add)
    if remove:
        body["del_useridlist"] = list(remove)
    if name:
        body["name"] = clean(name).replace("\n", " ")[:MAX_NAME]
    verdict = await core.call_new(UPDATE, body)
    return None if verdict.meaning == "ok" else verdict.outcome()


async def conversation_of(core: Core, chat_id: str) -> str | Failed:
    """The ``openConversationId`` of an older chat id."""
    path = f"/v1.0/im/chat/{quote(chat_id, safe='')}/convertToOpenConversationId"
    verdict = await core.call_new(path, {})
    if verdict.meaning != "ok":
        return verdict.outcome()
    found = verdict.data.get("openConversationId")
    return found if isinstance(found, str) and found else Maybe("group.noId")


async def members(core: Core, conversation: str) -> Members | Failed:
    """Who is in a scene group; refused where the group was not made from the app's template."""
    user_ids: list[str] = []
    union_ids: list[str] = []
    token = ""
    for _ in range(_MOST_PAGES):
        body = {"openConversationId": conversation, "maxResults": _PAGE}
        verdict = await core.call_new(MEMBERS, body | ({"nextToken": token} if token else {}))
        if verdict.meaning != "ok":
            return verdict.outcome()
        for name, found in (("memberUserIds", user_ids), ("unionIdList", union_ids)):
            listed = verdict.data.get(name)
            found += [str(one) for one in listed] if isinstance(listed, list) else []
        token = str(verdict.data.get("nextToken") or "")
        if not token or str(verdict.data.get("hasMore")).lower() == "false":
            break
    return Members(tuple(dict.fromkeys(user_ids)), tuple(dict.fromkeys(union_ids)))
