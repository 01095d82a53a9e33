"""Who is called in danger, and who is never told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from handlers.message import Attachment
from handlers.reply import Outcome, Thing, ToPerson
from handlers.urgent import rules
from handlers.urgent.staff import DUTY, NAMED
from jobs import call_again
from storage import access_log, cases, contact_log, people, preferences, schedule, schools
from storage.engine import Db
from tests.contract.invented import CORP
from tests.rules.classroom import IDS, Classroom

STAFF = {"w": "王老师", "l": "李老师", "z": "教务张老师"}
OPENED = datetime.fromisoformat("2026-10-12T10:00:30+00:00")


@pytest.mark.parametrize(
    ("words", "at_staff", "ids"),
    [
        ("王老师打孩子", True, ("w",)),
        ("孩子说王老师今天扇他耳光", True, ("w",)),
        ("孩子被李老师打了", True, ("l",)),
        ("班主任又罚跪，打了孩子", True, ("w",)),
        ("体育老师打了他", True, ()),
        ("老师打人了", True, ("w", "l")),
        ("王老师，他爸爸昨晚打他", False, ()),
        ("王老师 乐乐被同学打了", False, ()),
        ("老师您好，孩子被人打了", False, ()),
        ("王老师他爸爸又打孩子", False, ()),
    ],
)
def test_at_whom_words_point(words: str, at_staff: bool, ids: tuple[str, ...]) -> None:
    assert rules.pointed(words, ("w", "l"), STAFF) == rules.Pointed(at_staff, ids)


@pytest.mark.parametrize(
    ("after_s", "next_s"),
    [(0, 60), (59, 60), (60, 180), (179, 180), (300, 480), (480, None), (9000, None)],
)
def test_calls_come_at_their_second_and_what_was_slept_through_is_left_out(
    after_s: int, next_s: int | None
) -> None:
    due_at = None if next_s is None else OPENED + timedelta(seconds=next_s)
    assert rules.next_call(OPENED, OPENED + timedelta(seconds=after_s)) == due_at


def test_who_is_on_duty_is_told_with_the_teachers(room: Classroom) -> None:
    _set(room, DUTY, "陈老师")
    assert room.say("小明妈妈", "救命，小明走丢了").endswith("王老师、李老师和陈老师，谁接到，我马上告诉您。")
    assert "走丢了" in room.seen("陈老师")
    assert "您接了" in room.say("陈老师", "我来")
    assert "陈老师已接到" in room.seen("小明妈妈")


def test_the_named_person_alone_hears_of_abuse_by_a_teacher(room: Classroom) -> None:
    _set(room, NAMED, "陈老师")
    assert "已在通知陈老师，" in room.say("小明妈妈", "王老师打孩子耳光")
    assert [who for who, _ in room.sent] == ["小明妈妈", "陈老师", "陈老师"]
    assert "未成年人保护法" in room.seen("陈老师")


def test_a_picture_beside_confidential_words_goes_to_nobody_and_is_spoken_of(room: Classroom) -> None:
    _set(room, NAMED, "陈老师")
    room.say("小明妈妈", "王老师打孩子耳光", kind="richtext", attachments=(Attachment("picture", "t"),))
    assert "另发来图片" in room.seen("陈老师")
    assert not room.fetches


def test_a_named_person_the_words_point_at_is_not_told(room: Classroom) -> None:
    _set(room, NAMED, "王老师")
    room.say("小明妈妈", "王老师打孩子耳光")
    assert not room.seen("王老师")


@pytest.mark.parametrize("words", ["王老师也打孩子耳光", "体育老师也打孩子耳光"])
def test_what_is_confidential_never_joins_what_the_teachers_see(room: Classroom, words: str) -> None:
    _set(room, NAMED, "陈老师")
    room.say("小明妈妈", "小明被同学打了")
    assert room.seen("王老师")
    room.say("小明妈妈", words)
    assert not room.seen("王老师")
    assert not room.seen("李老师")


def test_with_one_teacher_only_she_is_named(room: Classroom) -> None:
    room.detach("李老师")
    assert "已在通知王老师，谁接到" in room.say("小明妈妈", "救命，小明走丢了")


def test_where_nobody_can_be_reached_it_is_said_plainly(room: Classroom) -> None:
    for who in ("王老师", "李老师", "陈老师"):
        room.detach(who)
    said = room.say("小明妈妈", "救命，小明走丢了")
    assert said.startswith("有危险请先打 110 或 120")
    assert said.endswith("联系不上老师，请直接打电话，不要等。")
    assert [who for who, _ in room.sent] == ["小明妈妈"]


def test_a_teachers_danger_goes_to_the_others(room: Classroom) -> None:
    room.say("王老师", "救命，乐乐从楼梯上摔下来流了好多血")
    assert "摔下来" in room.seen("李老师")
    assert "已在通知李老师" in room.seen("王老师")


def test_a_note_that_speaks_of_danger_is_a_note(room: Classroom) -> None:
    room.say("王老师", "表扬小明陪摔伤的同学去医务室")
    assert not room.seen("李老师")


def test_an_accident_is_in_the_contact_log_and_abuse_is_only_in_the_access_log(room: Classroom) -> None:
    def logged(db: Db) -> int:
        return len(db.conn.execute(contact_log.contact_log.select()).all())

    room.say("小明妈妈", "救命，小明走丢了")
    assert room.store.run(logged).result() == 1
    room.say("林小满妈妈", "小满说他不想活了")
    assert room.store.run(logged).result() == 1

    def looked(db: Db) -> set[str]:
        case_id = db.conn.execute(
            cases.cases.select().where(cases.cases.c.intent == "safeguarding_report")
        ).one()
        return {entry.action for entry in access_log.who_looked(db, "case", case_id.id)}

    assert room.store.run(looked).result() == {"case_told"}


def test_of_a_doubt_about_a_confidential_case_whom_it_points_at_hears_nothing(room: Classroom) -> None:
    """Of every other private doubt the class teacher reads the words: here she may be whom they point at."""
    _set(room, NAMED, "陈老师")
    words = room.say("小明妈妈", "王老师打孩子耳光")
    case_id, writer = room.store.run(_case_of_writer).result()
    lost = Outcome("o1", "unknown", "no_answer", Thing("case", case_id), words, writer, None)
    (told,) = room.hear("urgent", lost)
    assert told.to == ToPerson(room.store.run(lambda db: _id_of(db, "陈老师")).result())
    assert "确认" in told.text
    assert "孩子" not in told.text
    pointed_at = room.store.run(lambda db: _id_of(db, "王老师")).result()
    for one in (lost, replace(lost, thing=None), replace(lost, code="crashed", to_person=None)):
        assert pointed_at not in [getattr(reply.to, "person_id", "") for reply in room.hear("urgent", one)]


def _case_of_writer(db: Db) -> tuple[str, str]:
    row = db.conn.execute(cases.cases.select()).one()
    return row.id, row.writer_id


def _id_of(db: Db, who: str) -> str:
    person = people.by_identity(db, "dingtalk_user", CORP, IDS[who])
    assert person is not None
    return person.id


def test_a_call_that_was_lost_comes_after_all(room: Classroom) -> None:
    room.at("18:30")
    room.say("小明妈妈", "救命，小明走丢了")
    room.store.run(lambda db: db.conn.execute(schedule.schedule.delete())).result()
    room.come("18:31")
    assert not room.sent
    room.at("18:32")
    room.store.run(lambda db: call_again.run(room._ctx(db, None))).result()
    room.come("18:32")
    assert room.seen("小明妈妈").startswith("还没有人接")
    assert "走丢了" in room.seen("陈老师")


def _set(room: Classroom, key: str, who: str) -> None:
    def unit(db: Db) -> None:
        person = people.by_identity(db, "dingtalk_user", CORP, IDS[who])
        assert person is not None
        school = schools.all_schools(db)[0]
        preferences.put(db, room.new_id, room.now, "school", school.id, key, person.id, by=None)

    room.store.run(unit).result()
