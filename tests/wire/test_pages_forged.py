"""What nobody gets out of the pages: fields too many, other people's things, forms from elsewhere."""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.pages import texts
from storage.engine import Store
from tests.wire.pages_served import PUBLIC, Phone, Served, served

MOTHER, FATHER, OTHER_CLASS = "g-1-0-m", "g-1-0-f", "g-2-1-m"
EXTRA = [
    "role",
    "roles",
    "class_id",
    "class",
    "pupil_id",
    "pupil",
    "person_id",
    "person",
    "user",
    "user_id",
    "id",
    "school_id",
    "school",
    "corp",
    "app",
    "status",
    "state",
    "price",
    "kind",
    "platform",
    "track",
    "token",
    "number",
    "action",
    "label",
    "text2",
    "at",
    "now",
    "seen",
    "own",
    "version",
    "purpose",
    "expires_at",
    "used_at",
    "session",
    "cookie",
    "admin",
    "is_admin",
    "_method",
    "__proto__",
    "form[]",
    "code2",
    "answer2",
]


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """One database is enough here."""
    return str(request.param)


@pytest.fixture
async def here(store: Store) -> AsyncIterator[Served]:
    """The pages, served."""
    async with served(store) as running:
        yield running


async def _mother(here: Served) -> Phone:
    return Phone(here.url, await here.signed_in(await here.guardian(MOTHER)))


async def _forms(here: Served) -> list[tuple[Phone, str, dict[str, str]]]:
    """Every form there is, filled so that it would do something."""
    mother, father = await here.guardian(MOTHER), await here.guardian(FATHER)
    token, _other = await here.say(mother.id, "可以吗？", "可以", "不可以")
    phone = await _mother(here)
    await phone.get()
    form, nonce = phone.field("form"), phone.field("nonce")
    visitor = Phone(here.url)
    await here.code(father, "20261012")
    await visitor.get()
    bare = visitor.field("form")
    await visitor.post("/h5/code", {"form": bare, "code": "20261012"})
    confirm = {"form": bare, "proof": visitor.field("proof"), "code": "20261012", "answer": "yes"}
    guest, path = Phone(here.url), await here.link(father)
    await guest.get(path)
    return [
        (phone, "/h5/say", {"form": form, "nonce": nonce, "text": "请假"}),
        (phone, "/h5/press", {"form": form, "nonce": nonce, "press": token}),
        (visitor, "/h5/code", {"form": bare, "code": "10310000"}),
        (visitor, "/h5/confirm", confirm),
        (guest, path, {"form": guest.field("form")}),
        (phone, "/h5/out", {"form": form}),
    ]


def test_there_are_forty_extra_fields() -> None:
    assert len(set(EXTRA)) >= 40


async def test_a_field_too_many_changes_nothing(here: Served) -> None:
    all_forms = await _forms(here)
    before = await here.state()
    for (phone, path, fields), extra in itertools.product(all_forms, EXTRA):
        await phone.post(path, {**fields, extra: "1"})
        assert phone.status == 400, (path, extra)
    assert await here.state() == before
    for phone, path, fields in all_forms:  # without it each of them does something
        await phone.post(path, fields)
        assert phone.status == 200, path
    assert await here.state() != before


@pytest.mark.parametrize("what", ["missing", "twice", "empty", "json", "latin", "many", "proof"])
async def test_a_form_of_another_shape_changes_nothing(here: Served, what: str) -> None:
    all_forms = await _forms(here)
    before = await here.state()
    for phone, path, fields in all_forms:
        headers = {"Content_Type": "application/x-www-form-urlencoded"}
        body: object = "&".join(f"{name}={value}" for name, value in fields.items())
        match what:
            case "missing":
                body = "&".join(f"{name}={value}" for name, value in list(fields.items())[1:])
            case "twice":
                body = f"{body}&form={fields['form']}"
            case "empty":
                body = ""
            case "json":
                headers = {"Content_Type": "application/json"}
            case "latin":
                body = f"{body}%ff%fe"
            case "many":
                body = "&".join(f"a{at}=1" for at in range(500))
            case "proof":
                body = str(body).replace(fields["form"], "0" * 32)
        await phone.post(path, body, **headers)
        assert 400 <= phone.status < 500, (path, phone.status)
    assert await here.state() == before


async def test_a_big_body_is_refused(here: Served) -> None:
    phone = await _mother(here)
    before = await here.state()
    await phone.post("/h5/say", {"text": "x" * 70_000})
    assert phone.status == 413
    assert await here.state() == before


# Whose is it: every role asks for everything of everybody


async def test_nobody_reaches_what_is_somebody_elses(here: Served) -> None:
    owners = {name: await here.guardian(name) for name in (MOTHER, FATHER, OTHER_CLASS)}
    tokens = {name: await here.say(owner.id, f"给{name}的话", "好", "不好") for name, owner in owners.items()}
    for actor, owner in itertools.product(owners, owners):
        phone = Phone(here.url, await here.signed_in(owners[actor]))
        html = await phone.get()
        assert (f"给{owner}的话" in html) is (actor == owner)
        for token in tokens[owner]:
            here.kept.clear()
            await phone.press(token)
            if actor == owner:
                assert (phone.status, len(here.kept)) == (200, 1)
            else:
                assert (phone.status, here.kept) == (404, [])
                foreign = phone.html
                await phone.press("0" * 32)
                assert (phone.status, phone.html) == (404, foreign)


async def _strangers(here: Served) -> dict[str, str]:
    mother = await here.guardian(MOTHER)
    gone = Phone(here.url, await here.signed_in(mother))
    left = gone.jar["cb_page"]
    await gone.get("/h5/out")
    await gone.post("/h5/out", {"form": gone.field("form")})
    return {
        "nobody": "",
        "made up": "ab" * 32,
        "short": "ab",
        "left": left,
        "too old": await here.signed_in(mother, after=timedelta(days=181)),
        "idle": await here.signed_in(mother, after=timedelta(days=31)),
    }


async def test_strangers_see_and_do_nothing(here: Served) -> None:
    mother = await here.guardian(MOTHER)
    token, _other = await here.say(mother.id, "只给妈妈的话", "好", "不好")
    for who, cookie in (await _strangers(here)).items():
        phone = Phone(here.url, cookie)
        for path in ("/h5/", "/h5/?all=1", "/h5/out"):
            html = await phone.get(path)
            assert texts.ENTER in html, who
            assert "小明" not in html
            assert "只给妈妈的话" not in html
        form, nonce = phone.field("form"), "0" * 32
        before = await here.state()
        for path, more in (("/h5/say", {"text": "我是妈妈"}), ("/h5/press", {"press": token})):
            await phone.post(path, {"form": form, "nonce": nonce, **more})
            assert phone.status == 403, who
        assert await here.state() == before


async def test_a_form_of_one_phone_is_no_form_of_another(here: Served) -> None:
    first, second = await _mother(here), await _mother(here)  # both are hers
    await first.get()
    fields = {"form": first.field("form"), "nonce": "0" * 32, "text": "请假"}
    await second.post("/h5/say", fields)
    assert second.status == 403
    assert here.kept == []


async def test_a_proof_is_for_one_code(here: Served) -> None:
    await here.code(await here.guardian(FATHER), "20261012")
    phone = Phone(here.url)
    await phone.get()
    await phone.post("/h5/code", {"form": phone.field("form"), "code": "20261012"})
    fields = {name: phone.field(name) for name in ("form", "proof")}
    before = await here.state()
    for at in range(20):
        await phone.post("/h5/confirm", {**fields, "code": f"103{at:05}", "answer": "yes"})
        assert phone.status == 403
    assert await here.state() == before


# From elsewhere


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://school.example.evil.example"},
        {"Origin": "http://[broken"},
    ],
)
async def test_a_form_from_elsewhere_does_nothing(here: Served, headers: dict[str, str]) -> None:
    all_forms = await _forms(here)
    before = await here.state()
    for phone, path, fields in all_forms:
        await phone.post(path, fields, **headers)
        assert phone.status == 403, path
    assert await here.state() == before


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "null", "Sec_Fetch_Site": "same-origin"}, {"Origin": PUBLIC}, {"Origin": "null"}],
)
async def test_a_form_of_ours_is_taken(here: Served, headers: dict[str, str]) -> None:
    phone = await _mother(here)
    await phone.get()
    fields = {"form": phone.field("form"), "nonce": phone.field("nonce"), "text": "请假"}
    await phone.post("/h5/say", fields, **headers)
    assert phone.status == 200
    assert len(here.kept) == 1


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "[::", "school.example@evil.example"]
)
async def test_under_another_name_there_is_nothing(here: Served, host: str) -> None:
    phone = await _mother(here)
    html = await phone.get(Host=host)
    assert phone.status in (400, 421)
    assert "小明" not in html


async def test_under_its_own_name_it_is_there(here: Served) -> None:
    phone = await _mother(here)
    assert "小明" in await phone.get(Host="school.example")
    await phone.get("/h5", Host="school.example")
    assert "school.example" not in phone.html  # no address is built from what a request says


async def test_every_answer_has_the_headers(here: Served) -> None:
    phone, visitor = await _mother(here), Phone(here.url)
    link = await here.link(await here.guardian(FATHER))
    for who, path in itertools.product(
        (phone, visitor), ("/h5/", "/h5/out", "/h5/x", "/h5/l/x", link, "/h5/say", "/h5/?all=1")
    ):
        for method in ("get", "post"):
            await (who.get(path) if method == "get" else who.post(path, {}))
            policy = who.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; style-src 'sha256-")
            for rule in ("form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
                assert rule in policy
            assert "unsafe" not in policy
            assert who.headers["Referrer-Policy"] == "no-referrer"
            assert who.headers["X-Content-Type-Options"] == "nosniff"
            assert who.headers["Cache-Control"] == "no-store"
            assert who.headers["X-Frame-Options"] == "DENY"
            assert "camera=()" in who.headers["Permissions-Policy"]


async def test_the_cookie_is_for_this_and_nothing_else(here: Served) -> None:
    path = await here.link(await here.guardian(FATHER))
    phone = Phone(here.url)
    await phone.get(path)
    visit = phone.set_cookie
    form = phone.field("form")
    import aiohttp

    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        cookie = {"Cookie": f"__Host-cb_visit={phone.jar['cb_visit']}"}
        async with http.post(
            here.url + path, data={"form": form}, headers=cookie, allow_redirects=False
        ) as answer:
            session = answer.headers.getall("Set-Cookie")
    for line in (*visit, session[0]):
        for part in ("HttpOnly", "SameSite=Strict", "Path=/;", "Secure"):
            assert part in f"{line};", line
    assert re.match(r"__Host-cb_page=[0-9a-f]{64};", session[0])


async def test_a_cookie_planted_by_a_neighbours_host_is_not_taken(here: Served) -> None:
    """A page of another host of the school can set ``cb_page`` for the whole domain, but not ``__Host-``."""
    import aiohttp

    thief = await here.signed_in(await here.guardian(FATHER))
    stolen = Phone(here.url)
    await stolen.get()
    planted = {"Cookie": f"cb_page={thief}; cb_visit={stolen.jar['cb_visit']}"}
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
        http.get(f"{here.url}/h5/", headers=planted) as answer,
    ):
        html, fresh = await answer.text(), answer.headers.getall("Set-Cookie")
    assert texts.ENTER_LABEL in html, "not the talk of whoever planted it"
    assert fresh[0].startswith("__Host-cb_visit="), "nor their forms"
    assert stolen.jar["cb_visit"] not in fresh[0]


async def test_no_token_comes_into_a_log(here: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    path = await here.link(await here.guardian(FATHER))
    phone = Phone(here.url)
    await phone.get(path)
    await phone.post(path, {"form": phone.field("form")})
    await phone.say("孩子咳嗽")
    planted = (path.rsplit("/", 1)[1], phone.jar["cb_page"], "咳嗽")
    assert [word for word in planted if word in caplog.text] == []
    assert path not in phone.html
