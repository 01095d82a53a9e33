"""Questions to a platform are rows like any other, and outcomes can be handed on; on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from bot.budget import Budget
from bot.command import AnyCommand, AskBook, AskTask, Broadcast, Outcome, Sent, StopTask
from bot.lanes import Home, Lanes
from bot.letters import Post
from bot.pages.links import Links
from bot.payloads import command_of, outcome_of
from config.ids import new_id
from config.settings import ServerSettings
from handlers import reply
from handlers.context import Ctx
from handlers.reply import Act, AskSent, StopSend, Tell, Thing
from storage import claims, classes, inbox, people, schools
from storage.engine import Db
from tests.contract.conftest import World
from tests.contract.invented import CORP, MONDAY

THING = Thing("broadcast", "b" * 32)
HOME = Home("wecom", "school", cards=True)


class Taker:
    """A platform that takes everything."""

    async def send(self, command: AnyCommand) -> Outcome:
        return Sent("")

    def bucket_names(self, command: AnyCommand) -> Sequence[tuple[str, int, float]]:
        return ()

    def idempotent(self, command: AnyCommand) -> bool:
        return True

    def api(self, command: AnyCommand) -> str:
        return "none"


def _ctx(db: Db) -> Ctx:
    return Ctx(db, MONDAY, schools.all_schools(db)[0], None, (), new_id)


def _class_id(db: Db) -> str:
    """The last class, whose group its teacher owns."""
    of = classes.of_school(db, schools.all_schools(db)[0].id)[-1]
    classes.bind_group(db, of.id, "wecom/school/broadcast/wrGROUP")
    teacher = people.class_teacher(db, of.id)
    assert teacher is not None
    people.attach_identity(db, new_id, person_id=teacher.id, kind="wecom_member", corp=CORP, ext_id="t-owner")
    return of.id


def _put(world: World, make: Any, *, home: Home = HOME, platform: str = "wecom/school") -> list[Any]:
    def unit(db: Db) -> list[Any]:
        post = Post({platform: Taker()}, Lanes({CORP: home}), Budget({}), Links(ServerSettings()))
        post.put(_ctx(db), [("broadcast", make(db))], None)
        rows = claims.claim(db, "me", MONDAY, 9, outbox_lease(), lambda _db, _row: True, lambda _row: ()).send
        return [command_of(row) for row in rows]

    return world.store.run(unit).result()


def outbox_lease() -> Any:
    from datetime import timedelta

    return timedelta(seconds=30)


def _outcomes(world: World) -> list[tuple[str, Any]]:
    def unit(db: Db) -> list[tuple[str, Any]]:
        rows = inbox.claim(db, "me", 9, outbox_lease())
        told = [outcome_of(row.payload) for row in rows if row.kind == "outcome"]
        return [(feature, outcome) for feature, _school, outcome in told]

    return world.store.run(unit).result()


@pytest.mark.parametrize(
    ("act", "asked"),
    [
        (lambda db: AskSent(_class_id(db), "task1", THING), AskTask),
        (lambda db: StopSend(_class_id(db), "task1", THING), StopTask),
        (lambda _db: reply.AskBook("class", "7", THING), AskBook),
    ],
)
def test_a_question_is_a_row(world: World, act: Any, asked: type) -> None:
    (command,) = _put(world, act)
    assert isinstance(command, asked)
    if isinstance(command, AskTask):
        assert command.target == Broadcast("wrGROUP", "t-owner")
        assert command.task_id == "task1"
    if isinstance(command, AskBook):
        assert (command.what, command.id) == ("class", "7")


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (lambda db: AskSent(_class_id(db), "task1", THING), "ask_task"),
        (lambda _db: reply.AskBook("class", "7", THING), "book"),
    ],
)
def test_where_nobody_can_be_asked_the_feature_hears_so(world: World, act: Any, kind: str) -> None:
    assert _put(world, act, platform="dingtalk/school") == []
    ((feature, outcome),) = _outcomes(world)
    assert (feature, outcome.kind, outcome.code, outcome.act) == ("broadcast", "refused", "no_lane", kind)
    assert outcome.thing == THING


def test_an_outcome_is_handed_on_once(world: World) -> None:
    outcome = reply.Outcome("o" * 32, "sent", "ok", Thing("digest", "d" * 32), "", None, "c" * 32)

    def tell(_db: Db) -> Act:
        return Tell("digest", outcome)

    assert _put(world, tell) == []
    assert _put(world, tell) == []
    assert _outcomes(world) == [("digest", outcome)]


def test_another_end_of_the_same_thing_is_another_word(world: World) -> None:
    for kind in ("sent", "expired"):
        outcome = reply.Outcome("o" * 32, kind, "ok", Thing("digest", "d" * 32), "", None, None)
        _put(world, lambda _db, outcome=outcome: Tell("digest", outcome))

    def count(db: Db) -> int:
        return int(db.conn.execute(sa.select(sa.func.count()).select_from(inbox.inbox)).scalar_one())

    assert world.store.read(count).result() == 2
