"""Which chat a reply goes to, and what that chat can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.budget import Level
from bot.command import Group, Page, Private, Session, Webhook
from bot.lanes import Home, Lane, Lanes, Origin
from config.ids import new_id
from handlers.context import Ctx
from handlers.message import Chat, Identity, Message
from handlers.reply import Asker, Reply, ToClass, ToPerson
from storage import classes, group_robots, people, schools
from storage.engine import Db, Store
from storage.seed import import_school
from tests.contract.invented import CORP, MONDAY, Ids, document

NOW = datetime(2026, 10, 12, 4, tzinfo=UTC)
ROBOT = Home("dingtalk", "school", group_cards=True, cards=True)
NO_ROBOT = Home("dingtalk", "school", guardians="page")
SESSION = Session("http://127.0.0.1/robot/sendBySession?session=1", NOW)
MOTHER, TEACHER = "g-2-0-m", "t-302"


@pytest.fixture
def school(store: Store) -> Store:
    store.run(lambda db: import_school(db, document(2, 2), Ids(), MONDAY)).result()
    return store


def _lane(
    store: Store,
    home: Home,
    make: Callable[[Db], Reply],
    *,
    by: str = "",
    chat: Chat | None = None,
    level: Level = Level.FULL,
) -> Lane | None:
    """The lane of a reply to what ``by`` has said in ``chat``, or to nothing."""

    def unit(db: Db) -> Lane | None:
        sender = Identity("dingtalk_user", CORP, by)
        person = people.by_identity(db, sender.kind, sender.corp, sender.id) if by else None
        only = schools.all_schools(db)[0]
        ctx = Ctx(db, NOW, only, person, (), new_id)
        origin = None
        if chat is not None:
            message = Message("m1", chat, sender, "nick", "text", "你好", NOW)
            origin = Origin(message, SESSION if chat.platform == "dingtalk" else None)
        return Lanes({CORP: home}).of(ctx, make(db), origin, level)

    return store.run(unit).result()


def _to(user: str) -> Callable[[Db], Reply]:
    def make(db: Db) -> Reply:
        person = people.by_identity(db, "dingtalk_user", CORP, user)
        assert person is not None
        return Reply(ToPerson(person.id), "好")

    return make


def _class_post(db: Db) -> Reply:
    return Reply(ToClass(_second(db).id), "好")


def _second(db: Db) -> Any:
    return classes.of_school(db, schools.all_schools(db)[0].id)[1]


def _asker(_db: Db) -> Reply:
    return Reply(Asker(), "好")


PRIVATE = Chat("dingtalk", "school", "private", "cid-private")


def test_who_has_just_written_is_answered_by_the_messages_own_address(school: Store) -> None:
    lane = _lane(school, ROBOT, _asker, by=MOTHER, chat=PRIVATE)
    assert lane is not None
    assert lane.target == Private(MOTHER, "cid-private")
    assert lane.session == SESSION
    assert {"buttons", "dialogue"} <= lane.can


def test_a_word_to_oneself_and_a_word_from_elsewhere_keep_one_order(school: Store) -> None:
    own = _lane(school, ROBOT, _to(MOTHER), by=MOTHER, chat=PRIVATE)
    unasked = _lane(school, ROBOT, _to(MOTHER))
    assert own is not None
    assert unasked is not None
    assert own.key == unasked.key
    assert unasked.session is None


@pytest.mark.parametrize(
    ("home", "user", "reached"), [(ROBOT, MOTHER, True), (NO_ROBOT, MOTHER, False), (NO_ROBOT, TEACHER, True)]
)
def test_where_the_robot_may_not_write_to_guardians_it_does_not(
    school: Store, home: Home, user: str, reached: bool
) -> None:
    lane = _lane(school, home, _to(user))
    assert (lane is not None and isinstance(lane.target, Private)) is reached


def test_a_guardian_with_a_phone_on_the_pages_is_reached_there(school: Store) -> None:
    def bind(db: Db) -> str:
        person = people.by_identity(db, "dingtalk_user", CORP, MOTHER)
        assert person is not None
        people.attach_identity(db, new_id, person_id=person.id, kind="page", corp=CORP, ext_id=person.id)
        return person.id

    person_id = school.run(bind).result()
    lane = _lane(school, NO_ROBOT, _to(MOTHER))
    assert lane is not None
    assert lane.target == Page(person_id)
    assert lane.platform == "page"
    assert "counted" not in lane.can
    by_robot = _lane(school, ROBOT, _to(MOTHER))
    assert by_robot is not None
    assert isinstance(by_robot.target, Private)


def test_a_class_with_the_robot_in_its_group(school: Store) -> None:
    lane = _lane(school, ROBOT, _class_post)
    assert lane is not None
    assert isinstance(lane.target, Group)
    assert {"auto_post", "recall", "buttons", "counted"} <= lane.can
    assert lane.who is None


def _with_robot(store: Store, group_chat: str | None = None) -> None:
    def unit(db: Db) -> None:
        of = _second(db)
        robot = {"name": "r", "token": "t0ken", "secret": "SEC1"}
        group_robots.put(db, new_id, school_id=of.school_id, class_id=of.id, **robot)
        if group_chat is not None:
            classes.bind_group(db, of.id, group_chat)

    store.run(unit).result()


def test_where_only_a_custom_robot_may_stand_it_speaks(school: Store) -> None:
    _with_robot(school, "dingtalk/school/webhook/r")
    lane = _lane(school, ROBOT, _class_post)
    assert lane is not None
    assert lane.target == Webhook("t0ken", "SEC1")
    assert lane.can == {"auto_post"}


@pytest.mark.parametrize(
    ("level", "target"),
    [(Level.FULL, Group), (Level.AS_TEXT, Group), (Level.ONE_POST, Webhook), (Level.URGENT, Webhook)],
)
def test_when_calls_run_short_the_custom_robot_beside_it_speaks_for_nothing(
    school: Store, level: Level, target: type
) -> None:
    _with_robot(school)
    lane = _lane(school, ROBOT, _class_post, level=level)
    assert lane is not None
    assert isinstance(lane.target, target)


def test_a_webhook_without_its_token_is_no_lane(school: Store) -> None:
    school.run(lambda db: classes.bind_group(db, _second(db).id, "dingtalk/school/webhook/r")).result()
    assert _lane(school, ROBOT, _class_post) is None


def test_without_templates_nothing_can_be_pressed(school: Store) -> None:
    lane = _lane(school, replace(ROBOT, cards=False, group_cards=False), _asker, by=MOTHER, chat=PRIVATE)
    assert lane is not None
    assert "buttons" not in lane.can
