"""``externalcontact/*groupmsg*``: a post is laid before the owner of the group, who sends it or does not.

Facts from developer.work.weixin.qq.com, path 92135 (add_msg_template). The answers about what became of it
and their status numbers are from the vendor's page, path 93338, not tried against the live service.
"""

from __future__ import annotations

from typing import Any

from bot.emulation.records import Button, Content
from bot.emulation.texts import PLACEHOLDERS
from bot.wecom.emulator import texts
from bot.wecom.emulator.endpoint import ApiError, Done, Endpoint, Request, Table
from bot.wecom.emulator.group_state import SENT, Task
from bot.wecom.emulator.messages import medium
from bot.wecom.emulator.platform import Platform

MOST_GROUPS = 2000
MOST_TEXT = 4000
MOST_ATTACHED = 9
MOST_TITLE, MOST_DESC, MOST_URL = 128, 512, 2048
MOST_TASKS, MOST_RESULTS = 1000, 1000
TASK_WAITS, TASK_DONE = 0, 2
"""From the vendor's page, path 93338, not tried against the live service."""


def add(platform: Platform, call: Request) -> Done:
    """``add_msg_template``."""
    body, groups = call.body, platform.groups
    if groups.broadcast_refused:
        raise ApiError(groups.broadcast_refused, "api forbidden")
    if body.get("chat_type") != "group" or not isinstance(body.get("allow_select", False), bool):
        raise ApiError(40058, "invalid chat_type or allow_select")
    sender = body.get("sender")
    if not isinstance(sender, str) or not _teacher(platform, sender):
        raise ApiError(40003, "invalid userid")
    contents = _contents(platform, body)
    good, failed = _groups(platform, body, sender)
    if not good:
        raise ApiError(40050, "invalid chatid")
    task = Task(
        platform.new_id("groupmsg"), sender.lower(), tuple(good), contents,
        platform.new_id("task"), platform.now_ms(),
    )  # fmt: skip

    def effect() -> None:
        groups.tasks[task.id] = task
        person = platform.world.people[_teacher(platform, sender)]
        platform.show(person, person.chat, "broadcast", _preview(contents), task.message)

    return Done({"fail_list": failed, "msgid": task.id}, effect)


def _teacher(platform: Platform, userid: str) -> str:
    people = platform.world.people
    return next((one for one in people if one.lower() == userid.lower() and not one.startswith("g-")), "")


def _groups(platform: Platform, body: dict[str, Any], sender: str) -> tuple[list[str], list[str]]:
    """The sender's own groups among those named, and the others."""
    groups, named = platform.groups, body.get("chat_id_list")
    if named is None:
        named = [klass.group for klass in platform.world.classes if groups.owner(klass) == sender]
    if not isinstance(named, list) or not 0 < len(named) <= MOST_GROUPS:
        raise ApiError(40058, "invalid chat_id_list size")
    good: list[str] = []
    failed: list[str] = []
    for group in dict.fromkeys(str(one) for one in named):
        klass = groups.class_of(group)
        mine = klass is not None and groups.owner(klass).lower() == sender.lower()
        (good if mine else failed).append(group)
    return good, failed


def _contents(platform: Platform, body: dict[str, Any]) -> tuple[Content, ...]:
    text, attached = body.get("text", {}), body.get("attachments", [])
    words = text.get("content", "") if isinstance(text, dict) else None
    if not isinstance(words, str) or not isinstance(attached, list):
        raise ApiError(40058, "invalid text or attachments")
    if not words and not attached:
        raise ApiError(40063, "some parameters are empty")
    if len(words.encode()) > MOST_TEXT:
        raise ApiError(45002, "content size out of limit")
    if len(attached) > MOST_ATTACHED:
        raise ApiError(40058, "invalid attachments size")
    shown = [Content("text", words)] if words else []
    return (*shown, *(_attachment(platform, one) for one in attached))


def _attachment(platform: Platform, one: Any) -> Content:
    kind = one.get("msgtype") if isinstance(one, dict) else None
    part = one.get(kind) if isinstance(kind, str) else None
    if kind not in ("image", "link", "miniprogram", "video", "file") or not isinstance(part, dict):
        raise ApiError(40008, "invalid message type")
    if kind == "link":
        return _link(part)
    if kind == "miniprogram":
        medium(platform, "image", {"media_id": part.get("pic_media_id")})
        return Content("link", str(part.get("title", "")), url=str(part.get("page", "")))
    if kind == "image" and part.get("pic_url"):
        return Content("picture", PLACEHOLDERS["picture"], url=str(part["pic_url"]))
    return medium(platform, str(kind), part)


def _link(part: dict[str, Any]) -> Content:
    title, desc, url = (part.get(name, "") for name in ("title", "desc", "url"))
    for words, most in ((title, MOST_TITLE), (desc, MOST_DESC), (url, MOST_URL)):
        if not isinstance(words, str) or len(words.encode()) > most:
            raise ApiError(45002, "content size out of limit")
    if not title or not url:
        raise ApiError(40063, "some parameters are empty")
    return Content("link", "\n".join(words for words in (title, desc) if words), url=url)


def _preview(contents: tuple[Content, ...]) -> Content:
    """What the owner sees before sending."""
    words = "\n".join(content.text for content in contents)
    sha256 = next((content.sha256 for content in contents if content.sha256), None)
    url = next((content.url for content in contents if content.url), None)
    return Content("task", words, (Button("confirm", texts.CONFIRM),), url, sha256)


# -- what became of it


def listing(platform: Platform, call: Request) -> Done:
    """``get_groupmsg_list_v2``: at most a month back."""
    body = call.body
    first, last = body.get("start_time"), body.get("end_time")
    if body.get("chat_type") != "group" or not isinstance(first, int) or not isinstance(last, int):
        raise ApiError(40058, "invalid chat_type or time")
    if last < first or last - first > 31 * 86_400:
        raise ApiError(40058, "invalid time range")
    creator = str(body.get("creator", "")).lower()
    found = [
        {
            "msgid": task.id, "creator": task.owner, "create_time": task.created_ms // 1000,
            "create_type": 0, "text": {"content": _words(task)},
        }
        for task in platform.groups.tasks.values()
        if first <= task.created_ms // 1000 <= last and creator in ("", task.owner)
    ]  # fmt: skip
    return _page(body, "group_msg_list", found, 100)


def _words(task: Task) -> str:
    return next((content.text for content in task.contents if content.kind == "text"), "")


def tasks(platform: Platform, call: Request) -> Done:
    """``get_groupmsg_task``: whether each owner has sent it."""
    body = call.body
    task = _task(platform, body)
    sent = {"send_time": task.sent_ms // 1000} if task.sent_ms is not None else {}
    status = TASK_WAITS if task.sent_ms is None else TASK_DONE
    return _page(body, "task_list", [{"userid": task.owner, "status": status, **sent}], MOST_TASKS)


def results(platform: Platform, call: Request) -> Done:
    """``get_groupmsg_send_result``: what became of it in each group."""
    body = call.body
    task = _task(platform, body)
    if str(body.get("userid", "")).lower() != task.owner:
        raise ApiError(40003, "invalid userid")
    shown = []
    for group in task.groups:
        status = task.results.get(group, 0)
        one: dict[str, Any] = {"chat_id": group, "userid": task.owner, "status": status}
        if status == SENT and task.sent_ms is not None:
            one["send_time"] = task.sent_ms // 1000
        shown.append(one)
    return _page(body, "send_list", shown, MOST_RESULTS)


def _page(body: dict[str, Any], name: str, found: list[dict[str, Any]], most: int) -> Done:
    limit, cursor = body.get("limit", most), str(body.get("cursor", ""))
    if not isinstance(limit, int) or not 0 < limit <= most or (cursor and not cursor.isdigit()):
        raise ApiError(40058, "invalid limit or cursor")
    at = int(cursor or 0)
    after = str(at + limit) if at + limit < len(found) else ""
    return Done({name: found[at : at + limit], "next_cursor": after})


def _task(platform: Platform, body: dict[str, Any]) -> Task:
    task = platform.groups.tasks.get(str(body.get("msgid", "")))
    if task is None:
        raise ApiError(40058, "invalid msgid")
    return task


def cancel(platform: Platform, call: Request) -> Done:
    """``cancel_groupmsg_send``: what the owner has not sent yet disappears."""
    task = _task(platform, call.body)
    if task.cancelled or task.sent_ms is not None:
        raise ApiError(40058, "the message cannot be cancelled")

    def effect() -> None:
        task.cancelled = True
        person = platform.world.people[_teacher(platform, task.owner)]
        look = _preview(task.contents)
        platform.seen.add(
            platform.now_ms(),
            person.id,
            person.chat,
            "broadcast",
            task.message,
            look,
            "recalled",
            task.message,
        )

    return Done({}, effect)


ENDPOINTS: Table = {
    ("POST", "/cgi-bin/externalcontact/add_msg_template"): Endpoint(add),
    ("POST", "/cgi-bin/externalcontact/get_groupmsg_list_v2"): Endpoint(listing),
    ("POST", "/cgi-bin/externalcontact/get_groupmsg_task"): Endpoint(tasks),
    ("POST", "/cgi-bin/externalcontact/get_groupmsg_send_result"): Endpoint(results),
    ("POST", "/cgi-bin/externalcontact/cancel_groupmsg_send"): Endpoint(cancel),
}
