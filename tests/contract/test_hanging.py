"""What hangs of a thing, what a card keeps while it has buttons, and what a row holds – on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.command import (
    AnyCommand,
    AskRead,
    CardButton,
    Command,
    Fetch,
    FileRef,
    Group,
    Page,
    Private,
    Session,
    TakeBack,
    UpdateCard,
    Webhook,
)
from bot.payloads import command_of, payload_of
from bot.recalls import taking_back
from config.ids import new_id
from storage import claims, hanging, outbox
from storage.engine import Store
from storage.hanging import Hanging
from storage.outbox import Item, Row

NOW = datetime(2026, 10, 12, 8, 50, tzinfo=UTC)
LEASE = timedelta(seconds=30)
BUTTONS = (CardButton("a" * 32, "发送"), CardButton("b" * 32, "改", enabled=False))


def _put(
    store: Store, lane: str, *, to_class: str | None = None, payload: object = None, card: str | None = None
) -> str:
    item = Item(
        id=new_id(),
        school_id="s",
        lane=lane,
        feature="digest",
        payload={"text": "好"} if payload is None else payload,  # type: ignore[arg-type]
        limits=(),
        safe=False,
        sealed_for="person:1",
        thing_kind="digest",
        thing_id="d1",
        to_class=to_class,
        subject_kind="look" if card else None,
        subject_id=card,
    )
    store.run(lambda db: outbox.put(db, item, NOW)).result()
    return item.id


def _claim(store: Store) -> dict[str, Row]:
    claim = store.run(lambda db: claims.claim(db, "me", NOW, 9, LEASE, lambda _db, _row: True)).result()
    return {row.id: row for row in claim.send}


def _sent(store: Store, row: Row, handle: str, *, keep: bool = False) -> None:
    store.run(lambda db: outbox.end(db, row, outbox.SENT, "ok", NOW, platform_id=handle, keep=keep)).result()


def _of(store: Store) -> list[Hanging]:
    return store.run(lambda db: hanging.of_thing(db, "digest", "d1")).result()


def test_only_what_was_sent_and_has_a_handle_hangs(store: Store) -> None:
    first, second, third = (_put(store, f"dingtalk/school/user/u{n}") for n in range(3))
    rows = _claim(store)
    _sent(store, rows[first], "handle")
    _sent(store, rows[second], "")
    assert [(one.id, one.platform_id) for one in _of(store)] == [(first, "handle")]
    _sent(store, rows[third], "another")
    store.run(lambda db: hanging.taken_back(db, first)).result()
    assert [one.id for one in _of(store)] == [third]


def test_of_what_a_class_got_the_questions_to_persons_are_no_part(store: Store) -> None:
    preview = _put(store, "dingtalk/school/user/t")
    post = _put(store, "dingtalk/school/group/g", to_class="c")
    for handle, row in _claim(store).items():
        _sent(store, row, handle)
    assert preview != post
    assert [one.id for one in _of(store)] == [post]


def test_a_card_keeps_its_words_until_it_has_no_buttons_or_two_days_have_passed(store: Store) -> None:
    row_id = _put(store, "dingtalk/school/user/t")
    _sent(store, _claim(store)[row_id], "h", keep=True)

    def words() -> dict[str, object]:
        found = store.run(lambda db: outbox.find(db, row_id)).result()
        assert found is not None
        return found.payload

    assert words() == {"text": "好"}
    store.run(lambda db: outbox.rewrite(db, row_id, {"text": "新"})).result()
    assert words() == {"text": "新"}
    assert store.run(lambda db: outbox.close_doubts(db, NOW + timedelta(seconds=1))).result() == 1
    assert words() == {}
    store.run(lambda db: outbox.rewrite(db, row_id, None)).result()
    assert words() == {}


def test_what_was_answered_is_not_sent_and_what_is_being_sent_is_not_answered(store: Store) -> None:
    waiting, leaving = _put(store, "l1"), _put(store, "l2")
    assert store.run(lambda db: outbox.answered(db, waiting, NOW)).result()
    assert list(_claim(store)) == [leaving]
    assert not store.run(lambda db: outbox.answered(db, leaving, NOW)).result()
    assert not store.run(lambda db: outbox.answered(db, waiting, NOW)).result()


def test_a_look_that_has_to_follow_one_under_way_is_not_answered_for(store: Store) -> None:
    """Else the earlier one, on its way or tried again, would be the last to arrive."""
    earlier = _put(store, "l", card="c1")
    row = _claim(store)[earlier]
    newer, of_another = _put(store, "l", card="c1"), _put(store, "l", card="c2")
    assert not store.run(lambda db: outbox.answered(db, newer, NOW)).result()
    assert store.run(lambda db: outbox.answered(db, of_another, NOW)).result()
    store.run(lambda db: outbox.retry_in_doubt(db, row, NOW, "no_answer", NOW)).result()
    assert not store.run(lambda db: outbox.answered(db, newer, NOW)).result()
    _sent(store, _claim(store)[earlier], "")
    assert store.run(lambda db: outbox.answered(db, newer, NOW)).result()


COMMANDS: list[AnyCommand] = [
    Command("x", "dingtalk/school", Private("u", "c"), "好", session=Session("https://x", NOW)),
    Command("x", "dingtalk/school", Private("u"), "选", "题", None, True, True, BUTTONS, "回复 1 发送"),
    Command("x", "dingtalk/school", Group("g"), "图", file=FileRef("picture", "a.png", "digest", {"n": 1})),
    Command("x", "dingtalk/school", Webhook("t", "s"), "群"),
    Command("x", "page/school", Page("p"), "页", file=FileRef("voice", "a.amr", medium_id="m")),
    UpdateCard("x", "dingtalk/school", "track", "题", "好", BUTTONS),
    TakeBack("x", "dingtalk/school", Group("g"), ("h1", "h2")),
    Fetch("x", "dingtalk/school", "m", "ticket"),
    AskRead("x", "dingtalk/school", Private("u"), "h"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_row_gives_its_command_back(store: Store, command: AnyCommand) -> None:
    row_id = _put(store, "lane", payload=payload_of(command))
    row = _claim(store)[row_id]
    back = command_of(row)
    assert back.outbox_id == row_id
    assert payload_of(back) == payload_of(command)
    assert type(back) is type(command)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_row_from_before_says_its_words(store: Store) -> None:
    old = {
        "app": "dingtalk/school", "to": ["user", "u", None], "text": "好\n回复 1 发送", "title": "",
        "must": True, "card": True, "session": None,
    }  # fmt: skip
    row_id = _put(store, "lane", payload=old)
    command = command_of(_claim(store)[row_id])
    assert isinstance(command, Command)
    assert (command.plain, command.buttons, command.target) == ("好\n回复 1 发送", (), Private("u"))


def _hanging(lane: str, *, safe: bool) -> Hanging:
    return Hanging("card", lane, "handle", safe, "person:1", None, None)


def test_cards_are_rewritten_words_recalled_and_a_custom_robots_post_stays() -> None:
    card = taking_back(_hanging("dingtalk/school/group/g==/x", safe=True), "o")
    assert isinstance(card, UpdateCard)
    assert (card.track, card.text, card.buttons) == ("card", "（已撤回）", ())
    words = taking_back(_hanging("dingtalk/school/group/g==/x", safe=False), "o")
    assert words == TakeBack("o", "dingtalk/school", Group("g==/x"), ("handle",))
    page = taking_back(_hanging("page/school/user/p", safe=True), "o")
    assert page == TakeBack("o", "page/school", Page("p"), ("handle",))
    assert taking_back(_hanging("dingtalk/school/webhook/name", safe=False), "o") is None
