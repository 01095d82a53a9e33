"""Class groups that belong to their teachers: who is in them, and broadcasts the owner confirms.

developer.work.weixin.qq.com, paths 92120 and 92122 (groups), 92135 (broadcast), 93338 (its result),
97610 (stop). The figures of a result are those of path 93338: 0 not sent, 1 sent, 2 no relation,
3 the customer has had another message.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.emulation.records import HERE, Button, Content
from bot.emulation.say import NotPossible
from bot.emulation.world import Person, SchoolClass, UnknownReference
from bot.wecom.emulator import texts
from bot.wecom.emulator.endpoint import ApiError, Done, Endpoint, Request, Table
from bot.wecom.emulator.world import is_guardian

if TYPE_CHECKING:
    from bot.wecom.emulator.platform import Platform

CONFIRM = "confirm"
MOST_WORDS = 4000
OPEN, SENT, LIMIT = 0, 1, 3


@dataclass(slots=True)
class Task:
    """A broadcast laid before its owner.

    Args:
        status: 0 not sent, 1 sent, 3 the group has had its messages.
        item: The message under which the owner sees it.
    """

    msgid: str
    owner: str
    groups: tuple[str, ...]
    contents: tuple[Content, ...]
    created_s: int
    item: str = ""
    status: int = OPEN
    sent_s: int = 0
    stopped: bool = False


class GroupState:
    """Tasks, and how often each group was written to."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.tasks: dict[str, Task] = {}
        self.refused = 0
        """A code with which every new task is refused, for schools without the right."""
        self._used: dict[tuple[str, str], int] = {}

    def owner_of(self, klass: SchoolClass) -> Person:
        """The class teacher, whose group it is."""
        return self._platform.world.people[f"t-{klass.id[1:]}"]

    def lay(self, task: Task) -> None:
        """The owner finds it among the tasks."""
        self.tasks[task.msgid] = task
        first = task.contents[0]
        shown = Content("task", first.text, (Button(CONFIRM, texts.SEND),), sha256=first.sha256)
        owner = self._platform.world.people[task.owner]
        task.item = self._platform.show(owner, owner.chat, "broadcast", shown).message

    def confirm(self, reference: str, by: Person) -> dict[str, Any]:
        """The owner's tap.

        Raises:
            UnknownReference: There is no such task.
            NotPossible: It is somebody else's, or over.
        """
        task = next((one for one in self.tasks.values() if reference in (one.item, one.msgid)), None)
        if task is None:
            raise UnknownReference(f"there is no task {reference!r}")
        if by.id != task.owner:
            raise NotPossible("only the group's owner can confirm it")
        if task.stopped or task.status != OPEN:
            raise NotPossible("the task is over")
        task.sent_s = self._platform.now_ms() // 1000
        for group in task.groups:
            self._send(task, group)
        self._show_over(task)
        return {"sent": task.status == SENT}

    def _send(self, task: Task, group: str) -> None:
        if not self._room(group):
            task.status = LIMIT
            return
        task.status = SENT
        for content in task.contents:
            self._platform.show(None, group, "broadcast", content)

    def _room(self, group: str) -> bool:
        """One a day, and as many a month as the month has days."""
        today = self._platform.clock.now().astimezone(HERE)
        days = calendar.monthrange(today.year, today.month)[1]
        most = self._platform.limits.group_month
        month, day = f"{today:%Y-%m}", f"{today:%Y-%m-%d}"
        if most is not None:
            full = self._used.get((group, month), 0) >= (most or days)
            if full or self._used.get((group, day), 0) >= 1:
                return False
        for key in ((group, month), (group, day)):
            self._used[key] = self._used.get(key, 0) + 1
        return True

    def stop(self, task: Task) -> None:
        """The task is taken from its owner."""
        task.stopped = True
        self._show_over(task)

    def _show_over(self, task: Task) -> None:
        owner = self._platform.world.people[task.owner]
        shown = Content("task", task.contents[0].text, (Button(CONFIRM, texts.SEND, enabled=False),))
        change = "recalled" if task.stopped else "updated"
        self._platform.seen.add(
            self._platform.now_ms(), owner.id, owner.chat, "broadcast", task.item, shown,
            change,  # type: ignore[arg-type]
            task.item,
        )  # fmt: skip


def create(platform: Platform, call: Request) -> Done:
    """``externalcontact/add_msg_template``: only ever a task."""
    body, state = call.body, platform.groups
    if state.refused:
        raise ApiError(state.refused, "api forbidden")
    if body.get("chat_type") != "group":
        raise ApiError(40058, "only group broadcasts are emulated")
    owner = _owner(platform, body.get("sender"))
    groups = body.get("chat_id_list", [])
    if not isinstance(groups, list) or len(groups) > 2000:
        raise ApiError(40058, "invalid chat_id_list")
    mine = [one.group for one in platform.world.classes if state.owner_of(one).id == owner.id]
    good = [group for group in (groups or mine) if group in mine and platform.world.profile == "full"]
    if not good:
        raise ApiError(90501, "not external group chat")
    contents = _contents(platform, body)
    now_s = platform.now_ms() // 1000
    task = Task(platform.new_id("msgtemplate"), owner.id, tuple(good), contents, now_s)
    failed = [group for group in groups if group not in good]
    return Done({"fail_list": failed, "msgid": task.msgid}, lambda: state.lay(task))


def _owner(platform: Platform, sender: Any) -> Person:
    known = {one.id.lower(): one for one in platform.world.people.values() if not is_guardian(one)}
    found = known.get(str(sender).lower())
    if found is None:
        raise ApiError(40003, "invalid userid")
    return found


def _contents(platform: Platform, body: dict[str, Any]) -> tuple[Content, ...]:
    text = (body.get("text") or {}).get("content", "")
    attachments = body.get("attachments", [])
    if not isinstance(text, str) or len(text.encode()) > MOST_WORDS:
        raise ApiError(45002, "content size out of limit")
    if not isinstance(attachments, list) or len(attachments) > 9:
        raise ApiError(45008, "attachment count out of limit")
    if not text and not attachments:
        raise ApiError(44004, "empty content")
    found = [Content("text", text)] if text else []
    for one in attachments:
        if one.get("msgtype") != "image":
            raise ApiError(40008, "invalid message type")
        stored = platform.medium(str((one.get("image") or {}).get("media_id", "")))
        if stored is None or stored.kind != "image":
            raise ApiError(40007, "invalid media_id")
        found.append(Content("picture", texts.PICTURE, sha256=stored.sha256))
    return tuple(found)


def result(platform: Platform, call: Request) -> Done:
    """``externalcontact/get_groupmsg_send_result``."""
    body = call.body
    task = _task(platform, body)
    if str(body.get("userid", "")).lower() != task.owner.lower():
        raise ApiError(40003, "invalid userid")
    lines = [
        {"chat_id": group, "userid": task.owner, "status": task.status, "send_time": task.sent_s}
        for group in task.groups
    ]
    return Done({"next_cursor": "", "send_list": lines})


def owners(platform: Platform, call: Request) -> Done:
    """``externalcontact/get_groupmsg_task``: 0 not confirmed, 2 confirmed."""
    task = _task(platform, call.body)
    status = 0 if task.status == OPEN else 2
    line = {"userid": task.owner, "status": status, "send_time": task.sent_s}
    return Done({"next_cursor": "", "task_list": [line]})


def listed(platform: Platform, call: Request) -> Done:
    """``externalcontact/get_groupmsg_list_v2``."""
    body = call.body
    start, end = body.get("start_time"), body.get("end_time")
    if body.get("chat_type") != "group" or not isinstance(start, int) or not isinstance(end, int):
        raise ApiError(40058, "invalid time")
    found = [
        {
            "msgid": one.msgid, "creator": "", "create_time": str(one.created_s), "create_type": 0,
            "text": {"content": next((c.text for c in one.contents if c.kind == "text"), "")},
        }
        for one in platform.groups.tasks.values()
        if start <= one.created_s <= end
    ]  # fmt: skip
    return Done({"next_cursor": "", "group_msg_list": found})


def stop(platform: Platform, call: Request) -> Done:
    """``externalcontact/cancel_groupmsg_send``."""
    task = _task(platform, call.body)
    if task.status != OPEN:
        raise ApiError(41064, "the message was sent")
    return Done(effect=lambda: platform.groups.stop(task))


def _task(platform: Platform, body: dict[str, Any]) -> Task:
    task = platform.groups.tasks.get(str(body.get("msgid", "")))
    if task is None:
        raise ApiError(40058, "invalid msgid")
    return task


def chats(platform: Platform, call: Request) -> Done:
    """``externalcontact/groupchat/list``."""
    limit = call.body.get("limit")
    if not isinstance(limit, int) or not 1 <= limit <= 1000:
        raise ApiError(40058, "invalid limit")
    if platform.groups.refused:
        raise ApiError(platform.groups.refused, "api forbidden")
    found = [{"chat_id": one.group, "status": 0} for one in platform.world.classes]
    return Done({"group_chat_list": found if platform.world.profile == "full" else []})


def chat(platform: Platform, call: Request) -> Done:
    """``externalcontact/groupchat/get``."""
    wanted = call.body.get("chat_id")
    klass = next((one for one in platform.world.classes if one.group == wanted), None)
    if klass is None or platform.world.profile != "full":
        raise ApiError(90501, "not external group chat")
    world = platform.world
    members: list[dict[str, Any]] = [
        {"userid": one.id, "type": 1}
        if not is_guardian(one)
        else {"userid": world.external_id(one), "type": 2}
        for one in world.people.values()
        if one.in_class(klass.id)
    ]
    owner = platform.groups.owner_of(klass).id
    group = {"chat_id": wanted, "name": klass.name, "owner": owner, "member_list": members, "admin_list": []}
    return Done({"group_chat": group})


ENDPOINTS: Table = {
    ("POST", "/cgi-bin/externalcontact/add_msg_template"): Endpoint(create),
    ("POST", "/cgi-bin/externalcontact/get_groupmsg_send_result"): Endpoint(result),
    ("POST", "/cgi-bin/externalcontact/get_groupmsg_task"): Endpoint(owners),
    ("POST", "/cgi-bin/externalcontact/get_groupmsg_list_v2"): Endpoint(listed),
    ("POST", "/cgi-bin/externalcontact/cancel_groupmsg_send"): Endpoint(stop),
    ("POST", "/cgi-bin/externalcontact/groupchat/list"): Endpoint(chats),
    ("POST", "/cgi-bin/externalcontact/groupchat/get"): Endpoint(chat),
}
