"""The emulated school address book and its notices: whom a notice reaches, what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.wire.wecom_school import School, school

MOTHER, GRANDMOTHER = "p-g-301-01-1", "p-g-301-02-3"
SEND = "externalcontact/message/send"


@pytest.fixture
async def book() -> AsyncIterator[School]:
    async with school() as stand:
        for number in (1, 2, 3):  # the grandmother does not follow, whoever else does
            stand.emulator.world.subscribe(stand.person(f"g-301-02-{number}"), on=number < 3)
        yield stand


def notice(stand: School, **more: Any) -> dict[str, Any]:
    return {
        "agentid": stand.platform.app.agent_id, "msgtype": "text", "text": {"content": "有通知"},
        "to_parent_userid": [MOTHER], **more,
    }  # fmt: skip


async def changes(stand: School, count: int) -> list[tuple[str, str, str]]:
    """The changes the receiver was told of, once so many are there."""
    async with asyncio.timeout(5):
        while len(stand.got) < count:
            await stand.rang.wait()
            stand.rang.clear()
    assert {one["Event"] for one in stand.got} == {"change_school_contact"}
    assert {one["FromUserName"] for one in stand.got} == {"sys"}
    return [(one["ChangeType"], one["Id"], one.get("NewId", "")) for one in stand.got]


async def test_departments(book: School) -> None:
    shown = (await book.get("school/department/list"))["departments"]
    assert [one["type"] for one in shown] == [5, 2, 1, 1, 1]
    klass = shown[2]
    assert (klass["open_group_chat"], klass["group_chat_id"]) == (1, book.emulator.world.classes[0].group)
    assert klass["department_admins"][0] == {"userid": "t-301", "type": 3}
    below = (await book.get("school/department/list", id="3"))["departments"]
    assert len(below) == 4
    assert (await book.get("school/department/list", id="99"))["errcode"] == 60123


async def test_people(book: School) -> None:
    parent = (await book.get("school/user/get", userid=MOTHER.upper()))["parent"]
    assert (parent["is_subscribe"], parent["external_userid"]) == (1, book.external("g-301-01-1"))
    other = (await book.get("school/user/get", userid=GRANDMOTHER))["parent"]
    assert other["is_subscribe"] == 0
    assert "external_userid" not in other
    pupil = await book.get("school/user/get", userid="s-301-01")
    assert (pupil["user_type"], pupil["student"]["department"]) == (1, [301])
    assert (await book.get("school/user/get", userid="nobody"))["errcode"] == 60111
    assert len((await book.get("school/user/list", department_id="301"))["students"]) == 45
    assert (await book.get("school/user/list", department_id="1"))["students"] == []
    every = await book.get("school/user/list", department_id="1", fetch_child="1")
    assert len(every["students"]) == 135
    assert (await book.get("school/user/list_parent", department_id="1"))["parents"] == []
    assert len((await book.get("school/user/list_parent", department_id="301"))["parents"]) > 45


async def test_a_notice_reaches_those_who_follow(book: School) -> None:
    answer = await book.post(SEND, notice(book, to_parent_userid=[MOTHER, GRANDMOTHER, "p-none"]))
    assert (answer["errcode"], answer["invalid_parent_userid"]) == (0, [GRANDMOTHER, "p-none"])
    assert "msgid" not in answer
    (item,) = book.emulator.seen()
    assert (item.lane, item.to) == ("school_notice", "g-301-01-1")


async def test_a_notice_by_pupil_and_by_class(book: School) -> None:
    answer = await book.post(
        SEND, notice(book, to_parent_userid=[], to_student_userid=["s-301-02", "none"], to_party=["302", 7])
    )
    assert (answer["invalid_student_userid"], answer["invalid_party"]) == (["none"], [7])
    reached = {item.to for item in book.emulator.seen()}
    assert {"g-301-02-1", "g-301-02-2", "g-302-01-1"} <= reached
    assert "g-301-02-3" not in reached


async def test_news_is_a_link(book: School) -> None:
    article = {"title": "通知", "description": "请看", "url": "https://school.example/h5/enter"}
    answer = await book.post(SEND, notice(book, msgtype="news", news={"articles": [article]}))
    assert answer["errcode"] == 0
    content = book.emulator.seen()[-1].content
    assert (content.kind, content.url) == ("link", article["url"])


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"to_parent_userid": [MOTHER] + [f"p{n}" for n in range(999)]}, 0),
        ({"to_parent_userid": [f"p{n}" for n in range(1001)]}, 40032),
        ({"to_student_userid": [f"s{n}" for n in range(1001)]}, 40032),
        ({"to_party": list(range(100))}, 0),
        ({"to_party": list(range(101))}, 40032),
        ({"to_parent_userid": []}, 82001),
        ({"to_parent_userid": MOTHER}, 40063),
        ({"to_parent_userid": [GRANDMOTHER]}, 81013),
        ({"recv_scope": 1}, 81013),
        ({"recv_scope": 3}, 40058),
        ({"agentid": 7}, 301002),
        ({"msgtype": "markdown", "markdown": {"content": "a"}}, 40008),
        ({"msgtype": "template_card", "template_card": {}}, 40008),
        ({"msgtype": "text", "text": {"content": ""}}, 44004),
        ({"msgtype": "image", "image": {"media_id": "none"}}, 40007),
        ({"msgtype": "news", "news": {"articles": [{"title": "a", "url": "u"}] * 9}}, 45008),
    ],
)
async def test_what_a_notice_may_be(book: School, more: dict[str, Any], code: int) -> None:
    assert await book.code(SEND, notice(book, **more)) == code


async def test_an_app_parents_may_not_use(book: School) -> None:
    book.platform.parents_may_use = False
    assert await book.code(SEND, notice(book)) == 48002


async def test_only_the_classes_the_app_may_write_to(book: School) -> None:
    agent = str(book.platform.app.agent_id)
    book.platform.school.allowed = {302}
    scope = await book.get("school/agent/get_allow_scope", agentid=agent)
    assert scope["allow_scope"]["departments"] == [{"partyid": 302}]
    assert await book.code(SEND, notice(book)) == 81013
    assert await book.code(SEND, notice(book, to_parent_userid=["p-g-302-01-1"])) == 0


async def test_the_same_notice_is_shown_once(book: School) -> None:
    body = notice(book, enable_duplicate_check=1, duplicate_check_interval=60)
    for _ in range(2):
        assert await book.code(SEND, body) == 0
    assert len(book.emulator.seen()) == 1
    book.pass_s(60)
    await book.post(SEND, body)
    assert len(book.emulator.seen()) == 2


async def test_following_is_told(book: School) -> None:
    assert (await book.emulator.subscribe("g-301-02-3", on=True))["delivered"] is True
    assert await changes(book, 1) == [("subscribe", GRANDMOTHER, "")]
    assert await book.code(SEND, notice(book, to_parent_userid=[GRANDMOTHER])) == 0
    await book.emulator.subscribe("g-301-02-3", on=False)
    assert (await changes(book, 2))[-1] == ("unsubscribe", GRANDMOTHER, "")


async def test_a_class_that_is_saved_again_is_45_callbacks(book: School) -> None:
    assert book.platform.school.change_all(301) == 45
    told = await changes(book, 45)
    assert {change for change, _, _ in told} == {"update_student"}
    assert len({ident for _, ident, _ in told}) == 45


async def test_changes_are_told(book: School) -> None:
    pupil = {"student_userid": "new-1", "name": "新同学", "department": [301]}
    assert (await book.post("school/user/create_student", pupil))["errmsg"] == "created"
    child = {"student_userid": "new-1", "relation": "妈妈"}
    parent = {"parent_userid": "new-p", "mobile": "13900000001", "children": [child]}
    assert await book.code("school/user/create_parent", parent) == 0
    renamed = {"student_userid": "new-1", "new_student_userid": "new-2"}
    assert await book.code("school/user/update_student", renamed) == 0
    kept = (await book.get("school/user/get", userid="new-p"))["parent"]["children"]
    assert kept == [{"student_userid": "new-2", "relation": "妈妈", "name": "新同学"}]
    assert (await book.get("school/user/delete_parent", userid="new-p"))["errcode"] == 0
    assert (await book.get("school/user/delete_student", userid="new-2"))["errcode"] == 0
    told = await changes(book, 5)
    assert sorted(told) == sorted(
        [
            ("create_student", "new-1", ""), ("create_parent", "new-p", ""),
            ("update_student", "new-1", "new-2"), ("delete_parent", "new-p", ""),
            ("delete_student", "new-2", ""),
        ]
    )  # fmt: skip


PUPIL = {"student_userid": "new-1", "name": "新同学", "department": [301]}
CHILD = {"student_userid": "s-301-01", "relation": "a"}
PARENT = {"parent_userid": "new-p", "mobile": "1", "children": [CHILD]}


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("create_student", {**PUPIL, "student_userid": "a" * 64}, 0),
        ("create_student", {**PUPIL, "student_userid": "a" * 65}, 40003),
        ("create_student", {**PUPIL, "student_userid": "_a"}, 40003),
        ("create_student", {**PUPIL, "student_userid": "S-301-01"}, 60102),
        ("create_student", {**PUPIL, "name": "a" * 32}, 0),
        ("create_student", {**PUPIL, "name": "a" * 33}, 40058),
        ("create_student", {**PUPIL, "department": [3]}, 65004),
        ("create_student", {**PUPIL, "department": [301] * 20}, 0),
        ("create_student", {**PUPIL, "department": [301] * 21}, 40058),
        ("update_student", {"student_userid": MOTHER}, 65010),
        ("update_student", {"student_userid": "none"}, 60111),
        ("create_parent", {**PARENT, "children": [CHILD] * 10}, 0),
        ("create_parent", {**PARENT, "children": [CHILD] * 11}, 40058),
        ("create_parent", {**PARENT, "children": [{**CHILD, "student_userid": MOTHER}]}, 65010),
        (
            "create_parent",
            {**PARENT, "children": [{**CHILD, "relation": "a" * 33}]},
            40058,
        ),
        ("batch_create_student", {"students": [PUPIL] * 101}, 65012),
        ("batch_create_parent", {"parents": [PARENT] * 101}, 65011),
        ("batch_delete_parent", {"useridlist": []}, 40058),
    ],
)
async def test_what_may_be_changed(book: School, path: str, body: dict[str, Any], code: int) -> None:
    assert await book.code(f"school/user/{path}", body) == code


async def test_a_batch_may_fail_in_part(book: School) -> None:
    answer = await book.post("school/user/batch_delete_parent", {"useridlist": [MOTHER, "none"]})
    assert answer["errcode"] == 0
    assert [one["errcode"] for one in answer["result_list"]] == [0, 60111]
    again = await book.get("school/user/get", userid=MOTHER)
    assert again["errcode"] == 60111


async def test_a_phone_belongs_to_one_parent(book: School) -> None:
    taken = book.platform.school.parents[MOTHER].mobile
    assert await book.code("school/user/create_parent", {**PARENT, "mobile": taken}) == 60137


async def test_who_may_write_and_whether_it_is_a_school(book: School) -> None:
    book.platform.school.may_write = False
    assert await book.code("school/user/create_student", PUPIL) == 65022
    book.platform.school.is_school = False
    assert await book.code("school/user/create_student", PUPIL) == 65014
    assert (await book.get("school/department/list"))["errcode"] == 65014


async def test_how_to_follow(book: School) -> None:
    assert "qrcode_middle" in await book.get("externalcontact/get_subscribe_qr_code")
    mode = "externalcontact/set_subscribe_mode"
    assert [await book.code(mode, {"subscribe_mode": one}) for one in (2, 3)] == [0, 65001]
    assert (await book.get("externalcontact/get_subscribe_mode"))["subscribe_mode"] == 2
