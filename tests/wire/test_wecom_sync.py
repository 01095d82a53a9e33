"""What parents write to customer service: read whole, kept once, and an anonymous word nowhere."""

from __future__ import annotations

import asyncio
import io
import logging
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import log
from bot.pressing import Pressed, read_press
from bot.received import Received, read_event, read_payload
from bot.wecom import kf
from bot.wecom.kf_items import Item, Place, Unkept, read_item
from bot.wecom.kf_sync import MOST_CURSOR
from config.clock import MovableClock
from handlers.anonymous.texts import NOT_OPEN
from storage import inbox, leases
from storage import kf as book
from storage.engine import Db, Refused, Store
from storage.inbox import MailKey
from storage.kf import Customer, kf_cursors
from storage.tables import metadata
from tests.contract.invented import MONDAY
from tests.wire.wecom_parents import KF_ID, Line, Said, puller

PLACE = Place("school", "ww01", KF_ID)
NOW = int(MONDAY.timestamp())
MOTHER = "wm-mother"


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """One database is enough here: the tables are tested on both."""
    return str(request.param)


def said(number: int, text: str = "明天带什么", *, who: str = MOTHER, **more: Any) -> dict[str, Any]:
    """A customer's words as the platform lists them."""
    return {
        "msgid": f"m{number}",
        "open_kfid": KF_ID,
        "external_userid": who,
        "send_time": NOW,
        "origin": 3,
        "msgtype": "text",
        "text": {"content": text},
        **more,
    }


def event(kind: str, **more: Any) -> dict[str, Any]:
    """Something the platform says."""
    told = {"event_type": kind, "open_kfid": KF_ID, "external_userid": MOTHER, **more}
    return {"msgid": "e1", "send_time": NOW, "origin": 4, "msgtype": "event", "event": told}


def read(given: dict[str, Any], later_s: float = 1) -> Item | Unkept | None:
    return read_item(given, PLACE, MONDAY + timedelta(seconds=later_s))


def kept(given: dict[str, Any], later_s: float = 1) -> Received:
    one = read(given, later_s)
    assert isinstance(one, Item)
    assert one.kind == "message"
    assert one.conversation == f"wecom/school/kf/{MOTHER}"
    return read_payload("row", one.payload, MONDAY)


# -- one entry


def test_words_are_a_message_of_a_guardian_on_wechat() -> None:
    one = read(said(7, "  明天带什么 "))
    assert isinstance(one, Item)
    assert one.message_key == "wecom:school:kf:m7"
    assert one.wrote == (Customer("school", KF_ID, MOTHER), MONDAY)
    message = kept(said(7, "  明天带什么 ")).message
    assert (message.text, message.kind, message.sender.kind, message.sender.id) == (
        "明天带什么",
        "text",
        "wecom_kf",
        MOTHER,
    )
    assert (message.chat.platform, message.chat.kind, message.chat.id) == ("wecom", "private", KF_ID)


@pytest.mark.parametrize(
    ("kind", "body", "shown", "ticket"),
    [
        ("image", {"media_id": "M1"}, "picture", "M1"),
        ("voice", {"media_id": "M2"}, "voice", "M2"),
        ("video", {"media_id": "M3"}, "video", "M3"),
        ("file", {"media_id": "M4"}, "file", "M4"),
        ("image", {}, "unknown", ""),
        ("location", {"name": "校门口"}, "unknown", ""),
        ("link", {"title": "明天带什么", "url": "https://x"}, "unknown", ""),
        ("business_card", {"userid": "x"}, "unknown", ""),
        ("miniprogram", {"title": "x"}, "unknown", ""),
        ("from_next_year", "not even an object", "unknown", ""),
    ],
)
def test_other_kinds(kind: str, body: Any, shown: str, ticket: str) -> None:
    message = kept(said(1, msgtype=kind, **{kind: body})).message
    assert (message.kind, message.text) == (shown, "")
    assert [one.ticket for one in message.attachments] == ([ticket] if ticket else [])


def test_a_choice_of_a_menu_is_a_press_of_no_card() -> None:
    one = read(said(1) | {"text": {"content": "发送", "menu_id": "a" * 32}})
    assert isinstance(one, Item)
    assert one.kind == "press"
    assert one.wrote is not None
    pressed: Pressed = read_press("row", one.payload.decode(), MONDAY)
    assert (pressed.track, pressed.token, pressed.code) == ("", "a" * 32, "")
    assert (pressed.message.sender.kind, pressed.message.sender.id) == ("wecom_kf", MOTHER)
    assert pressed.message.chat.id == KF_ID


def test_who_comes_in_by_the_schools_code_has_typed_it() -> None:
    came = kept(event("enter_session", scene="paper", scene_param="12345678", welcome_code="W1"))
    assert came.message.text == "12345678"
    assert came.session is not None
    assert came.session.url == "welcome:W1"
    assert came.session.expires_at == MONDAY + timedelta(seconds=20)
    late = kept(event("enter_session", scene_param="12345678", welcome_code="W1"), later_s=20)
    assert (late.message.text, late.session) == ("12345678", None)


@pytest.mark.parametrize("param", ["", "hello", "1234567", "123456789", "１２３４５６７８", "1234 678"])
def test_who_comes_in_otherwise_is_greeted_once_the_platform_allows_it(param: str) -> None:
    came = kept(event("enter_session", scene_param=param, welcome_code="W1"))
    assert came.message.text == "你好"
    assert came.session is not None
    assert read(event("enter_session", scene_param=param)) is None
    assert read(event("enter_session", scene_param=param, welcome_code="W1"), later_s=20) is None


def test_coming_in_gives_no_turn() -> None:
    one = read(event("enter_session", scene_param="12345678", welcome_code="W1"))
    assert isinstance(one, Item)
    assert one.wrote is None


def test_a_send_that_failed_is_an_event() -> None:
    one = read(event("msg_send_fail", fail_msgid="x1", fail_type=4))
    assert isinstance(one, Item)
    assert (one.kind, one.conversation) == ("event", "wecom/school/event")
    happened = read_event(one.payload)
    assert happened is not None
    assert happened.event.kind == "kf_fail"
    assert happened.event.facts == {"external_id": MOTHER, "kf_id": KF_ID, "fail_type": "4", "msgid": "x1"}


@pytest.mark.parametrize(
    "given",
    [
        said(1, origin=5),  # the school's own people, by hand
        said(1, origin=4),
        event("user_recall_msg", recall_msgid="m1"),
        event("session_status_change", change_type=1),
        event("servicer_status_change", status=1),
        said(1, who=""),
        said(1, who="x" * 65),
        said(1, msgid=7),
        said(1, msgid="中"),
        said(1, send_time="soon"),
        said(1, send_time=True),
        {},
    ],
)
def test_nobodys_business(given: dict[str, Any]) -> None:
    assert read(given) is None


# -- pages


class Stand:
    """What reads, the platform, and what was kept."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.line = Line()
        self.clock = MovableClock(MONDAY + timedelta(seconds=1))
        self.woken = 0
        self.puller = puller(self.line, store, self.clock, folder, self._wake)
        self.key: MailKey = store.run(inbox.mail_key).result()

    def _wake(self) -> None:
        self.woken += 1

    def rows(self) -> list[Any]:
        rows = self.store.read(
            lambda db: db.conn.execute(sa.select(inbox.inbox).order_by(inbox.inbox.c.id)).all()
        )
        return list(rows.result())

    def texts(self) -> list[str]:
        opened = [
            (row.id, self.key.open(row.id, row.payload)) for row in self.rows() if row.kind == "message"
        ]
        return [read_payload(row_id, text.encode(), MONDAY).message.text for row_id, text in opened]

    def cursor(self) -> str:
        return self.store.read(partial(book.cursor, app="school", kf_id=KF_ID)).result()

    def turn(self, who: str = MOTHER) -> book.Turn | None:
        return self.store.read(partial(book.look, customer=Customer("school", KF_ID, who))).result()


@pytest.fixture
def stand(store: Store, tmp_path: Path) -> Stand:
    return Stand(store, tmp_path)


async def test_pages_are_read_to_the_end_also_behind_an_empty_one(stand: Stand) -> None:
    stand.line.page_size = 3
    stand.line.items = [said(n, f"第{n}句") for n in range(4)] + [{}, {}, {}, {}, {}] + [said(9, "第9句")]
    assert await stand.puller.pull()
    assert stand.texts() == ["第0句", "第1句", "第2句", "第3句", "第9句"]
    assert stand.cursor() == "10"
    assert stand.woken == 3
    assert await stand.puller.pull()
    assert len(stand.rows()) == 5


@pytest.mark.parametrize(("empty", "read"), [(4, True), (5, False)])
async def test_an_empty_page_may_stand_still_but_not_for_ever(stand: Stand, empty: int, read: bool) -> None:
    stand.line.items = [said(1)]
    still = Said("ok", data={"msg_list": [], "next_cursor": "", "has_more": 1})
    stand.line.will(kf.SYNC, *[still] * empty)
    assert await stand.puller.pull() is read
    assert stand.puller.idle is read
    await stand.puller.settle()
    assert len(stand.rows()) == 1


async def test_each_page_asks_for_what_the_platform_gives(stand: Stand) -> None:
    stand.line.items = [said(1)]
    stand.line.token = "T1"
    stand.puller.rang("T1")
    await stand.puller.settle()
    (asked,) = stand.line.asked(kf.SYNC)
    assert asked == {"open_kfid": KF_ID, "limit": 1000, "voice_format": 0, "token": "T1"}
    await stand.puller.pull()
    assert stand.line.asked(kf.SYNC)[1]["cursor"] == "1"


async def test_a_token_that_is_over_is_left_out_from_then_on(stand: Stand) -> None:
    stand.line.items = [said(1)]
    stand.puller.rang("old")
    assert await stand.puller.pull()
    assert await stand.puller.pull()
    assert ["token" in asked for asked in stand.line.asked(kf.SYNC)] == [True, False, False]
    assert len(stand.rows()) == 1


async def test_what_is_read_again_is_kept_once_and_opens_no_new_turn(stand: Stand, store: Store) -> None:
    stand.line.items = [said(1)]
    await stand.puller.pull()
    assert store.run(partial(book.reserve, now=MONDAY, customer=Customer("school", KF_ID, MOTHER))).result()
    store.run(lambda db: db.conn.execute(sa.delete(kf_cursors))).result()
    await stand.puller.pull()
    assert len(stand.rows()) == 1
    assert stand.turn() == book.Turn(MONDAY, 1)


async def test_a_message_from_the_future_opens_a_turn_of_now(stand: Stand) -> None:
    stand.line.items = [said(1, send_time=NOW + 86_400)]
    await stand.puller.pull()
    turn = stand.turn()
    assert turn is not None
    assert turn.last_at <= stand.clock.now()


async def test_a_page_is_kept_whole_or_not_at_all_and_then_comes_again(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.line.items = [said(1), said(2)]

    def refused(*_args: Any, **_more: Any) -> None:
        raise Refused("planned")

    with monkeypatch.context() as patch:
        patch.setattr(book, "advance", refused)
        stand.puller.rang("")
        assert not await stand.puller.pull()
        assert (stand.rows(), stand.cursor(), stand.turn(), stand.woken) == ([], "", None, 0)
        assert not stand.puller.idle  # still rung
    await stand.puller.settle()
    assert len(stand.rows()) == 2
    assert stand.puller.idle


@pytest.mark.parametrize(
    "answer", [Said("retry", "-1"), Said("slow", "45009", 60), Said("maybe", "no_answer")]
)
async def test_a_page_that_is_not_given_is_asked_for_again(stand: Stand, answer: Said) -> None:
    stand.line.items = [said(1)]
    stand.line.will(kf.SYNC, answer)
    assert not await stand.puller.pull()
    assert not stand.puller.idle
    await stand.puller.settle()
    assert len(stand.rows()) == 1


async def test_one_entry_nobody_understands_keeps_no_other_from_being_read(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.wecom import kf_sync

    def fussy(given: dict[str, Any], *more: Any) -> Any:
        if given["msgid"] == "m1":
            raise ValueError("planned")
        return read_item(given, *more)

    monkeypatch.setattr(kf_sync, "read_item", fussy)
    stand.line.items = [said(1), said(2)]
    assert await stand.puller.pull()
    assert [row.key for row in stand.rows()] == ["wecom:school:kf:m2"]


async def test_two_replicas_read_at_once_and_the_place_never_goes_back(stand: Stand) -> None:
    stand.line.items = [said(n) for n in range(4)]
    other = puller(stand.line, stand.store, stand.clock, stand.folder / "b")
    assert all(await asyncio.gather(stand.puller.pull(), other.pull()))
    assert len(stand.rows()) == 4
    assert stand.cursor() == "4"
    stand.line.items.append(said(5))

    def overtaken(_path: str, _body: dict[str, Any]) -> None:
        unit = partial(book.advance, new_id=lambda: "x", now=MONDAY, app="school", kf_id=KF_ID, reached="9")
        stand.store.run(unit).result()

    stand.line.before = overtaken
    await stand.puller.pull()
    assert stand.cursor() == "9"
    assert len(stand.rows()) == 5


async def test_a_place_too_long_to_be_kept_is_said_so_and_nothing_is_lost(stand: Stand) -> None:
    page = {"msg_list": [said(1)], "next_cursor": "c" * (MOST_CURSOR + 1), "has_more": 0}
    stand.line.will(kf.SYNC, Said("ok", data=page))
    assert not await stand.puller.pull()
    assert stand.rows() == []


# -- anonymous


def _everything(store: Store) -> dict[str, list[Any]]:
    """All rows of all tables but the leases', and where the reading has come to."""

    def unit(db: Db) -> dict[str, list[Any]]:
        found = {}
        for table in metadata.sorted_tables:
            if table.name not in (leases.leases.name, kf_cursors.name):
                found[table.name] = [tuple(row) for row in db.conn.execute(sa.select(table))]
        found["when"] = list(db.conn.execute(sa.select(kf_cursors.c.at)).scalars())
        return found

    return store.read(unit).result()


async def test_an_anonymous_word_is_answered_and_leaves_not_even_its_moment(stand: Stand) -> None:
    stand.line.items = [said(1, "刚来的话")]
    await stand.puller.pull()
    before, spool = _everything(stand.store), (stand.folder / "spool").read_bytes()
    out = io.StringIO()
    held, level = logging.getLogger().handlers[:], logging.getLogger().level
    stand.clock.move_to(MONDAY + timedelta(hours=2))
    try:
        log.setup("DEBUG", out)
        stand.line.items += [said(2, "匿名：为什么拖堂", who="wm-father", send_time=NOW + 7200)]
        assert await stand.puller.pull()
    finally:
        logging.getLogger().handlers[:] = held
        logging.getLogger().setLevel(level)
    assert stand.line.texts == [NOT_OPEN]
    assert stand.cursor() == "2"
    assert _everything(stand.store) == before
    assert out.getvalue() == ""
    assert (stand.folder / "spool").read_bytes() == spool
    assert stand.turn("wm-father") is None
    assert stand.woken == 1


async def test_read_again_after_a_crash_it_is_answered_once(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.line.items = [said(1, "匿名：为什么拖堂"), said(2)]

    def refused(*_args: Any, **_more: Any) -> None:
        raise Refused("planned")

    with monkeypatch.context() as patch:
        patch.setattr(book, "advance", refused)
        assert not await stand.puller.pull()
    assert await stand.puller.pull()
    assert len(stand.line.asked(kf.SEND)) == 2
    assert stand.line.texts == [NOT_OPEN]
    assert stand.texts() == ["明天带什么"]


async def test_an_answer_from_memory_is_tried_three_times_and_shown_once(stand: Stand) -> None:
    stand.line.items = [said(1, "匿名：为什么拖堂")]
    stand.line.will(kf.SEND, Said("retry", "connect"), Said("maybe", "no_answer"))
    assert await stand.puller.pull()
    assert len(stand.line.asked(kf.SEND)) == 3
    assert stand.line.texts == [NOT_OPEN]
    stand.line.items.append(said(2, "匿名：为什么拖堂"))
    stand.line.will(kf.SEND, *[Said("maybe", "no_answer")] * 9)
    assert await stand.puller.pull()
    assert len(stand.line.asked(kf.SEND)) == 6


async def test_an_answer_that_does_not_go_out_keeps_nobody_else_waiting(stand: Stand) -> None:
    stand.line.items = [said(1, "匿名：为什么拖堂"), said(2)]
    stand.line.will(kf.SEND, Said("config", "60020"))
    assert await stand.puller.pull()
    assert stand.texts() == ["明天带什么"]


async def test_that_its_answer_was_not_delivered_is_nobodys_business(stand: Stand) -> None:
    stand.line.items = [said(1, "匿名：为什么拖堂")]
    assert await stand.puller.pull()
    before, failed = _everything(stand.store), stand.line.asked(kf.SEND)[0]["msgid"]
    stand.line.items.append(event("msg_send_fail", fail_msgid=failed, fail_type=4))
    assert await stand.puller.pull()
    assert _everything(stand.store) == before


async def test_a_flood_of_anonymous_words_is_answered_once_and_holds_nobody_up(stand: Stand) -> None:
    flood = [said(number, "匿名：为什么拖堂") for number in range(2, 300)]
    stand.line.items = [*flood, said(300, "匿名：不想活了"), said(301, "匿名：好", who="wm-2"), said(302)]
    assert await stand.puller.pull()
    assert [body["touser"] for body in stand.line.asked(kf.SEND)] == [MOTHER, "wm-2"]
    assert "12355" in stand.line.texts[0], "of several words the one in need is answered"
    assert stand.texts() == ["明天带什么"]
