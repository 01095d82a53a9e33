"""No query of the nouns reads a whole table: SQLite's own plan says so for each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from storage import (
    access,
    access_log,
    broadcast,
    classes,
    codes,
    consent,
    contact_log,
    digests,
    leave,
    media,
    numbers,
    people,
    preferences,
    schools,
    talks,
)
from storage.engine import Db
from tests.contract.conftest import World
from tests.contract.invented import CORP, MONDAY

# Looked at as a whole on purpose: a handful of rows, once.
SMALL = {"schools"}


@pytest.fixture
def plans(world: World) -> Iterator[list[tuple[str, str]]]:
    """(plan, statement) of everything executed on the writing connection."""
    seen: list[tuple[str, str]] = []

    def before(conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            one = parameters if not isinstance(parameters, list) else parameters[0]
            raw = conn.connection.driver_connection.cursor()
            plan = raw.execute(f"EXPLAIN QUERY PLAN {statement}", one).fetchall()
            seen.extend((row[3], statement) for row in plan)

    sa.event.listen(world.store.engine, "before_cursor_execute", before)
    yield seen
    sa.event.remove(world.store.engine, "before_cursor_execute", before)


def _ask_everything(world: World) -> None:
    def unit(db: Db) -> None:
        school, cls, who, child = world.school.id, world.school_class.id, world.teacher.id, world.pupil.id
        day, later = date(2026, 10, 12), MONDAY + timedelta(hours=1)
        schools.by_corp(db, CORP)
        schools.calendar(db, world.school)
        schools.set_override(db, world.new_id, school, day=day, school=True)
        classes.by_name(db, school, "301班")
        classes.bind_group(db, cls, "new group")
        people.by_identity(db, "dingtalk_user", CORP, "t-301")
        people.identity_of(db, who, "dingtalk_user")
        people.detach(db, "dingtalk_user", CORP, "nobody")
        people.teachers_of_class(db, cls)
        people.class_teacher(db, cls)
        people.admins(db, school)
        people.end_role(db, MONDAY, "nothing")
        access.access_class_pupils(db, who, cls, "why")
        access.guardians_of(db, who, child)
        access.children_of(db, world.mother.id)
        access_log.verify(db, school)
        access_log.who_looked(db, "pupil", child)
        preferences.put(db, world.new_id, MONDAY, "class", cls, "k", "v", None)
        preferences.history(db, "class", cls, "k")
        consent.put(db, world.new_id, MONDAY, world.mother.id, child, "photo", True)
        consent.states(db, [child], "photo")
        consent.history(db, child, "photo")
        contact_log.timeline(db, world.mother.id, child)
        contact_log.search(db, who, cls, "x", since=MONDAY)
        digest = digests.get_or_create(db, world.new_id, MONDAY, school_id=school, class_id=cls, day=day)
        note = digests.add_note(db, world.new_id, MONDAY, digest=digest, kind="news", text="x", author_id=who)
        digests.edit_note(db, MONDAY, note.id, text="y")
        digests.remove_note(db, MONDAY, note.id)
        digests.notes(db, digest.id)
        digests.publish_text(db, digest.id, "x", {}, MONDAY)
        digests.set_state(db, digest.id, ["draft"], "published", MONDAY)
        digests.published(db, cls, day)
        digests.in_state(db, ["draft"], until=day)
        broadcast.holder(db, cls, day, "digest")
        broadcast.release(db, cls, day, "digest", "x")
        talks.current(db, "k", who, MONDAY)
        talks.close(db, "x")
        talks.forget_expired(db, MONDAY)
        numbers.give(db, world.new_id, day, who, "relay", "relay", "x", "a", "l")
        numbers.find(db, who, day, 9)
        numbers.by_token(db, "x")
        numbers.open_of(db, who)
        numbers.close(db, "relay", "x", who)
        numbers.close_one(db, who, "relay", "x", "a")
        codes.attempt(db, world.new_id, MONDAY, "k", CORP, "x")
        codes.forget_attempts(db, later)
        codes.look(db, "10010000")
        codes.use(db, "10010000", MONDAY)
        codes.add(db, world.new_id, MONDAY, person=world.mother, code="12345678")
        asked = leave.Asked("leave", note="x")
        leave.put(db, world.new_id, MONDAY, world.pupil, day, asked, by=who, request_id="x")
        leave.put(db, world.new_id, MONDAY, world.pupil, day, asked, by=who, request_id="x")
        leave.of_day(db, cls, day)
        leave.coming(db, child, day)
        leave.unseen(db, cls, day)
        leave.annotate(db, "x", "y")
        leave.told(db, MONDAY, ["x"])
        leave.seen(db, MONDAY, "x")
        leave.cancel(db, MONDAY, ["x"])
        leave.forget(db, school, rows_before=day, notes_before=day)
        media.of_message(db, "x")
        media.waiting(db)
        media.get(db, "x")
        media.about(db, "x", "y")
        media.given_up(db, "x", "late")
        media.known_files(db, ["x"])
        media.forget(db, MONDAY)

    world.run(unit)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_query_uses_an_index(world: World, plans: list[tuple[str, str]]) -> None:
    _ask_everything(world)
    scans = [
        (plan, statement)
        for plan, statement in plans
        if plan.startswith("SCAN") and "INDEX" not in plan and plan.split()[1] not in SMALL
    ]
    assert len(plans) > 60
    assert scans == []
