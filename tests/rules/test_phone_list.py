"""The phone list: families no lane reaches, until somebody has called or something arrives again."""

from __future__ import annotations

import pytest

from handlers import router
from handlers.context import Ctx
from handlers.reply import Outcome, OutcomeKind
from handlers.roster import texts
from storage import book, people
from tests.contract.invented import CORP
from tests.rules.booked import Book, all_pupils, department
from tests.rules.classroom import Classroom


@pytest.fixture
def platform(room: Classroom) -> Book:
    """三(2)班 is department 5 of the book."""
    made = Book(room)
    made.classes(department("5", "三年二班"))
    return made


def _lost(platform: Book, who: str, code: str = "unreachable", kind: OutcomeKind = "refused") -> None:
    def unit(ctx: Ctx) -> None:
        person = people.by_identity(ctx.db, "dingtalk_user", CORP, who)
        assert person is not None
        router.outcome(ctx, "relay", Outcome("o", kind, code, None, "话", person.id, None))

    platform.run(unit)


def test_a_family_nobody_reaches_is_on_the_list_once(platform: Book) -> None:
    for _twice in range(2):
        _lost(platform, "g-2-0-m")
    said = platform.room.say("王老师", "电话名单")
    assert said.splitlines()[:2] == ["这 1 家消息收不到，只能打电话：", "三(2)班 小明妈妈"]
    assert texts.CALLED_ALL in said


def test_the_list_is_the_own_classes_only(platform: Book) -> None:
    _lost(platform, "g-2-0-m")
    assert platform.room.say("三(1)班王老师", "电话名单") == texts.NOBODY_CALLED
    assert "名单" not in platform.room.say("小明妈妈", "电话名单")


@pytest.mark.parametrize("words", ["都打过了", "已打", "都打过了。"])
def test_called_is_called_until_the_next_time(platform: Book, words: str) -> None:
    _lost(platform, "g-2-0-m")
    platform.room.say("王老师", "电话名单")
    assert platform.room.say("王老师", words) == texts.CALLED
    assert platform.room.say("王老师", "电话名单") == texts.NOBODY_CALLED
    _lost(platform, "g-2-0-m")
    assert "小明妈妈" in platform.room.say("王老师", "电话名单")


@pytest.mark.parametrize("code", ["45009", "timeout", "48002", "month"])
def test_what_may_pass_is_no_reason_to_call(platform: Book, code: str) -> None:
    _lost(platform, "g-2-0-m", code)
    assert platform.room.say("王老师", "电话名单") == texts.NOBODY_CALLED


def test_a_teacher_is_never_on_the_list(platform: Book) -> None:
    def with_a_child(ctx: Ctx) -> None:
        deputy = people.by_identity(ctx.db, "dingtalk_user", CORP, "d-302")
        mother = people.by_identity(ctx.db, "dingtalk_user", CORP, "g-2-0-m")
        assert deputy is not None
        assert mother is not None
        child = people.roles(ctx.db, mother.id)[0].pupil_id
        people.add_role(
            ctx.db, ctx.new_id, ctx.now, person_id=deputy.id, kind="guardian",
            class_id=platform.class_id, pupil_id=child, relation="爸爸",
        )  # fmt: skip

    platform.run(with_a_child)
    _lost(platform, "d-302")
    assert platform.room.say("王老师", "电话名单") == texts.NOBODY_CALLED


def test_who_is_reached_again_comes_off_it(platform: Book) -> None:
    platform.pupils(*all_pupils(subscribed=False))
    for who in ("g-2-0-m", "g-2-0-f", "g-2-1-m"):
        _lost(platform, who)
    _lost(platform, "g-2-0-m", "", "sent")
    platform.event("subscribed", id="p-0-父亲")
    said = platform.room.say("王老师", "电话名单")
    assert "小明" not in said
    assert "乐乐妈妈" in said


def test_a_long_list_is_ten_lines_with_its_end(room: Classroom) -> None:
    platform = Book(room)

    def many(ctx: Ctx) -> None:
        of = platform.class_id
        for n in range(11):
            pupil = book.keep_pupil(
                ctx.db, ctx.new_id, None, school_id=ctx.school.id, class_id=of, name=f"孩{n:02}"
            )
            one = people.add(ctx.db, ctx.new_id, school_id=ctx.school.id, name="x")
            people.add_role(
                ctx.db, ctx.new_id, ctx.now, person_id=one.id, kind="guardian",
                class_id=of, pupil_id=pupil, relation="妈妈",
            )  # fmt: skip
            told = Outcome("o", "refused", "no_lane", None, "话", one.id, None)
            router.outcome(ctx, "relay", told)

    platform.run(many)
    lines = platform.room.say("王老师", "电话名单").splitlines()
    assert len(lines) <= 11  # ten, and the line of the choice
    assert lines[0].startswith("这 11 家")
    assert "还有 3 家" in lines[-2]
    again = platform.room.say("王老师", "已打")
    assert again.splitlines()[0].startswith("这 3 家")
