"""One digest per class and day, its notes in order, and what was published."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import digests
from storage.digests import Digest, Kind, State
from storage.engine import Db
from tests.contract.conftest import World
from tests.contract.invented import MONDAY
from tests.contract.test_nouns import at_once

DAY = date(2026, 10, 12)


def _digest(world: World, day: date = DAY) -> Digest:
    place = {"school_id": world.school.id, "class_id": world.school_class.id}
    return world.run(lambda db: digests.get_or_create(db, world.new_id, MONDAY, day=day, **place))


def _note(world: World, digest: Digest, kind: Kind, text: str, *pupils: str) -> digests.Note:
    author = world.teacher.id
    return world.run(
        lambda db: digests.add_note(
            db,
            world.new_id,
            MONDAY,
            digest=digest,
            kind=kind,
            text=text,
            pupil_ids=pupils,
            author_id=author,
        )
    )


def test_there_is_one_digest_a_day(world: World) -> None:
    place = {"school_id": world.school.id, "class_id": world.school_class.id, "day": DAY}

    def make(db: Db) -> str:
        return digests.get_or_create(db, world.new_id, MONDAY, **place).id  # type: ignore[arg-type]

    assert world.run(lambda db: digests.for_day(db, world.school_class.id, DAY)) is None
    assert len(set(at_once(world, make))) == 1
    found = world.run(lambda db: digests.for_day(db, world.school_class.id, DAY))
    assert found is not None
    assert (found.state, found.version, found.day, found.changed_at) == ("draft", 0, DAY, MONDAY)
    assert world.run(lambda db: digests.get(db, found.id)) == found
    assert _digest(world, date(2026, 10, 13)).id != found.id


def test_of_many_who_send_one_wins(world: World) -> None:
    digest = _digest(world)

    def send(db: Db) -> bool:
        return digests.set_state(db, digest.id, ("draft", "approved"), "queued", MONDAY)

    assert sorted(at_once(world, send)) == [False] * 7 + [True]
    now = world.run(lambda db: digests.get(db, digest.id))
    assert now is not None
    assert (now.state, now.version) == ("queued", 1)


def test_a_state_moves_from_where_it_is_expected_only(world: World) -> None:
    def move(digest_id: str, before: State, after: State) -> bool:
        return world.run(lambda db: digests.set_state(db, digest_id, [before], after, MONDAY))

    digest = _digest(world)
    assert not move(digest.id, "queued", "published")
    assert move(digest.id, "draft", "skipped")
    assert not move("nothing", "draft", "skipped")


def test_open_digests_up_to_a_day(world: World) -> None:
    def drafts(until: date) -> list[str]:
        states: list[State] = ["draft", "queued"]
        return [each.id for each in world.run(lambda db: digests.in_state(db, states, until=until))]

    today, tomorrow = _digest(world), _digest(world, date(2026, 10, 13))
    assert drafts(DAY) == [today.id]
    assert drafts(date(2026, 10, 31)) == [today.id, tomorrow.id]


def test_notes_keep_their_order_and_every_change_counts(world: World) -> None:
    digest = _digest(world)
    first = _note(world, digest, "praise", "小明主动扫了地", world.pupil.id)
    second = _note(world, digest, "reminder", "明天带跳绳")
    third = _note(world, digest, "news", "今天开了班会")
    assert [note.position for note in (first, second, third)] == [1, 2, 3]
    assert world.run(lambda db: digests.notes(db, digest.id)) == (first, second, third)
    edited = world.run(lambda db: digests.edit_note(db, MONDAY, second.id, text="明天带跳绳和水彩笔"))
    assert edited is not None
    assert (edited.kind, edited.text, edited.position) == ("reminder", "明天带跳绳和水彩笔", 2)
    moved = world.run(lambda db: digests.edit_note(db, MONDAY, third.id, kind="reminder", pupil_ids=["p"]))
    assert moved is not None
    assert (moved.kind, moved.text, moved.pupil_ids) == ("reminder", "今天开了班会", ("p",))
    assert world.run(lambda db: digests.remove_note(db, MONDAY, first.id))
    assert not world.run(lambda db: digests.remove_note(db, MONDAY, first.id))
    assert world.run(lambda db: digests.edit_note(db, MONDAY, first.id, text="again")) is None
    assert world.run(lambda db: digests.notes(db, digest.id)) == (edited, moved)
    now = world.run(lambda db: digests.get(db, digest.id))
    assert now is not None
    assert now.version == 6


def test_notes_at_once_get_places_of_their_own(world: World) -> None:
    digest, author = _digest(world), world.teacher.id

    def add(db: Db) -> int:
        return digests.add_note(
            db, world.new_id, MONDAY, digest=digest, kind="news", text="一句", author_id=author
        ).position

    assert sorted(at_once(world, add)) == list(range(1, 9))


def test_parents_are_answered_from_published_digests_only(world: World) -> None:
    sections = {"reminder": ["明天带跳绳"], "praise": ["小明主动扫了地"]}
    for day, state in ((12, "published"), (13, "queued"), (14, "published"), (9, "published")):
        digest = _digest(world, date(2026, 10, day))
        world.run(lambda db, d=digest: digests.publish_text(db, d.id, f"{d.day} 速递", sections, MONDAY))  # type: ignore[misc, arg-type]
        world.run(lambda db, d=digest, s=state: digests.set_state(db, d.id, ("draft",), s, MONDAY))  # type: ignore[misc]
    found = world.run(lambda db: digests.published(db, world.school_class.id, DAY))
    assert [(each.day.day, each.text) for each in found] == [(14, "2026-10-14 速递"), (12, "2026-10-12 速递")]
    assert found[0].sections == {"reminder": ("明天带跳绳",), "praise": ("小明主动扫了地",)}
    queued = world.run(lambda db: digests.for_day(db, world.school_class.id, date(2026, 10, 13)))
    assert queued is not None
    kept = world.run(lambda db: digests.published_text(db, queued.id))
    assert kept is not None
    assert kept.text == "2026-10-13 速递"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["add", "remove", "edit"]), st.integers(0, 5), st.text(max_size=8)),
        max_size=12,
    ),
    offset=st.integers(0, 3000),
)
@settings(
    derandomize=True,
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_editing_leaves_what_a_list_would(
    world: World, steps: list[tuple[str, int, str]], offset: int
) -> None:
    digest = _digest(world, date(2027, 1, 1) + timedelta(days=offset))
    for note in world.run(lambda db: digests.notes(db, digest.id)):
        world.run(lambda db, n=note: digests.remove_note(db, MONDAY, n.id))  # type: ignore[misc]
    expected: list[tuple[str, str]] = []
    for what, index, text in steps:
        if what == "add":
            expected.append((_note(world, digest, "news", text).id, text))
        elif expected:
            index %= len(expected)
            note_id = expected[index][0]
            if what == "remove":
                world.run(lambda db, i=note_id: digests.remove_note(db, MONDAY, i))  # type: ignore[misc]
                del expected[index]
            else:
                world.run(lambda db, i=note_id, t=text: digests.edit_note(db, MONDAY, i, text=t))  # type: ignore[misc]
                expected[index] = (note_id, text)
    notes = world.run(lambda db: digests.notes(db, digest.id))
    assert [(note.id, note.text) for note in notes] == expected
