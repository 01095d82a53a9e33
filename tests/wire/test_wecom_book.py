"""The address book and the login, against answers made by hand and against the emulated platform."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import aiohttp
import pytest

from bot.command import AskBook, Refused, Sent
from bot.pages.oauth import Failed
from bot.wecom import book, login
from bot.wecom.core import Core
from bot.wecom.emulator.emulator import WeComEmulator
from bot.wecom.errors import Verdict
from bot.wecom.login import WeComLogin, who_of
from config.settings import LimitSettings, WeComApp
from handlers.pages.joining import Who

START = datetime.fromisoformat("2026-10-12T08:00:00+08:00")


@dataclass
class Line:
    """A connection that answers what it was handed, and counts what it was asked."""

    name: str = "school"
    answers: dict[str, Verdict] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    async def call(
        self, path: str, body: object, query: Mapping[str, str] | None = None, method: str = "POST"
    ) -> Verdict:
        assert (body, method) == (None, "GET")
        self.asked.append((path, dict(query or {})))
        return self.answers[path]


def _line(**answers: Verdict) -> Any:
    return Line(
        answers={getattr(book, name, getattr(login, name, name)): one for name, one in answers.items()}
    )


async def _ask(line: Any, what: Any, which: str = "") -> Any:
    return await book.ask(cast("Core", line), AskBook("o", "wecom/school", what, which))


# -- by hand


async def test_departments_are_classes_with_their_grade_and_head_teachers() -> None:
    listed = [
        {"id": 1, "name": "桥头小学", "parentid": 0, "type": 5},
        {"id": 2, "name": "三年级", "parentid": 1, "type": 2},
        {"id": 5, "name": " 2班 ", "parentid": 2, "type": 1, "group_chat_id": "wr1", "department_admins": [
            {"userid": "Wang", "type": 3}, {"userid": "chen", "type": 4, "subject": "数学"}]},
        {"id": 6, "name": "毕业班", "parentid": 2, "type": 1, "is_graduated": 1},
        {"id": True, "name": "x", "type": 1},
        "nonsense",
    ]  # fmt: skip
    line = _line(DEPARTMENTS=Verdict("ok", "0", data={"departments": listed}))
    came = await _ask(line, "departments")
    one = {"id": "5", "name": "2班", "grade": "三年级", "group": "wr1", "heads": ["wang"]}
    assert came == Sent("", {"app": "school", "classes": [one]})
    assert line.asked == [(book.DEPARTMENTS, {})]


async def test_a_class_brings_pupils_with_parents_and_no_telephone_numbers() -> None:
    parents = [
        {"parent_userid": "p1", "relation": "母亲", "mobile": "13800000000", "is_subscribe": 1,
         "external_userid": "wm1"},
        {"parent_userid": "p2", "relation": "父亲", "mobile": "13800000001", "is_subscribe": 0},
    ]  # fmt: skip
    listed = [
        {
            "student_userid": "s1",
            "name": "小明",
            "department": [5],
            "mobile": "13900000000",
            "parents": parents,
        },
        {"student_userid": "s2", "name": "乐乐"},
        {"student_userid": "", "name": "无"},
    ]
    came = await _ask(_line(PUPILS=Verdict("ok", "0", data={"students": listed})), "class", "5")
    assert isinstance(came, Sent)
    assert came.facts["class"] == "5"
    first, second = came.facts["pupils"]
    assert first["parents"] == [
        {"id": "p1", "relation": "母亲", "subscribed": True, "external": "wm1"},
        {"id": "p2", "relation": "父亲", "subscribed": False, "external": ""},
    ]
    assert second == {"id": "s2", "name": "乐乐", "parents": None}  # not said is not "none"
    assert "138" not in repr(came)
    assert "139" not in repr(came)


@pytest.mark.parametrize("what", ["departments", "class", "person"])
@pytest.mark.parametrize("data", [{}, {"students": None, "departments": "x", "student": 1}])
async def test_an_answer_without_its_list_is_no_empty_list(what: str, data: dict[str, Any]) -> None:
    answer = Verdict("ok", "0", data=data)
    came = await _ask(_line(DEPARTMENTS=answer, PUPILS=answer, PERSON=answer), what, "5")
    assert came == Refused("unreadable", "content")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Verdict("config", "48002"), Refused("48002", "config")),
        (Verdict("config", "65022"), Refused("65022", "config")),
        (Verdict("recipient", "60123"), Refused("60123", "recipient")),
        (Verdict("slow", "45009", 60.0), Refused("45009", "slow", 60.0)),
        (Verdict("maybe", "-1"), Refused("-1", "retry")),
        (Verdict("maybe", "timeout"), Refused("timeout", "retry")),
    ],
)
async def test_a_refusal_stays_one(answer: Verdict, outcome: Refused) -> None:
    assert await _ask(_line(PUPILS=answer), "class", "5") == outcome


@pytest.mark.parametrize(
    ("data", "who"),
    [
        ({"parent_userid": "P-1", "DeviceId": ""}, Who(parent_id="P-1")),
        ({"parent_userid": "p", "external_userid": "wm"}, Who(parent_id="p", external_id="wm")),
        ({"UserId": "Wang"}, Who(member_id="wang")),
        ({"userid": "Wang"}, Who(member_id="wang")),
        ({"student_userid": "s1"}, Who()),
        ({"OpenId": "o1"}, Who()),
        ({"parent_userid": 7, "UserId": ["x"]}, Who()),
    ],
)
def test_whose_a_code_is(data: dict[str, Any], who: Who) -> None:
    assert who_of(data) == who


async def _login(line: Any, code: str = "c") -> Any:
    return await WeComLogin({"school": cast("Core", line)})("school", code)


async def test_the_second_interface_is_asked_only_where_the_first_is_not_allowed() -> None:
    ok = Verdict("ok", "0", data={"parent_userid": "p"})
    line = _line(SCHOOL=Verdict("config", "48002"), AUTH=ok)
    assert await _login(line) == Who(parent_id="p")
    assert [path for path, _query in line.asked] == [login.SCHOOL, login.AUTH]
    line = _line(SCHOOL=ok, AUTH=ok)
    assert await _login(line) == Who(parent_id="p")
    assert [path for path, _query in line.asked] == [login.SCHOOL]


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (Verdict("content", "40029"), Failed("used", "40029")),
        (Verdict("maybe", "timeout"), Failed("busy", "timeout")),
        (Verdict("retry", "connect"), Failed("busy", "connect")),
        (Verdict("config", "60020"), Failed("config", "60020")),
    ],
)
async def test_a_failed_login_says_why(answer: Verdict, failed: Failed) -> None:
    assert await _login(_line(SCHOOL=answer, AUTH=answer)) == failed
    assert await WeComLogin({})("school", "c") == Failed("config", "no_app")


# -- with the emulated platform


class Both:
    """The emulator and a connection to it."""

    def __init__(self, emulator: WeComEmulator, http: aiohttp.ClientSession) -> None:
        self.emulator = emulator
        app = emulator.platform.app
        settings = WeComApp.model_validate({
            "corp_id": app.corp_id,
            "agent_id": app.agent_id,
            "secret": app.secret,
            "token": app.token,
            "aes_key": app.aes_key,
            "api_base": emulator.url,
        })  # fmt: skip
        self.core = Core("school", settings, LimitSettings(), http, emulator.clock)
        self.login = WeComLogin({"school": self.core})

    async def ask(self, what: Any, which: str = "") -> Any:
        return await book.ask(self.core, AskBook("o", "wecom/school", what, which))

    def code(self, person: str) -> str:
        return self.emulator.platform.logins.give(self.emulator.world.person(person))


@pytest.fixture
async def both() -> AsyncIterator[Both]:
    """An emulated school."""
    emulator = WeComEmulator(start=START, seed="book")
    await emulator.start()
    try:
        async with aiohttp.ClientSession() as http:
            yield Both(emulator, http)
    finally:
        await emulator.stop()


async def test_the_whole_book_is_read(both: Both) -> None:
    departments = await both.ask("departments")
    assert isinstance(departments, Sent), departments
    world = both.emulator.world
    assert sorted(one["name"] for one in departments.facts["classes"]) == sorted(
        one.name for one in world.classes
    )
    for one in departments.facts["classes"]:
        assert one["heads"]
        assert one["heads"] == [head.lower() for head in one["heads"]]
        came = await both.ask("class", one["id"])
        assert isinstance(came, Sent)
        of = next(each for each in world.classes if each.name == one["name"])
        there = {each.name for each in world.pupils.values() if each.class_id == of.id}
        assert {each["name"] for each in came.facts["pupils"]} == there
        assert all(each["parents"] for each in came.facts["pupils"])


async def test_one_person_says_where_to_look(both: Both) -> None:
    pupil = next(iter(both.emulator.world.pupils.values()))
    came = await both.ask("person", pupil.id)
    assert isinstance(came, Sent)
    (department,) = came.facts["classes"]
    listed = await both.ask("class", department)
    assert pupil.id in {one["id"] for one in listed.facts["pupils"]}


async def test_a_class_that_is_not_there_is_refused(both: Both) -> None:
    assert isinstance(await both.ask("class", "99999"), Refused)


async def test_parents_and_teachers_log_in(both: Both) -> None:
    mother, world = "g-302-01-1", both.emulator.world
    code = both.code(mother)
    assert await both.login("school", code) == Who(parent_id=world.parent_id(world.person(mother)))
    assert await both.login("school", code) == Failed("used", "40029")
    assert await both.login("school", both.code("t-301")) == Who(member_id="t-301")
    late = both.code(mother)
    both.emulator.clock.move_to(both.emulator.clock.now() + timedelta(minutes=5))
    assert await both.login("school", late) == Failed("used", "40029")
