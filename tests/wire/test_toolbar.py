"""The toolbar of a class group: the class teacher's one tap, never twice, and nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.dialogue.control import ControlError
from bot.pages import texts
from handlers.broadcast import texts as said
from tests.wire.toolbar_stand import DEPUTY, GUARDIAN, OTHER, TEACHER, WORDS, Phone, Stand, standing

CANCEL = "/cgi-bin/externalcontact/cancel_groupmsg_send"
WECOM = "Mozilla/5.0 (Linux; Android 13) wxwork/4.1.22 MicroMessenger/7.0.1"


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with standing(tmp_path) as running:
        yield running


async def _ready(stand: Stand, words: str = WORDS) -> Phone:
    await stand.publish(words)
    phone = await stand.phone()
    assert (await phone.open())["state"] == "ready"
    return phone


def _digest_is_there(shown: dict[str, Any]) -> bool:
    return "带水彩笔" in shown["words"]


# -- as it should be


async def test_one_tap_and_the_class_has_it(stand: Stand) -> None:
    phone = await _ready(stand)
    assert _digest_is_there(phone.shown)
    assert phone.shown["text"] == said.bar_ready("三(2)班", picture=False), "nobody has been sent a picture"
    assert (await stand.task()).state == "asked"
    assert (await phone.take())["state"] == "go"
    assert [task.cancelled for task in stand.emulator.platform.groups.tasks.values()] == [True]
    assert (await stand.task()).state == "taken"
    assert (await phone.tell())["state"] == "sent"
    assert (await stand.task()).state == "sent"
    await stand.walk()
    await stand.say("发送")
    assert "不会再发第二遍" in await stand.told()
    assert (await phone.open())["words"] == ""


async def test_a_group_only_people_post_to(tmp_path: Path) -> None:
    async with standing(tmp_path, forward=True) as stand:
        phone = await _ready(stand)
        assert (await stand.task()).state == "by_hand"
        assert phone.shown["text"] == said.bar_ready("三(2)班", picture=True)
        assert (await phone.take())["state"] == "go"
        assert (await phone.tell())["state"] == "sent"


async def test_the_page_is_signed_for_itself(stand: Stand) -> None:
    phone = await stand.phone()
    signed = orjson.loads(phone.data("signed"))
    platform = stand.emulator.platform
    url = f"{stand.url}/h5/toolbar"
    for kind in ("corp", "agent"):
        of = signed[kind]
        assert platform.toolbar.signed(kind, of["nonceStr"], str(of["timestamp"]), url, of["signature"])
    await stand.phone()
    assert len(platform.toolbar.asked) == 2, "a ticket is asked for once"


# -- never twice


async def test_taken_after_it_was_confirmed(stand: Stand) -> None:
    phone = await _ready(stand)
    (task,) = stand.emulator.platform.groups.tasks.values()
    await stand.control.press(task.message, "confirm", TEACHER)
    answer = await phone.take()
    assert answer["state"] == "sent"
    assert len(await stand.in_group()) == 1


async def test_confirmed_after_it_was_taken(stand: Stand) -> None:
    phone = await _ready(stand)
    assert (await phone.take())["state"] == "go"
    (task,) = stand.emulator.platform.groups.tasks.values()
    with pytest.raises(ControlError, match="was sent or is gone"):
        await stand.control.press(task.message, "confirm", TEACHER)
    assert await stand.in_group() == []


async def test_of_two_pages_one_sends(stand: Stand) -> None:
    first = await _ready(stand)
    second = await stand.phone()
    await second.open()
    answers = await asyncio.gather(first.take(), second.take())
    assert sorted(answer["state"] for answer in answers) == ["go", "wait"]
    late = first if answers[0]["state"] == "wait" else second
    assert (await late.tell())["state"] == "wait", "who was not told to go has nothing to say"
    assert (await stand.task()).state == "taken"


async def test_two_taps_are_one(stand: Stand) -> None:
    phone = await _ready(stand)
    fields = phone.fields()
    await asyncio.gather(*(phone.post("take", fields) for _tap in range(4)))
    assert (await phone.take())["state"] == "go"
    calls = [call for call in await stand.control.calls() if call["api"].endswith(CANCEL)]
    assert len(calls) == 1
    await asyncio.gather(*(phone.tell() for _tap in range(3)))
    assert (await stand.task()).state == "sent"
    assert (await phone.take())["state"] == "sent"


async def test_what_was_changed_meanwhile_is_looked_at_again(stand: Stand) -> None:
    phone = await _ready(stand)
    before = (await stand.task()).version
    await stand.say("先别发")
    await stand.publish("提醒明天穿校服")
    await stand.walk(2)
    assert (await stand.task()).version > before
    assert (await phone.take())["text"] == texts.BAR_CHANGED
    assert (await stand.task()).state == "asked"
    assert "校服" in (await phone.open())["words"]


# -- what goes wrong


@pytest.mark.parametrize("words", ["先别发", "今天不发"])
async def test_what_was_taken_back_in_words_is_gone_at_once(stand: Stand, words: str) -> None:
    phone = await _ready(stand)
    await stand.say(words)
    assert (await stand.task()).state == "dropped", "the platform's answer reaches whoever follows the post"
    assert (await phone.open())["state"] == "nothing"
    await stand.say("发送")
    assert "不会再发第二遍" not in await stand.told()
    assert (await phone.open())["state"] == "ready"


async def test_a_refused_recall_sends_nothing(stand: Stand) -> None:
    phone = await _ready(stand)
    await stand.control.faults(1, [{"api": CANCEL, "kind": "code", "value": 48002}])
    answer = await phone.take()
    assert (answer["state"], answer["text"]) == ("again", said.BAR_REFUSED)
    assert (await stand.task()).state == "asked", "it lies before the teacher as before"
    await stand.control.faults(1, [])
    assert (await phone.open())["state"] == "ready"
    assert (await phone.take())["state"] == "go"


async def test_a_page_that_was_closed_loses_nothing(stand: Stand) -> None:
    phone = await _ready(stand)
    assert (await phone.take())["state"] == "go"
    await stand.walk(4)
    assert (await stand.task()).state == "by_hand"
    assert "没听到「发到本群」的结果" in await stand.told()
    # What it says late counts all the same.
    assert (await phone.tell())["state"] == "sent"


async def test_what_the_client_refused_is_in_the_teachers_hands(stand: Stand) -> None:
    phone = await _ready(stand)
    await phone.take()
    answer = await phone.tell("failed")
    assert (answer["state"], answer["text"]) == ("by_hand", said.BAR_BY_HAND)
    await stand.walk()
    assert "刚才没能发到班级群" in await stand.told()
    assert (await phone.open())["state"] == "ready", "another try is possible"
    assert (await phone.take())["state"] == "go"
    assert (await phone.tell())["state"] == "sent"


async def test_after_nine_nothing_goes_out(stand: Stand) -> None:
    phone = await _ready(stand)
    await stand.walk(6 * 60)
    assert (await phone.take())["state"] == "nothing"


# -- nobody else's


@pytest.mark.parametrize("who", [DEPUTY, OTHER])
async def test_only_the_class_teacher_sees_and_sends(stand: Stand, who: str) -> None:
    phone = await _ready(stand)
    other = await stand.phone(who)
    answer = await other.open()
    assert (answer["state"], answer["text"], answer["words"]) == ("nothing", said.BAR_NOT_YOURS, "")
    assert answer["task"] == ""
    stolen = {**phone.fields(), "form": other.data("form")}
    await other.post("take", stolen)
    assert other.status == 403
    assert (await stand.task()).state == "asked"


async def test_another_classes_group_is_not_the_teachers(stand: Stand) -> None:
    phone = await _ready(stand)
    other = next(each.group for each in stand.emulator.world.classes if each.id != "c302")
    await phone.post("take", phone.fields(chat=other))
    assert phone.status == 403
    assert (await phone.open(other))["text"] == said.BAR_NOT_YOURS
    assert (await phone.open("wr-nobody"))["text"] == said.BAR_UNKNOWN
    await phone.post("open", {"form": phone.data("form"), "chat": "../c302"})
    assert phone.status == 400
    assert (await stand.task()).state == "asked"


async def test_a_guardian_has_no_such_page(stand: Stand) -> None:
    teacher = await _ready(stand)
    guardian = await stand.phone(GUARDIAN, "page")
    assert guardian.status == 303
    await guardian.post("open", {"form": teacher.data("form"), "chat": stand.group})
    assert guardian.status == 403
    await guardian.post("take", teacher.fields())
    assert guardian.status == 403
    assert (await stand.task()).state == "asked"


async def test_who_is_not_signed_in_is_sent_to_log_in(stand: Stand) -> None:
    phone = Phone(stand, "cb_member", "0" * 64)
    await phone.get("/h5/toolbar", User_Agent=WECOM)
    assert (phone.status, phone.headers["Location"]) == (302, "/h5/login?to=toolbar")
    status, html = await stand.control.open(TEACHER, "/h5/toolbar")
    assert status == 200
    assert "data-signed" in html


@pytest.mark.parametrize("field", ["form", "proof", "task", "version", "page"])
async def test_a_forged_field_does_nothing(stand: Stand, field: str) -> None:
    phone = await _ready(stand)
    forged = "7" if field == "version" else "0" * 32
    await phone.post("take", phone.fields(**{field: forged}))
    assert phone.status == 403
    await phone.post("told", phone.fields(result="sent", **{field: forged}))
    assert phone.status == 403
    assert (await stand.task()).state == "asked"


async def test_another_sites_form_does_nothing(stand: Stand) -> None:
    phone = await _ready(stand)
    for headers in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
        await phone.post("take", phone.fields(), **headers)
        assert phone.status == 403
    assert (await stand.task()).state == "asked"


async def test_sent_is_said_only_of_what_was_taken(stand: Stand) -> None:
    phone = await _ready(stand)
    await phone.tell()
    await stand.walk()
    assert (await stand.task()).state == "asked"


# -- what the browser is told


async def test_only_this_page_runs_scripts_and_only_two(stand: Stand) -> None:
    phone = await stand.phone()
    base = stand.emulator.url
    policy = dict(part.strip().split(" ", 1) for part in phone.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == f"{stand.url}/h5/toolbar.js {base}"
    assert policy["connect-src"] == f"{stand.url}/h5/toolbar/ {base}"
    assert "unsafe" not in phone.headers["Content-Security-Policy"]
    assert phone.html.count("<script") == phone.html.count("<script src=") == 2
    await phone.get("/h5/toolbar.js")
    assert phone.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert phone.headers["X-Content-Type-Options"] == "nosniff"
    await phone.get("/h5/nothing")
    assert "script-src" not in phone.headers["Content-Security-Policy"]


async def test_without_a_ticket_the_page_says_what_to_do(stand: Stand) -> None:
    await stand.control.faults(1, [{"api": "/cgi-bin/ticket/get", "kind": "code", "value": 45009}])
    phone = await stand.phone()
    assert phone.status == 200
    assert "<script" not in phone.html
    assert texts.BAR_HELP in phone.html


async def test_nothing_waits_and_it_says_when_something_will(stand: Stand) -> None:
    phone = await stand.phone()
    assert (await phone.open())["text"] == said.bar_nothing("10月12日（周一）", "16:30")
    await stand.walk(minutes=31)
    assert (await phone.open())["text"] == said.bar_nothing("10月13日（周二）", "16:30")


async def test_outside_a_group_there_are_the_own_words_to_copy(stand: Stand) -> None:
    await stand.publish()
    for who, waiting in ((TEACHER, True), (OTHER, False), (DEPUTY, False)):
        phone = await stand.phone(who)
        answer = await phone.post("own", {"form": phone.data("form")})
        assert (answer["state"], answer["task"]) == ("nothing", ""), "nothing can be sent from there"
        assert ("带水彩笔" in answer["words"]) is waiting
    assert (await stand.task()).state == "asked"


async def _asked(stand: Stand) -> list[str]:
    """The requests for tickets."""
    return [call["api"] for call in await stand.control.calls() if "ticket" in call["api"]]


async def test_the_tickets_are_kept_and_renewed_in_time(stand: Stand) -> None:
    phone = await stand.phone()
    for _look in range(5):
        await phone.get("/h5/toolbar")
    assert len(await _asked(stand)) == 2
    await stand.walk(minutes=120)
    await phone.get("/h5/toolbar")
    assert len(await _asked(stand)) == 4


async def test_without_an_answer_not_every_look_asks_for_a_ticket(stand: Stand) -> None:
    rules = [
        {"api": api, "kind": "http", "value": 502}
        for api in ("/cgi-bin/get_jsapi_ticket", "/cgi-bin/ticket/get")
    ]
    await stand.control.faults(1, rules)
    phone = await stand.phone()
    for _look in range(5):
        await phone.get("/h5/toolbar")
    assert len(await _asked(stand)) == 2
    await stand.walk(minutes=1)
    await phone.get("/h5/toolbar")
    assert len(await _asked(stand)) == 4


async def test_words_are_words(stand: Stand) -> None:
    phone = await _ready(stand, "提醒明天带<img src=x onerror=alert(1)>和</script><script>alert(2)</script>")
    assert "onerror" in phone.shown["words"], "as it was written"
    assert phone.headers["Content-Type"] == "application/json; charset=utf-8"
    assert phone.headers["X-Content-Type-Options"] == "nosniff"
    await phone.get("/h5/toolbar")
    assert "onerror" not in phone.html
