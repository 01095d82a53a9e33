"""The emulated class groups: a post waits for its teacher, the month has a cap, nobody else may send it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.emulation.say import NotPossible
from bot.emulation.world import UnknownReference
from bot.wecom.emulator.limits import Limits
from tests.wire.wecom_school import School, school

ADD = "externalcontact/add_msg_template"


@pytest.fixture
async def wecom() -> AsyncIterator[School]:
    async with school() as stand:
        yield stand


def group(stand: School, at: int = 0) -> str:
    return stand.emulator.world.classes[at].group


def post(stand: School, words: str = "今天的速递", **more: Any) -> dict[str, Any]:
    return {
        "chat_type": "group", "sender": "t-301", "chat_id_list": [group(stand)],
        "text": {"content": words}, **more,
    }  # fmt: skip


async def laid(stand: School, **more: Any) -> tuple[str, str]:
    """A task: its msgid, and the item its teacher sees."""
    answer = await stand.post(ADD, post(stand, **more))
    assert answer["errcode"] == 0
    return answer["msgid"], stand.emulator.seen()[-1].message


async def result(stand: School, msgid: str) -> tuple[int, int]:
    """The task's status, and the group's."""
    task = await stand.post("externalcontact/get_groupmsg_task", {"msgid": msgid})
    asked = {"msgid": msgid, "userid": "t-301"}
    sent = await stand.post("externalcontact/get_groupmsg_send_result", asked)
    return task["task_list"][0]["status"], sent["send_list"][0]["status"]


async def test_the_group_sees_it_when_its_teacher_confirms(wecom: School) -> None:
    picture = {"msgtype": "image", "image": {"media_id": wecom.picture()}}
    msgid, message = await laid(wecom, attachments=[picture])
    task = wecom.emulator.seen()[-1]
    assert (task.to, task.content.kind, task.lane) == ("t-301", "task", "broadcast")
    assert [(one.id, one.label) for one in task.content.buttons] == [("confirm", "发送")]
    assert await result(wecom, msgid) == (0, 0)
    assert await wecom.emulator.press(message, "confirm", "t-301") == (True, "")
    words, shown, done = wecom.emulator.seen()[1:]
    assert (done.change, done.content.buttons[0].enabled) == ("updated", False)
    assert (words.to, words.chat, words.content.text) == (None, group(wecom), "今天的速递")
    assert (shown.content.kind, shown.to) == ("picture", None)
    assert await result(wecom, msgid) == (2, 1)
    with pytest.raises(NotPossible):
        await wecom.emulator.confirm(message, "t-301")
    assert len(wecom.emulator.seen()) == 4


async def test_only_the_owner_sends(wecom: School) -> None:
    answer = await wecom.post(ADD, post(wecom, chat_id_list=[group(wecom), group(wecom, 1), "wrnone"]))
    assert answer["fail_list"] == [group(wecom, 1), "wrnone"]
    with pytest.raises(NotPossible):
        await wecom.emulator.confirm(wecom.emulator.seen()[-1].message, "d-301")
    with pytest.raises(UnknownReference):
        await wecom.emulator.confirm("none", "t-301")
    wecom.platform.groups.owners[group(wecom)] = "d-301"
    assert await wecom.code(ADD, post(wecom)) == 40050
    assert await wecom.code(ADD, post(wecom, sender="D-301")) == 0


@pytest.mark.parametrize(("most", "sent"), [(0, 31), (2, 2)])
async def test_the_cap_of_the_month(most: int, sent: int) -> None:
    async with school(limits=Limits(group_month=most)) as wecom:
        for _ in range(sent):
            _, message = await laid(wecom)
            assert (await wecom.emulator.confirm(message, "t-301"))["sent"] == [group(wecom)]
        msgid, message = await laid(wecom)
        assert (await wecom.emulator.confirm(message, "t-301"))["sent"] == []
        assert await result(wecom, msgid) == (2, 3)
        wecom.pass_s(20 * 86_400)  # from 12 October into November
        _, message = await laid(wecom)
        assert (await wecom.emulator.confirm(message, "t-301"))["sent"] == [group(wecom)]


async def test_one_a_day_where_that_holds(wecom: School) -> None:
    wecom.platform.groups.most_a_day = 1
    came = []
    for pause_s in (1, 60, 86_400):
        wecom.pass_s(pause_s)
        _, message = await laid(wecom)
        came.append(len((await wecom.emulator.confirm(message, "t-301"))["sent"]))
    assert came == [1, 0, 1]


LINK = {"msgtype": "link", "link": {"title": "a", "url": "https://a.example"}}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"text": {"content": "a" * 4000}}, 0),
        ({"text": {"content": "a" * 4001}}, 45002),
        ({"text": {"content": ""}}, 40063),
        ({"text": {"content": ""}, "attachments": [LINK]}, 0),
        ({"attachments": [LINK] * 9}, 0),
        ({"attachments": [LINK] * 10}, 40058),
        ({"attachments": [{"msgtype": "image", "image": {"media_id": "none"}}]}, 40007),
        ({"attachments": [{"msgtype": "dance"}]}, 40008),
        ({"attachments": [{"msgtype": "link", "link": {"title": "a" * 129, "url": "u"}}]}, 45002),
        ({"chat_type": "single"}, 40058),
        ({"allow_select": True}, 0),
        ({"allow_select": 1}, 40058),
        ({"sender": "nobody"}, 40003),
        ({"sender": "g-301-01-1"}, 40003),
        ({"chat_id_list": []}, 40058),
        ({"chat_id_list": ["x"] * 2001}, 40058),
        ({"chat_id_list": ["x"] * 2000}, 40050),
    ],
)
async def test_what_may_be_laid(wecom: School, more: dict[str, Any], code: int) -> None:
    assert await wecom.code(ADD, post(wecom, **more)) == code


async def test_cancelled_it_is_gone(wecom: School) -> None:
    msgid, message = await laid(wecom)
    cancel = "externalcontact/cancel_groupmsg_send"
    assert await wecom.code(cancel, {"msgid": msgid}) == 0
    assert (wecom.emulator.seen()[-1].change, wecom.emulator.seen()[-1].of) == ("recalled", message)
    with pytest.raises(NotPossible):
        await wecom.emulator.confirm(message, "t-301")
    assert await wecom.code(cancel, {"msgid": msgid}) == 40058
    assert await wecom.code(cancel, {"msgid": "none"}) == 40058


async def test_tasks_are_listed(wecom: School) -> None:
    msgid, _ = await laid(wecom)
    now = wecom.platform.now_ms() // 1000
    asked = {"chat_type": "group", "start_time": now - 60, "end_time": now + 60}
    path = "externalcontact/get_groupmsg_list_v2"
    (one,) = (await wecom.post(path, asked))["group_msg_list"]
    assert (one["msgid"], one["text"]) == (msgid, {"content": "今天的速递"})
    assert (await wecom.post(path, {**asked, "creator": "d-301"}))["group_msg_list"] == []
    assert await wecom.code(path, {**asked, "start_time": now - 32 * 86_400}) == 40058
    assert await wecom.code(path, {**asked, "limit": 101}) == 40058
    other = {"msgid": msgid, "userid": "d-301"}
    assert await wecom.code("externalcontact/get_groupmsg_send_result", other) == 40003


@pytest.mark.parametrize(("profile", "code"), [("full", 0), ("forward", 48002), ("internal", 40050)])
async def test_what_the_school_has(profile: str, code: int) -> None:
    async with school(profile=profile) as wecom:
        assert await wecom.code(ADD, post(wecom)) == code
        wecom.platform.groups.broadcast_refused = 90501
        assert await wecom.code(ADD, post(wecom)) == 90501


async def test_groups_are_told_or_not(wecom: School) -> None:
    listing, get = "externalcontact/groupchat/list", "externalcontact/groupchat/get"
    asked = {"limit": 2}
    first = await wecom.post(listing, asked)
    assert len(first["group_chat_list"]) == 2
    second = await wecom.post(listing, {**asked, "cursor": first["next_cursor"]})
    assert [one["chat_id"] for one in second["group_chat_list"]] == [group(wecom, 2)]
    mine = await wecom.post(listing, {"limit": 1000, "owner_filter": {"userid_list": ["T-301"]}})
    assert [one["chat_id"] for one in mine["group_chat_list"]] == [group(wecom)]
    assert [await wecom.code(listing, {"limit": one}) for one in (0, 1001)] == [40058, 40058]
    chat = (await wecom.post(get, {"chat_id": group(wecom), "need_name": 1}))["group_chat"]
    assert (chat["owner"], chat["name"]) == ("t-301", wecom.emulator.world.classes[0].name)
    assert {"userid": wecom.external("g-301-01-1"), "type": 2}.items() <= _member(chat, "小明妈妈").items()
    assert await wecom.code(get, {"chat_id": group(wecom).upper()}) == 40050
    wecom.platform.groups.listed = False
    assert (await wecom.post(listing, asked))["group_chat_list"] == []
    assert await wecom.code(get, {"chat_id": group(wecom)}) == 90501


def _member(chat: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in chat["member_list"] if one["name"] == name)
    return found


async def test_a_link_to_a_member(wecom: School) -> None:
    path, one = "externalcontact/add_contact_way", {"type": 1, "scene": 2, "user": ["t-301"]}
    assert "qr_code" in await wecom.post(path, {**one, "state": "a" * 30})
    assert await wecom.code(path, {**one, "state": "a" * 31}) == 40058
    assert await wecom.code(path, {**one, "user": ["t-301", "d-301"]}) == 40058
    assert await wecom.code(path, {**one, "user": ["g-301-01-1"]}) == 40003
    assert await wecom.code(path, {**one, "type": 3}) == 40058
