"""The control API: its fields are a promise, its refusals precise; the school and the settings it writes."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.world import DingTalkWorld
from bot.emulation.command import CommandError, run_emulator
from bot.emulation.control import _is_here
from config.settings import load_settings
from tests.wire.emulated import CARD, GROUP, TOKEN, Client, Product

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    product = Product()
    product.answer = {"msgtype": "text", "text": {"content": "收到"}}
    app = web.Application()
    app.router.add_post("/dingtalk/school/robot", product.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    emulator = Emulator(unbound=3, target=f"http://127.0.0.1:{runner.addresses[0][1]}")
    await emulator.start()
    async with aiohttp.ClientSession() as session:
        yield Client(emulator, session)
    await emulator.stop()
    await runner.cleanup()


async def test_say_and_seen_round_trip_with_the_promised_fields(client: Client) -> None:
    group = client.emulator.world.classes[1].group
    say = {"chat": group, "sender": "g-302-01-1", "text": "@小助手 在吗", "at_bot": True, "kind": "text"}
    said = (await client.control("say", say)).body
    assert said == {"message": said["message"], "delivered": True, "reason": ""}
    seen = (await client.control("seen?since=0")).body
    assert seen["next"] == 1
    (item,) = seen["items"]
    fields = "n at to chat lane message kind text buttons url sha256 change of"
    assert set(item) == set(fields.split())
    assert (item["to"], item["chat"], item["lane"], item["text"]) == (None, group, "session", "收到")
    assert (item["kind"], item["buttons"], item["change"], item["of"]) == ("text", [], "new", None)
    assert datetime.fromisoformat(item["at"]).isoformat().startswith("2026-10-12T07:00:0")
    assert (await client.control("seen?since=1")).body == {"next": 1, "items": []}


async def test_seen_waits_for_the_next_item(client: Client) -> None:
    waiting = client.control("seen?since=0&wait_ms=20000")
    said = client.control("say", {"sender": "t-301", "text": "您好"})
    got, _ = await asyncio.wait_for(asyncio.gather(waiting, said), 10)
    assert [item["to"] for item in got.body["items"]] == ["t-301"]
    assert (await client.control("seen?since=1&wait_ms=1")).body["items"] == []


async def test_calls_have_the_promised_fields_and_no_secret(client: Client) -> None:
    await client.call(GROUP, client.group())
    got = (await client.control("calls?since=0")).body
    assert got["next"] == 2
    token, group = got["items"]
    assert set(group) == {"n", "at", "api", "status", "code", "counted", "outcome", "body"}
    assert (group["api"], group["status"], group["outcome"], group["counted"]) == (GROUP, 200, "done", True)
    assert group["body"]["msgKey"] == "sampleMarkdown"
    assert (token["api"], token["counted"]) == (TOKEN, False)
    assert client.emulator.platform.app.client_secret not in orjson.dumps(got).decode()
    assert [call["n"] for call in (await client.control("calls?since=1")).body["items"]] == [2]


async def test_people_have_the_promised_fields(client: Client) -> None:
    got = (await client.control("people")).body
    assert set(got) == {"corp", "classes", "people"}
    assert [klass["name"] for klass in got["classes"]] == ["三(1)班", "三(2)班", "三(3)班"]
    assert all(set(klass) == {"id", "name", "group"} for klass in got["classes"])
    fields = {"id", "name", "roles", "chat", "bound", "code", "subscribed"}
    assert all(set(person) == fields for person in got["people"])
    unbound = [person for person in got["people"] if not person["bound"]]
    assert len(unbound) == 3
    assert all(len(person["code"]) == 8 and person["code"].isdigit() for person in unbound)
    role = {"role": "guardian", "class": "c302", "pupil": "小明", "relation": "妈妈"}
    (mother,) = [person for person in got["people"] if role in person["roles"]]
    assert (mother["name"], mother["code"]) == ("小明妈妈", None)


async def test_emulated_people_without_binding_still_speak(client: Client) -> None:
    person = next(person for person in client.emulator.world.people.values() if not person.bound)
    assert (await client.control("say", {"sender": person.id, "text": "您好"})).body["delivered"] is True


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        ([], 400),
        ({"text": "x"}, 400),
        ({"sender": "t-301"}, 400),
        ({"sender": "t-301", "text": 1}, 400),
        ({"sender": "t-301", "text": "x", "loud": True}, 400),
        ({"sender": "t-301", "text": "x", "kind": "smell"}, 400),
        ({"sender": "t-301", "text": "x", "copies": 0}, 400),
        ({"sender": "t-301", "text": "x", "copies": True}, 400),
        ({"sender": "t-301", "text": "x", "delay_ms": -1}, 400),
        ({"sender": "t-301", "kind": "file", "file_b64": "!"}, 400),
        ({"sender": "t-302", "text": "x", "chat": "c301"}, 400),
        ({"sender": "nobody", "text": "x"}, 404),
        ({"sender": "t-301", "text": "x", "chat": "cidX=="}, 404),
        ({"sender": "t-301", "kind": "voice", "chat": "c301"}, 409),
    ],
)
async def test_senseless_says_are_refused(client: Client, body: Any, status: int) -> None:
    got = await client.control("say", body)
    assert (got.status, list(got.body)) == (status, ["error"])


@pytest.mark.parametrize("path", ["confirm", "subscribe", "enter_kf", "toolbar", "open"])
async def test_what_the_platform_lacks_is_a_conflict(client: Client, path: str) -> None:
    body = {"sender": "t-301", "url": "http://127.0.0.1/h5/x"} if path == "open" else {"person": "t-301"}
    got = await client.control(path, body)
    assert (got.status, list(got.body)) == (409, ["error"])


async def test_buttons_that_do_nothing_cannot_be_pressed(client: Client) -> None:
    buttons = orjson.dumps([{"id": "send", "label": "发送"}]).decode()
    card = client.card("row-1", cardData={"cardParamMap": {"title": "速递", "buttons": buttons}})
    await client.call(CARD, card)
    (item,) = (await client.control("seen")).body["items"]
    assert item["buttons"] == [{"id": "send", "label": "发送", "enabled": True}]
    press = {"message": item["message"], "button": "send", "sender": "t-302"}
    assert (await client.control("press", press)).status == 409
    assert (await client.control("press", {**press, "button": "no"})).status == 409
    assert (await client.control("press", {**press, "message": "no"})).status == 404


@pytest.mark.parametrize("path", ["seen?since=-1", "seen?wait_ms=x", "calls?since=1.5"])
async def test_bad_numbers_are_refused(client: Client, path: str) -> None:
    got = await client.control(path)
    assert (got.status, list(got.body)) == (400, ["error"])


async def test_bad_plans_and_unknown_paths_are_refused(client: Client) -> None:
    assert (await client.control("faults", {"rules": [{"api": "x", "kind": "refuse"}]})).status == 400
    assert (await client.control("faults", {"rules": []})).status == 200
    assert (await client.control("nothing")).status == 404


async def test_only_this_machine_is_answered(client: Client) -> None:
    assert (await client.request("GET", "/_control/people", Host="school.example")).status == 403
    assert not _is_here("192.0.2.1")
    assert not _is_here(None)
    assert _is_here("127.0.0.9")


async def test_written_settings_are_valid_and_lead_back_here(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "class.toml"
    client.emulator.write_config(path, 18080)
    assert client.emulator.target == "http://127.0.0.1:18080"
    assert not path.stat().st_mode & 0o077
    settings = load_settings(path, {})
    app = settings.dingtalk["school"]
    assert settings.server.port == 18080
    assert settings.clock.follow == client.emulator.url == app.api_base == app.oapi_base
    assert app.client_secret.get_secret_value() == client.emulator.platform.app.client_secret
    assert app.corp_id == client.emulator.world.corp
    assert settings.database.url.startswith(f"sqlite:///{path.parent}")
    assert settings.seed is not None
    school = orjson.loads(settings.seed.read_bytes())
    assert school == orjson.loads(orjson.dumps(client.emulator.world.school_json()))
    assert sorted(file.name for file in path.parent.iterdir()) == ["class.school.json", "class.toml"]


def test_database_in_the_settings_is_the_one_named(tmp_path: Path) -> None:
    emulator = Emulator()
    emulator.platform.base_url = "http://127.0.0.1:9"
    emulator.write_config(tmp_path / "a.toml", 1, "sqlite:///here.db")
    assert load_settings(tmp_path / "a.toml", {}).database.url == f"sqlite:///{Path('here.db').absolute()}"
    emulator.write_config(tmp_path / "a.toml", 1, "postgresql://u@127.0.0.1/db")
    assert load_settings(tmp_path / "a.toml", {}).database.url == "postgresql://u@127.0.0.1/db"


async def test_as_a_process_it_says_where_it_listens_and_stops_when_told(tmp_path: Path) -> None:
    config = tmp_path / "class.toml"
    code = (
        "import sys; from pathlib import Path; from bot.emulation.command import run_emulator; "
        "sys.exit(run_emulator(write_config=Path(sys.argv[1]), serve_port=18080))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", code, str(config), stdout=PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    url = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
    assert load_settings(config, {}).clock.follow == url
    async with aiohttp.ClientSession() as session, session.get(f"{url}/_control/clock") as response:
        assert (await response.json())["now"].startswith("2026-10-12T07:00:")
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 30) == 0


def test_the_same_seed_is_the_same_school() -> None:
    assert DingTalkWorld("7", 4).school_json() == DingTalkWorld("7", 4).school_json()
    assert DingTalkWorld("7").school_json() != DingTalkWorld("8").school_json()


def test_the_school_is_as_promised() -> None:
    school = DingTalkWorld("1", 5).school_json()
    assert Counter(pupil["class"] for pupil in school["pupils"]) == {"c301": 45, "c302": 45, "c303": 45}
    names = [pupil["name"] for pupil in school["pupils"] if pupil["class"] == "c302"]
    assert names[:3] == ["小明", "乐乐", "林小满"]
    assert len(set(names)) == 45
    people = {person["id"]: person for person in school["people"]}
    for person in people.values():
        assert (person["identity"] is None) == (person["code"] is not None)
    kinds = Counter(role["kind"] for person in people.values() for role in person["roles"])
    assert (kinds["teacher"], kinds["deputy"], kinds["co_teacher"], kinds["admin"]) == (3, 3, 3, 1)
    assert [p["name"] for i, p in people.items() if i.startswith("g-302-02-")] == [
        "乐乐妈妈", "乐乐爸爸", "乐乐奶奶",
    ]  # fmt: skip
    assert [people[f"g-302-0{i}-1"]["consents"] != [] for i in (1, 2, 3)] == [True, False, True]
    guardians = {role["pupil"] for p in people.values() for role in p["roles"] if role["kind"] == "guardian"}
    assert guardians == {pupil["id"] for pupil in school["pupils"]}
    given = [consent["given"] for person in people.values() for consent in person["consents"]]
    assert 85 <= sum(given) <= 120


def test_two_unbound_guardians_may_be_one_family() -> None:
    unbound = [person for person in DingTalkWorld("1", 2).people.values() if not person.bound]
    assert len({person.roles[0].pupil_id for person in unbound}) == 1


@pytest.mark.parametrize(
    ("platform", "options"),
    [
        ("feishu", {}),
        ("wecom", {"receive": "pigeon"}),
        ("dingtalk", {"receive": "pigeon"}),
        ("dingtalk", {"profile": "none"}),
        ("dingtalk", {"start": "2026-10-12T07:00"}),
        ("dingtalk", {"start": "soon"}),
        ("dingtalk", {"unbound": -1}),
        ("dingtalk", {"write_config": Path("x.toml")}),
    ],
)
def test_options_that_cannot_be_are_named(platform: str, options: dict[str, Any]) -> None:
    with pytest.raises(CommandError):
        run_emulator(platform, **options)
