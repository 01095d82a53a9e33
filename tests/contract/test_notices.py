"""Notices as rows: sealed, answered more than once, counted once, forgotten together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from storage import access, notices
from storage.access import System
from storage.notices import Answer, Notice, Word
from tests.contract.conftest import World
from tests.contract.invented import MONDAY

WORDS = "周五去科技馆研学"


def _notice(world: World, *, state: notices.State = "published") -> Notice:
    made = Notice(
        world.new_id(), world.school.id, world.school_class.id, world.teacher.id, "sign", False, False,
        WORDS, state, 1, 0, MONDAY,
    )  # fmt: skip
    world.run(lambda db: notices.add(db, made))
    return made


def _answer(world: World, notice: Notice, word: Word, *, signer: str = "", late: int = 0) -> None:
    at = MONDAY + timedelta(minutes=late)
    given = Answer(notice.id, notice.version, world.pupil.id, world.mother.id, word, signer, "", "f" * 64, at)
    world.run(lambda db: notices.answer(db, world.new_id, world.school.id, given))


def _kept(world: World, column: sa.Column[bytes]) -> bytes:
    return bytes(world.run(lambda db: db.conn.execute(sa.select(column)).scalar_one()))


def test_words_and_signatures_are_sealed(world: World) -> None:
    notice = _notice(world)
    _answer(world, notice, "agreed", signer="周敏")
    for column, said in ((notices.notices.c.text, WORDS), (notices.notice_answers.c.body, "周敏")):
        kept = _kept(world, column)
        assert said.encode() not in kept
    assert world.run(lambda db: notices.get(db, notice.id)) == notice


def test_the_last_answer_counts_and_the_first_stays(world: World) -> None:
    notice = _notice(world)
    _answer(world, notice, "agreed", signer="周敏")
    _answer(world, notice, "disagreed", signer="周敏", late=1)
    given = world.run(lambda db: notices.answers(db, notice))
    assert given[world.pupil.id, world.mother.id].word == "disagreed"
    rows = sa.select(sa.func.count()).select_from(notices.notice_answers)
    assert world.run(lambda db: db.conn.execute(rows).scalar_one()) == 2


def test_an_answer_to_other_words_does_not_count(world: World) -> None:
    notice = _notice(world)
    _answer(world, notice, "agreed")
    world.run(lambda db: notices.change(db, notice, text="改到周六"))
    now = world.run(lambda db: notices.get(db, notice.id))
    assert now is not None
    assert (now.text, now.version) == ("改到周六", 2)
    assert world.run(lambda db: notices.answers(db, now)) == {}
    assert world.run(lambda db: notices.ever_answered(db, notice.id)) == {(world.pupil.id, world.mother.id)}


def test_states_and_rounds_change_once(world: World) -> None:
    notice = _notice(world, state="draft")
    assert world.run(lambda db: notices.set_state(db, notice.id, ("draft",), "queued"))
    assert not world.run(lambda db: notices.set_state(db, notice.id, ("draft",), "queued"))
    assert world.run(lambda db: notices.reminded(db, notice))
    assert not world.run(lambda db: notices.reminded(db, notice))
    assert world.run(lambda db: notices.settle(db, notice.id, MONDAY))
    assert not world.run(lambda db: notices.settle(db, notice.id, MONDAY))


def test_a_notice_goes_with_its_answers(world: World) -> None:
    old = _notice(world)
    _answer(world, old, "agreed")
    fresh = replace(old, id=world.new_id(), created_at=MONDAY + timedelta(days=2))
    world.run(lambda db: notices.add(db, fresh))
    assert world.run(lambda db: notices.forget(db, world.school.id, MONDAY + timedelta(days=1))) == 1
    assert world.run(lambda db: notices.get(db, old.id)) is None
    assert world.run(lambda db: notices.ever_answered(db, old.id)) == set()
    assert world.run(lambda db: notices.get(db, fresh.id)) is not None


def test_who_is_bound_is_counted_without_a_name(world: World) -> None:
    found = world.run(lambda db: access.bound_guardians(db, System("notices"), [world.pupil.id]))
    for guardians in found.values():
        assert set(guardians) <= {world.mother.id, world.father.id}
    assert world.run(lambda db: access.bound_guardians(db, System("notices"), [])) == {}
