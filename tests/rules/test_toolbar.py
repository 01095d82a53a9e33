"""What a group's toolbar has taken: what may still change, and what answers that come late mean."""

from __future__ import annotations

import pytest

from handlers.broadcast import toolbar
from handlers.message import Event
from handlers.reply import Act, OutcomeKind, StopSend
from storage import classes, people, tasks
from storage.engine import Db, Store
from tests.rules.classroom import Classroom
from tests.rules.test_broadcast import _class_id, _digest, _laid, _stars, _task, _thing

PAGE = "f" * 32


@pytest.fixture
def room(store: Store) -> Classroom:
    opened = Classroom.opened(store)
    opened.group_is("broadcast")
    opened.plan()
    _laid(opened)
    opened.others.clear()
    return opened


def _happens(room: Classroom, kind: str, page: str = PAGE, version: int | None = None, who: str = "") -> None:
    task = _task(room)

    def unit(db: Db) -> None:
        of = classes.get(db, _class_id(db))
        teacher = people.class_teacher(db, _class_id(db))
        assert of is not None
        assert teacher is not None
        facts = {
            "person": who or teacher.id,
            "task": task.id,
            "chat": of.group_chat or "",
            "page": page,
            "version": str(task.version if version is None else version),
        }
        ctx = room._ctx(db, None)
        for act in toolbar.happened(ctx, Event(kind, facts)):
            room._post(ctx, "broadcast", act, "")

    room.store.run(unit).result()


def _taken(room: Classroom) -> None:
    _happens(room, toolbar.TAKE)
    assert room.others == [_stop(room)]
    room.came(_thing(room), "stop_task", "sent", state="stopped", task="T1")
    assert _task(room).state == "taken"


def _stop(room: Classroom) -> Act:
    return StopSend(_task(room).class_id, "T1", _thing(room), "broadcast")


def test_it_is_published_once_the_page_says_so(room: Classroom) -> None:
    _taken(room)
    assert _digest(room) == "queued"
    _happens(room, toolbar.SENT)
    assert (_task(room).state, _digest(room)) == ("sent", "published")


def test_nobody_else_by_the_inbox_either(room: Classroom) -> None:
    _happens(room, toolbar.TAKE, who="0" * 32)
    _happens(room, toolbar.TAKE, version=_task(room).version + 1)
    assert (_task(room).state, room.others) == ("asked", [])
    _taken(room)
    _happens(room, toolbar.SENT, page="e" * 32)
    _happens(room, toolbar.FAILED, page="e" * 32)
    assert _task(room).state == "taken"


def test_what_came_meanwhile_was_not_in_it(room: Classroom) -> None:
    _taken(room)
    shown = _task(room).version
    _stars(room)
    assert not room.posts[1:], "nothing goes out beside the page"
    _happens(room, toolbar.SENT, version=shown)
    assert (_task(room).state, _digest(room)) == ("sent", "published")


def test_what_came_while_it_was_taken_back_is_laid_anew(room: Classroom) -> None:
    _happens(room, toolbar.TAKE)
    _stars(room)
    room.came(_thing(room), "stop_task", "sent", state="stopped", task="T1")
    assert _task(room).state == "queued"
    assert "劳动之星" in room.posts[-1].text


def test_an_answer_about_another_task_frees_nothing(room: Classroom) -> None:
    _happens(room, toolbar.TAKE)
    room.came(_thing(room), "stop_task", "sent", state="stopped", task="T0")
    room.came(_thing(room), "ask_task", "sent", state="gone", task="T0")
    assert _task(room).state == "taking"


@pytest.mark.parametrize("kind", ["refused", "unknown"])
def test_nobody_knows_whether_it_was_taken_back(room: Classroom, kind: OutcomeKind) -> None:
    _happens(room, toolbar.TAKE)
    room.came(_thing(room), "stop_task", kind)
    assert (_task(room).state, _task(room).task_id) == ("asked", "T1")


def test_a_look_meanwhile_tries_again(room: Classroom) -> None:
    _happens(room, toolbar.TAKE)
    room.others.clear()
    room.come("16:51")
    assert room.others == [_stop(room)]
    room.came(_thing(room), "stop_task", "sent", state="sent", task="T1")
    assert (_task(room).state, _digest(room)) == ("sent", "published")


def test_the_teacher_says_so_before_the_page(room: Classroom) -> None:
    _taken(room)
    room.come("16:54")
    assert _task(room).state == "by_hand"
    assert "记为已发" in room.say("王老师", "已发到群里")
    assert (_task(room).state, _digest(room)) == ("sent", "published")


def test_none_today_after_all(room: Classroom) -> None:
    _happens(room, toolbar.TAKE)
    room.say("王老师", "先别发")
    room.came(_thing(room), "stop_task", "sent", state="stopped", task="T1")
    assert _task(room).state == "dropped"


def test_the_day_is_over_in_the_hands_of_a_page(room: Classroom) -> None:
    room.at("20:59")
    _taken(room)
    room.come("21:15")
    assert (_task(room).state, _digest(room)) == ("dropped", "dropped")
    _happens(room, toolbar.SENT)
    assert _task(room).state == "dropped"


def test_the_day_is_over_while_it_is_taken_back(room: Classroom) -> None:
    room.at("20:59")
    _happens(room, toolbar.TAKE)
    room.come("21:00")
    assert _task(room).state == "stopping"
    room.came(_thing(room), "stop_task", "sent", state="stopped", task="T1")
    assert _task(room).state == "dropped"


def test_tasks_know_the_states(room: Classroom) -> None:
    task = _task(room)
    longest = max(len(state) for state in tasks.State.__args__)  # type: ignore[attr-defined]
    assert longest <= 12, "the column's width"
    assert task.state == "asked"
