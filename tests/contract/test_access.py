"""The one door to a child's data, and the log of who went through it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from storage import access, access_log, people
from storage.access import Denied, Pupil, System
from storage.access_log import access_chain
from storage.access_log import access_log as rows
from storage.engine import Db
from tests.contract.conftest import World
from tests.contract.invented import MONDAY


def _entries(world: World) -> list[tuple[str, str, str, str]]:
    def look(db: Db) -> list[tuple[str, str, str, str]]:
        found = (
            *access_log.who_looked(db, "pupil", world.pupil.id),
            *access_log.who_looked(db, "class", world.school_class.id),
        )
        return [(e.actor_id, e.action, e.object_kind, e.reason) for e in found]

    return world.run(look)


def test_the_own_teacher_gets_in_and_it_is_noted(world: World) -> None:
    assert (
        world.run(lambda db: access.access_pupil(db, world.teacher.id, world.pupil.id, "看看情况"))
        == world.pupil
    )
    assert _entries(world) == [(world.teacher.id, "read", "pupil", "看看情况")]


def test_a_class_list_is_one_entry(world: World) -> None:
    found = world.run(
        lambda db: access.access_class_pupils(db, world.deputy.id, world.school_class.id, "名单")
    )
    assert isinstance(found, tuple)
    assert [pupil.name for pupil in found[:3]] == ["小明", "乐乐", "林小满"]
    assert _entries(world) == [(world.deputy.id, "read", "class", "名单")]


def test_a_guardian_sees_the_own_child_only_and_is_not_noted(world: World) -> None:
    mother = world.mother.id
    assert world.run(lambda db: access.access_pupil(db, mother, world.pupil.id, "mine")) == world.pupil
    assert world.run(lambda db: access.access_pupil(db, mother, world.other.id, "no")) == Denied("not_yours")
    found = world.run(lambda db: access.access_class_pupils(db, mother, world.school_class.id, "no"))
    assert found == Denied("not_yours")
    assert world.run(lambda db: access.children_of(db, mother)) == (world.pupil,)
    assert world.run(lambda db: access.children_of(db, world.teacher.id)) == ()
    assert _entries(world) == []


def test_all_or_none_of_several(world: World) -> None:
    both = [world.other.id, world.pupil.id]
    assert world.run(lambda db: access.access_pupils(db, world.mother.id, both, "x")) == Denied("not_yours")
    found = world.run(lambda db: access.access_pupils(db, world.teacher.id, both, "x"))
    assert found == (world.pupil, world.other)


def test_no_reason_no_child(world: World) -> None:
    assert world.run(lambda db: access.access_pupil(db, world.teacher.id, world.pupil.id, " ")) == Denied(
        "no_reason"
    )


def test_strangers_ended_roles_admins_and_unknown_children(world: World) -> None:
    def ask(actor: str, pupil_id: str = world.pupil.id) -> Pupil | Denied:
        return world.run(lambda db: access.access_pupil(db, actor, pupil_id, "why"))

    admin = world.run(lambda db: people.admins(db, world.school.id))[0]
    assert ask("nobody") == ask(admin.id) == Denied("not_yours")
    assert ask(world.teacher.id, "no child") == Denied("unknown")
    role = world.run(lambda db: people.roles(db, world.teacher.id))[0]
    world.run(lambda db: people.end_role(db, MONDAY, role.id))
    assert ask(world.teacher.id) == Denied("not_yours")


def test_the_service_itself_is_not_noted(world: World) -> None:
    assert world.run(lambda db: access.access_pupil(db, System("digest"), world.pupil.id, "")) == world.pupil
    assert world.run(lambda db: access_log.head(db, world.school.id)).seq == 0


def test_guardians_of_a_child(world: World) -> None:
    found = world.run(lambda db: access.guardians_of(db, System("relay"), world.pupil.id))
    assert isinstance(found, tuple)
    assert [(g.person.name, g.relation) for g in found] == [("小明妈妈", "妈妈"), ("小明爸爸", "爸爸")]
    assert world.run(lambda db: access.guardians_of(db, world.mother.id, world.other.id)) == Denied(
        "not_yours"
    )


def _look_often(world: World, times: int) -> None:
    for n in range(times):
        world.run(lambda db, n=n: access.access_pupil(db, world.teacher.id, world.pupil.id, f"reason {n}"))  # type: ignore[misc]


def _verify(world: World, key: bytes | None = None) -> int | None:
    return world.run(lambda db: access_log.verify(db, world.school.id, key))


def test_an_untouched_chain_holds(world: World) -> None:
    assert _verify(world) is None
    key = world.run(lambda db: access_log.begin(db, world.school.id))
    _look_often(world, 5)
    assert _verify(world) is None
    assert _verify(world, key) is None
    assert _verify(world, bytes(32)) == 1
    with pytest.raises(ValueError, match="begun already"):
        world.run(lambda db: access_log.begin(db, world.school.id))


def _at(seq: int) -> sa.ColumnElement[bool]:
    return rows.c.seq == seq


def _edit(db: Db) -> None:
    db.conn.execute(sa.update(rows).where(_at(3)).values(actor_id="somebody else"))


def _edit_last(db: Db) -> None:
    db.conn.execute(sa.update(rows).where(_at(5)).values(object_id="another child"))


def _edit_time(db: Db) -> None:
    db.conn.execute(sa.update(rows).where(_at(3)).values(at=MONDAY))


def _edit_mac(db: Db) -> None:
    db.conn.execute(sa.update(rows).where(_at(3)).values(mac=bytes(32)))


def _delete(db: Db) -> None:
    db.conn.execute(sa.delete(rows).where(_at(3)))


def _delete_last(db: Db) -> None:
    db.conn.execute(sa.delete(rows).where(_at(5)))


def _delete_all(db: Db) -> None:
    db.conn.execute(sa.delete(rows))


def _swap(db: Db) -> None:
    for old, new in ((3, 99), (4, 3), (99, 4)):
        db.conn.execute(sa.update(rows).where(_at(old)).values(seq=new))


def _insert(db: Db) -> None:
    last = dict(db.conn.execute(sa.select(rows).where(_at(5))).one()._mapping)
    db.conn.execute(sa.insert(rows), last | {"seq": 6})


def _close_the_gap(db: Db) -> None:
    _delete(db)
    for old in (4, 5):
        db.conn.execute(sa.update(rows).where(_at(old)).values(seq=old - 1))


def _rebuild(db: Db) -> None:
    """What somebody with the database, the program, but no key could do: edit and hash all anew."""
    _edit(db)
    prev = bytes(32)
    for row in db.conn.execute(sa.select(rows).order_by(rows.c.seq)).all():
        db.conn.execute(sa.update(rows).where(_at(row.seq)).values(prev=prev))
        plain = access_log._plain(row) | {"prev": prev}
        prev = access_log._hash(plain, bytes(row.mac))


def _forget_head(db: Db) -> None:
    db.conn.execute(sa.delete(access_chain))


@pytest.mark.parametrize(
    ("tamper", "first_broken"),
    [
        (_edit, 4),
        (_edit_last, 5),
        (_edit_time, 4),
        (_edit_mac, 4),
        (_delete, 3),
        (_delete_last, 5),
        (_delete_all, 1),
        (_swap, 3),
        (_insert, 6),
        (_close_the_gap, 3),
        (_rebuild, 5),
        (_forget_head, 5),
    ],
)
def test_every_change_shows(world: World, tamper: Callable[[Db], None], first_broken: int) -> None:
    key = world.run(lambda db: access_log.begin(db, world.school.id))
    _look_often(world, 5)
    world.run(tamper)
    # Without the first key the break shows in the entry that no longer fits, at the latest at the head.
    assert _verify(world) == first_broken
    exact = _verify(world, key)
    assert exact is not None
    assert exact <= first_broken


def test_one_writer_at_a_time(world: World) -> None:
    def look() -> None:
        _look_often(world, 5)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _verify(world) is None
    assert world.run(lambda db: access_log.head(db, world.school.id)).seq == 40
