"""What is over goes: every table either has its time, or a reason why it stays."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast

import sqlalchemy as sa

from handlers.context import Ctx
from jobs import forget
from storage import book, card_codes, kf, schools, tasks, uploads, waiting
from storage.engine import Db
from storage.kf import Customer
from storage.tables import metadata
from storage.tasks import Section
from tests.contract.conftest import World
from tests.contract.invented import MONDAY

DAY = timedelta(days=1)
GOES = {
    "card_codes", "code_attempts", "contact_card_signatures", "contact_cards", "digest_photos", "inbox",
    "kf_turns", "kf_ways", "leaves", "media", "notice_answers", "notices", "numbers", "outbox", "page_links",
    "page_messages", "page_sessions", "phone_list", "reports", "schedule", "send_log", "stars", "talks",
    "task_sections", "tasks", "uploads", "waiting",
}  # fmt: skip
"""Emptied by the nightly job."""
STAYS = {
    "who is who at school, as long as the school has them": {
        "book", "classes", "codes", "group_robots", "identities", "people", "pupils", "roles", "schools",
    },
    "what was decided and must be shown later": {
        "access_chain", "access_log", "broadcast_slots", "cases", "consents", "contact_log", "day_overrides",
        "digest_notes", "digests", "preferences", "terms",
    },
    "one row each, or nobody's data": {"counted_calls", "kf_cursors", "leases", "meta", "subject_key"},
}  # fmt: skip


def test_every_table_has_its_time_or_its_reason() -> None:
    stays = set[str]().union(*STAYS.values())
    assert stays | GOES == set(metadata.tables)
    assert not stays & GOES


def _count(db: Db, *names: str) -> dict[str, int]:
    def rows(name: str) -> int:
        counted = sa.select(sa.func.count()).select_from(metadata.tables[name])
        return int(db.conn.execute(counted).scalar_one())

    return {name: rows(name) for name in names}


def _wecom(db: Db, world: World) -> None:
    """A row of everything that only WeCom needs."""
    school, of, new_id = world.school.id, world.school_class.id, world.new_id
    customer = Customer("school", "wk1", "wm-mother")
    kf.wrote(db, new_id, customer, MONDAY)
    kf.take_way(db, MONDAY, new_id(), world.mother.id, "kf")
    uploads.put(db, new_id, "school", "d" * 64, "media-1", MONDAY)
    card_codes.put(db, new_id(), "response-code", MONDAY)
    families = {"school_id": school, "class_id": of, "reason": "unreachable"}
    for person in (world.mother, world.father):
        book.to_call(db, new_id, MONDAY, person_id=person.id, **families)
    book.called(db, MONDAY, world.mother.id)
    task = tasks.get_or_create(db, new_id, school_id=school, class_id=of, day=MONDAY.date())
    tasks.put_section(db, new_id, MONDAY, task, Section("digest", "digest", new_id(), 0, "t", "words"))


def _waits(db: Db, world: World) -> tuple[str, ...]:
    """Three messages of a family: one answered, one asked after, one just come."""
    who: dict[str, Any] = {
        "guardian_id": world.mother.id,
        "teacher_id": world.teacher.id,
        "role_id": "r",
        "message_id": "m",
    }
    where: dict[str, Any] = {
        "class_id": world.school_class.id,
        "pupil_id": world.pupil.id,
        "words": "带伞吗",
        "need": 1,
    }
    when: dict[str, Any] = {"opens_at": MONDAY, "promised": MONDAY, "told": True, "state": waiting.SHOWN}
    kept = [
        waiting.keep(db, world.new_id, world.school.id, **who, **where, **when, at=MONDAY + late)
        for late in (timedelta(), timedelta(), 60 * DAY)
    ]
    waiting.finish(db, kept[:1], MONDAY)
    return tuple(kept)


def test_what_was_answered_goes_after_a_week_and_the_rest_after_two_months(world: World) -> None:
    _, open_still, fresh = world.run(lambda db: _waits(db, world))

    def left(db: Db) -> set[str]:
        return {row.id for row in waiting.of_teacher(db, world.teacher.id)}

    assert world.run(lambda db: waiting.forget(db, MONDAY, MONDAY)) == 0
    assert world.run(lambda db: waiting.forget(db, MONDAY + DAY, MONDAY)) == 1
    assert world.run(left) == {open_still, fresh}
    assert world.run(lambda db: waiting.forget(db, MONDAY + DAY, MONDAY + DAY)) == 1
    assert world.run(left) == {fresh}


def _night(world: World, after: timedelta) -> dict[str, int]:
    now = MONDAY + after

    def unit(db: Db) -> dict[str, int]:
        calendar = schools.calendar(db, world.school)
        ctx: Any = SimpleNamespace(db=db, now=now, local=now, school=world.school, calendar=calendar)
        forget.run(cast("Ctx", ctx))
        return _count(
            db, "kf_turns", "kf_ways", "uploads", "card_codes", "phone_list", "tasks", "task_sections"
        )

    return world.run(unit)


def test_what_wecom_needs_goes_when_it_is_over(world: World) -> None:
    world.run(lambda db: _wecom(db, world))
    all_there = {
        "kf_turns": 1, "kf_ways": 1, "uploads": 1, "card_codes": 1, "phone_list": 2, "tasks": 1,
        "task_sections": 1,
    }  # fmt: skip
    assert _night(world, DAY) == all_there
    passing = {"kf_turns": 0, "kf_ways": 0, "uploads": 0, "card_codes": 0}
    assert _night(world, 4 * DAY) == all_there | passing
    # Who was called is forgotten; who still waits for a call is not.
    assert _night(world, 8 * DAY) == all_there | passing | {"phone_list": 1}
    over = {"phone_list": 1, "tasks": 0, "task_sections": 0}
    assert _night(world, 31 * DAY) == all_there | passing | over


def test_todays_broadcast_stays(world: World) -> None:
    world.run(lambda db: _wecom(db, world))
    assert world.run(lambda db: tasks.forget(db, MONDAY.date())) == 0
    assert world.run(lambda db: tasks.forget(db, date(9999, 1, 1))) == 1
