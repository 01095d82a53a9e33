"""What lies before a teacher, when answers overtake each other or come for what is over."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import insert

from handlers.broadcast import Post, post
from handlers.broadcast.post import CLOSING
from handlers.reply import StopSend, Thing
from storage import book, classes, digests, people, schools, tasks
from storage.engine import Db, Store
from storage.outbox import outbox
from tests.rules.classroom import IDS, Classroom

DAY = date(2026, 10, 12)


@pytest.fixture
def room(store: Store) -> Classroom:
    opened = Classroom.opened(store)
    opened.group_is("broadcast")
    opened.plan()
    return opened


def _of(db: Db) -> classes.SchoolClass:
    found = classes.by_name(db, schools.all_schools(db)[0].id, "三(2)班")
    assert found is not None
    return found


def _task(room: Classroom) -> tasks.Task:
    found = room.store.run(lambda db: tasks.for_day(db, _of(db).id, DAY)).result()
    assert found is not None
    return found


def _thing(room: Classroom) -> Thing:
    return Thing("broadcast", _task(room).id)


def _digest(room: Classroom) -> str:
    def unit(db: Db) -> str:
        found = digests.for_day(db, _of(db).id, DAY)
        return found.state if found else ""

    return room.store.run(unit).result()


def _send(room: Classroom) -> None:
    room.say("王老师", "提醒明天带水彩笔")
    room.say("王老师", "发送")


def _stars(room: Classroom) -> None:
    """Another feature's section."""

    def unit(db: Db) -> None:
        ctx = room._ctx(db, None)
        deadline = ctx.calendar.at(DAY, CLOSING)
        thing = Thing("stars", "s" * 32)
        made = Post(_of(db).id, DAY, "stars", thing, 1, "每周之星", "劳动之星：扫地的同学", deadline)
        for act in post(ctx, made) or ():
            room._post(ctx, "stars", act, "")

    room.store.run(unit).result()


def _row(room: Classroom, row_id: str, version: int, state: str) -> str:
    """The outbox row of a post."""
    row = dict.fromkeys((column.name for column in outbox.c if column.nullable), None)
    row |= {
        "id": row_id * 32,
        "lane": "l",
        "feature": "broadcast",
        "sealed_for": "s",
        "buckets": "[]",
        "safe": True,
        "wants_outcome": True,
        "subject_kind": "broadcast",
        "subject_id": _task(room).id,
        "subject_version": version,
        "state": state,
        "created_at": room.now,
        "due_at": room.now,
        "started": False,
        "attempts": 1,
        "fence": 0,
        "rank": 1,
    }
    room.store.run(lambda db: db.conn.execute(insert(outbox).values(row))).result()
    return row_id * 32


def test_a_section_between_the_laying_and_its_news_still_goes_with_it(room: Classroom) -> None:
    _send(room)
    first = _row(room, "1", _task(room).version, "sent")  # laid; what came of it is not decided yet
    _stars(room)
    _row(room, "2", _task(room).version, "new")
    room.others.clear()
    room.posts.clear()
    room.came(_thing(room), "say", "sent", row=first, task="T1")
    assert room.others == [StopSend(_task(room).class_id, "T1", _thing(room), "broadcast")]
    room.came(_thing(room), "stop_task", "sent", state="stopped", task="T1")
    (merged,) = room.posts
    assert "水彩笔" in merged.text
    assert "劳动之星" in merged.text
    assert merged.subject is not None
    room.came(_thing(room), "say", "sent", row=_row(room, "3", merged.subject.version, "sent"), task="T2")
    assert (_task(room).state, _task(room).task_id) == ("asked", "T2")


def test_the_older_one_is_taken_back_where_the_newer_is_on_its_way(room: Classroom) -> None:
    _send(room)
    first = _row(room, "1", _task(room).version, "sent")
    _stars(room)
    second = _row(room, "2", _task(room).version, "sending")
    room.others.clear()
    room.came(_thing(room), "say", "sent", row=first, task="T1")
    assert room.others == [StopSend(_task(room).class_id, "T1", _thing(room), "broadcast")]
    room.others.clear()
    room.came(_thing(room), "say", "sent", row=second, task="T2")
    assert (_task(room).state, _task(room).task_id) == ("asked", "T2")
    room.came(_thing(room), "stop_task", "sent", state="stopped", task="T1")
    assert (_task(room).state, _task(room).task_id) == ("asked", "T2")


def test_what_was_refused_of_an_older_one_says_nothing_about_the_newer(room: Classroom) -> None:
    _send(room)
    first = _row(room, "1", _task(room).version, "refused")
    _stars(room)
    room.answers.clear()
    room.came(_thing(room), "say", "refused", row=first, code="40050")
    assert _task(room).state == "queued"
    assert not room.answers, "nobody is asked to copy what is being laid"


@pytest.mark.parametrize("state", ["stopped", "sent"])
def test_taking_back_an_older_one_says_nothing_about_the_newer(room: Classroom, state: str) -> None:
    _send(room)
    room.came(_thing(room), "say", "sent", task="T2")
    _stars(room)
    assert _task(room).state == "stopping"
    room.posts.clear()
    room.came(_thing(room), "stop_task", "sent", state=state, task="T1")
    assert _task(room).state == "stopping"
    assert not room.posts, "T2 still lies before the teacher"


@pytest.mark.parametrize("state", ["gone", "limit"])
def test_a_look_at_an_older_one_says_nothing_about_the_newer(room: Classroom, state: str) -> None:
    _send(room)
    room.came(_thing(room), "say", "sent", task="T2")
    room.answers.clear()
    room.came(_thing(room), "ask_task", "sent", state=state, task="T1")
    assert _task(room).state == "asked"
    assert not room.answers


def test_refused_after_nine_is_over(room: Classroom) -> None:
    room.at("20:59")
    _send(room)
    room.answers.clear()
    room.at("21:00")
    room.came(_thing(room), "say", "refused", code="40050")
    assert (_task(room).state, _digest(room)) == ("dropped", "dropped")
    assert "转发到" not in room.seen("王老师"), "at night nobody is asked to copy"
    assert "到 21:00 还没发成" in room.seen("王老师")


def test_the_words_for_taking_back_what_waits(room: Classroom) -> None:
    _send(room)
    room.came(_thing(room), "say", "sent", task="T1")
    assert "马上就到群里" not in room.say("王老师", "群里那条删掉")
    assert "还没到群里" in room.say("王老师", "群里那条删掉")


def test_nobody_there_to_copy_it(store: Store) -> None:
    room = Classroom.opened(store)
    room.group_is("forward")
    room.say("王老师", "自动发")
    room.say("王老师", "提醒明天带水彩笔")
    room.plan()

    def nobody(db: Db) -> None:
        teacher = people.class_teacher(db, _of(db).id)
        assert teacher is not None
        for role in people.roles(db, teacher.id):
            people.end_role(db, room.now, role.id)

    room.store.run(nobody).result()
    room.come("16:50")
    assert _digest(room) == "failed", "it is not said to be on its way"


def test_words_on_a_page_nobody_was_told_of_are_read_out_on_the_phone(room: Classroom) -> None:
    def unit(db: Db) -> int:
        ctx = room._ctx(db, None)
        mother = people.by_identity(db, "dingtalk_user", _corp(db), IDS["小明妈妈"])
        assert mother is not None
        people.attach_identity(
            db, room.new_id, person_id=mother.id, kind="page", corp=_corp(db), ext_id="phone"
        )
        from handlers.reply import Outcome
        from handlers.roster import phones

        def came(**facts: str) -> None:
            phones.note(ctx, Outcome(room.new_id(), "sent", "ok", None, "", mother.id, None, "say", facts))

        came(way="page", notice="not_subscribed")
        teacher = people.class_teacher(db, _of(db).id)
        assert teacher is not None
        from dataclasses import replace

        hers = replace(ctx, person=teacher, roles=people.roles(db, teacher.id))
        told = len(phones.waiting(hers))
        came(way="kf")
        assert not phones.waiting(hers), "she was reached since"
        assert not book.calls(db, [_of(db).id])
        return told

    assert room.store.run(unit).result() == 1


def _corp(db: Db) -> str:
    return schools.all_schools(db)[0].corp
