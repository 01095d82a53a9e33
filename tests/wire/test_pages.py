"""What a guardian can do on the pages, step by step, as an old phone does it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.command import CardButton, Command, Page, UpdateCard
from bot.dingtalk.wire import read_payload
from bot.pages import texts
from bot.pressing import read_press
from handlers.message import Chat
from storage import page_messages, people
from storage.engine import Db, Store
from tests.contract.invented import CORP, MONDAY
from tests.wire.pages_served import Phone, Served, served

MOTHER, FATHER = "g-1-0-m", "g-1-0-f"


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """One database is enough: what is stored is tested on both."""
    return str(request.param)


@pytest.fixture
async def here(store: Store) -> AsyncIterator[Served]:
    """The pages, served."""
    async with served(store) as running:
        yield running


@pytest.fixture
async def phone(here: Served) -> Phone:
    """小明妈妈's phone, signed in."""
    return Phone(here.url, await here.signed_in(await here.guardian(MOTHER)))


async def test_the_page_says_class_child_and_date(phone: Phone) -> None:
    html = await phone.get()
    assert phone.status == 200
    assert "三(1)班 小明" in html
    assert "10月12日（周一）" in html
    assert texts.NOTHING_YET in html


async def test_words_go_to_the_inbox_and_the_answer_stands_there(here: Served, phone: Phone) -> None:
    await phone.say("  孩子今天\r\n会晚到 ")
    assert phone.status == 200
    assert [row["text"] for row in here.kept] == ["孩子今天\n会晚到"]
    mother = await here.guardian(MOTHER)
    row = here.kept[0]
    assert row["platform"] == "page"
    assert row["app"] == "school"
    assert row["chat"] == ["private", mother.id]
    kind, corp, ext_id = row["sender"]
    found = await here.run(lambda db: people.by_identity(db, kind, corp, ext_id))
    assert (kind, corp, found) == ("page", CORP, mother)
    assert phone.html.index("孩子今天<br>会晚到") < phone.html.index("收到：孩子今天")
    assert phone.seen() == ["收到：孩子今天<br>会晚到"]  # the own words are no news


async def test_rows_are_read_back_as_messages_of_the_page(here: Served, phone: Phone) -> None:
    mother = await here.guardian(MOTHER)
    token, _other = await here.say(mother.id, "可以吗？", "可以", "不可以")
    await phone.say("请假")
    await phone.press(token)
    said = read_payload("m1", here.raw[0].encode(), MONDAY).message
    pressed = read_press("m2", here.raw[1], MONDAY)
    assert (said.text, said.kind) == ("请假", "text")
    for message in (said, pressed.message):
        assert message.chat == Chat("page", "school", "private", mother.id)
        assert (message.sender.kind, message.sender.corp) == ("page", CORP)
        assert message.talk == "private"
    assert pressed.token == token
    held = await here.run(lambda db: page_messages.by_outbox(db, pressed.track))
    assert held is not None
    assert held[1].text == "可以吗？"


async def test_two_taps_are_one_message(here: Served, phone: Phone) -> None:
    await phone.get()
    fields = {"form": phone.field("form"), "nonce": phone.field("nonce"), "text": "请假"}
    for _ in range(2):
        await phone.post("/h5/say", fields)
    assert len({row["key"] for row in here.kept}) == 1
    assert phone.html.count('<div class="said" dir="auto">请假</div>') == 1
    await phone.post("/h5/say", {**fields, "text": "病假"})  # the same page, other words
    assert len({row["key"] for row in here.kept}) == 2


async def test_anonymous_words_leave_no_trace(here: Served, phone: Phone) -> None:
    await phone.get()
    before = await here.state()
    html = await phone.say("匿名：老师为什么拖堂")
    assert phone.status == 200
    assert "匿名信箱还没有开通" in html
    assert "拖堂" not in html
    assert here.kept == []
    assert await here.state() == before
    assert "匿名信箱" not in await phone.get()


@pytest.mark.parametrize(
    ("text", "said"), [("字" * 2001, texts.TOO_LONG), (" \n ", texts.EMPTY), ("\u0007", texts.EMPTY)]
)
async def test_too_much_and_nothing_are_said(here: Served, phone: Phone, text: str, said: str) -> None:
    html = await phone.say(text)
    assert phone.status == 422
    assert said in html
    assert here.kept == []
    assert text.strip(" \n\u0007") in html  # nobody has to write it again


async def test_two_thousand_characters_are_taken(here: Served, phone: Phone) -> None:
    await phone.say("字" * 2000)
    assert [len(row["text"]) for row in here.kept] == [2000]


async def test_a_button_is_pressed(here: Served, phone: Phone) -> None:
    mother = await here.guardian(MOTHER)
    tokens = await here.say(mother.id, "可以点名表扬吗？", "同意", "不同意")
    html = await phone.get()
    assert [html.count(f'value="{token}"') for token in tokens] == [1, 1]
    await phone.press(tokens[1])
    assert phone.status == 200
    row = here.kept[0]
    assert (row["kind"], row["token"], row["app"]) == ("page", tokens[1], "school")
    assert row["chat"] == mother.id
    assert '<div class="said" dir="auto">不同意</div>' in phone.html


async def test_a_button_is_pressed_once(here: Served, phone: Phone) -> None:
    mother = await here.guardian(MOTHER)
    command = Command(
        "o1", "page/school", Page(mother.id), "可以吗？", buttons=(CardButton("a" * 32, "可以"),)
    )
    await here.lane.send(command)
    await phone.get()
    fields = {"form": phone.field("form"), "nonce": phone.field("nonce"), "press": "a" * 32}
    await phone.post("/h5/press", fields)
    await here.lane.send(UpdateCard("o2", "page/school", "o1", "", "可以吗？\n\n记下了。"))
    await phone.post("/h5/press", fields)  # the second tap of a nervous finger
    assert phone.status == 200
    assert "记下了。" in phone.html
    html = await phone.press("a" * 32)  # from a page that is still open elsewhere
    assert phone.status == 409
    assert texts.CLOSED in html
    assert "disabled" in html
    assert len({row["key"] for row in here.kept}) == 1


async def test_nothing_is_kept_when_the_inbox_refuses(store: Store) -> None:
    from bot.intake import NotKept

    async def refuse(_row: object) -> None:
        raise NotKept

    async with served(store, refuse) as here:
        phone = Phone(here.url, await here.signed_in(await here.guardian(MOTHER)))
        html = await phone.say("请假一天")
        assert phone.status == 503
        assert texts.NOT_KEPT in html
        assert "请假一天</textarea>" in html
        assert '<li class="own">' not in html


async def test_a_stuck_finger_is_slowed_down(here: Served, phone: Phone) -> None:
    for at in range(20):
        await phone.say(f"第{at}句")
    html = await phone.say("还有一句")
    assert phone.status == 429
    assert texts.TOO_FAST in html
    assert len(here.kept) == 20


async def test_old_messages_wait_behind_a_link(here: Served, phone: Phone) -> None:
    mother = await here.guardian(MOTHER)
    for at in range(30):
        await here.say(mother.id, f"第{at}条")
    html = await phone.get()
    assert "第0条" in html  # all of it is new
    assert html.index(texts.NEW_BELOW) < html.index("第0条")
    html = await phone.get()
    assert "第0条" not in html
    assert "第29条" in html
    assert texts.NEW_BELOW not in html
    assert "第0条" in await phone.get("/h5/?all=1")


# Coming in


async def _type(phone: Phone, code: str, **headers: str) -> str:
    await phone.get()
    return await phone.post("/h5/code", {"form": phone.field("form"), "code": code}, **headers)


async def _answer(phone: Phone, answer: str) -> str:
    fields = {name: phone.field(name) for name in ("form", "proof", "code")}
    return await phone.post("/h5/confirm", {**fields, "answer": answer})


async def test_a_code_is_asked_about_and_then_binds(here: Served) -> None:
    father = await here.guardian(FATHER)
    await here.code(father, "20261012")
    phone = Phone(here.url)
    html = await _type(phone, " ２０２６ 1012 ")
    assert texts.confirm("三(1)班 小明 的爸爸") in html
    assert "cb_page" not in phone.jar
    html = await _answer(phone, "yes")
    assert phone.status == 200
    assert "绑好了，您是三(1)班 小明 的爸爸。" in html
    assert len(phone.jar["cb_page"]) == 64
    await phone.say("你好")
    assert here.kept[-1]["chat"] == ["private", father.id]
    # A used code sounds like a wrong one.
    other = Phone(here.url)
    assert texts.WRONG in await _type(other, "20261012")


async def test_no_means_nothing_happened(here: Served) -> None:
    father = await here.guardian(FATHER)
    await here.code(father, "20261012")
    before = await here.state()
    phone = Phone(here.url)
    await _type(phone, "20261012")
    assert texts.NOT_ME in await _answer(phone, "no")
    assert "cb_page" not in phone.jar
    assert await here.state() == before


async def test_an_unbound_guardian_gets_a_page_identity(here: Served) -> None:
    phone = Phone(here.url)
    await _type(phone, "10320000")  # the school's own first code of 孩子1零3's mother
    assert "妈妈，对吗？" not in phone.html  # she has no such code: 10310000 is hers
    await _type(phone, "10310000")
    await _answer(phone, "yes")
    assert "绑好了" in phone.html


async def test_wrong_used_and_teachers_codes_sound_alike(here: Served) -> None:
    def teacher(db: Db) -> people.Person:
        found = people.by_identity(db, "dingtalk_user", CORP, "t-301")
        assert found is not None
        return found

    await here.code(await here.run(teacher), "55556666")
    answers = set()
    for code in ("00000000", "55556666", "abcdefgh", "1"):
        phone = Phone(here.url)
        html = await _type(phone, code)
        shape = re.sub(r'value="[0-9a-f]{32}"|data-seen="[0-9a-f]{32}"', "", html)
        answers.add((phone.status, shape))
    assert len(answers) == 1


async def test_guessing_ends_after_five_for_that_address_only(here: Served) -> None:
    phone = Phone(here.url)
    for at in range(5):
        assert texts.WRONG in await _type(phone, f"0000000{at}")
    assert texts.TOO_MANY in await _type(phone, "10310000")  # right or wrong is not told any more
    assert phone.status == 429
    other = Phone(here.url)
    assert "对吗？" in await _type(other, "10310000", X_Forwarded_For="203.0.113.9")


async def test_one_code_cannot_be_tried_from_everywhere(here: Served) -> None:
    for at in range(5):
        await _type(Phone(here.url), "00000000", X_Forwarded_For=f"203.0.113.{at}")
    html = await _type(Phone(here.url), "00000000", X_Forwarded_For="203.0.113.99")
    assert texts.TOO_MANY in html


async def test_a_link_is_looked_at_ten_times_and_opens_once(here: Served) -> None:
    mother = await here.guardian(MOTHER)
    path = await here.link(mother)
    for _ in range(10):
        previewer = Phone(here.url)
        html = await previewer.get(path)
        assert "三(1)班一位家长的页面" in html
        assert "小明" not in html
    phone = Phone(here.url)
    await phone.get(path)
    html = await phone.post(path, {"form": phone.field("form")})
    assert "三(1)班 小明" in html
    late = Phone(here.url)
    assert texts.LINK_OVER in await late.get(path)
    assert late.status == 410
    # The one who used it may tap it again in the chat: it is a way home.
    assert "三(1)班 小明" in await phone.get(path)


async def test_of_two_who_press_at_once_one_gets_in(here: Served) -> None:
    path = await here.link(await here.guardian(MOTHER))
    first, second = Phone(here.url), Phone(here.url)
    await first.get(path)
    await second.get(path)
    await first.post(path, {"form": first.field("form")})
    assert texts.LINK_OVER in await second.post(path, {"form": second.field("form")})
    assert "cb_page" not in second.jar


async def test_an_old_link_says_what_to_do(here: Served) -> None:
    path = await here.link(await here.guardian(MOTHER), timedelta(seconds=-1))
    assert texts.LINK_OVER in await Phone(here.url).get(path)


async def test_a_wrong_link_is_just_a_missing_page(here: Served) -> None:
    path = await here.link(await here.guardian(MOTHER))
    bodies = set()
    for wrong in (
        path[:-1] + ("0" if path[-1] != "0" else "1"),
        "/h5/l/x",
        "/h5/l/" + "0" * 64,
        "/h5/nothing",
    ):
        phone = Phone(here.url)
        bodies.add(await phone.get(wrong))
        assert phone.status == 404
    assert len(bodies) == 1


async def test_a_new_login_ends_the_old_session(here: Served, phone: Phone) -> None:
    father = await here.guardian(FATHER)
    old = phone.jar["cb_page"]
    path = await here.link(father)
    await phone.get(path)
    await phone.post(path, {"form": phone.field("form")})
    assert phone.jar["cb_page"] != old
    assert texts.ENTER in await Phone(here.url, old).get()


async def test_leaving_asks_first(here: Served, phone: Phone) -> None:
    old = phone.jar["cb_page"]
    assert texts.OUT in await phone.get("/h5/out")
    assert "小明" in await phone.get()
    await phone.get("/h5/out")
    assert texts.OUT_DONE in await phone.post("/h5/out", {"form": phone.field("form")})
    assert "cb_page" not in phone.jar
    assert texts.ENTER in await Phone(here.url, old).get()


async def test_a_session_of_the_past_is_none(here: Served) -> None:
    value = await here.signed_in(await here.guardian(MOTHER), after=timedelta(days=30))
    assert texts.ENTER in await Phone(here.url, value).get()


async def test_several_children_are_named(here: Served) -> None:
    from config.ids import new_id
    from storage import access, classes, schools

    mother = await here.guardian(MOTHER)

    def unit(db: Db) -> None:
        school = schools.all_schools(db)[0]
        of = classes.by_name(db, school.id, "三(2)班")
        assert of is not None
        pupils = access.access_class_pupils(db, access.System("test"), of.id, "")
        assert isinstance(pupils, tuple)
        people.add_role(
            db, new_id, here.clock.now(), person_id=mother.id, kind="guardian",
            class_id=of.id, pupil_id=pupils[1].id, relation="妈妈",
        )  # fmt: skip

    await here.run(unit)
    html = await Phone(here.url, await here.signed_in(mother)).get()
    assert "三(1)班 小明" in html
    assert "三(2)班 乐乐" in html
