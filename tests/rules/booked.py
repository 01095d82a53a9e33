"""The platform's book on the invented school, without a wire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from handlers import router
from handlers.context import Ctx
from handlers.message import Event
from handlers.reply import Act, Outcome, OutcomeKind, Thing
from storage import access, classes, people, schedule, schools
from storage.access import System
from storage.engine import Db
from storage.schedule import Occurrence
from tests.contract.invented import CORP
from tests.rules.classroom import Classroom

T = TypeVar("T")
NAMES = ("小明", "乐乐", "林小满", "孩子2零3", "孩子2零4")


def one_pupil(n: int, *relations: str, name: str = "", subscribed: bool = True) -> dict[str, Any]:
    parents = [
        {"id": f"p-{n}-{relation}", "relation": relation, "subscribed": subscribed, "external": ""}
        for relation in relations or ("母亲",)
    ]
    return {"id": f"s-{n}", "name": name or NAMES[n], "parents": parents}


def all_pupils(*, subscribed: bool = True) -> list[dict[str, Any]]:
    first = one_pupil(0, "母亲", "父亲", subscribed=subscribed)
    return [first, *(one_pupil(n, subscribed=subscribed) for n in range(1, 5))]


class Book:
    """The roster on the invented school, without a wire."""

    def __init__(self, room: Classroom) -> None:
        self.room = room
        self.class_id = self.run(lambda ctx: classes.by_name(ctx.db, ctx.school.id, "三(2)班").id)  # type: ignore[union-attr]
        self.run(_an_admin)

    def run(self, unit: Callable[[Ctx], T]) -> T:
        """A unit of work with a context."""

        def there(db: Db) -> T:
            school = schools.all_schools(db)[0]
            return unit(Ctx(db, self.room.now, school, None, (), self.room.new_id))

        return self.room.store.run(there).result()

    def hear(
        self, facts: dict[str, Any], thing: Thing, kind: OutcomeKind = "sent", code: str = ""
    ) -> list[Act]:
        """An answer of the book."""
        told = Outcome(self.room.new_id(), kind, code, thing, "", None, None, "book", facts)
        return [act for _name, act in self.run(lambda ctx: router.outcome(ctx, "roster", told))]

    def classes(self, *listed: dict[str, Any]) -> list[Act]:
        """The departments."""
        return self.hear({"app": "school", "classes": list(listed)}, Thing("book", "x"))

    def pupils(self, *listed: dict[str, Any]) -> list[Act]:
        """The children of 三(2)班."""
        facts = {"app": "school", "class": "5", "pupils": list(listed)}
        return self.hear(facts, Thing("book.class", self.class_id))

    def event(self, kind: str, **facts: str) -> None:
        """Something happened."""
        self.run(lambda ctx: router.event(ctx, Event(kind, facts)))

    def guardians(self, name: str) -> list[tuple[str, str, str]]:
        """Name, relation and the book's id of a child's guardians."""

        def unit(ctx: Ctx) -> list[tuple[str, str, str]]:
            found = []
            for pupil in _children(ctx, self.class_id):
                if pupil.name != name:
                    continue
                ours = access.guardians_of(ctx.db, System("test"), pupil.id)
                assert isinstance(ours, tuple)
                for one in ours:
                    held = people.identity_of(ctx.db, one.person.id, "wecom_parent")
                    found.append((one.person.name, one.relation, held.id if held else ""))
            return found

        return self.run(unit)

    def names(self) -> list[str]:
        """The children of the class."""
        return [pupil.name for pupil in self.run(lambda ctx: _children(ctx, self.class_id))]

    def count(self) -> int:
        """How many adults there are."""
        return self.run(lambda ctx: len(ctx.db.conn.execute(people.people.select()).all()))

    def due(self) -> list[Occurrence]:
        """What is planned for the roster."""
        later = self.room.now + timedelta(hours=1)
        return [
            one for one in self.run(lambda ctx: schedule.due(ctx.db, later, 99)) if one.feature == "roster"
        ]


def _children(ctx: Ctx, class_id: str) -> Sequence[access.Pupil]:
    found = access.access_class_pupils(ctx.db, System("test"), class_id, "")
    assert isinstance(found, tuple)
    return found


def _an_admin(ctx: Ctx) -> None:
    for admin in people.admins(ctx.db, ctx.school.id):
        people.attach_identity(
            ctx.db, ctx.new_id, person_id=admin.id, kind="dingtalk_user", corp=CORP, ext_id="admin"
        )


def department(which: str, name: str, grade: str = "", **more: Any) -> dict[str, Any]:
    return {"id": which, "name": name, "grade": grade, "group": "", "heads": [], **more}
