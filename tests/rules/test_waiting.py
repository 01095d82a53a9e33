"""What waits for a window: nothing is lost, promised twice, listed twice, or answered to somebody else."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from storage import access, contact_log, people, preferences, pupils, schedule, schools, waiting
from storage.access import System
from storage.engine import Db, Store
from storage.people import Person
from storage.seed import import_school
from tests.contract.invented import CORP, MONDAY, NAMED, Ids, document
from tests.rules.classroom import IDS, Classroom

FAMILIES = 41
ALONE = re.compile(r"(\S+?)（\S+）：问题(\d+)\n回复「(\d+) 加")
"""The last one comes in full, as any message that comes in time."""
TEACHER = "三(1)班王老师"
ASKED = re.compile(r"^(\d+) (\S+?)：问题(\d+)$", re.MULTILINE)


@pytest.fixture
def big(store: Store) -> Classroom:
    """A class of 45 families."""
    school = document(1, 45)
    store.run(lambda db: import_school(db, school, Ids(), MONDAY)).result()
    return Classroom(store, Ids("e"), datetime.fromisoformat("2026-10-12T20:00+08:00"))


def _teacher(room: Classroom) -> Person:
    found = room.store.run(lambda db: people.by_identity(db, "dingtalk_user", CORP, "t-301")).result()
    assert found is not None
    return found


def _open(room: Classroom) -> tuple[waiting.Waiting, ...]:
    teacher = _teacher(room)
    return room.store.run(lambda db: waiting.of_teacher(db, teacher.id)).result()


def _all_ask(room: Classroom, count: int = FAMILIES) -> None:
    for at in range(count):
        assert room.say(f"g-1-{at}-m", f"问题{at}").startswith("收到。")


def _mother(at: int) -> str:
    """As the classroom names her."""
    return "三(1)班小明妈妈" if at == 0 else f"g-1-{at}-m"


def _family(at: int) -> str:
    """As the list names her."""
    child = NAMED[at] if at < len(NAMED) else f"孩子1零{at}"
    return f"{child}妈妈"


def test_forty_one_wait_and_forty_one_answers_are_enough(big: Classroom) -> None:
    _all_ask(big)
    big.come("2026-10-13T08:00")
    listed = big.seen(TEACHER)
    answered: list[str] = []
    actions = 0
    while lines := [*ASKED.findall(listed), *((n, *who) for *who, n in ALONE.findall(listed))]:
        assert len(lines) <= 10
        listed = ""
        for number, name, question in lines:
            said = big.say(TEACHER, f"{number} 回{question}")
            actions += 1
            assert said.startswith(f"已发给{name}。")
            # The answer went to whoever asked exactly this, and to nobody else.
            assert big.sent[1] == (_mother(int(question)), f"王老师：回{question}")
            answered.append(question)
            listed = said
    assert sorted(map(int, answered)) == list(range(FAMILIES))
    assert actions == FAMILIES
    assert not _open(big)


def test_a_page_can_be_turned_before_it_is_answered(big: Classroom) -> None:
    _all_ask(big, 15)
    big.come("2026-10-13T08:00")
    first = big.seen(TEACHER)
    assert "15 位家长等您" in first
    turned = big.say(TEACHER, "看后面 5 位")
    assert len(ASKED.findall(turned)) == 5
    assert not set(ASKED.findall(turned)) & set(ASKED.findall(first))


def test_a_number_stays_with_its_family_when_the_list_changes(big: Classroom) -> None:
    _all_ask(big, 3)
    big.come("2026-10-13T08:00")
    big.say(TEACHER, "1 回0")
    big.say("g-1-7-m", "问题7")  # somebody new, in the window
    big.say(TEACHER, "谁在等我")
    for number, at in ((2, 1), (3, 2)):
        said = big.say(TEACHER, f"{number} 好的")
        assert said == f"已发给{_family(at)}。"


def test_a_window_opens_once_however_often_the_tick_comes(big: Classroom) -> None:
    _all_ask(big, 3)
    big.come("2026-10-13T08:00")
    assert big.seen(TEACHER)
    big.come("2026-10-13T08:01")
    assert not big.seen(TEACHER)
    # The same occurrence again, as another replica that was too slow would see it.
    planned = big.store.run(lambda db: schedule.due(db, big.now, 10)).result()
    assert not [one for one in planned if one.kind == "relay.open"]


def test_ten_hours_asleep_the_parents_hear_a_new_time_and_nobody_is_rung_up(big: Classroom) -> None:
    _all_ask(big, 2)
    big.come("2026-10-13T21:40")  # both windows of the day have passed
    assert not big.seen(TEACHER)
    for at in (0, 1):
        told = big.seen(_mother(at))
        assert told == "抱歉，您的留言我送晚了，王老师 10月14日（周三）8:00–10:00 看。内容都在，不用重发。"
    big.come("2026-10-14T08:00")
    assert len(ASKED.findall(big.seen(TEACHER))) == 2
    assert not big.seen(_mother(0))


def test_with_the_first_list_a_teacher_is_asked_once_whether_the_hours_suit(big: Classroom) -> None:
    big.store.run(lambda db: _no_windows_at_import(big, db)).result()
    _all_ask(big, 1)
    big.come("2026-10-13T08:00")
    assert big.seen(TEACHER).count("时间不合适") == 1
    assert "上学日 8:00–10:00、16:00–18:00" in big.seen(TEACHER)
    big.at("18:30")
    _all_ask(big, 2)
    big.come("2026-10-14T08:00")
    assert "问题" in big.seen(TEACHER)
    assert "时间不合适" not in big.seen(TEACHER)


def _no_windows_at_import(big: Classroom, db: Db) -> None:
    person = people.by_identity(db, "dingtalk_user", CORP, IDS.get(TEACHER, TEACHER))
    assert person is not None
    preferences.put(db, big.new_id, big.now, "person", person.id, "windows", "", by=None)


def test_who_has_chosen_the_hours_is_not_asked(big: Classroom) -> None:
    big.say(TEACHER, "答复时间改成11点到12点")
    big.say(TEACHER, "好的")
    _all_ask(big, 1)
    big.come("2026-10-13T11:00")
    assert "问题0" in big.seen(TEACHER)
    assert "时间不合适" not in big.seen(TEACHER)


def test_what_waits_follows_a_changed_window(big: Classroom) -> None:
    _all_ask(big, 1)
    big.say(TEACHER, "答复时间改成11点到12点")
    big.say(TEACHER, "好的")
    told = big.seen(_mother(0))
    assert "改到10月13日（周二）11:00–12:00" in told
    big.come("2026-10-13T08:00")
    assert not big.seen(TEACHER)
    big.come("2026-10-13T11:00")
    assert "问题0" in big.seen(TEACHER)


def test_a_window_opened_now_shows_at_once_what_waits(big: Classroom) -> None:
    _all_ask(big, 2)
    big.say(TEACHER, "答复时间改成8点到10点和19点到21点")
    assert len(ASKED.findall(big.say(TEACHER, "好的"))) == 2


def test_an_evening_opened_once_ends_with_the_evening(big: Classroom) -> None:
    big.at("17:00")
    _set(big, "*=08:00-10:00,16:00-18:00;2026-10-12=19:30-20:30")
    big.at("19:00")
    assert "10月12日（周一）19:30 开始看留言，预计 20:30 前" in big.say("g-1-0-m", "问题0")
    big.at("20:30")
    assert "10月13日（周二）8:00" in big.say("g-1-1-m", "问题1")


def _set(room: Classroom, kept: str) -> None:
    teacher = _teacher(room)
    room.store.run(
        lambda db: preferences.put(db, room.new_id, room.now, "person", teacher.id, "windows", kept, None)
    ).result()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2026-09-30T19:00", "10月8日（周四）8:00"),  # over the holidays
        ("2026-10-09T19:00", "10月10日（周六）8:00"),  # a Saturday that is worked
        ("2026-10-12T23:59", "10月13日（周二）8:00"),
        ("2026-10-13T00:00", "10月13日（周二）8:00"),
    ],
)
def test_the_promise_names_the_day(big: Classroom, written: str, said: str) -> None:
    big.at(written)
    assert f"{said} 开始看留言，预计 10:00 前回复" in big.say("g-1-0-m", "问题0")


def test_a_night_in_which_the_clocks_go_back_has_one_window(big: Classroom) -> None:
    """A school in another zone: 8:00 there is 8:00 there, on the day the clocks change too."""

    def abroad(db: Db) -> None:
        table = schools.schools
        db.conn.execute(table.update().values(tz="Europe/Berlin"))

    big.store.run(abroad).result()
    big.now = datetime.fromisoformat("2026-10-23T19:00+02:00")  # a Friday; on Sunday summer time ends
    assert "10月26日（周一）8:00" in big.say("g-1-0-m", "问题0")
    due = big.store.run(lambda db: schedule.next_due(db, big.now)).result()
    assert due == datetime.fromisoformat("2026-10-26T08:00+01:00")


def test_without_a_term_nothing_is_promised_and_nothing_waits(store: Store) -> None:
    school = document(1, 5)
    school["school"]["terms"] = []
    store.run(lambda db: import_school(db, school, Ids(), MONDAY)).result()
    room = Classroom(store, Ids("e"), datetime.fromisoformat("2026-10-12T20:00+08:00"))
    assert room.say("g-1-0-m", "问题0").endswith("，回复会发到这里。")
    assert "问题0" in room.seen(TEACHER)


def test_erased_families_wait_without_words(big: Classroom) -> None:
    _all_ask(big, 1)
    pupil_id = _open(big)[0].pupil_id
    big.store.run(lambda db: db.destroy_key(pupils.subject(pupil_id))).result()
    assert _open(big)[0].words == ""


def test_the_parent_is_told_once_in_a_closed_period(big: Classroom) -> None:
    assert big.say("g-1-0-m", "问题0")
    assert not big.say("g-1-0-m", "还有一句")
    assert big.say("g-1-0-f", "问题0")  # the other parent has not heard it yet
    big.come("2026-10-13T08:00")
    big.at("12:00")
    assert "16:00 开始看留言" in big.say("g-1-0-m", "又想起一件事")


def _logged(room: Classroom) -> list[str]:
    def unit(db: Db) -> list[str]:
        pupils_of = [row.pupil_id for row in waiting.of_teacher(db, _person_id(db, "t-301"))]
        pupil_id = pupils_of[0] if pupils_of else access.children_of(db, _person_id(db, "g-1-0-m"))[0].id
        found = contact_log.timeline(db, System("test"), pupil_id)
        assert isinstance(found, tuple)
        return [one.content for one in found]

    return room.store.run(unit).result()


def _person_id(db: Db, ext_id: str) -> str:
    found = people.by_identity(db, "dingtalk_user", CORP, ext_id)
    assert found is not None
    return found.id


def test_the_contact_log_knows_of_words_once_the_teacher_has_them(big: Classroom) -> None:
    _all_ask(big, 1)
    assert _logged(big) == []
    big.come("2026-10-13T08:00")
    assert _logged(big) == ["问题0"]
    big.come("2026-10-13T16:00")  # listed again, recorded once
    assert _logged(big) == ["问题0"]


def test_what_is_taken_back_before_the_window_leaves_no_trace(big: Classroom) -> None:
    _all_ask(big, 1)
    assert "没有转给老师" in big.say("g-1-0-m", "撤回刚才那条")
    big.come("2026-10-13T08:00")
    assert not big.seen(TEACHER)
    assert _logged(big) == []


def test_put_off_tells_nobody_twice(big: Classroom) -> None:
    big.at("16:05")
    assert big.say("g-1-0-m", "问题0").startswith("已转给")
    big.at("17:50")
    big.say("g-1-1-m", "问题1")  # promised for tomorrow already
    assert big.say(TEACHER, "顺延").startswith("好，已告诉 1 位家长")
    assert big.seen("三(1)班小明妈妈").startswith("王老师现在走不开")
    assert not big.seen("g-1-1-m")
