"""A class group its teacher posts to: one message a day, at most three reminders, over at 21:00."""

from __future__ import annotations

from datetime import date

import pytest

from handlers.broadcast import Post, post
from handlers.broadcast.post import CLOSING
from handlers.reply import Act, AskSent, Drawn, Reply, StopSend, Thing
from storage import classes, digests, schedule, schools, tasks
from storage.engine import Db, Store
from tests.rules.classroom import Classroom

DAY = date(2026, 10, 12)


@pytest.fixture
def room(store: Store) -> Classroom:
    opened = Classroom.opened(store)
    opened.group_is("broadcast")
    opened.plan()
    return opened


def _task(room: Classroom) -> tasks.Task:
    def unit(db: Db) -> tasks.Task | None:
        return tasks.for_day(db, _class_id(db), DAY)

    found = room.store.run(unit).result()
    assert found is not None
    return found


def _class_id(db: Db) -> str:
    found = classes.by_name(db, schools.all_schools(db)[0].id, "三(2)班")
    assert found is not None
    return found.id


def _thing(room: Classroom) -> Thing:
    return Thing("broadcast", _task(room).id)


def _digest(room: Classroom) -> str:
    def unit(db: Db) -> str:
        found = digests.for_day(db, _class_id(db), DAY)
        return found.state if found else ""

    return room.store.run(unit).result()


def _send(room: Classroom, at: str = "16:50") -> None:
    room.at("10:05")
    room.say("王老师", "提醒明天带水彩笔")
    room.at(at)
    room.say("王老师", "发送")


def _laid(room: Classroom, at: str = "16:50") -> None:
    _send(room, at)
    room.came(_thing(room), "say", "sent", task="T1")


def _stars(room: Classroom, text: str = "劳动之星：扫地的同学") -> list[Act] | None:
    """Another feature's section."""

    def unit(db: Db) -> list[Act] | None:
        ctx = room._ctx(db, None)
        deadline = ctx.calendar.at(DAY, CLOSING)
        made = post(
            ctx, Post(_class_id(db), DAY, "stars", Thing("stars", "s" * 32), 1, "每周之星", text, deadline)
        )
        for act in made or ():
            room._post(ctx, "stars", act, "")
        return made

    return room.store.run(unit).result()


def _looks(room: Classroom, state: str = "open") -> list[str]:
    """Walk every look of the day, each answered with ``state``; returns when the teacher was reminded."""
    reminded: list[str] = []
    while (due := _next_look(room)) is not None:
        assert due <= "2026-10-12T21:00", "the day is over"
        room.others.clear()
        room.come(due)
        asked = [act for act in room.others if isinstance(act, AskSent)]
        told = room.seen("王老师")
        if asked:
            room.came(asked[0].thing, "ask_task", "sent", state=state)
            told = room.seen("王老师")
        if told:
            reminded.append(due[-5:])
        if any(isinstance(act, StopSend) for act in room.others):
            break
    return reminded


def _next_look(room: Classroom) -> str | None:
    found = room.store.run(lambda db: schedule.next_due(db, room.now)).result()
    return f"{found.astimezone(room.now.tzinfo):%Y-%m-%dT%H:%M}" if found else None


def test_a_digest_becomes_one_post_its_owner_confirms(room: Classroom) -> None:
    _send(room)
    assert room.seen("王老师") == "", "the task itself is what the teacher sees"
    (made,) = room.posts
    assert (made.thing, made.owner, made.title) == (_thing(room), "broadcast", "三(2)班速递")
    assert "水彩笔" in made.text
    assert made.deadline is not None
    assert made.deadline.astimezone(room.now.tzinfo).strftime("%H:%M") == "21:00"
    assert (_task(room).state, _digest(room)) == ("queued", "queued")
    room.came(_thing(room), "say", "sent", task="T1")
    assert (_task(room).state, _task(room).task_id, _digest(room)) == ("asked", "T1", "queued")


def test_it_counts_as_published_once_it_was_confirmed(room: Classroom) -> None:
    _laid(room)
    room.come("16:51")
    assert room.others == [AskSent(_task(room).class_id, "T1", _thing(room), "broadcast")]
    room.came(_thing(room), "ask_task", "sent", state="sent")
    assert (_task(room).state, _digest(room)) == ("sent", "published")
    assert _next_look(room) in (None, "2026-10-12T21:00"), "nothing is asked of the platform any more"
    assert "不会再发第二遍" in room.say("王老师", "发送")


def test_three_reminders_and_then_the_day_is_over(room: Classroom) -> None:
    _laid(room)
    assert _looks(room) == ["17:10", "17:50", "20:00"]
    assert room.now.strftime("%H:%M") == "21:00"
    assert room.others[-1] == StopSend(_task(room).class_id, "T1", _thing(room), "broadcast")
    room.came(_thing(room), "stop_task", "sent", state="stopped")
    assert room.seen("王老师").startswith("三(2)班 10月12日的速递到 21:00 还没发成")
    assert (_task(room).state, _digest(room)) == ("dropped", "dropped")
    room.others.clear()
    room.come("21:30")
    assert not room.others, "a look after 21:00 asks for nothing"
    assert not room.sent


@pytest.mark.parametrize(
    ("at", "reminders"),
    [("19:50", ["20:10", "20:50"]), ("20:50", []), ("06:30", ["07:00", "07:30", "20:00"])],
)
def test_reminders_keep_apart_and_out_of_the_night(room: Classroom, at: str, reminders: list[str]) -> None:
    room.at("2026-10-12T06:10")
    room.say("王老师", "提醒明天带水彩笔")
    room.at(at)
    room.say("王老师", "发送")
    room.came(_thing(room), "say", "sent", task="T1")
    assert _looks(room) == reminders


def test_confirmed_at_the_last_moment_is_not_said_to_be_dropped(room: Classroom) -> None:
    _laid(room)
    room.come("21:00")
    room.came(_thing(room), "stop_task", "sent", state="sent")
    assert room.seen("王老师") == ""
    assert _digest(room) == "published"


def test_a_second_section_takes_the_first_back_and_goes_with_it(room: Classroom) -> None:
    _send(room)
    first = room.posts[0]
    _stars(room)
    assert first.subject is not None
    withdrawn, merged = room.posts[0], room.posts[-1]
    assert merged.subject is not None
    assert withdrawn.subject is not None
    assert merged.subject.version > withdrawn.subject.version
    assert merged.text.index("水彩笔") < merged.text.index("劳动之星")


def test_a_section_while_it_lies_there_stops_it_first(room: Classroom) -> None:
    _laid(room)
    room.posts.clear()
    _stars(room)
    assert room.others == [StopSend(_task(room).class_id, "T1", _thing(room), "broadcast")]
    assert not room.posts
    room.came(_thing(room), "stop_task", "sent", state="stopped")
    (merged,) = room.posts
    assert "水彩笔" in merged.text
    assert "劳动之星" in merged.text
    room.came(_thing(room), "say", "sent", task="T2")
    assert (_task(room).state, _task(room).task_id) == ("asked", "T2")


def test_a_section_that_comes_while_it_is_being_laid(room: Classroom) -> None:
    _send(room)

    def sending(db: Db) -> None:
        from sqlalchemy import insert

        from storage.outbox import outbox

        row = dict.fromkeys((column.name for column in outbox.c if column.nullable), None)
        row |= {
            "id": "x" * 32,
            "lane": "l",
            "feature": "broadcast",
            "sealed_for": "s",
            "buckets": "[]",
            "safe": False,
            "wants_outcome": True,
            "subject_kind": "broadcast",
            "subject_id": _task_in(db).id,
            "subject_version": 1,
            "state": "sending",
            "created_at": room.now,
            "due_at": room.now,
            "started": True,
            "attempts": 1,
            "fence": 0,
            "rank": 1,
        }
        db.conn.execute(insert(outbox).values(row))

    def _task_in(db: Db) -> tasks.Task:
        found = tasks.for_day(db, _class_id(db), DAY)
        assert found is not None
        return found

    room.store.run(sending).result()
    room.posts.clear()
    _stars(room)
    assert not room.posts, "two of them would lie before the teacher"
    room.came(_thing(room), "say", "sent", task="T1")
    assert room.others == [StopSend(_task(room).class_id, "T1", _thing(room), "broadcast")]


def test_after_it_was_confirmed_the_day_has_no_other(room: Classroom) -> None:
    _laid(room)
    room.came(_thing(room), "ask_task", "sent", state="sent")
    room.posts.clear()
    assert _stars(room) is None
    assert not room.posts


def test_too_late_to_take_back_a_section_added_since_hears_that_it_did_not_go(room: Classroom) -> None:
    _laid(room)
    _stars(room)
    room.came(_thing(room), "stop_task", "sent", state="sent")
    assert (_task(room).state, _digest(room)) == ("sent", "published")


@pytest.mark.parametrize("words", ["今天不发", "先别发"])
def test_not_today_takes_it_back(room: Classroom, words: str) -> None:
    _laid(room)
    said = room.say("王老师", words)
    assert said.startswith("好，三(2)班今天的速递")
    assert room.others == [StopSend(_task(room).class_id, "T1", _thing(room), "broadcast")]
    room.came(_thing(room), "stop_task", "sent", state="stopped")
    assert _task(room).state == "dropped"
    assert not room.sent
    assert _digest(room) == ("skipped" if words == "今天不发" else "draft")
    room.posts.clear()
    room.say("王老师", "发送")
    assert len(room.posts) == 1, "the words are still there"


def test_not_today_came_too_late(room: Classroom) -> None:
    _laid(room)
    room.say("王老师", "今天不发")
    room.came(_thing(room), "stop_task", "sent", state="sent")
    assert _digest(room) == "published"
    assert "没来得及撤" in room.seen("王老师")


def test_the_buttons_of_a_reminder(room: Classroom) -> None:
    _laid(room)
    room.others.clear()
    room.come("17:10")
    room.came(_thing(room), "ask_task", "sent", state="open")
    assert "群发任务" in room.seen("王老师")
    assert "今天不发" in room.seen("王老师")
    room.others.clear()
    assert "看一眼" in room.say("王老师", "已经发了")
    assert room.others == [AskSent(_task(room).class_id, "T1", _thing(room), "broadcast")]
    room.others.clear()
    assert "今天不发" in room.say("王老师", "今天不发")
    assert room.others == [StopSend(_task(room).class_id, "T1", _thing(room), "broadcast")]
    assert _digest(room) == "skipped"


def test_it_is_never_said_to_be_out_while_it_lies_there(room: Classroom) -> None:
    _laid(room)
    assert "还没到群里" in room.say("王老师", "发送")
    assert "已经发" not in room.say("王老师", "看一下")
    assert "在等班主任发" in room.say("王老师", "提醒后天带跳绳")
    assert "老师还没有发" in room.say("小明妈妈", "明天带什么")


def test_the_preview_says_what_will_be_asked(room: Classroom) -> None:
    room.say("王老师", "自动发")
    room.say("王老师", "提醒明天带水彩笔")
    room.come("16:30")
    assert "16:50 请您点一下「发送」，就发到班级群。" in room.seen("王老师")
    room.come("16:50")
    assert len(room.posts) == 1
    assert not room.seen("王老师")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("48002", "还没有开通"),
        ("90501", "不是能群发的班级群"),
        ("limit", "群发次数用完了"),
        ("41048", "没有收下"),
    ],
)
def test_refused_the_teacher_gets_it_to_forward(room: Classroom, code: str, why: str) -> None:
    _send(room)
    room.answers.clear()
    room.came(_thing(room), "say", "refused", code=code)
    words, picture, card = room.answers
    assert words.text.startswith("【三(2)班 10月12日速递】")
    assert not words.buttons
    assert not words.title
    assert isinstance(picture.file, Drawn)
    assert picture.file.recipe == "digest"
    assert not picture.text
    assert why in card.text
    assert [button.label for button in card.buttons] == ["已发到群里", "今天不发"]
    assert (_task(room).state, _digest(room)) == ("by_hand", "queued")


@pytest.mark.parametrize("state", ["limit", "gone"])
def test_what_a_look_finds_dead_is_forwarded(room: Classroom, state: str) -> None:
    _laid(room)
    room.answers.clear()
    room.came(_thing(room), "ask_task", "sent", state=state)
    assert len(room.answers) == 3
    assert _task(room).state == "by_hand"


def test_nobody_to_tell_is_said_to_the_feature(room: Classroom) -> None:
    _send(room)
    room.came(_thing(room), "say", "unknown")
    assert _digest(room) == "failed"
    assert "不确定有没有发出去" in room.seen("王老师")


# A group only people post to


@pytest.fixture
def forwarding(store: Store) -> Classroom:
    opened = Classroom.opened(store)
    opened.group_is("forward")
    opened.plan()
    return opened


def test_by_hand_from_the_beginning(forwarding: Classroom) -> None:
    forwarding.say("王老师", "提醒明天带水彩笔")
    forwarding.at("16:50")
    forwarding.say("王老师", "发送")
    words, picture, card = forwarding.answers
    assert not forwarding.posts
    assert "水彩笔" in words.text
    assert isinstance(picture.file, Drawn)
    assert card.text.startswith("上面的文字（或长图）请长按转发到三(2)班的班级群")
    assert _looks(forwarding) == ["17:10", "17:50", "20:00", "21:00"], "the last says that it is dropped"
    assert (_task(forwarding).state, _digest(forwarding)) == ("dropped", "dropped")


def test_the_teacher_says_that_it_is_there(forwarding: Classroom) -> None:
    forwarding.say("王老师", "提醒明天带水彩笔")
    forwarding.say("王老师", "发送")
    assert "记为已发" in forwarding.say("王老师", "已发到群里")
    assert (_task(forwarding).state, _digest(forwarding)) == ("sent", "published")
    assert "水彩笔" in forwarding.say("小明妈妈", "明天带什么")


def test_the_teacher_wants_none_today(forwarding: Classroom) -> None:
    forwarding.say("王老师", "提醒明天带水彩笔")
    forwarding.say("王老师", "发送")
    assert "今天不发" in forwarding.say("王老师", "今天不发")
    assert (_task(forwarding).state, _digest(forwarding)) == ("dropped", "skipped")
    assert _looks(forwarding) == []


def test_only_the_class_teacher_presses(forwarding: Classroom) -> None:
    forwarding.say("王老师", "提醒明天带水彩笔")
    forwarding.say("王老师", "发送")
    forwarding.say("李老师", "已发到群里")
    assert _task(forwarding).state == "by_hand"


def test_a_group_with_a_robot_is_posted_to_as_ever(store: Store) -> None:
    room = Classroom.opened(store)
    room.say("王老师", "提醒明天带水彩笔")
    room.say("王老师", "发送")
    (made,) = room.posts
    assert made.thing is not None
    assert (made.thing.kind, made.owner) == ("digest", "")
    assert isinstance(made, Reply)


@pytest.mark.parametrize(
    ("key", "way"),
    [
        (None, "by_itself"),
        ("dingtalk/school/group/cid", "by_itself"),
        ("wecom/school/webhook/x", "by_itself"),
        ("wecom/school/broadcast/wr", "confirmed"),
        ("wecom/school/forward/c", "by_hand"),
    ],
)
def test_the_way_into_a_group(key: str | None, way: str) -> None:
    assert classes.way(key) == way
