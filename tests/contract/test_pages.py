"""Links, sessions and messages of the mobile pages, on both databases."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import page_links, page_messages, page_sessions, people
from storage.engine import Db
from storage.page_messages import PageChoice, PageMessage
from storage.tables import metadata
from tests.contract.conftest import World
from tests.contract.invented import MONDAY

DAY = timedelta(days=1)
COOKIE = "c0" * 32


def _link(world: World) -> tuple[page_links.Link, str]:
    def unit(db: Db) -> tuple[page_links.Link, str]:
        link = page_links.make(db, world.new_id, MONDAY, world.mother.id)
        return link, page_links.token(db, link.id)

    return world.run(unit)


def test_a_link_opens_once(world: World) -> None:
    link, token = _link(world)
    assert len(token) == 64
    for _ in range(3):  # looking does not use it up
        found = world.run(lambda db: page_links.look(db, token))
        assert found is not None
        assert found.opens(MONDAY)
        assert found.person_id == world.mother.id
    assert world.run(lambda db: page_links.use(db, MONDAY, link.id))
    assert not world.run(lambda db: page_links.use(db, MONDAY, link.id))
    used = world.run(lambda db: page_links.look(db, token))
    assert used is not None
    assert not used.opens(MONDAY)


def test_a_link_ends_after_its_days_and_with_the_next_one(world: World) -> None:
    link, token = _link(world)
    late = MONDAY + page_links.LIFE
    assert not world.run(lambda db: page_links.use(db, late, link.id))
    second, _token = _link(world)
    first = world.run(lambda db: page_links.look(db, token))
    assert first is not None
    assert first.used
    assert world.run(lambda db: page_links.use(db, MONDAY, second.id))


def test_a_token_must_be_right_to_the_last_digit(world: World) -> None:
    _link_row, token = _link(world)
    wrong = [token[:-1], token + "0", token.upper().replace("0", "O"), "", "0" * 64, token[32:] + token[:32]]
    wrong += [token[:at] + ("1" if token[at] != "1" else "2") + token[at + 1 :] for at in range(0, 64, 3)]
    assert [given for given in wrong if world.run(partial(page_links.look, given=given)) is not None] == []


def test_links_of_the_past_are_forgotten(world: World) -> None:
    _link(world)
    assert world.run(lambda db: page_links.forget(db, MONDAY + 7 * DAY)) == 0
    assert world.run(lambda db: page_links.forget(db, MONDAY + 8 * DAY)) == 1


def test_a_link_needs_a_person(world: World) -> None:
    with pytest.raises(ValueError, match="existing person"):
        world.run(lambda db: page_links.make(db, world.new_id, MONDAY, "nobody"))


def _session(world: World, value: str = COOKIE) -> page_sessions.PageSession:
    return world.run(lambda db: page_sessions.start(db, world.new_id, MONDAY, world.mother.id, value))


def _looked(world: World, after: timedelta, value: str = COOKIE) -> bool:
    return world.run(lambda db: page_sessions.look(db, value, MONDAY + after)) is not None


def test_a_session_holds_while_it_is_used(world: World) -> None:
    session = _session(world)
    assert _looked(world, 30 * DAY - timedelta(seconds=1))
    assert not _looked(world, 30 * DAY)
    assert not _looked(world, timedelta(), "c1" * 32)
    assert not _looked(world, timedelta(), "")
    for days in range(20, 200, 20):
        world.run(partial(page_sessions.touch, session_id=session.id, now=MONDAY + days * DAY))
        assert _looked(world, (days + 1) * DAY) is (days + 1 < 180)


def test_a_phone_signs_out_and_the_others_stay(world: World) -> None:
    first, other = _session(world), "aa" * 32
    _session(world, other)
    assert world.run(lambda db: page_sessions.revoke(db, first.id, MONDAY))
    assert not world.run(lambda db: page_sessions.revoke(db, first.id, MONDAY))
    assert not _looked(world, timedelta())
    assert _looked(world, timedelta(), other)
    assert world.run(lambda db: page_sessions.revoke_all(db, world.mother.id, MONDAY)) == 1
    assert not _looked(world, timedelta(), other)


def test_a_session_needs_a_person_and_a_long_value(world: World) -> None:
    for person, value in (("nobody", COOKIE), (world.mother.id, "short")):
        start = partial(page_sessions.start, new_id=world.new_id, now=MONDAY, person_id=person, value=value)
        with pytest.raises(ValueError, match="64 hex digits"):
            world.run(start)


def test_old_sessions_are_forgotten(world: World) -> None:
    _session(world)
    assert world.run(lambda db: page_sessions.forget(db, MONDAY + 29 * DAY)) == 0
    assert world.run(lambda db: page_sessions.forget(db, MONDAY + 30 * DAY)) == 1


def _put(world: World, outbox_id: str, text: str, *, hours: int = 0, own: bool = False) -> bool:
    return world.run(
        lambda db: page_messages.put(
            db,
            world.new_id,
            MONDAY + timedelta(hours=hours),
            person_id=world.mother.id,
            outbox_id=outbox_id,
            text=text,
            choices=(PageChoice("ab" * 16, "好的"),),
            own=own,
        )
    )


def _page(world: World, most: int = 60) -> tuple[PageMessage, ...]:
    return world.run(lambda db: page_messages.of_person(db, world.mother.id, most=most))


def test_a_message_lies_there_once(world: World) -> None:
    assert _put(world, "o1", "记下了。")
    assert _put(world, "o1", "记下了。", hours=1)
    assert [(m.text, m.outbox_id, m.seen) for m in _page(world)] == [("记下了。", "o1", False)]
    assert world.run(lambda db: page_messages.of_person(db, world.father.id)) == ()


def test_nobody_gets_nothing(world: World) -> None:
    assert not world.run(
        lambda db: page_messages.put(db, world.new_id, MONDAY, person_id="nobody", outbox_id="o", text="x")
    )


def test_messages_stand_in_the_order_they_were_said(world: World) -> None:
    for at, text in ((3, "丙"), (1, "甲"), (2, "乙")):
        _put(world, f"o{at}", text, hours=at, own=at == 2)
    assert [(m.text, m.own) for m in _page(world)] == [("甲", False), ("乙", True), ("丙", False)]
    assert [m.text for m in _page(world, most=2)] == ["乙", "丙"]


def test_other_choices_take_the_place_of_the_old_ones(world: World) -> None:
    _put(world, "o1", "发吗？")
    other = PageChoice("cd" * 16, "不发", enabled=False)
    for _ in range(2):
        assert world.run(lambda db: page_messages.change(db, "o1", (other,)))
    assert [(m.text, m.choices) for m in _page(world)] == [("发吗？", (other,))]
    assert not world.run(lambda db: page_messages.change(db, "o2", ()))


def test_what_was_taken_back_stays_away(world: World) -> None:
    _put(world, "o1", "错的")
    held = world.run(lambda db: page_messages.by_outbox(db, "o1"))
    assert held is not None
    assert held[0] == world.mother.id
    assert world.run(lambda db: page_messages.take_back(db, held[1].id))
    assert not world.run(lambda db: page_messages.take_back(db, "nothing"))
    _put(world, "o1", "错的")  # the same send once more
    assert _page(world) == ()
    assert not world.run(lambda db: page_messages.change(db, "o1", ()))
    assert world.run(lambda db: page_messages.by_outbox(db, "o1")) is None


def test_seen_is_noted_once(world: World) -> None:
    _put(world, "o1", "甲")
    ids = [message.id for message in _page(world)]
    world.run(lambda db: page_messages.seen(db, MONDAY, ids))
    assert [m.seen for m in _page(world)] == [True]


def test_messages_go_after_ninety_days_and_with_their_person(world: World) -> None:
    _put(world, "o1", "甲")
    assert world.run(lambda db: page_messages.forget(db, MONDAY)) == 0
    world.run(lambda db: db.destroy_key(people.subject(world.mother.id)))
    assert _page(world) == ()
    assert world.run(lambda db: page_messages.forget(db, MONDAY + timedelta(seconds=1))) == 1


def test_neither_words_nor_keys_can_be_read_in_the_file(world: World, tmp_path: Path) -> None:
    _link_row, token = _link(world)
    _session(world)
    _put(world, "o1", "孩子今天咳嗽")

    def dump(db: Db) -> str:
        tables = [metadata.tables[name] for name in ("page_links", "page_sessions", "page_messages")]
        rows = [row for table in tables for row in db.conn.execute(sa.select(table))]
        return "\n".join(
            " ".join(cell.hex() if isinstance(cell, bytes) else str(cell) for cell in row) for row in rows
        )

    raw = world.run(dump)
    assert token[:32] in raw  # the id stands there, the signature does not
    planted = (
        token[32:],
        COOKIE,
        "咳嗽",
        "咳嗽".encode().hex(),
        "好的".encode().hex(),
        COOKIE.encode().hex(),
    )
    assert [word for word in planted if word in raw] == []
