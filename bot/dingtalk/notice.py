"""Work notices: the app speaks to people by itself, without a chat.

Facts from open.dingtalk.com, 'Asynchronously send work notices' and 'Query the result of a work notice'. The
same words reach one person once a day, and over the day's limit the platform answers "ok" and shows nothing:
only the result tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from bot.command import Command, Maybe, Outcome, Private, Refused, Sent
from bot.dingtalk.core import Core, Failed
from bot.dingtalk.escape import escape_markdown, no_mentions
from bot.dingtalk.robot import heading

SEND = "/topapi/message/corpconversation/asyncsend_v2"
RESULT = "/topapi/message/corpconversation/getsendresult"
MAX_USERS = 100
_NO_ROBOT = frozenset(("robot.oto.notExist", "chatbotId.notAllow.sendOTO"))
MAX_BYTES = 2048
"""Bytes of the whole message."""


@dataclass(frozen=True, slots=True)
class NoticeResult:
    """What became of a work notice, as user ids; known for 24 hours."""

    read: tuple[str, ...]
    unread: tuple[str, ...]
    failed: tuple[str, ...]
    forbidden: tuple[str, ...]
    invalid: tuple[str, ...]

    @property
    def not_reached(self) -> tuple[str, ...]:
        """Those it was not shown to, whatever the first answer said."""
        return tuple(dict.fromkeys([*self.failed, *self.forbidden, *self.invalid]))


def notice_message(title: str, text: str) -> dict[str, Any]:
    """The words as a notice. Put the date into them: equal ones are shown once a day."""
    if not title:
        return {"msgtype": "text", "text": {"content": no_mentions(text)}}
    return {"msgtype": "markdown", "markdown": {"title": heading(title), "text": escape_markdown(text)}}


async def notify(core: Core, user_ids: Sequence[str], title: str, text: str) -> str | Failed:
    """Send a work notice; returns its task id, to be asked about with :func:`notice_result`.

    Raises:
        ValueError: None or too many people.
    """
    if not 0 < len(user_ids) <= MAX_USERS:
        raise ValueError(f"{len(user_ids)} people in one call")
    message = notice_message(title, text)
    if core.app.agent_id is None:
        return Refused("notice.noAgentId", "config")
    if len(orjson.dumps(message)) > MAX_BYTES:
        return Refused("notice.tooLong", "content")
    body = {"agent_id": core.app.agent_id, "userid_list": ",".join(user_ids), "msg": message}
    verdict = await core.call_old(SEND, body, counted=True)
    if verdict.meaning != "ok":
        return verdict.outcome()
    task = verdict.data.get("task_id")
    return str(task) if isinstance(task, int | str) and task else Maybe("notice.noTask")


async def notice_result(core: Core, task_id: str) -> NoticeResult | Failed:
    """Who has read a notice, and whom it never reached."""
    body = {"agent_id": core.app.agent_id, "task_id": int(task_id) if task_id.isdigit() else task_id}
    verdict = await core.call_old(RESULT, body, counted=True)
    if verdict.meaning != "ok":
        return verdict.outcome()
    found = verdict.data.get("send_result")
    lists = found if isinstance(found, dict) else {}
    return NoticeResult(*(_ids(lists, name) for name in ("read", "unread", "failed", "forbidden", "invalid")))


def stands_in(refused: Refused) -> bool:
    """Whether the robot may not write to somebody one to one, which a notice may."""
    return refused.code in _NO_ROBOT


async def instead(core: Core, command: Command, refused: Refused) -> Outcome:
    """Words the robot may not bring, as a work notice; nobody can answer there, so they offer no choice.

    It counts as sent only if the result does not deny it: over the day's limit the first answer is "ok".
    """
    target = command.target
    if core.app.agent_id is None or not isinstance(target, Private):
        return refused
    task = await notify(core, [target.user_id], command.title, command.plain)
    if not isinstance(task, str):
        return task if isinstance(task, Maybe) else refused
    result = await notice_result(core, task)
    if not isinstance(result, NoticeResult):
        return Maybe(f"notice.{result.code}")
    return refused if target.user_id in result.not_reached else Sent(f"notice:{task}")


def _ids(lists: dict[str, Any], name: str) -> tuple[str, ...]:
    """``forbidden_list`` may hold rows instead of ids."""
    value = lists.get(f"{name}_user_id_list") or lists.get(f"{name}_list")
    if not isinstance(value, list):
        return ()
    return tuple(str(one.get("userid") if isinstance(one, dict) else one) for one in value)
