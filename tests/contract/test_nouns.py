"""Settings, consent, contacts, talks, slots and media: the same on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeVar

import pytest

from storage import access, broadcast, consent, contact_log, media, people, preferences, talks
from storage.access import Denied, System
from storage.engine import Db
from tests.contract.conftest import World
from tests.contract.invented import MONDAY

T = TypeVar("T")
LATER = MONDAY + timedelta(hours=1)
DAY = date(2026, 10, 12)


def at_once(world: World, unit: Callable[[Db], T], times: int = 8) -> list[T]:
    """Run a unit from several threads at the same moment."""
    ready = threading.Barrier(times)
    results: list[T] = []

    def go() -> None:
        ready.wait(10)
        results.append(world.run(unit))

    threads = [threading.Thread(target=go) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == times
    return results


def test_a_setting_keeps_its_history(world: World) -> None:
    scope = ("class", world.school_class.id, "digest.send")

    def put(db: Db, value: str, by: str | None = None) -> None:
        preferences.put(db, world.new_id, LATER, "class", world.school_class.id, "digest.send", value, by)

    assert world.run(lambda db: preferences.get(db, "class", scope[1], scope[2])) == "16:50"
    world.run(lambda db: put(db, "17:10", world.teacher.id))
    world.run(lambda db: put(db, "17:10", world.deputy.id))  # the same again is no change
    assert world.run(lambda db: preferences.get(db, "class", scope[1], scope[2], "?")) == "17:10"
    found = world.run(lambda db: preferences.history(db, "class", scope[1], scope[2]))
    assert [(s.value, s.by, s.at, s.superseded_at) for s in found] == [
        ("16:50", None, MONDAY, LATER),
        ("17:10", world.teacher.id, LATER, None),
    ]


def test_a_setting_nobody_made(world: World) -> None:
    assert world.run(lambda db: preferences.get(db, "person", world.mother.id, "windows")) is None
    assert (
        world.run(lambda db: preferences.get(db, "person", world.mother.id, "windows", "all day"))
        == "all day"
    )
    with pytest.raises(ValueError, match="no such class"):
        world.run(lambda db: preferences.put(db, world.new_id, MONDAY, "class", "none", "k", "v", None))


def test_settings_made_at_once_leave_one_current(world: World) -> None:
    values = iter(str(n) for n in range(100))

    def put(db: Db) -> None:
        preferences.put(db, world.new_id, LATER, "school", world.school.id, "tone", next(values), None)

    at_once(world, put)
    found = world.run(lambda db: preferences.history(db, "school", world.school.id, "tone"))
    assert len(found) == 8
    assert sum(setting.superseded_at is None for setting in found) == 1


def test_no_word_is_no_consent_and_one_refusal_is_a_refusal(world: World) -> None:
    def say(guardian: str, given: bool) -> str:
        def unit(db: Db) -> str:
            consent.put(db, world.new_id, LATER, guardian, world.other.id, consent.PRAISE_NAME, given)
            return consent.state(db, world.other.id, consent.PRAISE_NAME)

        return world.run(unit)

    guardians = world.run(lambda db: access.guardians_of(db, System("test"), world.other.id))
    assert isinstance(guardians, tuple)
    mother, father = (each.person.id for each in guardians)
    assert world.run(lambda db: consent.state(db, world.other.id, consent.PRAISE_NAME)) == "none"
    assert say(mother, True) == "given"
    assert say(father, False) == "refused"
    assert say(father, True) == "given"
    assert say(mother, False) == "refused"
    words = world.run(lambda db: consent.history(db, world.other.id, consent.PRAISE_NAME))
    assert [(w.guardian_id, w.given) for w in words] == [
        (mother, True),
        (father, False),
        (father, True),
        (mother, False),
    ]
    assert world.run(lambda db: consent.state(db, world.other.id, "photo")) == "none"


def test_a_word_counts_while_its_speaker_is_a_guardian(world: World) -> None:
    purpose = consent.PRAISE_NAME
    assert world.run(lambda db: consent.state(db, world.pupil.id, purpose)) == "given"
    role = world.run(lambda db: people.roles(db, world.mother.id))[0]
    world.run(lambda db: people.end_role(db, LATER, role.id))
    both = [world.pupil.id, world.other.id]
    found = world.run(lambda db: consent.states(db, both, purpose))
    assert found == {world.pupil.id: "none", world.other.id: "none"}


def test_taps_at_once_leave_one_word(world: World) -> None:
    words = iter([True, False] * 4)

    def tap(db: Db) -> None:
        consent.put(db, world.new_id, LATER, world.father.id, world.pupil.id, "photo", next(words))

    at_once(world, tap)
    found = world.run(lambda db: consent.history(db, world.pupil.id, "photo"))
    assert sum(word.superseded_at is None for word in found) == 1


def _contact(world: World, who: str, whom: str, content: str, minute: int) -> str:
    when = MONDAY + timedelta(minutes=minute)
    place = (world.school.id, world.school_class.id, world.pupil.id)
    return world.run(
        lambda db: contact_log.record(
            db, world.new_id, when, *place, who, whom, "message", "to_school", content
        )
    )


def test_timeline_newest_first_and_parents_do_not_read_each_other(world: World) -> None:
    _contact(world, world.mother.id, world.teacher.id, "今天咳嗽", 1)
    _contact(world, world.teacher.id, world.mother.id, "多喝水", 2)
    _contact(world, world.father.id, world.teacher.id, "周五我来接", 3)

    def read(actor: str, **more: object) -> list[str]:
        found = world.run(lambda db: contact_log.timeline(db, actor, world.pupil.id, **more))  # type: ignore[arg-type]
        assert not isinstance(found, Denied)
        return [contact.content for contact in found]

    assert read(world.teacher.id) == ["周五我来接", "多喝水", "今天咳嗽"]
    assert read(world.mother.id) == ["多喝水", "今天咳嗽"]
    assert read(world.father.id) == ["周五我来接"]
    assert read(world.teacher.id, limit=1) == ["周五我来接"]
    assert read(world.teacher.id, before=MONDAY + timedelta(minutes=3)) == ["多喝水", "今天咳嗽"]
    found = world.run(lambda db: contact_log.timeline(db, world.mother.id, world.other.id))
    assert found == Denied("not_yours")


def test_search_opens_what_the_class_has(world: World) -> None:
    _contact(world, world.mother.id, world.teacher.id, "今天咳嗽", 1)
    _contact(world, world.father.id, world.teacher.id, "周五我来接", 3)

    def find(words: str, minute: int = 0) -> list[str]:
        since = MONDAY + timedelta(minutes=minute)
        found = world.run(
            lambda db: contact_log.search(db, world.teacher.id, world.school_class.id, words, since=since)
        )
        assert not isinstance(found, Denied)
        return [contact.content for contact in found]

    assert find("咳嗽") == ["今天咳嗽"]
    assert find("咳嗽", minute=2) == []
    assert find("转学") == []
    since = MONDAY
    denied = world.run(
        lambda db: contact_log.search(db, world.mother.id, world.school_class.id, "咳", since=since)
    )
    assert denied == Denied("not_yours")


def test_a_contact_of_no_child_is_the_classes(world: World) -> None:
    place = (world.school.id, world.school_class.id, None)
    world.run(
        lambda db: contact_log.record(
            db, world.new_id, MONDAY, *place, world.teacher.id, None, "meeting", "to_family", "家长会"
        )
    )
    found = world.run(
        lambda db: contact_log.search(db, world.teacher.id, world.school_class.id, "家长", since=MONDAY)
    )
    assert not isinstance(found, Denied)
    assert [(each.content, each.pupil_id, each.with_id) for each in found] == [("家长会", None, None)]


def _open(world: World, feature: str, minutes: int = 10, who: str = "somebody") -> talks.Talk:
    return world.run(
        lambda db: talks.open_talk(
            db,
            world.new_id,
            MONDAY,
            school_id=world.school.id,
            chat_key="dingtalk/school/private/x",
            person_id=who,
            feature=feature,
            state='{"step": 1}',
            expires_at=MONDAY + timedelta(minutes=minutes),
        )
    )


def test_one_talk_at_a_time_until_it_ends(world: World) -> None:
    def current(minutes: int, who: str = "somebody") -> talks.Talk | None:
        when = MONDAY + timedelta(minutes=minutes)
        return world.run(lambda db: talks.current(db, "dingtalk/school/private/x", who, when))

    first = _open(world, "digest")
    assert current(9) == first
    assert current(10) is None
    assert current(1, who="another") is None
    second = _open(world, "binding")
    assert current(1) == second
    assert not world.run(lambda db: talks.close(db, first.id))  # it was replaced
    assert world.run(lambda db: talks.close(db, second.id))
    assert current(1) is None


def test_expired_talks_are_forgotten(world: World) -> None:
    _open(world, "digest", minutes=1)
    _open(world, "digest", minutes=9, who="another")
    assert world.run(lambda db: talks.forget_expired(db, MONDAY + timedelta(minutes=5))) == 1


def test_talks_opened_at_once_leave_one(world: World) -> None:
    def open_one(db: Db) -> str:
        said = {"chat_key": "here", "person_id": "somebody", "feature": "digest", "state": "{}"}
        return talks.open_talk(
            db, world.new_id, MONDAY, school_id=world.school.id, expires_at=LATER, **said
        ).id

    ids = at_once(world, open_one)
    left = world.run(lambda db: talks.current(db, "here", "somebody", MONDAY))
    assert left is not None
    assert left.id in ids


def test_the_slot_of_a_class_and_day_is_taken_once(world: World) -> None:
    class_id = world.school_class.id
    things = iter(f"thing {n}" for n in range(100))

    def take(db: Db, day: date = DAY, feature: str = "digest") -> bool:
        said = {"school_id": world.school.id, "class_id": class_id, "feature": feature}
        return broadcast.take(db, world.new_id, MONDAY, day=day, thing_id=next(things), **said)

    assert sorted(at_once(world, take)) == [False] * 7 + [True]
    assert world.run(lambda db: take(db, day=date(2026, 10, 13)))
    assert world.run(lambda db: take(db, feature="stars"))
    holder = world.run(lambda db: broadcast.holder(db, class_id, DAY, "digest"))
    assert holder is not None
    assert not world.run(lambda db: broadcast.release(db, class_id, DAY, "digest", "another thing"))
    assert world.run(lambda db: broadcast.release(db, class_id, DAY, "digest", holder))
    assert world.run(lambda db: broadcast.holder(db, class_id, DAY, "digest")) is None


def test_media_wait_to_be_fetched(world: World) -> None:
    said = {"school_id": world.school.id, "message_id": "m" * 32, "person_id": world.mother.id}
    row_id = world.run(
        lambda db: media.remember(
            db, world.new_id, MONDAY, kind="voice", ticket="@download", name="录音", duration_ms=1500, **said
        )
    )
    found = world.run(lambda db: media.of_message(db, "m" * 32))
    assert [(m.id, m.kind, m.ticket, m.name, m.duration_ms) for m in found] == [
        (row_id, "voice", "@download", "录音", 1500)
    ]
    assert world.run(lambda db: media.waiting(db)) == found
