"""A class group on WeChat: a post is laid before the group's owner, who confirms it or does not.

Facts from developer.work.weixin.qq.com, paths 92135 (create), 93338 (tasks and results) and 97610 (stop). A
create made twice is two tasks, so after one without an answer the platform is asked what it has, also by the
next start if the process has died meanwhile.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.command import AskTask, Broadcast, Command, Maybe, Outcome, Refused, Sent, StopTask

if TYPE_CHECKING:
    from bot.wecom.core import Core, Failed
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
LOOKED_FOR = timedelta(minutes=1)
"""So long after the call; what is not there by then a teacher has to decide about."""
_THERE = ("open", "sent", "limit")


async def lay(core: Core, command: Command, target: Broadcast, uploads: Uploads) -> Outcome:
    """Make the task; its id is in ``facts["task"]``.

    Returns:
        ``Maybe`` only if nobody can say whether it lies there.
    """
    if command.tried is not None:
        return await _laid_before(core, command, target, command.tried)
    body = await _body(command, target, uploads)
    if not isinstance(body, dict):
        return body
    since = int(core.clock.now().timestamp()) - _SKEW_S
    came = await core.call(LAY, body)
    if came.meaning == "maybe":
        found = await _find(core, target, command.text, since)
        return Sent("", {"task": found}) if isinstance(found, str) and found else Maybe(came.code)
    if came.meaning != "ok":
        failed: Outcome = came.outcome()
        return failed
    if target.chat_id in (came.data.get("fail_list") or ()):
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


async def _laid_before(core: Core, command: Command, target: Broadcast, tried: datetime) -> Outcome:
    """An earlier try may have made it: it is looked for, and never made a second time."""
    found = await _find(core, target, command.text, int(tried.timestamp()) - _SKEW_S)
    if isinstance(found, Maybe):
        return Refused(found.code, "retry")
    if isinstance(found, Refused):
        return found
    if found:
        return Sent("", {"task": found})
    over = core.clock.now() - tried >= LOOKED_FOR
    return Refused("task.absent", "content" if over else "retry")


async def _find(core: Core, target: Broadcast, text: str, since: int) -> str | Failed:
    """The newest task that a create without an answer can have made, or empty."""
    until = int(core.clock.now().timestamp()) + _SKEW_S
    asked = {"chat_type": "group", "start_time": since, "end_time": until, "limit": 100}
    came = await core.call(FIND, asked)
    if came.meaning != "ok":
        return came.outcome()
    listed = came.data.get("group_msg_list") or ()
    for one in sorted(listed, key=lambda one: -int(one.get("create_time") or 0)):
        said = (one.get("text") or {}).get("content")
        # Without its words in the answer, the group it is for has to tell. It may be confirmed already.
        if said in (None, text) and await _state(core, one["msgid"], target, target.owner_id) in _THERE:
            return str(one["msgid"])
    return ""


async def _state(core: Core, task_id: str, target: Broadcast, owner_id: str) -> str | Failed:
    """How it stands with one of its owners; empty if that owner has none for the group."""
    came = await core.call(RESULT, {"msgid": task_id, "userid": owner_id, "limit": 1000})
    if came.meaning != "ok":
        return came.outcome()
    listed = came.data.get("send_list") or ()
    mine = [one for one in listed if one.get("chat_id") == target.chat_id]
    return _STATES.get(mine[0].get("status"), "open") if mine else ""


async def ask(core: Core, command: AskTask) -> Outcome:
    """Whether the owner has confirmed; ``facts["state"]`` is ``open``, ``sent``, ``limit`` or ``gone``."""
    task_id, target = command.task_id, command.target
    state = await _state(core, task_id, target, target.owner_id)
    if state == "" or (isinstance(state, Refused) and state.action in ("recipient", "content")):
        # The class has another teacher since: it lies before the one who was.
        owner_id = await _owner(core, task_id)
        if owner_id and owner_id.lower() != target.owner_id.lower():
            state = await _state(core, task_id, target, owner_id)
    if isinstance(state, Maybe):
        return Refused(state.code, "retry")  # a question changes nothing: it may be put again
    return Sent("", {"state": state or "gone", "task": task_id}) if isinstance(state, str) else state


async def _owner(core: Core, task_id: str) -> str:
    """Before whom a task lies; empty if that cannot be told."""
    came = await core.call(OWNERS, {"msgid": task_id, "limit": 1000})
    listed = (came.data.get("task_list") or ()) if came.meaning == "ok" else ()
    return next((str(one["userid"]) for one in listed if one.get("userid")), "")


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
    sent = any(one.get("status") == _CONFIRMED for one in owners.data.get("task_list") or ())
    return Sent("", {"state": "sent" if sent else "stopped", "task": command.task_id})
