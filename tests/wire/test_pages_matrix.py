"""Who reaches whose things on the pages: two schools, three roles, every way in, every owner.

A cell is one request of one phone for one thing of somebody. Where it is the phone's own, the thing is there:
so a refusal elsewhere is one. What is somebody else's looks, byte for byte, like what never was.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.pages import texts
from config.ids import new_id
from handlers.pages.letting_in import give_page
from storage import people
from storage.engine import Db, Store
from storage.people import Person
from storage.seed import _Import
from tests.contract.invented import CORP, MONDAY, document
from tests.wire.pages_served import Phone, Served, served

OTHER_CORP = "dingcorp0002"
IDS = {
    "mother": "g-1-0-m",
    "father": "g-1-0-f",
    "classmate": "g-1-1-m",
    "next class": "g-2-1-m",
    "teacher": "t-301",
    "co-teacher": "t-chen",
}
FORMS = ("0" * 32, "not hex", "", "f" * 32)


@dataclass
class Owner:
    """Somebody of a school, and what is theirs alone."""

    person: Person
    says: str
    phone: Phone
    buttons: list[str] = field(default_factory=list)
    link: str = ""
    code: str = ""


def _other_school() -> dict[str, Any]:
    """The same school under another organisation: all names and platform ids are equal."""
    other = deepcopy(document(2, 4))
    other["school"] |= {"corp": OTHER_CORP, "name": "桥尾小学"}
    for each in other["classes"]:
        each["group"] = None
    for each in other["people"]:
        each["code"] = None
        if each["identity"]:
            each["identity"]["corp"] = OTHER_CORP
    return other


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """One database is enough here."""
    return str(request.param)


@pytest.fixture
async def here(store: Store) -> AsyncIterator[Served]:
    """The pages of two schools."""
    async with served(store) as running:
        await running.run(lambda db: _Import(db, new_id, MONDAY).run(_other_school()))
        running.answers = False
        yield running


@pytest.fixture
async def owners(here: Served) -> dict[str, Owner]:
    """Everybody, each with a message of two buttons, a link and, for guardians, a code."""
    found: dict[str, Owner] = {}
    for corp in (CORP, OTHER_CORP):
        for role, ext_id in IDS.items():

            def unit(db: Db, corp: str = corp, ext_id: str = ext_id) -> Person:
                person = people.by_identity(db, "dingtalk_user", corp, ext_id)
                assert person is not None
                give_page(db, new_id, person.id, corp)
                return person

            name, person = f"{role} {corp}", await here.run(unit)
            says = f"给{name}的话"
            one = Owner(person, says, Phone(here.url, await here.signed_in(person)))
            one.buttons = await here.say(person.id, says, "好", "不好")
            one.link = await here.link(person)
            if role not in ("teacher", "co-teacher"):
                one.code = f"9999{len(found):04}"
                await here.code(person, one.code)
            found[name] = one
    return found


def _bare(html: str) -> str:
    """A page without what is made anew for each."""
    return re.sub(r"[0-9a-f]{32,64}", "", html)


def _others(owners: dict[str, Owner], mine: str) -> Iterable[Owner]:
    return (one for name, one in owners.items() if name != mine)


async def test_there_are_enough_cells(owners: dict[str, Owner]) -> None:
    people_ = len(owners)
    shown, pressed, linked = people_ * people_, people_ * people_ * 2, people_ * people_
    assert shown + pressed + linked >= 500
    assert Counter(name.split()[-1] for name in owners) == {CORP: 6, OTHER_CORP: 6}


@pytest.mark.parametrize("path", ["/h5/", "/h5/?all=1"])
async def test_a_page_shows_what_is_ones_own(owners: dict[str, Owner], path: str) -> None:
    for name, one in owners.items():
        html = await one.phone.get(path)
        assert one.says in html
        for other in _others(owners, name):
            assert other.says not in html, (name, other.says)
            for secret in (*other.buttons, other.link, other.person.id):
                assert secret not in html
            assert other.phone.jar["cb_page"] not in html


async def test_a_button_is_pressed_by_whom_it_was_given_to(here: Served, owners: dict[str, Owner]) -> None:
    for name, one in owners.items():
        await one.phone.get()
        form = {"form": one.phone.field("form"), "nonce": one.phone.field("nonce")}
        before = await here.state()
        await one.phone.post("/h5/press", {**form, "press": new_id()})
        missing = (one.phone.status, one.phone.html, dict(one.phone.headers) | {"Date": ""})
        assert missing[0] == 404
        for other in _others(owners, name):
            for button in other.buttons:
                await one.phone.post("/h5/press", {**form, "press": button})
                got = (one.phone.status, one.phone.html, dict(one.phone.headers) | {"Date": ""})
                assert got == missing, (name, other.says)
        assert await here.state() == before
        assert here.kept == []
        await one.phone.post("/h5/press", {**form, "press": one.buttons[0]})
        assert (one.phone.status, [row["token"] for row in here.kept]) == (200, [one.buttons[0]])
        assert here.kept[0]["corp"] == name.split()[-1]
        here.kept.clear()


async def test_words_are_said_as_oneself(here: Served, owners: dict[str, Owner]) -> None:
    """A form taken from one page is nothing in another phone; the words are the sender's own."""
    pages = {}
    for name, one in owners.items():
        await one.phone.get()
        pages[name] = {"form": one.phone.field("form"), "nonce": one.phone.field("nonce")}
    for name, one in owners.items():
        before = await here.state()
        await one.phone.post("/h5/say", {**pages[name], "form": "0" * 32, "text": "请假"})
        refused = (one.phone.status, one.phone.html)
        assert refused[0] == 403
        for other in owners:
            if other != name:
                await one.phone.post("/h5/say", {**pages[other], "text": "请假"})
                assert (one.phone.status, one.phone.html) == refused, (name, other)
        assert await here.state() == before
        await one.phone.post("/h5/say", {**pages[name], "text": "请假"})
        assert [row["chat"][1] for row in here.kept] == [one.person.id]
        assert here.kept[0]["sender"][:2] == ["page", name.split()[-1]]
        here.kept.clear()


async def test_a_link_says_no_name_to_anybody_and_never_shows_the_page(owners: dict[str, Owner]) -> None:
    visitor = Phone(next(iter(owners.values())).phone.url)
    for name, one in owners.items():
        for other in _others(owners, name):
            html = await one.phone.get(other.link)
            assert one.phone.status == 200
            assert other.says not in html
            assert other.person.name not in html
            assert texts.OPEN_PAGE in html
            wrong = other.link[:-1] + ("0" if other.link[-1] != "0" else "1")
            html = _bare(await one.phone.get(wrong))
            assert one.phone.status == 404
            assert html == _bare(await one.phone.get("/h5/l/" + "0" * 64))
            assert html == _bare(await visitor.get(wrong))
        assert one.says in await one.phone.get(one.link)  # one's own is a way home


async def test_a_code_of_anybody_is_the_same_to_a_visitor_who_does_not_own_it(
    here: Served, owners: dict[str, Owner]
) -> None:
    """A proof that one was asked about one's own code opens no other's."""
    for at, (name, one) in enumerate((name, one) for name, one in owners.items() if one.code):
        visitor = Phone(here.url)
        await visitor.get()
        fields = {"form": visitor.field("form"), "code": one.code}
        html = await visitor.post("/h5/code", fields, X_Forwarded_For=f"10.0.0.{at}")
        assert "对吗？" in html, name
        confirm = {
            "form": visitor.field("form"), "proof": visitor.field("proof"), "code": one.code, "answer": "yes",
        }  # fmt: skip
        before = await here.state()
        for other in _others(owners, name):
            await visitor.post("/h5/confirm", {**confirm, "code": other.code or "12345678"})
            foreign = (visitor.status, visitor.html)
            await visitor.post("/h5/confirm", {**confirm, "code": "00000000"})
            assert (visitor.status, visitor.html) == foreign
            assert visitor.status == 403
        assert await here.state() == before
        assert one.says in await visitor.post("/h5/confirm", confirm)


async def test_leaving_signs_out_nobody_else(here: Served, owners: dict[str, Owner]) -> None:
    for name, one in owners.items():
        await one.phone.get("/h5/out")
        for other in _others(owners, name):
            thief = replace(other, phone=Phone(here.url, other.phone.jar.get("cb_page", "")))
            if not thief.phone.jar:
                continue
            await thief.phone.post("/h5/out", {"form": one.phone.field("form")})
            assert thief.phone.status == 403
            assert other.says in await other.phone.get()
        await one.phone.post("/h5/out", {"form": one.phone.field("form")})
        assert one.phone.status == 200
        assert "cb_page" not in one.phone.jar


@pytest.mark.parametrize("path", ["/h5/say", "/h5/press", "/h5/out", "/h5/code", "/h5/confirm"])
async def test_only_forms_do_anything(here: Served, owners: dict[str, Owner], path: str) -> None:
    """GET, HEAD and prefetch of what is for POST, and every form without its proof, change nothing."""
    before = await here.state()
    for one in owners.values():
        await one.phone.get(path, Purpose="prefetch", Sec_Purpose="prefetch")
        assert one.phone.status in ((404,) if path != "/h5/out" else (200,))
        for proof in FORMS:
            fields = {"form": proof, "nonce": "0" * 32, "press": one.buttons[0]}
            await one.phone.post(path, fields)
            assert one.phone.status in (400, 403)
    assert await here.state() == before
