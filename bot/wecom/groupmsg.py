"""A class group on WeChat: a post is laid before the group's owner, who confirms it or does not.

Facts from developer.work.weixin.qq.com, paths 92135 (create), 93338 (tasks and results) and 97610 (stop). A
create made twice is two tasks, so after one without an answer the platform is asked what it has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.command import AskTask, Broadcast, Command, Maybe, Outcome, Refused, Sent, StopTask

if TYPE_CHECKING:
    from bot.wecom.core import Core
    from bot.wecom.media import Uploads

LAY = "/cgi-bin/externalcontact/add_msg_template"
FIND = "/cgi-bin/externalcontact/get_groupmsg_list_v2"
OWNERS = "/cgi-bin/externalcontact/get_groupmsg_task"
RESULT = "/cgi-bin/externalcontact/get_groupmsg_send_result"
STOP = "/cgi-bin/externalcontact/cancel_groupmsg_send"

MOST_TEXT = 4000
"""Bytes of UTF-8."""
_STATES = {0: "open", 1: "sent", 2: "gone", 3: "limit"}
_CONFIRMED = 2
_SKEW_S = 5
"""So far the platform's clock may be behind ours when a doubtful task is looked for."""


async def lay(core: Core, command: Command, target: Broadcast, uploads: Uploads) -> Outcome:
    """Make the task; its id is in ``facts["task"]``.

    Returns:
        ``Maybe`` only if nobody can say whether it lies there.
    """
    body = await _body(command, target, uploads)
    if not isinstance(body, dict):
        return body
    since = int(core.clock.now().timestamp()) - _SKEW_S
    came = await core.call(LAY, body)
    if came.meaning == "maybe":
        found = await _find(core, target, command.text, since)
        return Sent("", {"task": found}) if found else Maybe(came.code)
    if came.meaning != "ok":
        failed: Outcome = came.outcome()
        return failed
    if target.chat_id in came.data.get("fail_list", ()):
        return Refused("no_group", "recipient")
    task = came.data.get("msgid")
    return Sent("", {"task": task}) if isinstance(task, str) and task else Maybe("unreadable")


async def _body(command: Command, target: Broadcast, uploads: Uploads) -> dict[str, Any] | Refused | Maybe:
    """The call's body; the same post is the same bytes."""
    if len(command.text.encode()) > MOST_TEXT:
        return Refused("too_long", "content")
    attachments = []
    if command.file is not None:
        uploaded = await uploads.media_id(command.file)
        if isinstance(uploaded, Refused | Maybe):
            return uploaded
        kind, media_id = uploaded
        attachments = [{"msgtype": kind, kind: {"media_id": media_id}}]
    return {
        "chat_type": "group",
        "sender": target.owner_id,
        "chat_id_list": [target.chat_id],
        "text": {"content": command.text},
        **({"attachments": attachments} if attachments else {}),
    }


async def _find(core: Core, target: Broadcast, text: str, since: int) -> str:
    """The task a create without an answer has made, or empty."""
    until = int(core.clock.now().timestamp()) + _SKEW_S
    asked = {"chat_type": "group", "start_time": since, "end_time": until, "limit": 100}
    came = await core.call(FIND, asked)
    for one in came.data.get("group_msg_list", ()) if came.meaning == "ok" else ():
        said = (one.get("text") or {}).get("content")
        # Without its words in the answer, the group it is for has to tell.
        if said in (None, text) and await _state(core, one["msgid"], target) == "open":
            return str(one["msgid"])
    return ""


async def _state(core: Core, task_id: str, target: Broadcast) -> str | Outcome:
    asked = {"msgid": task_id, "userid": target.owner_id, "limit": 1000}
    came = await core.call(RESULT, asked)
    if came.meaning != "ok":
        failed: Outcome = came.outcome()
        return failed
    mine = [one for one in came.data.get("send_list", ()) if one.get("chat_id") == target.chat_id]
    return _STATES.get(mine[0].get("status"), "open") if mine else "gone"


async def ask(core: Core, command: AskTask) -> Outcome:
    """Whether the owner has confirmed; ``facts["state"]`` is ``open``, ``sent``, ``limit`` or ``gone``."""
    state = await _state(core, command.task_id, command.target)
    if isinstance(state, Maybe):
        return Refused(state.code, "retry")  # a question changes nothing: it may be put again
    return Sent("", {"state": state, "task": command.task_id}) if isinstance(state, str) else state


async def stop(core: Core, command: StopTask) -> Outcome:
    """Take it back; ``facts["state"]`` is ``sent`` if it was too late, else ``stopped``."""
    came = await core.call(STOP, {"msgid": command.task_id})
    if came.meaning == "ok":
        return Sent("", {"state": "stopped", "task": command.task_id})
    if came.meaning != "content":
        failed: Outcome = came.outcome()
        return failed
    owners = await core.call(OWNERS, {"msgid": command.task_id, "limit": 1000})
    if owners.meaning != "ok":
        unsure = owners.outcome()
        return Refused(unsure.code, "retry") if isinstance(unsure, Maybe) else unsure
    sent = any(one.get("status") == _CONFIRMED for one in owners.data.get("task_list", ()))
    return Sent("", {"state": "sent" if sent else "stopped", "task": command.task_id})
