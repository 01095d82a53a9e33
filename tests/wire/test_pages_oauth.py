"""Coming in by WeChat's login: whose phone it is, once, and nobody through anybody else's."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.pages import texts
from bot.pages.oauth import Failed
from config.ids import new_id
from handlers.pages.joining import Who
from storage import page_sessions, people
from storage.engine import Db, Store
from storage.people import Person
from tests.contract.invented import CORP
from tests.wire.pages_served import PUBLIC, Phone, Served, served

MOTHER, FATHER = "g-1-0-m", "g-1-0-f"
WECHAT = "Mozilla/5.0 (iPhone) AppleWebKit/605 MicroMessenger/8.0.50"
ROBOT = "Mozilla/5.0 (compatible; link preview) MicroMessenger/8.0"


class Port:
    """What the platform says about codes; each works once."""

    def __init__(self) -> None:
        self.codes: dict[str, Who | Failed] = {}
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, app: str, code: str) -> Who | Failed:
        self.asked.append((app, code))
        return self.codes.pop(code, Failed("used", "40029"))


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """One database is enough here."""
    return str(request.param)


@pytest.fixture
def port() -> Port:
    """A platform that knows nobody yet."""
    return Port()


@pytest.fixture
async def here(store: Store, port: Port) -> AsyncIterator[Served]:
    """The pages with a login, served."""
    async with served(store, exchange=port) as running:
        yield running


async def _leave(phone: Phone, path: str = "/h5/login") -> str:
    """Set out for the platform; returns the state."""
    await phone.get(path, User_Agent=WECHAT)
    assert phone.status == 302, phone.html
    address: str = phone.headers["Location"]
    return parse_qs(urlsplit(address).query)["state"][0]


async def _come_back(phone: Phone, state: str, code: str = "c1") -> str:
    return await phone.get(f"/h5/back?code={code}&state={state}", User_Agent=WECHAT)


async def _person(here: Served, ext_id: str, *ids: tuple[str, str]) -> Person:
    """A guardian of the invented school, with more ids."""

    def unit(db: Db) -> Person:
        person = people.by_identity(db, "dingtalk_user", CORP, ext_id)
        assert person is not None
        for kind, one in ids:
            assert people.attach_identity(db, new_id, person_id=person.id, kind=kind, corp=CORP, ext_id=one)
        return person

    person: Person = await here.run(unit)
    return person


async def _id_of(here: Served, person: Person, kind: str) -> str:
    def unit(db: Db) -> str:
        held = people.identity_of(db, person.id, kind)
        return held.id if held else ""

    found: str = await here.run(unit)
    return found


async def test_the_way_to_the_platform_is_exact(here: Served) -> None:
    phone = Phone(here.url)
    await phone.get("/h5/", User_Agent=WECHAT)
    where = urlsplit(phone.headers["Location"])
    query = parse_qs(where.query)
    assert phone.status == 302
    assert (where.scheme, where.netloc, where.path) == (
        "https", "open.weixin.qq.com", "/connect/oauth2/authorize",
    )  # fmt: skip
    assert where.fragment == "wechat_redirect"
    assert query.pop("state")[0].isalnum()
    assert query == {
        "appid": [CORP],
        "redirect_uri": [f"{PUBLIC}/h5/back"],
        "response_type": ["code"],
        "scope": ["snsapi_base"],
        "agentid": ["1000002"],
    }
    cookie = next(line for line in phone.set_cookie if line.startswith("__Host-cb_login="))
    assert all(
        word in f"{cookie};" for word in ("HttpOnly", "SameSite=Lax", "Secure", "Max-Age=600", "Path=/;")
    )


async def test_a_parent_comes_in_and_the_address_is_clean(here: Served, port: Port) -> None:
    mother = await _person(here, MOTHER, ("wecom_parent", "p-1"))
    port.codes["c1"] = Who(parent_id="p-1", external_id="wm-1")
    phone = Phone(here.url)
    html = await _come_back(phone, await _leave(phone, "/h5/"))
    assert phone.status == 200
    assert texts.SEND in html
    assert re.search(r"\bc1\b", str(phone.headers) + html) is None
    assert port.asked == [("school", "c1")]
    session = await here.run(lambda db: page_sessions.look(db, phone.jar["cb_page"], here.clock.now()))
    assert session is not None
    assert session.person_id == mother.id
    # The id of customer service, unknown until now, is hers, too; and she has a page.
    assert await _id_of(here, mother, "wecom_kf") == "wm-1"
    assert await _id_of(here, mother, "page")


async def test_the_answer_after_the_platforms_site_sets_a_cookie_that_survives_it(
    here: Served, port: Port
) -> None:
    await _person(here, MOTHER, ("wecom_parent", "p-1"))
    port.codes["c1"] = Who(parent_id="p-1")
    phone = Phone(here.url)
    state = await _leave(phone)
    cookies = "; ".join(f"__Host-{name}={value}" for name, value in phone.jar.items())
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
        http.get(
            f"{here.url}/h5/back?code=c1&state={state}", headers={"Cookie": cookies}, allow_redirects=False
        ) as answer,
    ):
        assert (answer.status, answer.headers["Location"]) == (303, "/h5/")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        line = next(one for one in answer.headers.getall("Set-Cookie") if one.startswith("__Host-cb_page="))
    assert all(word in f"{line};" for word in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/;"))


async def test_a_look_makes_nothing_and_uses_nothing(here: Served, port: Port) -> None:
    await _person(here, MOTHER, ("wecom_parent", "p-1"))
    port.codes["c1"] = Who(parent_id="p-1")
    phone = Phone(here.url)
    state = await _leave(phone)
    before = await here.state()
    robot = Phone(here.url)
    for path in ("/h5/", "/h5/?n=abcd1234", "/h5/login", f"/h5/back?code=c1&state={state}"):
        await robot.get(path, User_Agent=ROBOT)
        robot.jar.clear()
    for headers in ({"Sec_Purpose": "prefetch;prerender"}, {"Purpose": "preview"}):
        await phone.get(f"/h5/back?code=c1&state={state}", User_Agent=WECHAT, **headers)
        assert phone.status == 403
    await phone._ask("HEAD", f"/h5/back?code=c1&state={state}", None, {"User-Agent": WECHAT})
    assert phone.status == 403
    assert port.asked == []
    assert await here.state() == before
    await _come_back(phone, state)
    assert phone.status == 200


async def test_nobody_is_brought_into_a_page_by_somebody_elses_link(here: Served, port: Port) -> None:
    await _person(here, MOTHER, ("wecom_parent", "p-1"))
    port.codes["c1"] = Who(parent_id="p-1")
    attacker, victim = Phone(here.url), Phone(here.url)
    state = await _leave(attacker)
    html = await _come_back(victim, state)  # without a cookie of a login
    assert (victim.status, texts.LOGIN_BROKEN in html) == (403, True)
    await _leave(victim)
    await _come_back(victim, state)  # in the middle of a login of one's own
    assert victim.status == 403
    assert "cb_page" not in victim.jar
    assert port.asked == []


@pytest.mark.parametrize(
    "forge",
    [
        lambda state: "",
        lambda state: state[:-1] + ("0" if state[-1] != "0" else "1"),
        lambda state: ("0" if state[0] != "0" else "1") + state[1:],
        lambda state: state.upper() + "x",
        lambda state: state + "0",
        lambda state: "0" * len(state),
    ],
)
async def test_a_forged_state_is_nothing(here: Served, port: Port, forge: Callable[[str], str]) -> None:
    port.codes["c1"] = Who(parent_id="p-1")
    phone = Phone(here.url)
    state = await _leave(phone)
    await _come_back(phone, forge(state))
    assert phone.status == 403
    assert port.asked == []


async def test_a_state_works_once_and_ten_minutes(here: Served, port: Port) -> None:
    await _person(here, MOTHER, ("wecom_parent", "p-1"))
    port.codes |= {name: Who(parent_id="p-1") for name in ("c1", "c2", "c3")}
    phone = Phone(here.url)
    state = await _leave(phone)
    await _come_back(phone, state)
    assert phone.status == 200
    await _come_back(phone, state, "c2")
    assert phone.status == 403
    late = Phone(here.url)
    old = await _leave(late)
    here.clock.move_to(here.clock.now() + timedelta(minutes=10))
    await _come_back(late, old, "c3")
    assert late.status == 403
    assert [code for _app, code in port.asked] == ["c1"]


async def test_two_tabs_both_come_back(here: Served, port: Port) -> None:
    await _person(here, MOTHER, ("wecom_parent", "p-1"))
    port.codes |= {name: Who(parent_id="p-1") for name in ("c1", "c2")}
    phone = Phone(here.url)
    first = await _leave(phone)
    second = await _leave(phone)
    assert first != second
    await _come_back(phone, first, "c1")
    assert phone.status == 200
    await _come_back(phone, second, "c2")
    assert phone.status == 200


@pytest.mark.parametrize(
    ("failed", "status", "said"),
    [
        (Failed("used", "40029"), 410, texts.LOGIN_OLD),
        (Failed("busy", "-1"), 503, texts.LOGIN_BUSY),
        (Failed("config", "48002"), 503, texts.LOGIN_CONFIG),
    ],
)
async def test_a_login_that_failed_says_what_to_do(
    here: Served, port: Port, failed: Failed, status: int, said: str
) -> None:
    port.codes["c1"] = failed
    phone = Phone(here.url)
    html = await _come_back(phone, await _leave(phone))
    assert (phone.status, said in html) == (status, True)
    assert "cb_page" not in phone.jar
    # And the way on works: the page with the field, not the same login over and over.
    html = await phone.get("/h5/", User_Agent=WECHAT)
    assert phone.status == 200
    assert texts.ENTER_LABEL in html
    assert texts.LOGIN_BUTTON in html


@pytest.mark.parametrize("more", ["to=//evil.example", "to=https://evil.example", "app=other", "to=out"])
async def test_a_login_leads_only_to_pages_of_ours(here: Served, more: str) -> None:
    phone = Phone(here.url)
    html = await phone.get(f"/h5/login?{more}&redirect_uri=https://evil.example", User_Agent=WECHAT)
    assert phone.status == 200
    assert "evil" not in html + str(phone.headers)


async def test_each_app_asks_about_its_own_codes(here: Served, port: Port) -> None:
    phone = Phone(here.url)
    state = await _leave(phone, "/h5/login?app=second")
    assert "agentid=1000003" in phone.headers["Location"]
    await _come_back(phone, state)
    assert port.asked == [("second", "c1")]


async def test_a_code_that_is_no_code_asks_nobody(here: Served, port: Port) -> None:
    phone = Phone(here.url)
    state = await _leave(phone)
    for code in ("", "a%0Ab", "x" * 513, "a/../b"):
        await _come_back(phone, state, code)
        assert phone.status == 403
    assert port.asked == []


async def test_a_flood_of_logins_does_not_use_up_the_platforms_patience(here: Served, port: Port) -> None:
    phone, statuses = Phone(here.url), []
    for number in range(130):
        await _come_back(phone, await _leave(phone), f"guess{number}")
        statuses.append(phone.status)
    assert statuses == [410] * 120 + [429] * 10
    assert len(port.asked) == 120


async def test_other_browsers_are_not_sent_away(here: Served) -> None:
    phone = Phone(here.url)
    html = await phone.get("/h5/", User_Agent="Mozilla/5.0 (iPhone) Safari/605")
    assert phone.status == 200
    assert texts.LOGIN_BUTTON not in html


async def test_two_people_of_one_login_are_refused_and_nothing_changes(here: Served, port: Port) -> None:
    await _person(here, MOTHER, ("wecom_parent", "p-1"))
    await _person(here, FATHER, ("wecom_kf", "wm-2"))
    port.codes["c1"] = Who(parent_id="p-1", external_id="wm-2")
    before = await here.state()
    phone = Phone(here.url)
    html = await _come_back(phone, await _leave(phone))
    assert (phone.status, texts.LOGIN_CONFLICT in html) == (409, True)
    assert await here.state() == before


async def test_another_parent_of_the_book_on_the_same_phone_is_a_conflict(here: Served, port: Port) -> None:
    await _person(here, MOTHER, ("wecom_parent", "p-1"), ("wecom_kf", "wm-1"))
    port.codes["c1"] = Who(parent_id="p-9", external_id="wm-1")
    phone = Phone(here.url)
    await _come_back(phone, await _leave(phone))
    assert phone.status == 409


async def test_who_bound_by_code_in_the_chat_gets_the_book_id_by_the_login(here: Served, port: Port) -> None:
    mother = await _person(here, MOTHER, ("wecom_kf", "wm-1"))
    port.codes["c1"] = Who(parent_id="p-1", external_id="wm-1")
    phone = Phone(here.url)
    await _come_back(phone, await _leave(phone))
    assert phone.status == 200
    assert await _id_of(here, mother, "wecom_parent") == "p-1"


async def test_a_second_chat_id_does_not_replace_the_first(here: Served, port: Port) -> None:
    mother = await _person(here, MOTHER, ("wecom_kf", "wm-1"), ("wecom_parent", "p-1"))
    port.codes["c1"] = Who(parent_id="p-1", external_id="wm-new")
    phone = Phone(here.url)
    await _come_back(phone, await _leave(phone))
    assert phone.status == 200
    assert await _id_of(here, mother, "wecom_kf") == "wm-1"


async def _with_code(here: Served, port: Port, who: Who) -> tuple[Phone, Person]:
    """A login nobody knows, then the mother's paper code on the page it led to."""
    mother = await _person(here, MOTHER)
    await here.code(mother, "13572468")
    port.codes["c1"] = who
    phone = Phone(here.url)
    html = await _come_back(phone, await _leave(phone))
    assert texts.LOGIN_UNKNOWN in html
    assert texts.LOGIN_BUTTON not in html
    await phone.post("/h5/code", {"form": phone.field("form"), "code": "13572468"})
    fields = {name: phone.field(name) for name in ("form", "proof", "code")}
    await phone.post("/h5/confirm", {**fields, "answer": "yes"})
    assert phone.status == 200
    return phone, mother


async def test_a_code_after_the_login_joins_its_ids(here: Served, port: Port) -> None:
    _phone, mother = await _with_code(here, port, Who(parent_id="p-1", external_id="wm-1"))
    assert await _id_of(here, mother, "wecom_parent") == "p-1"
    assert await _id_of(here, mother, "wecom_kf") == "wm-1"
    port.codes["c2"] = Who(parent_id="p-1")
    other = Phone(here.url)
    await _come_back(other, await _leave(other), "c2")
    assert other.status == 200
    assert "cb_page" in other.jar


async def test_a_teacher_comes_to_the_teachers_pages_only(here: Served, port: Port) -> None:
    def unit(db: Db) -> Any:
        teacher = people.by_identity(db, "dingtalk_user", CORP, "t-301")
        assert teacher is not None
        assert people.attach_identity(
            db, new_id, person_id=teacher.id, kind="wecom_member", corp=CORP, ext_id="wang"
        )
        return teacher.id

    teacher_id = await here.run(unit)
    port.codes["c1"] = Who(member_id="Wang")
    phone = Phone(here.url)
    await _come_back(phone, await _leave(phone, "/h5/login?to=toolbar"))
    value = phone.jar["cb_member"]
    assert "cb_page" not in phone.jar
    now = here.clock.now()
    found = await here.run(lambda db: page_sessions.look(db, value, now, "member"))
    assert found is not None
    assert found.person_id == teacher_id
    # The same value opens no guardian's page, and not for longer than a working day.
    assert await here.run(lambda db: page_sessions.look(db, value, now)) is None
    late = now + timedelta(hours=12)
    assert await here.run(lambda db: page_sessions.look(db, value, late, "member")) is None
    html = await Phone(here.url, value).get("/h5/")
    assert texts.ENTER_LABEL in html


async def test_a_member_nobody_bound_is_told_how(here: Served, port: Port) -> None:
    port.codes["c1"] = Who(member_id="nobody")
    phone = Phone(here.url)
    html = await _come_back(phone, await _leave(phone))
    assert (phone.status, texts.LOGIN_TEACHER in html) == (403, True)


async def test_who_is_no_guardian_any_more_gets_no_page(here: Served, port: Port) -> None:
    mother = await _person(here, MOTHER, ("wecom_parent", "p-1"))

    def unit(db: Db) -> None:
        for role in people.roles(db, mother.id):
            people.end_role(db, here.clock.now(), role.id)

    await here.run(unit)
    port.codes["c1"] = Who(parent_id="p-1")
    phone = Phone(here.url)
    await _come_back(phone, await _leave(phone))
    assert "cb_page" not in phone.jar
    assert not await _id_of(here, mother, "page")


async def test_who_is_nobody_at_school_any_more_is_signed_out(here: Served, port: Port) -> None:
    mother = await _person(here, MOTHER, ("wecom_parent", "p-1"))
    port.codes["c1"] = Who(parent_id="p-1")
    phone = Phone(here.url)
    await _come_back(phone, await _leave(phone))
    await phone.say("孩子咳嗽")
    fields = {"form": phone.field("form"), "nonce": phone.field("nonce"), "text": "再看看"}

    def unit(db: Db) -> None:
        for role in people.roles(db, mother.id):
            people.end_role(db, here.clock.now(), role.id)

    await here.run(unit)
    assert "咳嗽" not in await phone.get("/h5/")
    assert texts.ENTER_LABEL in phone.html
    kept = len(here.kept)
    await phone.post("/h5/say", fields)
    assert (phone.status, len(here.kept)) == (403, kept)


async def test_without_a_platform_there_is_no_login(store: Store) -> None:
    async with served(store) as here:
        phone = Phone(here.url)
        html = await phone.get("/h5/login", User_Agent=WECHAT)
        assert phone.status == 200
        assert texts.ENTER_LABEL in html
        await phone.get("/h5/back?code=c&state=s", User_Agent=WECHAT)
        assert phone.status == 403
