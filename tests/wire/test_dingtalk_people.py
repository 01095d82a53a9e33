"""The school's people, groups and work notices, as the platform answers, strings for numbers included."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.command import Maybe, Refused
from bot.dingtalk import groups, notice, people
from bot.dingtalk.core import Core, Failed
from bot.dingtalk.groups import Members, NewGroup
from bot.dingtalk.notice import NoticeResult
from bot.dingtalk.people import EduDepartment, EduRelation, EduUser, User
from tests.wire.dingtalk_fake import Answer, Bench, serving


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    async with serving() as (platform, http):
        yield Bench(platform, http, agent_id=7)


@pytest.fixture
def core(bench: Bench) -> Core:
    return bench.client.core


def result(value: Any, **more: Any) -> Answer:
    return Answer(body={"errcode": 0, "errmsg": "ok", "request_id": "r", "result": value, **more})


# -- address book


async def test_somebody_by_mobile_number(bench: Bench, core: Core) -> None:
    bench.platform.will(people.BY_MOBILE, result({"userid": "u1"}))
    assert await people.user_id_by_mobile(core, "13800000000") == "u1"
    assert bench.platform.body(people.BY_MOBILE) == {"mobile": "13800000000"}
    assert bench.platform.queries[-1] == "access_token=old-1"
    assert bench.counted == []


async def test_somebody_by_union_id(bench: Bench, core: Core) -> None:
    bench.platform.will(people.BY_UNION_ID, result({"contact_type": 0, "userid": "u1"}))
    assert await people.user_id_by_union_id(core, "union-1") == "u1"
    assert bench.platform.body(people.BY_UNION_ID) == {"unionid": "union-1"}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(body={"errcode": 60121, "errmsg": "x"}), Refused("60121", "recipient")),
        (Answer(body={"errcode": 40104}), Refused("40104", "content")),
        (Answer(body={"errcode": 60011}), Refused("60011", "config")),
        (Answer(body={"errcode": 88, "sub_code": "60011"}), Refused("60011", "config")),
        (Answer(body={"errcode": 90018}), Refused("90018", "slow", 1.0)),
        (result({}), Refused("no_user_id", "recipient")),
        (result(None), Refused("no_user_id", "recipient")),
        (Answer(how="reset"), Maybe("no_answer")),
    ],
)
async def test_nobody(bench: Bench, core: Core, answer: Answer, outcome: Failed) -> None:
    bench.platform.will(people.BY_MOBILE, answer)
    assert await people.user_id_by_mobile(core, "1") == outcome


@pytest.mark.parametrize(("yes", "no", "five"), [(True, False, 5), ("true", "false", "5"), ("1", "0", "5")])
async def test_one_member(bench: Bench, core: Core, yes: Any, no: Any, five: Any) -> None:
    row = {
        "userid": "u1", "unionid": "union-1", "name": " 王老师\x07", "mobile": 13800000000,
        "dept_id_list": [1, five], "admin": yes, "boss": no, "active": yes, "role_list": [{}],
    }  # fmt: skip
    bench.platform.will(people.USER, result(row))
    assert await people.user(core, "u1") == User(
        "u1", "union-1", "王老师", "13800000000", (1, 5), admin=True, boss=False, active=True
    )
    bench.platform.will(people.USER, result({}))
    assert await people.user(core, "u2") == User("u2", "", "", "", (), False, False, False)


async def test_the_members_of_a_department(bench: Bench, core: Core) -> None:
    bench.platform.will(people.IDS, result({"userid_list": ["u1", "u2"]}), result(None))
    assert await people.user_ids(core, 1) == ("u1", "u2")
    assert await people.user_ids(core, 1) == ()


async def test_a_stale_old_token_is_renewed(bench: Bench, core: Core) -> None:
    stale = {"errcode": 88, "errmsg": "ding talk error[subcode=40014,submsg=不合法的access_token]"}
    bench.platform.will(people.IDS, Answer(body=stale), result({"userid_list": ["u1"]}))
    assert await people.user_ids(core, 1) == ("u1",)
    assert len(bench.platform.calls("/gettoken")) == 2


# -- home-school address book


async def test_departments_of_all_pages(bench: Bench, core: Core) -> None:
    one = {
        "dept_id": "800", "name": "三(2)班", "nick": "", "dept_type": "class", "contact_type": "classic",
        "chain": "[1,2]", "feature": '{"grade_level":3,"class_level":"2"}',
    }  # fmt: skip
    two = {"dept_id": 801, "chain": [1], "feature": {"grade_level": 3}}
    bad = {"dept_id": "x", "chain": "[", "feature": "[]"}
    bench.platform.will(
        people.EDU_DEPARTMENTS,
        result({"details": [one], "has_more": "true"}),
        result({"details": [two, bad, "?"], "has_more": "false"}),
    )
    feature = {"grade_level": 3, "class_level": "2"}
    assert await people.edu_departments(core, 700) == [
        EduDepartment(800, "三(2)班", "", "class", "classic", (1, 2), feature),
        EduDepartment(801, "", "", "", "", (1,), {"grade_level": 3}),
        EduDepartment(0, "", "", "", "", (), {}),
    ]
    asked = [body for _, _, body in bench.platform.calls(people.EDU_DEPARTMENTS)]
    assert asked == [{"super_id": 700, "page_size": 30, "page_no": n} for n in (1, 2)]
    assert bench.counted == [people.EDU_DEPARTMENTS] * 2


async def test_the_people_of_a_class(bench: Bench, core: Core) -> None:
    rows = [
        {"userid": "t1", "unionid": "x", "name": "王老师", "role": "teacher", "class_id": "5",
         "is_adviser": "1"},
        {"userid": "p1", "name": "小明", "role": "student", "class_id": 5,
         "feature": '{"student_no":"2024001"}'},
    ]  # fmt: skip
    bench.platform.will(people.EDU_USERS, result({"details": rows, "has_more": False}))
    assert await people.edu_users(core, 5, "teacher") == [
        EduUser("t1", "x", "王老师", "teacher", 5, adviser=True, student_no=""),
        EduUser("p1", "", "小明", "student", 5, adviser=False, student_no="2024001"),
    ]
    asked = {"class_id": 5, "role": "teacher", "page_size": 30, "page_no": 1}
    assert bench.platform.body(people.EDU_USERS) == asked


async def test_who_is_whose_guardian(bench: Bench, core: Core) -> None:
    row = {
        "from_userid": "g1", "to_userid": "p1", "relation_code": "M", "relation_name": "妈妈", "class_id": "5"
    }  # fmt: skip
    bench.platform.will(people.EDU_RELATIONS, result({"relations": [row], "has_more": "0"}))
    assert await people.edu_relations(core, 5) == [EduRelation("g1", "p1", "M", "妈妈", 5)]


async def test_a_page_that_fails_is_no_half_list(bench: Bench, core: Core) -> None:
    bench.platform.will(
        people.EDU_USERS,
        result({"details": [{"userid": "u"}], "has_more": True}),
        Answer(403, {"errcode": 90018}),
    )
    assert await people.edu_users(core, 5, "guardian") == Refused("90018", "slow", 1.0)


async def test_endless_and_empty_pages_end(bench: Bench, core: Core) -> None:
    bench.platform.will(people.EDU_USERS, result({"details": [], "has_more": True}))
    assert await people.edu_users(core, 5, "student") == []
    page = result({"relations": [{"from_userid": "g"}], "has_more": True})
    bench.platform.will(people.EDU_RELATIONS, *[page] * 250)
    found = await people.edu_relations(core, 5)
    assert isinstance(found, list)
    assert len(found) == 200


# -- groups


async def test_a_group_is_made(bench: Bench, core: Core) -> None:
    bench.platform.will(groups.CREATE, Answer(body={"openConversationId": "cid", "chatid": "chat"}))
    made = await groups.create(core, "三(2)班家长\n群" + "长" * 20, "t1", ["t1", "g1"])
    assert made == NewGroup("cid", "chat")
    body = bench.platform.body(groups.CREATE)
    assert (body["owner"], body["ownerType"], body["useridlist"]) == ("t1", "emp", ["t1", "g1"])
    assert (len(body["name"]), "\n" in body["name"], body["conversationTag"]) == (20, False, 2)
    bench.platform.will(groups.CREATE, Answer(400, {"code": "permession.checkFailed"}), Answer(body={}))
    assert await groups.create(core, "群", "t1", []) == Refused("permession.checkFailed", "config")
    assert await groups.create(core, "群", "t1", []) == Maybe("group.noId")


async def test_a_group_is_changed(bench: Bench, core: Core) -> None:
    bench.platform.will(groups.UPDATE, Answer(body={"success": True}), Answer(500, {"code": "system.error"}))
    assert await groups.update(core, "chat", add=["g2"], remove=["g1"], name="新名") is None
    assert bench.platform.calls(groups.UPDATE)[0][2] == {
        "chatid": "chat",
        "add_useridlist": ["g2"],
        "del_useridlist": ["g1"],
        "name": "新名",
    }
    assert await groups.update(core, "chat") == Maybe("system.error")


async def test_an_older_chat_id(bench: Bench, core: Core) -> None:
    path = "/v1.0/im/chat/chat/../x/convertToOpenConversationId"
    bench.platform.will(path, Answer(body={"openConversationId": "cid"}))
    assert await groups.conversation_of(core, "chat/../x") == "cid"


async def test_the_members_of_a_scene_group(bench: Bench, core: Core) -> None:
    bench.platform.will(
        groups.MEMBERS,
        Answer(body={"memberUserIds": ["u1"], "unionIdList": ["x1"], "hasMore": True, "nextToken": "2"}),
        Answer(body={"memberUserIds": ["u1", "u2"], "hasMore": False, "nextToken": "9"}),
    )
    assert await groups.members(core, "cid") == Members(("u1", "u2"), ("x1",))
    bench.platform.will(groups.MEMBERS, Answer(403, {"code": "groupPermissionDenied"}))
    assert await groups.members(core, "cid") == Refused("groupPermissionDenied", "config")


# -- work notices


async def test_a_work_notice(bench: Bench, core: Core) -> None:
    bench.platform.will(notice.SEND, Answer(body={"errcode": 0, "task_id": 256271667526}))
    assert await notice.notify(core, ["u1", "u2"], "提醒", "# 明天") == "256271667526"
    assert bench.platform.body(notice.SEND) == {
        "agent_id": 7,
        "userid_list": "u1,u2",
        "msg": {"msgtype": "markdown", "markdown": {"title": "提醒", "text": "＃ 明天"}},
    }
    assert bench.counted == [notice.SEND]


async def test_what_a_work_notice_cannot_be(bench: Bench, core: Core) -> None:
    assert await notice.notify(core, ["u1"], "", "长" * 700) == Refused("notice.tooLong", "content")
    for number in (0, 101):
        with pytest.raises(ValueError, match="in one call"):
            await notice.notify(core, ["u"] * number, "", "好")
    assert bench.platform.requests == []
    async with serving() as (platform, http):
        nameless = Bench(platform, http).client.core
        assert await notice.notify(nameless, ["u1"], "", "好") == Refused("notice.noAgentId", "config")
    bench.platform.will(notice.SEND, Answer(body={"errcode": 0}), Answer(body={"errcode": 143106}))
    assert await notice.notify(core, ["u1"], "", "好") == Maybe("notice.noTask")
    assert await notice.notify(core, ["u1"], "", "好") == Refused("143106", "content")


async def test_only_the_result_says_whom_a_notice_reached(bench: Bench, core: Core) -> None:
    lists = {
        "read_user_id_list": ["u1"],
        "unread_user_id_list": ["u2"],
        "failed_user_id_list": ["u3"],
        "forbidden_user_id_list": None,
        "forbidden_list": [{"code": "143106", "count": 1, "userid": "u4"}],
        "invalid_user_id_list": ["u3"],
    }
    bench.platform.will(notice.RESULT, Answer(body={"errcode": 0, "send_result": lists}))
    came = await notice.notice_result(core, "256")
    assert came == NoticeResult(("u1",), ("u2",), ("u3",), ("u4",), ("u3",))
    assert isinstance(came, NoticeResult)
    assert came.not_reached == ("u3", "u4")
    assert bench.platform.body(notice.RESULT) == {"agent_id": 7, "task_id": 256}
