"""The platform's book beside ours: nobody twice, nobody lost by a short answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from handlers import router
from handlers.context import Ctx
from handlers.reply import Act, AskBook, Choice, Reply, Thing
from handlers.roster import texts
from handlers.roster.feature import FEATURE
from jobs import sync_book
from storage import book, classes, page_sessions, people
from storage.people import Person
from tests.contract.invented import CORP
from tests.rules.booked import Book, all_pupils, department, one_pupil
from tests.rules.classroom import Classroom


@pytest.fixture
def platform(room: Classroom) -> Book:
    """三(2)班 is department 5 of the book."""
    made = Book(room)
    made.classes(department("5", "三年二班"))
    return made


def _texts(acts: Sequence[Act]) -> list[str]:
    return [act.text for act in acts if isinstance(act, Reply)]


# -- classes


def test_a_class_is_found_by_any_spelling_and_asked_for(platform: Book) -> None:
    before = platform.run(lambda ctx: len(classes.of_school(ctx.db, ctx.school.id)))
    acts = platform.classes(department("5", "302班"), department("6", "4班", "三年级"))
    asked = [act for act in acts if isinstance(act, AskBook)]
    assert [(one.what, one.id) for one in asked] == [("class", "5"), ("class", "6")]
    assert asked[0].thing == Thing("book.class", platform.class_id)
    after = platform.run(lambda ctx: [of.name for of in classes.of_school(ctx.db, ctx.school.id)])
    assert len(after) == before + 1
    assert "三年级4班" in after


def test_the_class_group_is_the_one_of_the_book(platform: Book) -> None:
    platform.classes(department("6", "4班", "三年级", group="wr-1"))
    of = platform.run(lambda ctx: classes.by_name(ctx.db, ctx.school.id, "三(4)班"))
    assert of is not None
    assert of.group_chat == "wecom/school/broadcast/wr-1"


def test_a_head_teacher_of_the_book_becomes_the_class_teacher(platform: Book) -> None:
    def bind(ctx: Ctx) -> str:
        deputy = people.by_identity(ctx.db, "dingtalk_user", CORP, "d-302")
        assert deputy is not None
        people.attach_identity(
            ctx.db, ctx.new_id, person_id=deputy.id, kind="wecom_member", corp=CORP, ext_id="li"
        )
        return deputy.id

    deputy = platform.run(bind)
    for _twice in range(2):
        platform.classes(department("5", "三(2)班", heads=["nobody", "li"]))
        now = platform.run(lambda ctx: people.class_teacher(ctx.db, platform.class_id))
        assert now is not None
        assert now.id == deputy
    held = platform.run(lambda ctx: [role.kind for role in people.roles(ctx.db, deputy)])
    assert sorted(held) == ["deputy", "teacher"]


def test_a_class_without_a_known_head_is_told_once_a_day(platform: Book) -> None:
    said = _texts(platform.classes(department("7", "五(1)班")))
    assert said == [texts.no_head(["五(1)班"])]
    assert _texts(platform.classes(department("7", "五(1)班"))) == []


# -- pupils and parents


def test_those_we_know_become_those_of_the_book_and_nobody_is_there_twice(platform: Book) -> None:
    people_before, names = platform.count(), platform.names()
    for _twice in range(2):
        platform.pupils(*all_pupils())
        assert platform.names() == names
        assert platform.count() == people_before
    assert platform.guardians("小明") == [
        ("小明妈妈", "妈妈", "p-0-母亲"),
        ("小明爸爸", "爸爸", "p-0-父亲"),
    ]
    # Not in the book, bound by a paper code: stays.
    assert ("乐乐爸爸", "爸爸", "") in platform.guardians("乐乐")


def test_who_is_new_is_added_with_a_name_people_recognise(platform: Book) -> None:
    platform.pupils(*all_pupils(), {**one_pupil(1, "祖母", name="新同学"), "id": "s-9"})
    assert platform.names()[-1] == "新同学"
    assert platform.guardians("新同学") == [("新同学奶奶", "奶奶", "p-1-祖母")]


def test_two_of_one_name_are_not_mixed_up(platform: Book) -> None:
    platform.pupils(*all_pupils(), {**one_pupil(1, "姥姥", name="小明"), "id": "s-9"})
    assert platform.names().count("小明") == 3
    bound = [one for one in platform.guardians("小明") if one[0] == "小明妈妈"]
    assert bound[0] == ("小明妈妈", "妈妈", "")  # whoever bound by a paper code stays with that child


def test_who_leaves_loses_the_role_and_nothing_else(platform: Book) -> None:
    platform.pupils(*all_pupils())
    before = platform.count()
    platform.pupils(one_pupil(0, "母亲"), *(one_pupil(n) for n in range(1, 5)))
    assert [name for name, _relation, _id in platform.guardians("小明")] == ["小明妈妈"]
    gone = platform.run(lambda ctx: people.by_identity(ctx.db, "wecom_parent", CORP, "p-0-父亲"))
    assert gone is None
    assert platform.count() == before
    # Back again: the same person.
    platform.pupils(*all_pupils())
    assert platform.count() == before
    assert ("小明爸爸", "爸爸", "p-0-父亲") in platform.guardians("小明")


def test_a_pupil_who_changes_class_is_the_same_pupil(platform: Book) -> None:
    platform.pupils(*all_pupils())
    platform.classes(department("5", "三年二班"), department("4", "三年一班"))
    first = platform.run(lambda ctx: classes.by_name(ctx.db, ctx.school.id, "三(1)班"))
    assert first is not None
    mother = _guardian(platform, "p-1-母亲")
    platform.pupils(*(one for one in all_pupils() if one["id"] != "s-1"))
    facts = {"app": "school", "class": "4", "pupils": [one_pupil(1)]}
    platform.hear(facts, Thing("book.class", first.id))
    roles = platform.run(lambda ctx: people.roles(ctx.db, mother.id))
    assert [(role.class_id, role.relation) for role in roles] == [(first.id, "妈妈")]
    assert "乐乐" not in platform.names()


def _guardian(platform: Book, ext_id: str) -> Person:
    found = platform.run(lambda ctx: people.by_identity(ctx.db, "wecom_parent", CORP, ext_id))
    assert found is not None
    return found


def test_a_short_answer_deletes_nobody_and_the_admin_decides(platform: Book) -> None:
    platform.pupils(*all_pupils())
    for short in ((), all_pupils()[:3]):
        acts = platform.pupils(*short)
        assert len(platform.guardians("孩子2零4")) == 1
    first = platform.pupils(*all_pupils()[:3])
    assert first == []  # told already today
    assert acts == []
    choice = Choice(Thing("book.class", platform.class_id), "apply")
    as_admin = platform.run(lambda ctx: _as_admin(ctx, choice))
    assert any(isinstance(act, AskBook) for act in as_admin)
    platform.pupils(*all_pupils()[:3])
    assert platform.guardians("孩子2零4") == []


def test_the_admin_hears_of_a_short_answer_with_a_button(platform: Book) -> None:
    platform.pupils(*all_pupils())
    (told,) = platform.pupils(*all_pupils()[:3])
    assert isinstance(told, Reply)
    assert told.text == texts.held("三(2)班", "个孩子", 2, 5)
    assert [button.label for button in told.buttons] == [texts.APPLY]


def test_missing_parents_are_a_short_answer_too(platform: Book) -> None:
    platform.pupils(*all_pupils())
    (told,) = platform.pupils(*({**one, "parents": []} for one in all_pupils()))
    assert isinstance(told, Reply)
    assert "位家长" in told.text
    unsaid = platform.pupils(*all_pupils()[:4], {**one_pupil(4), "parents": None})
    assert unsaid == []
    assert len(platform.guardians("孩子2零4")) == 1


def _as_admin(ctx: Ctx, choice: Choice) -> Sequence[Act]:
    admin = people.admins(ctx.db, ctx.school.id)[0]
    me = replace(ctx, person=admin, roles=people.roles(ctx.db, admin.id))
    message: Any = None
    return FEATURE.choose(me, message, choice)


def test_only_an_admin_can_say_so(platform: Book) -> None:
    message: Any = None
    choice = Choice(Thing("book.class", platform.class_id), "apply")
    assert platform.run(lambda ctx: FEATURE.choose(ctx, message, choice)) == []


def test_a_new_id_is_the_same_parent(platform: Book) -> None:
    platform.pupils(*all_pupils())
    mother = _guardian(platform, "p-1-母亲")
    platform.event("book_changed", change="update_parent", id="p-1-母亲", new_id="p-new")
    assert _guardian(platform, "p-new").id == mother.id
    entry = platform.run(lambda ctx: book.get(ctx.db, CORP, "parent", "p-new"))
    assert entry is not None
    assert entry.our_id == mother.id


def test_a_chat_bound_by_code_and_an_account_of_the_book_are_one_person(platform: Book) -> None:
    def bind(ctx: Ctx) -> str:
        father = people.by_identity(ctx.db, "dingtalk_user", CORP, "g-2-1-f")
        assert father is not None
        people.attach_identity(
            ctx.db, ctx.new_id, person_id=father.id, kind="wecom_kf", corp=CORP, ext_id="wm-f"
        )
        return father.id

    father = platform.run(bind)
    listed = all_pupils()
    listed[1]["parents"].append({"id": "p-f", "relation": "", "subscribed": True, "external": "wm-f"})
    platform.pupils(*listed)
    assert _guardian(platform, "p-f").id == father


def test_nobody_follows_is_told_the_teacher_once(platform: Book) -> None:
    (told,) = platform.pupils(*all_pupils(subscribed=False))
    assert isinstance(told, Reply)
    assert told.text == texts.nobody_follows("三(2)班")
    assert platform.pupils(*all_pupils(subscribed=False)) == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("48002", texts.NO_RIGHT),
        ("65022", texts.NO_RIGHT),
        ("unreadable", texts.NO_BOOK),
        ("no_lane", texts.NOT_HERE),
    ],
)
def test_a_book_that_cannot_be_read_is_told_with_what_to_do(platform: Book, code: str, said: str) -> None:
    thing = Thing("book", "x")
    assert _texts(platform.hear({}, thing, "refused", code)) == [said]
    assert _texts(platform.hear({}, thing, "refused", code)) == []


# -- events and the night


def test_a_swarm_of_changes_asks_for_the_class_once(platform: Book) -> None:
    platform.pupils(*all_pupils())
    for n in range(5):
        platform.event("book_changed", change="update_student", id=f"s-{n}", new_id="")
    (one,) = platform.due()
    assert (one.kind, one.subject_id) == ("roster.class", platform.class_id)
    acts = platform.run(lambda ctx: router.due(ctx, one))
    assert acts == [("roster", AskBook("class", "5", Thing("book.class", platform.class_id)))]


def test_somebody_unknown_asks_for_the_whole_book_once(platform: Book) -> None:
    for n in range(5):
        platform.event("book_changed", change="create_student", id=f"new-{n}", new_id="")
    (one,) = platform.due()
    assert one.kind == "roster.all"
    assert platform.run(lambda ctx: router.due(ctx, one))[0][1].what == "departments"  # type: ignore[union-attr]


def test_following_and_unfollowing_is_noted(platform: Book) -> None:
    platform.pupils(*all_pupils())
    for kind, follows in (("unsubscribed", False), ("subscribed", True)):
        platform.event(kind, id="p-1-母亲")
        entry = platform.run(lambda ctx: book.get(ctx.db, CORP, "parent", "p-1-母亲"))
        assert entry is not None
        assert entry.subscribed is follows


def test_the_night_asks_only_where_there_is_a_book(room: Classroom) -> None:
    made = Book(room)
    made.run(sync_book.run)
    assert made.due() == []
    made.classes(department("5", "三年二班"))
    for _twice in range(2):
        made.run(sync_book.run)
    assert [one.kind for one in made.due()] == ["roster.all"]


def _head(ctx: Ctx) -> str:
    found = people.by_identity(ctx.db, "dingtalk_user", CORP, "t-302")
    assert found is not None
    return found.id


def test_a_member_who_left_the_organisation_has_no_account_here(platform: Book) -> None:
    def bind(ctx: Ctx) -> None:
        teacher = people.by_identity(ctx.db, "dingtalk_user", CORP, "t-302")
        assert teacher is not None
        people.attach_identity(
            ctx.db, ctx.new_id, person_id=teacher.id, kind="wecom_member", corp=CORP, ext_id="wang"
        )

    platform.run(bind)
    platform.event("member_changed", change="update_user", id="wang", new_id="wang2")
    assert platform.run(lambda ctx: people.by_identity(ctx.db, "wecom_member", CORP, "wang2")) is not None
    value, now = "0" * 64, platform.room.now
    platform.run(lambda ctx: page_sessions.start(ctx.db, ctx.new_id, now, _head(ctx), value, "member"))
    assert platform.run(lambda ctx: page_sessions.look(ctx.db, value, now, "member")) is not None
    platform.event("member_changed", change="delete_user", id="wang2", new_id="")
    assert platform.run(lambda ctx: page_sessions.look(ctx.db, value, now, "member")) is None
    assert platform.run(lambda ctx: people.by_identity(ctx.db, "wecom_member", CORP, "wang2")) is None


def test_the_admin_asks_for_the_book_and_nobody_else(platform: Book) -> None:
    room = platform.room
    assert room.say("admin", "同步名册") == texts.SYNCING
    assert [act.what for act in room.others if isinstance(act, AskBook)] == ["departments"]
    room.others.clear()
    room.say("王老师", "同步名册")
    assert room.others == []
