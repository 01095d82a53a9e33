"""Schools, classes, people: who is who, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import classes, people, schools
from storage.people import Identity
from storage.sealing import KeyGone
from tests.contract.conftest import World
from tests.contract.invented import CORP, MONDAY


def test_school_is_found_by_its_corp_with_all_it_said(world: World) -> None:
    school = world.run(lambda db: schools.by_corp(db, CORP))
    assert school == world.run(lambda db: schools.get(db, world.school.id)) == world.school
    assert school is not None
    assert (school.name, school.tz, school.duty_phone) == ("桥头小学", "Asia/Shanghai", "010-55550110")
    assert world.run(lambda db: schools.by_corp(db, "another")) is None


def test_calendar_holds_terms_and_own_days(world: World) -> None:
    calendar = world.run(lambda db: schools.calendar(db, world.school))
    assert calendar.is_school_day(date(2026, 10, 12))
    assert not calendar.is_school_day(date(2026, 10, 16))
    assert calendar.has_term(date(2027, 3, 1))
    assert not calendar.has_term(date(2027, 8, 1))


def test_a_later_word_about_a_day_replaces_the_earlier(world: World) -> None:
    day = date(2026, 10, 16)
    world.run(lambda db: schools.set_override(db, world.new_id, world.school.id, day=day, school=True))
    assert [(o.day, o.school) for o in world.run(lambda db: schools.overrides(db, world.school.id))] == [
        (day, True)
    ]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("三(2)班", (3, 2)),
        ("三（2）班", (3, 2)),
        ("三（二）班", (3, 2)),
        ("三年级2班", (3, 2)),
        ("三年级(2)班", (3, 2)),
        ("三年二班", (3, 2)),
        ("三2班", (3, 2)),
        ("三二班", (3, 2)),
        ("3(2)班", (3, 2)),
        ("3-2班", (3, 2)),
        ("3年2班", (3, 2)),
        ("302班", (3, 2)),
        ("３０２", (3, 2)),
        ("302 班", (3, 2)),
        ("112班", (1, 12)),
        ("1012班", (10, 12)),
        ("三(12)班", (3, 12)),
        ("三年十二班", (3, 12)),
        ("三(二十一)班", (3, 21)),
        ("初一(3)班", (7, 3)),
        ("七年级3班", (7, 3)),
        ("高三(2)班", (12, 2)),
        ("我们班", None),
        ("班", None),
        ("", None),
        ("三(0)班", None),
        ("13年级1班", None),
        ("2026年10月", None),
    ],
)
def test_spellings_of_a_class(said: str, meant: tuple[int, int] | None) -> None:
    assert classes.parse_name(said) == meant


@given(grade=st.integers(1, 9), number=st.integers(1, 20))
@settings(derandomize=True, max_examples=60)
def test_every_spelling_means_the_same(grade: int, number: int) -> None:
    han = "零一二三四五六七八九"
    spelled = (
        han[number] if number < 10 else ("" if number < 20 else "二") + "十" + han[number % 10].strip("零")
    )
    spellings = (
        f"{han[grade]}({number})班",
        f"{han[grade]}（{number}）班",
        f"{grade}{number:02}班",
        f"{han[grade]}年{spelled}班",
        f"{han[grade]}年级{number}班",
    )
    assert {classes.parse_name(each) for each in spellings} == {(grade, number)}


@given(st.text(max_size=12))
@settings(derandomize=True, max_examples=200)
def test_no_text_breaks_the_class_name(text: str) -> None:
    found = classes.parse_name(text)
    assert found is None or (1 <= found[0] <= 12 and 1 <= found[1] <= 99)


@pytest.mark.parametrize("said", ["三(1)班", "301班", "三年一班"])
def test_class_by_any_spelling(world: World, said: str) -> None:
    assert world.run(lambda db: classes.by_name(db, world.school.id, said)) == world.school_class
    assert world.run(lambda db: classes.by_name(db, "another school", said)) is None


def test_two_classes_that_fit_are_no_answer(world: World) -> None:
    other = "三年级一班"
    world.run(lambda db: classes.add(db, world.new_id, school_id=world.school.id, name=other))
    assert world.run(lambda db: classes.by_name(db, world.school.id, "301班")) is None
    found = world.run(lambda db: classes.by_name(db, world.school.id, other))
    assert found is not None
    assert found.name == other


def test_a_group_belongs_to_one_class(world: World) -> None:
    key = "dingtalk/school/group/cid-1=="
    assert world.run(lambda db: classes.by_group(db, key)) == world.school_class
    second = world.run(lambda db: classes.add(db, world.new_id, school_id=world.school.id, name="三(2)班"))
    assert not world.run(lambda db: classes.bind_group(db, second.id, key))
    assert world.run(lambda db: classes.bind_group(db, world.school_class.id, None))
    assert world.run(lambda db: classes.bind_group(db, second.id, key))
    assert not world.run(lambda db: classes.bind_group(db, "nobody", None))


def test_person_by_identity_and_back(world: World) -> None:
    assert world.mother.name == "小明妈妈"
    found = world.run(lambda db: people.identity_of(db, world.mother.id, "dingtalk_user"))
    assert found == Identity("dingtalk_user", CORP, "g-1-0-m")
    assert world.run(lambda db: people.by_identity(db, "dingtalk_user", "another", "g-1-0-m")) is None


def test_an_identity_is_one_persons(world: World) -> None:
    def attach(person_id: str, ext_id: str) -> bool:
        said = {"kind": "dingtalk_user", "corp": CORP, "ext_id": ext_id}
        return world.run(lambda db: people.attach_identity(db, world.new_id, person_id=person_id, **said))

    assert attach(world.mother.id, "g-1-0-m")  # again: nothing changes
    assert not attach(world.father.id, "g-1-0-m")
    assert not attach(world.mother.id, "second phone")
    assert not attach("nobody", "new")
    assert world.run(lambda db: people.detach(db, "dingtalk_user", CORP, "g-1-0-m"))
    assert not world.run(lambda db: people.detach(db, "dingtalk_user", CORP, "g-1-0-m"))
    assert attach(world.mother.id, "second phone")


def test_teachers_in_order_the_class_teacher_first(world: World) -> None:
    class_id = world.school_class.id
    found = world.run(lambda db: people.teachers_of_class(db, class_id))
    assert [person.name for person in found] == ["王老师", "李老师", "陈老师"]
    assert world.run(lambda db: people.class_teacher(db, class_id)) == world.teacher
    assert world.run(lambda db: people.deputies(db, class_id)) == (world.deputy,)
    assert [p.name for p in world.run(lambda db: people.admins(db, world.school.id))] == ["教务张老师"]


def test_an_ended_role_is_no_role(world: World) -> None:
    role = world.run(lambda db: people.roles(db, world.teacher.id))[0]
    assert (role.kind, role.class_id, role.pupil_id) == ("teacher", world.school_class.id, None)
    later = MONDAY + timedelta(days=1)
    assert world.run(lambda db: people.end_role(db, later, role.id))
    assert not world.run(lambda db: people.end_role(db, later, role.id))
    assert world.run(lambda db: people.roles(db, world.teacher.id)) == ()
    assert world.run(lambda db: people.class_teacher(db, world.school_class.id)) is None


def test_two_roles_name_a_person_once(world: World) -> None:
    said = {"kind": "deputy", "class_id": world.school_class.id, "person_id": world.teacher.id}
    world.run(lambda db: people.add_role(db, world.new_id, MONDAY, **said))  # type: ignore[arg-type]
    found = world.run(lambda db: people.teachers_of_class(db, world.school_class.id))
    assert [person.name for person in found] == ["王老师", "李老师", "陈老师"]


def test_a_role_needs_a_person(world: World) -> None:
    with pytest.raises(ValueError, match="existing person"):
        world.run(lambda db: people.add_role(db, world.new_id, MONDAY, person_id="nobody", kind="admin"))


def test_an_erased_person_cannot_be_read(world: World) -> None:
    world.run(lambda db: db.destroy_key(people.subject(world.father.id)))
    with pytest.raises(KeyGone):
        world.run(lambda db: people.get(db, world.father.id))
    assert world.run(lambda db: people.get(db, world.mother.id)) == world.mother
