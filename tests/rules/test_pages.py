"""「小明妈妈的链接」: who gets a link, for whom, and who gets none."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.pages import shown
from handlers import router
from handlers.context import Ctx
from handlers.language import read
from handlers.message import Chat, Identity, Message
from handlers.pages import letting_in, texts
from handlers.reply import Reply
from storage import codes, numbers, page_links, page_messages, people, schools
from storage.engine import Db
from storage.page_messages import PageChoice
from tests.contract.invented import CORP
from tests.rules.classroom import IDS, Classroom


def _person(room: Classroom, who: str) -> people.Person:
    found = room.store.run(lambda db: people.by_identity(db, "dingtalk_user", CORP, IDS[who])).result()
    assert found is not None
    return found


def _links(room: Classroom) -> list[tuple[str, bool]]:
    """Whom links were made for, and whether they still open."""
    table = page_links.page_links

    def unit(db: Db) -> list[tuple[str, bool]]:
        rows = db.conn.execute(sa.select(table).order_by(table.c.id)).all()
        return [(row.person_id, row.used_at is None) for row in rows]

    return room.store.run(unit).result()


@pytest.mark.parametrize("said", ["小明妈妈的链接", "给小明妈妈发个链接", "帮我给小明妈妈发一个页面链接吧"])
def test_a_teacher_gets_a_link_to_hand_on(room: Classroom, said: str) -> None:
    assert room.say("王老师", said) == texts.link_for("小明妈妈", 7)
    assert _links(room) == [(_person(room, "小明妈妈").id, True)]


def test_the_answer_carries_the_link_and_not_its_address(room: Classroom) -> None:
    teacher = _person(room, "王老师")

    def unit(db: Db) -> tuple[str, list[str]]:
        school = schools.all_schools(db)[0]
        ctx = Ctx(db, room.now, school, teacher, people.roles(db, teacher.id), room.new_id)
        chat = Chat("dingtalk", "school", "private", "c")
        sender = Identity("dingtalk_user", CORP, IDS["王老师"])
        message = Message("m", chat, sender, "", "text", "小明妈妈的链接", room.now)
        replies = [reply for _name, reply in router.route(ctx, message, read(message.text))]
        assert all(isinstance(reply, Reply) for reply in replies)
        token = page_links.token(db, getattr(replies[0], "link", ""))
        assert page_links.look(db, token) is not None
        return token, [getattr(reply, "text", "") for reply in replies]

    token, said = room.store.run(unit).result()
    assert token not in "".join(said)


def test_a_new_link_ends_the_one_before(room: Classroom) -> None:
    for _ in range(2):
        room.say("王老师", "小明妈妈的链接")
    assert [opens for _person_id, opens in _links(room)] == [False, True]


def test_in_doubt_there_is_no_link(room: Classroom) -> None:
    assert "小明妈妈、小明爸爸" in room.say("王老师", "小明家长的链接")
    assert "没有找到小红妈妈" in room.say("王老师", "小红妈妈的链接")
    assert "三(1)班小明妈妈" in room.say("陈老师", "小明妈妈的链接")  # three classes, three of that name
    assert _links(room) == []
    room.say("陈老师", "三(2)班小明妈妈的链接")
    assert _links(room) == [(_person(room, "小明妈妈").id, True)]


@pytest.mark.parametrize("who", ["乐乐妈妈", "三(1)班王老师"])
def test_nobody_else_gets_one(room: Classroom, who: str) -> None:
    room.say(who, "三(2)班小明妈妈的链接")
    assert _links(room) == []


@pytest.mark.parametrize(
    "said",
    ["重新生成小明妈妈的链接", "给小明妈妈一个新链接", "小明妈妈的链接打不开了", "小明妈妈的链接过期了"],
)
def test_a_link_that_does_not_open_is_made_anew(room: Classroom, said: str) -> None:
    assert "小明妈妈的页面链接" in room.say("王老师", said)
    assert _links(room) == [(_person(room, "小明妈妈").id, True)]


@pytest.mark.parametrize("said", ["链接", "要链接", "给我一个链接", "家长的链接"])
def test_whose_link_is_asked(room: Classroom, said: str) -> None:
    assert "要给哪位家长的链接" in room.say("王老师", said)
    assert _links(room) == []


@pytest.mark.parametrize(
    "said",
    ["把链接发给小明妈妈", "告诉小明妈妈：链接在群里", "链接打不开", "提醒大家点链接", "小明妈妈问链接"],
)
def test_other_words_about_links_are_no_command(said: str) -> None:
    assert read(said).intent != "page_link"


def test_a_code_lets_in_once_beside_another_platform(room: Classroom) -> None:
    father = _person(room, "小明爸爸")

    def unit(db: Db) -> tuple[object, object, object, str]:
        codes.add(db, room.new_id, room.now, person=father, code="20261012")
        guest = letting_in.invited(db, "20261012")
        first = letting_in.let_in(db, room.new_id, room.now, "20261012", CORP)
        second = letting_in.let_in(db, room.new_id, room.now, "20261012", CORP)
        assert first is not None
        return guest, first, second, letting_in.welcome(db, first)

    guest, first, second, words = room.store.run(unit).result()
    assert guest == first
    assert second is None
    assert words.startswith("绑好了，您是三(2)班 小明 的爸爸。")
    held = room.store.run(lambda db: people.identity_of(db, father.id, "dingtalk_user")).result()
    assert held is not None


@pytest.mark.parametrize("code", ["", "1234567", "123456789", "１２３４５６７８", "abcdefgh", "00000000"])
def test_what_is_no_code_lets_nobody_in(room: Classroom, code: str) -> None:
    assert room.store.run(lambda db: letting_in.invited(db, code)).result() is None


def test_what_was_chosen_in_words_cannot_be_pressed_any_more(room: Classroom) -> None:
    mother = _person(room, "小明妈妈")

    def unit(db: Db) -> None:
        day = room.now.date()
        for action in ("ask", "later"):
            offer = numbers.give(
                db, room.new_id, day, mother.id, "digest", "question", action, action, action
            )
            page_messages.put(
                db,
                room.new_id,
                room.now,
                person_id=mother.id,
                outbox_id=action,
                text="要我问吗？",
                choices=(PageChoice(offer.token, action),),
            )
        numbers.close(db, "question", "ask")

    def look(db: Db) -> list[tuple[str, bool]]:
        home = shown.home(db, mother.id, mother.school_id, room.now, everything=True)
        entries = [entry for day in home.days for entry in day.entries]
        return [(choice.label, choice.enabled) for entry in entries for choice in entry.message.choices]

    room.store.run(unit).result()
    assert sorted(room.store.run(look).result()) == [("ask", False), ("later", True)]
