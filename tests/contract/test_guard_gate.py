"""Nothing reaches a class group past the guard, whichever feature made it and by whatever way."""

from __future__ import annotations

from datetime import date

import pytest

from bot.command import Broadcast, Command
from handlers.broadcast import Post, post
from handlers.guard import packs
from handlers.reply import Act, Reply, Tell, Thing, ToClass, ToPerson
from storage import classes, preferences
from storage.engine import Db
from tests.contract.conftest import World
from tests.contract.invented import MONDAY
from tests.contract.test_questions import THING, _class_id, _ctx, _outcomes, _put

PHONE = "周雨桐妈妈电话13900001111"
PRAISE = "表扬周雨桐主动扫地"


def _planted(db: Db, text: str) -> Reply:
    return Reply(ToClass(_class_id(db)), text, thing=THING, arrival="must")


def test_a_post_without_the_guard_is_caught(world: World) -> None:
    assert _put(world, lambda db: _planted(db, PHONE)) == []
    ((feature, outcome),) = _outcomes(world)
    assert feature == "broadcast"
    assert (outcome.kind, outcome.code, outcome.text) == ("refused", "guard.phone_number", PHONE)


def test_what_may_be_posted_goes_on(world: World) -> None:
    (command,) = _put(world, lambda db: _planted(db, "明天带跳绳"))
    assert isinstance(command, Command)
    assert isinstance(command.target, Broadcast)


def test_private_words_are_not_looked_at(world: World) -> None:
    def private(db: Db) -> Reply:
        of = classes.of_school(db, _ctx(db).school.id)[-1]
        _class_id(db)
        from storage import people

        teacher = people.class_teacher(db, of.id)
        assert teacher is not None
        return Reply(ToPerson(teacher.id), PHONE)

    (command,) = _put(world, private)
    assert command.text == PHONE


@pytest.mark.parametrize(
    ("scope", "name", "through"),
    [("class", "jingan", 0), ("school", "jingan", 0), ("school", "default", 1), ("class", "no such", 0)],
)
def test_the_rules_of_the_place_hold(world: World, scope: str, name: str, through: int) -> None:
    def planted(db: Db) -> Reply:
        ctx = _ctx(db)
        of = ctx.school.id if scope == "school" else _class_id(db)
        preferences.put(db, ctx.new_id, MONDAY, scope, of, packs.KEY, name, None)  # type: ignore[arg-type]
        return _planted(db, PRAISE)

    assert len(_put(world, planted)) == through


@pytest.mark.parametrize(
    "group", ["wecom/school/broadcast/wrG", "wecom/school/forward/wrG", "dingtalk/school/group/cidG"]
)
def test_no_way_to_the_group_goes_around_it(world: World, group: str) -> None:
    def unit(db: Db) -> list[Act] | None:
        ctx = _ctx(db)
        of = classes.of_school(db, ctx.school.id)[-1]
        classes.bind_group(db, of.id, group)
        deadline = MONDAY.replace(hour=13)
        return post(
            ctx,
            Post(of.id, date(2026, 10, 12), "digest", Thing("digest", "d" * 32), 1, "速递", PHONE, deadline),
        )

    (told,) = world.store.run(unit).result() or []
    assert isinstance(told, Tell)
    assert (told.feature, told.outcome.kind, told.outcome.code) == ("digest", "refused", "guard.phone_number")
