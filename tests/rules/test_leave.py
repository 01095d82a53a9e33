"""Leave: which days are meant, when a teacher may be told, and that it is told once."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.school_calendar import DayOverride, SchoolCalendar, Term
from handlers.language.message import understood
from handlers.leave import rules, telling
from handlers.message import Attachment
from handlers.reply import Outcome, Reply, Thing, ToPerson
from jobs import forget
from storage import classes, leave, people, preferences, pupils, schools
from storage.engine import Db
from tests.contract.invented import CORP
from tests.rules.classroom import IDS, Classroom

ZONE = ZoneInfo("Asia/Shanghai")
TERM = Term("2026–2027 上", date(2026, 9, 1), date(2027, 1, 22))
CALENDAR = SchoolCalendar("Asia/Shanghai", (TERM,), (DayOverride(date(2026, 10, 16), False, "运动会"),))
DISMISSAL = time(16, 30)

# when and what is said | the days meant; ? asked with proposals; ! refused, and why. 2026-10-12 is a Monday.
DAYS = {
    "10-12T08:00 乐乐今天发烧请假一天": "10-12",
    "10-12T08:00 乐乐明天请假": "10-13",
    "10-12T00:30 明天请假": "10-13",
    "10-12T08:00 小明12号到14号请事假，回老家": "10-12 10-13 10-14",
    "10-12T08:00 小明请假": "10-12",
    "10-12T16:29 小明请假": "10-12",
    "10-12T16:30 小明请假": "? 10-13",  # school is out, so it is not for today
    "10-10T20:00 小明请假": "? 10-12",
    "10-12T08:00 下周请假两天": "?",
    "10-12T08:00 下周请假": "10-19 10-20 10-21 10-22 10-23",
    "10-12T08:00 林小满周六请假": "! free 10-17",
    "10-12T08:00 小明周五请假": "! free 10-16",  # the school's own day off
    "10-12T08:00 明天后天请假": "10-13 10-14",
    "10-12T08:00 明天或后天请假": "? 10-13 10-14",
    "10-12T08:00 今天和周四请假": "10-12 10-15",
    "10-12T08:00 小明昨天请假": "! past 10-11",
    "10-12T08:00 孩子昨晚发烧，今天请假": "10-12",
    "10-12T08:00 10号请假": "? 11-10",
    "10-12T08:00 9月31号请假": "?",
    "10-12T08:00 星期一请假": "? 10-12 10-19",
    "10-14T08:00 周四请假": "10-15",
    "10-12T08:00 请假到周四": "10-12 10-13 10-14 10-15",
    "10-12T08:00 从明天起请三天假": "10-13 10-14 10-15",
    "10-15T08:00 小明病了要休息两天": "10-15 10-19",  # sports day and weekend are no leave
    "10-12T08:00 30号到11月2号请假": "10-30 11-02",
    "10-12T20:00 今天请假": "! over 10-12",
    "10-12T17:59 今天请假": "10-12",
    "10-12T18:00 今天到周三请假": "10-13 10-14",
    "10-12T08:00 孩子水痘，医生让在家隔离一周": "10-12 10-13 10-14 10-15",
    "10-12T08:00 想给孩子请明后天两天假": "10-13 10-14",
    "10-12T08:00 小明下午请个假": "10-12",
    "10-12T08:00 寒假请假": "! free 10-12",
    "10-12T08:00 从明天起请50天假": "! long 10-13",
}


def _days(line: str) -> str:
    when, words = line.split(" ", 1)
    local = datetime.fromisoformat(f"2026-{when}").replace(tzinfo=ZONE)
    slots = understood(words, "parent", "private").slots
    found = rules.days_of(words, slots, CALENDAR, local, DISMISSAL)
    if isinstance(found, rules.No):
        return f"! {found.why} {found.day:%m-%d}"
    if isinstance(found, rules.Unsure):
        return " ".join(["?", *(f"{day:%m-%d}" for day in found.proposals)])
    return " ".join(f"{day:%m-%d}" for day in found.days)


@pytest.mark.parametrize("line", DAYS)
def test_which_days_are_meant(line: str) -> None:
    assert _days(line) == DAYS[line]


# words | intent, part and kind
MEANT = {
    "乐乐今天发烧请假一天": "leave_request - sick",
    "孩子发烧了。今天请假一天。": "leave_request - sick",
    "小明下周一请假半天，下午去医院": "leave_request pm sick",
    "小明明天上午请假": "leave_request am -",
    "王老师早上好，小明今早肚子疼，上午去医院，下午看情况再来": "leave_request am sick",
    "小明今天发烧请假，下午不来了": "leave_request pm sick",
    "小明下午请个假": "leave_request pm -",
    "小明明天请事假": "leave_request - personal",
    "明天请一天病假": "leave_request - sick",
    "小明今天不来了": "leave_request - -",
    "发烧了要请假吗": "unclear - -",
    "以后都是爷爷接": "unclear - -",
    "今天爷爷来接": "pickup_change - -",
    "小明今天迟到，大概9点到": "late_report - -",
    "不请假了，明天来": "leave_cancel - -",
}


@pytest.mark.parametrize("words", MEANT)
def test_what_is_meant(words: str) -> None:
    reading = understood(words, "parent", "private")
    part, reason = rules.part_of(words, reading.slots), rules.reason_of(words, reading.slots)
    shown = (part or "-", reason or "-") if reading.intent == "leave_request" else ("-", "-")
    assert " ".join((reading.intent, *shown)) == MEANT[words]


ASKS = ["发烧了要请假吗", "明天能不能请假", "请假怎么请", "小明请假可以不？", "要请几天假"]
TELLS = ["小明发烧，今天请假", "孩子这么难受，今天请假", "今天爷爷来接"]


@pytest.mark.parametrize("words", ASKS + TELLS)
def test_a_question_is_no_request(words: str) -> None:
    assert rules.asks(words) is (words in ASKS)


STOPS = [
    "小明今天的牛奶先不订了",
    "明天的兴趣班不上了",
    "今晚延时班不上，放学就走",
    "这周校车不坐了",
    "午饭别留了",
]
AWAY = [
    "小明今天不去了",
    "发烧，今天兴趣班也不上了",
    "明天不来学校，午饭不用留",
    "请假一天，校车不坐",
    "今天的课不上了",
]


@pytest.mark.parametrize("words", STOPS + AWAY)
def test_what_stops_may_be_something_else_than_school(words: str) -> None:
    assert rules.stops_something(words) is (words in STOPS)


ANSWERS = ["39度，昨晚烧起来的", "没去医院，在家休息", "还没", "去过了，医生说是流感", "咳嗽"]
NO_ANSWERS = ["今天的作业麻烦发一下", "谢谢老师", "要带药去学校吗", "放学爷爷来接", "下周再约您聊聊咳嗽的事"]


@pytest.mark.parametrize("words", ANSWERS + NO_ANSWERS)
def test_what_answers_the_question_about_symptoms(words: str) -> None:
    assert rules.answers(words) is (words in ANSWERS)


# local moment | whether a teacher may be told now, and from when on otherwise (local)
RINGS = {
    "10-12T06:59": "10-12T07:00",
    "10-12T07:00": "now",
    "10-12T17:59": "now",
    "10-12T18:00": "10-13T07:00",
    "10-12T23:00": "10-13T07:00",
    "10-15T19:00": "10-19T07:00",
    "10-17T10:00": "10-19T07:00",
}


@pytest.mark.parametrize("at", RINGS)
def test_nobody_is_rung_at_night(at: str) -> None:
    local = datetime.fromisoformat(f"2026-{at}").replace(tzinfo=ZONE)
    coming = rules.next_ring(CALENDAR, local)
    assert coming is not None
    shown = "now" if rules.may_ring(CALENDAR, local) else f"{coming.astimezone(ZONE):%m-%dT%H:%M}"
    assert shown == RINGS[at]


# In a class


@pytest.fixture
def school(room: Classroom) -> Classroom:
    """The classroom."""
    return room


def _person(db: Db, who: str) -> people.Person:
    found = people.by_identity(db, "dingtalk_user", CORP, IDS[who])
    assert found is not None
    return found


def _second_child(room: Classroom) -> None:
    def unit(db: Db) -> None:
        of = next(role for role in people.roles(db, _person(db, "乐乐妈妈").id) if role.pupil_id)
        people.add_role(
            db,
            room.new_id,
            room.now,
            person_id=_person(db, "小明妈妈").id,
            kind="guardian",
            class_id=of.class_id,
            pupil_id=of.pupil_id,
            relation="妈妈",
        )

    room.store.run(unit).result()


def _rows(room: Classroom, day: str) -> tuple[leave.Leave, ...]:
    def unit(db: Db) -> tuple[leave.Leave, ...]:
        of = next(each for each in classes.of_school(db, _school(db)) if each.name == "三(2)班")
        return leave.of_day(db, of.id, date.fromisoformat(day))

    return room.store.run(unit).result()


def _school(db: Db) -> str:
    return schools.all_schools(db)[0].id


def test_of_two_children_the_one_is_asked_about_unless_named(school: Classroom) -> None:
    _second_child(school)
    asked = school.say("小明妈妈", "今天请假一天")
    assert asked.startswith("您说的是哪个孩子的事？\n回复 1 小明，2 乐乐")
    assert school.seen("王老师") == ""
    assert school.say("小明妈妈", "乐乐").startswith("乐乐10月12日（周一）请假记下了")
    assert "乐乐10月12日（周一）请假" in school.seen("王老师")
    assert school.say("小明妈妈", "小明明天请假").startswith("小明10月13日（周二）")
    both = school.say("小明妈妈", "两个孩子周四都请假")
    assert both == (
        "小明10月15日（周四）请假记下了，王老师会看到。\n乐乐10月15日（周四）请假记下了，王老师会看到。"
    )


def test_the_doctor_reads_of_illness_only_and_only_if_there_is_one(school: Classroom) -> None:
    assert "校医" not in school.say("小明妈妈", "小明发烧，今天请假")

    def name(db: Db) -> None:
        doctor = _person(db, "陈老师").id
        preferences.put(db, school.new_id, school.now, "school", _school(db), telling.DOCTOR, doctor, by=None)

    school.store.run(name).result()
    school.say("林小满妈妈", "小满今天请事假")
    assert school.seen("王老师")
    assert school.seen("陈老师") == ""
    assert "王老师和校医会看到" in school.say("乐乐妈妈", "乐乐发烧，今天请假")
    assert school.seen("陈老师") == "10月12日（周一）三(2)班病假 1 人：\n乐乐 病假（发烧）"
    school.say("乐乐妈妈", "乐乐明天也请病假")
    school.come("2026-10-13T07:00")
    assert school.seen("陈老师").startswith("10月13日（周二）三(2)班病假 1 人：")


def test_a_list_comes_once_and_not_after_school(school: Classroom) -> None:
    school.say("小明妈妈", "小明明天后天请假")
    school.come("2026-10-13T07:00")
    assert school.seen("王老师") == "10月13日（周二）三(2)班请假 1 人：\n小明 请假"
    school.come("2026-10-13T07:05")
    assert school.sent == []
    school.come("2026-10-14T18:00")
    assert school.sent == []


def test_what_was_written_down_in_the_moment_of_the_list_follows(school: Classroom) -> None:
    school.say("小明妈妈", "小明明天请假")
    school.come("2026-10-13T07:00")
    school.at("2026-10-13T06:59")  # decided before the list, committed after it
    assert school.say("林小满妈妈", "小满今天请假").startswith("林小满10月13日（周二）")
    assert school.seen("王老师") == ""
    school.come("2026-10-13T07:05")
    assert school.seen("王老师") == "10月13日（周二）三(2)班请假 1 人：\n林小满 请假"


def test_what_was_told_singly_is_in_no_list_but_in_the_answer(school: Classroom) -> None:
    school.at("2026-10-12T07:01")
    school.say("小明妈妈", "小明今天请假")
    assert "小明妈妈：小明10月12日（周一）请假" in school.seen("王老师")
    school.come("2026-10-12T07:05")
    assert school.seen("王老师") == ""
    assert school.say("王老师", "今天谁请假") == "10月12日（周一）三(2)班请假 1 人：\n小明 请假"


def test_a_day_that_became_free_has_no_list(school: Classroom) -> None:
    school.say("小明妈妈", "小明明天请假")

    def free(db: Db) -> None:
        schools.set_override(db, school.new_id, _school(db), day=date(2026, 10, 13), school=False)

    school.store.run(free).result()
    school.come("2026-10-13T07:00")
    assert school.sent == []


def test_ten_lines_at_most_and_how_many_more(school: Classroom) -> None:
    def many(db: Db) -> None:
        of = next(each for each in classes.of_school(db, _school(db)) if each.name == "三(2)班")
        for n in range(13):
            pupil = pupils.add(db, school.new_id, school_id=_school(db), class_id=of.id, name=f"孩子{n}")
            teacher = _person(db, "王老师").id
            asked = leave.Asked("leave")
            day = date(2026, 10, 13)
            leave.put(db, school.new_id, school.now, pupil, day, asked, by=teacher, request_id=f"r{n}")

    school.store.run(many).result()
    school.say("小明妈妈", "小明明天请假")
    school.come("2026-10-13T07:00")
    lines = school.seen("王老师").split("\n")
    assert lines[0] == "10月13日（周二）三(2)班请假 14 人："
    assert len(lines) == 12
    assert lines[-1] == "还有 4 人，说「今天谁请假」看全部。"
    assert school.say("王老师", "今天谁请假").count("孩子") == 13


def test_seen_is_said_once_and_only_by_a_teacher_of_the_class(school: Classroom) -> None:
    school.say("小明妈妈", "小明今天请假")
    notice = school.answers[-1]
    assert isinstance(notice.to, ToPerson)
    assert notice.thing is not None
    assert notice.deadline is not None
    assert school.say("三(1)班王老师", "准假") == "现在没有等您看的请假。"
    assert school.say("王老师", "准假") == "好，已告诉小明妈妈。"
    assert school.seen("小明妈妈") == "王老师看到了：小明10月12日（周一）请假。"
    assert school.say("王老师", "准假") == "现在没有等您看的请假。"


def test_a_family_hears_that_the_teacher_was_not_reached(school: Classroom) -> None:
    school.say("小明妈妈", "小明今天请假")
    notice = school.answers[-1]
    result = _outcome(notice, "refused")
    told = school.hear("leave", result)
    assert [reply.text for reply in told] == [
        "没能告诉老师：小明10月12日（周一）请假。请直接打老师电话，或打学校值班电话 010-55550110。"
    ]
    assert school.hear("leave", _outcome(notice, "sent")) == []


def _outcome(reply: Reply, kind: str) -> Outcome:
    to = reply.to.person_id if isinstance(reply.to, ToPerson) else None
    thing = reply.thing if isinstance(reply.thing, Thing) else None
    assert kind in ("refused", "sent")
    return Outcome("o1", "refused" if kind == "refused" else "sent", "x", thing, reply.text, to, None)


def test_without_a_teacher_the_family_is_sent_to_the_phone(school: Classroom) -> None:
    for name in ("王老师", "李老师", "陈老师"):
        school.detach(name)
    assert "没人会看到。请直接打老师电话" in school.say("小明妈妈", "小明今天请假")


def test_words_that_were_not_answered_are_dropped(school: Classroom) -> None:
    assert school.say("小明妈妈", "今天舅舅来接小明").startswith("10月12日（周一）由舅舅接小明，对吗？")
    assert school.seen("王老师") == ""
    assert _rows(school, "2026-10-12") == ()
    assert school.say("小明妈妈", "不对") == "好，接人的事没有改，也没有告诉老师。"
    assert _rows(school, "2026-10-12") == ()


def test_leaves_go_with_the_term_and_symptoms_after_thirty_days(school: Classroom) -> None:
    school.say("小明妈妈", "小明发烧，今天请假")

    def run(db: Db) -> None:
        forget.run(school._ctx(db, None))

    school.now += timedelta(days=30)
    school.store.run(run).result()
    assert [row.note for row in _rows(school, "2026-10-12")] == ["发烧"]
    school.now += timedelta(days=1)
    school.store.run(run).result()
    assert [row.note for row in _rows(school, "2026-10-12")] == [""]
    school.at("2027-01-22T03:30")
    school.store.run(run).result()
    assert len(_rows(school, "2026-10-12")) == 1
    school.at("2027-01-23T03:30")
    school.store.run(run).result()
    assert _rows(school, "2026-10-12") == ()


def test_a_teacher_asks_for_leave_for_the_own_child_as_a_parent(school: Classroom) -> None:
    def mother(db: Db) -> None:
        tie = next(role for role in people.roles(db, _person(db, "三(1)班小明妈妈").id) if role.pupil_id)
        people.add_role(
            db,
            school.new_id,
            school.now,
            person_id=_person(db, "王老师").id,
            kind="guardian",
            class_id=tie.class_id,
            pupil_id=tie.pupil_id,
            relation="妈妈",
        )

    school.store.run(mother).result()
    assert school.say("王老师", "小明今天请病假").startswith("小明10月12日（周一）病假记下了，王老师会看到。")
    assert "病假" in school.seen("三(1)班王老师")
    assert school.say("王老师", "乐乐今天请假").endswith("当天的请假名单里有。")


def test_who_teaches_the_class_too_has_it_told_to_the_class_teacher(school: Classroom) -> None:
    assert school.say("李老师", "乐乐今天请假").startswith("乐乐10月12日（周一）请假记下了")
    assert "乐乐10月12日（周一）请假" in school.seen("王老师")
    assert school.say("王老师", "李小红明天请病假") == "您班里没找到「李小红」，没有记。请写全名再说一遍。"
    assert "没有人请假" not in school.say("王老师", "诸葛小红明天请假")
    for asked in ("请假名单", "今天有人请假吗", "看一下今天请假名单", "今天几个人请假"):
        assert school.say("王老师", asked) == "10月12日（周一）三(2)班请假 1 人：\n乐乐 请假"


def test_what_a_range_told_and_a_day_changed_is_told_when_it_is_taken_back(school: Classroom) -> None:
    school.say("小明妈妈", "小明今天到周三请假")
    school.say("小明妈妈", "小明周三请病假，咳嗽")
    assert school.seen("王老师") == ""  # it stands in Wednesday's list
    school.say("小明妈妈", "小明周三的请假取消")
    assert school.seen("王老师") == "小明妈妈：小明10月14日（周三）不请假了，照常上学。"


def test_two_children_are_fetched_by_the_same_person(school: Classroom) -> None:
    _second_child(school)
    assert school.say("小明妈妈", "今天爷爷接小明和乐乐").startswith(
        "10月12日（周一）由爷爷接小明、乐乐，对吗？"
    )
    assert school.say("小明妈妈", "对").count("已告诉王老师") == 2
    assert len(_rows(school, "2026-10-12")) == 2


def test_a_recording_is_read_by_its_transcript_and_a_picture_is_passed_on(school: Classroom) -> None:
    voice = Attachment("voice", "t", "", 3000)
    said = school.say("小明妈妈", "小明今天请假", kind="voice", attachments=(voice,))
    assert said.startswith("小明10月12日（周一）请假记下了")
    picture = Attachment("picture", "t", "假条.jpg")
    said = school.say("林小满妈妈", "小满今天请假", kind="richtext", attachments=(picture,))
    assert said.startswith("已转给王老师")
