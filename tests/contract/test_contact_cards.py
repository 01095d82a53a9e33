"""Contact cards as rows: sealed, one per child of a batch, signed once, forgotten when old."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from storage import contact_cards
from storage.contact_cards import Card, State
from tests.contract.conftest import World
from tests.contract.invented import MONDAY

DRAFT: tuple[State, ...] = ("draft",)
SENT: tuple[State, ...] = ("sent",)


def _card(world: World, text: str = "作业按时交") -> Card:
    return Card(
        world.new_id(), world.school.id, world.school_class.id, "batch", world.pupil.id, world.teacher.id,
        MONDAY.date(), text, "draft", MONDAY,
    )  # fmt: skip


def test_a_child_has_one_card_in_a_batch(world: World) -> None:
    first = _card(world)
    world.run(lambda db: contact_cards.put(db, first))
    assert world.run(lambda db: contact_cards.put(db, _card(world, "改过"))) == first.id
    assert [one.text for one in world.run(lambda db: contact_cards.batch(db, "batch", DRAFT))] == ["改过"]


def test_its_words_are_sealed(world: World) -> None:
    world.run(lambda db: contact_cards.put(db, _card(world)))
    kept = sa.select(contact_cards.contact_cards.c.text)
    assert "作业".encode() not in world.run(lambda db: bytes(db.conn.execute(kept).scalar_one()))


def test_what_was_sent_is_not_changed_any_more(world: World) -> None:
    card = _card(world)
    world.run(lambda db: contact_cards.put(db, card))
    assert world.run(lambda db: contact_cards.set_state(db, "batch", "sent", MONDAY)) == 1
    assert world.run(lambda db: contact_cards.set_state(db, "batch", "sent", MONDAY)) == 0
    world.run(lambda db: contact_cards.put(db, replace(card, id=world.new_id(), text="改")))
    assert not world.run(lambda db: contact_cards.drop(db, card.id))
    day = MONDAY.date()
    found = world.run(lambda db: contact_cards.of_class(db, [world.school_class.id], day, day))
    assert [(one.text, one.state, one.sent_at) for one in found] == [("作业按时交", "sent", MONDAY)]
    assert found == world.run(lambda db: contact_cards.of_pupils(db, [world.pupil.id], day, day))


def test_a_signature_is_written_once(world: World) -> None:
    card = _card(world)
    world.run(lambda db: contact_cards.put(db, card))
    assert world.run(lambda db: contact_cards.sign(db, world.new_id, card, world.mother.id, MONDAY))
    later = MONDAY + timedelta(hours=1)
    assert not world.run(lambda db: contact_cards.sign(db, world.new_id, card, world.mother.id, later))
    signed = world.run(lambda db: contact_cards.signed(db, [card.id]))
    assert signed == {card.id: {world.mother.id: MONDAY}}


def test_drafts_belong_to_who_wrote_them(world: World) -> None:
    world.run(lambda db: contact_cards.put(db, _card(world)))
    assert world.run(lambda db: contact_cards.drafts_of(db, world.mother.id, MONDAY)) == ()
    assert len(world.run(lambda db: contact_cards.drafts_of(db, world.teacher.id, MONDAY))) == 1
    after = MONDAY + timedelta(seconds=1)
    assert world.run(lambda db: contact_cards.drafts_of(db, world.teacher.id, after)) == ()


def test_old_ones_go_with_their_signatures(world: World) -> None:
    card = _card(world)
    world.run(lambda db: contact_cards.put(db, card))
    world.run(lambda db: contact_cards.sign(db, world.new_id, card, world.mother.id, MONDAY))
    assert world.run(lambda db: contact_cards.forget(db, world.school.id, MONDAY)) == 0
    assert world.run(lambda db: contact_cards.forget(db, world.school.id, MONDAY + timedelta(days=1))) == 1
    assert world.run(lambda db: contact_cards.signed(db, [card.id])) == {}
