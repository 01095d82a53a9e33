"""Which chat a reply goes to where guardians are on WeChat and teachers on WeCom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.budget import Level
from bot.command import Broadcast, Group, Parent, Private, Session, Webhook
from bot.lanes import Home, Lane, Lanes, Origin
from config.ids import new_id
from handlers.context import Ctx
from handlers.message import Chat, Identity, Message
from handlers.reply import Asker, Audience, Reply, ToClass, ToPerson
from storage import classes, group_robots, people, schools
from storage.engine import Db, Store
from storage.seed import import_school
from tests.contract.invented import CORP, MONDAY, Ids, document

NOW = datetime(2026, 10, 12, 4, tzinfo=UTC)
HOME = Home("wecom", "school", cards=True, kf_id="wk1")
WELCOME = Session("welcome:code", NOW + timedelta(seconds=20))
SERVICE = Chat("wecom", "school", "private", "wk1")
MOTHER, TEACHER = "g-2-0-m", "t-302"


@pytest.fixture
def school(store: Store) -> Store:
    """The invented school, its teachers members of WeCom and its guardians not on anything yet."""
    said = document(2, 2)
    for person in said["people"]:
        if person["identity"] is not None:
            guardian = any(role["kind"] == "guardian" for role in person["roles"])
            kind = "dingtalk_user" if guardian else "wecom_member"
            person["identity"] = {**person["identity"], "kind": kind}
    store.run(lambda db: import_school(db, said, Ids(), MONDAY)).result()
    return store


def _bind(store: Store, kind: str, ext_id: str) -> None:
    def unit(db: Db) -> bool:
        return people.attach_identity(
            db, new_id, person_id=_person(db, MOTHER), kind=kind, corp=CORP, ext_id=ext_id
        )

    assert store.run(unit).result()


def _person(db: Db, user: str) -> str:
    kind = "wecom_member" if user.startswith("t-") else "dingtalk_user"
    person = people.by_identity(db, kind, CORP, user)
    assert person is not None
    return person.id


def _lane(store: Store, to: str, origin: Origin | None = None) -> Lane | None:
    def unit(db: Db) -> Lane | None:
        only = schools.all_schools(db)[0]
        sender = origin.message.sender if origin else None
        person = people.by_identity(db, sender.kind, sender.corp, sender.id) if sender else None
        second = classes.of_school(db, only.id)[1]
        audience: Audience = Asker()
        if to:
            audience = ToClass(second.id) if to == "class" else ToPerson(_person(db, to))
        ctx = Ctx(db, NOW, only, person, (), new_id)
        return Lanes({CORP: HOME}).of(ctx, Reply(audience, "好"), origin, Level.FULL)

    return store.run(unit).result()


def _said(ext_id: str) -> Origin:
    sender = Identity("wecom_kf", CORP, ext_id)
    return Origin(Message("m1", SERVICE, sender, "", "text", "你好", NOW), WELCOME)


def test_a_guardian_nobody_can_reach_has_no_lane(school: Store) -> None:
    assert _lane(school, MOTHER) is None


@pytest.mark.parametrize("kind", ["wecom_kf", "wecom_parent", "page"])
def test_any_of_the_three_ways_is_one_lane(school: Store, kind: str) -> None:
    _bind(school, kind, "x1")
    lane = _lane(school, MOTHER)
    assert lane is not None
    assert isinstance(lane.target, Parent)
    assert (lane.target.external_id, lane.target.parent_id) == (
        "x1" if kind == "wecom_kf" else "",
        "x1" if kind == "wecom_parent" else "",
    )
    assert lane.target.kf_id == ("wk1" if kind == "wecom_kf" else "")
    assert "buttons" in lane.can
    assert "recall" not in lane.can


def test_the_answer_and_a_word_from_the_teacher_keep_one_order(school: Store) -> None:
    _bind(school, "wecom_kf", "wm1")
    answer, unasked = _lane(school, "", _said("wm1")), _lane(school, MOTHER)
    assert answer is not None
    assert unasked is not None
    assert answer.key == unasked.key
    assert (answer.session, unasked.session) == (WELCOME, None)


def test_a_stranger_in_customer_service_is_answered_there_and_given_no_numbers(school: Store) -> None:
    lane = _lane(school, "", _said("wm-stranger"))
    assert lane is not None
    assert lane.target == Parent("", "wm-stranger", "wk1")
    assert lane.who is None


def test_a_teacher_is_a_member(school: Store) -> None:
    lane = _lane(school, TEACHER)
    assert lane is not None
    assert lane.target == Private(TEACHER, None)
    assert lane.key == f"wecom/school/user/{TEACHER}"


@pytest.mark.parametrize(
    ("key", "target"),
    [
        ("wecom/school/broadcast/wrGROUP", Broadcast("wrGROUP", TEACHER)),
        ("wecom/school/group/wrGROUP", Group("wrGROUP")),
        ("wecom/school/webhook/own", Webhook("token", "")),
        ("wecom/school/forward/c1", None),
    ],
)
def test_the_class_by_the_kind_of_its_group(school: Store, key: str, target: object) -> None:
    def unit(db: Db) -> None:
        only = schools.all_schools(db)[0]
        second = classes.of_school(db, only.id)[1]
        classes.bind_group(db, second.id, key)
        if "/webhook/" in key:
            given = {"name": "own", "token": "token", "secret": ""}
            group_robots.put(db, new_id, school_id=only.id, class_id=second.id, **given)

    school.run(unit).result()
    lane = _lane(school, "class")
    assert (lane.target if lane else None) == target
    if lane is not None:
        assert ("auto_post" in lane.can) is not ("confirmed" in lane.can)
