"""Custom robots: sealed, one a class, and read from the school's document in both forms."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from config.ids import new_id
from storage import classes, group_robots, seed
from storage.engine import Db, Store
from storage.group_robots import GroupRobot

NOW = datetime.fromisoformat("2026-10-12T08:00+08:00")
TOKEN, SECRET = "t0ken-of-the-robot", "SEC-of-the-robot"


def _document(klass: dict[str, object]) -> dict[str, object]:
    school = {"name": "试验小学", "corp": "corp1", "tz": "Asia/Shanghai", "terms": [], "overrides": []}
    return {
        "school": school,
        "classes": [{"id": "c1", "name": "三(2)班", **klass}],
        "people": [],
        "pupils": [],
    }


GROUP = {"platform": "dingtalk", "app": "school"}


@pytest.mark.parametrize(
    ("klass", "chat"),
    [
        (
            {"group": {**GROUP, "webhook": "r1", "token": TOKEN, "secret": SECRET}},
            "dingtalk/school/webhook/r1",
        ),
        (
            {"group": {**GROUP, "id": "cid1"}, "robot": {"name": "r1", "token": TOKEN, "secret": SECRET}},
            "dingtalk/school/group/cid1",
        ),
    ],
    ids=["all there is", "beside the app's robot"],
)
def test_a_class_has_its_custom_robot(store: Store, klass: dict[str, object], chat: str) -> None:
    def unit(db: Db) -> tuple[str | None, GroupRobot | None]:
        school = seed.import_school(db, _document(klass), new_id, NOW)
        only = classes.of_school(db, school.id)[0]
        return only.group_chat, group_robots.of_class(db, only.id)

    group_chat, robot = store.run(unit).result()
    assert group_chat == chat
    assert robot is not None
    assert (robot.name, robot.token, robot.secret) == ("r1", TOKEN, SECRET)
    assert TOKEN not in repr(robot)
    assert SECRET not in repr(robot)


def test_a_second_robot_takes_the_place_of_the_first_and_neither_token_lies_open(store: Store) -> None:
    def put(db: Db, token: str) -> None:
        group_robots.put(db, new_id, school_id="s", class_id="c", name="r", token=token, secret=SECRET)

    store.run(lambda db: put(db, "first-token")).result()
    store.run(lambda db: put(db, "second-token")).result()
    rows = store.read(lambda db: db.conn.execute(sa.select(group_robots.group_robots)).all()).result()
    assert len(rows) == 1
    assert b"token" not in bytes(rows[0].token)
    found = store.read(lambda db: group_robots.of_class(db, "c")).result()
    assert found is not None
    assert found.token == "second-token"
    store.run(lambda db: group_robots.remove(db, "c")).result()
    assert store.read(lambda db: group_robots.of_class(db, "c")).result() is None
