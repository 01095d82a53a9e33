"""What is sent to WeCom in a run with faults: rows for every lane, each with a number of its own."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bot.app import App
from bot.command import (
    AnyCommand,
    AskTask,
    Broadcast,
    CardButton,
    Command,
    FileRef,
    Group,
    Parent,
    Private,
    StopTask,
    UpdateCard,
    Webhook,
)
from bot.emulation.records import CallRecord
from bot.emulation.world import Person
from bot.payloads import payload_of
from bot.wecom.emulator.emulator import WeComEmulator
from bot.wecom.emulator.world import is_guardian, robot_key
from config.ids import new_id, new_token
from storage import classes, kf, schools
from storage import outbox as book
from storage.engine import Db
from storage.outbox import SENT, Item, outbox
from storage.people import identities

FEATURE = "probe"
LOOKS = "probe_looks"
AGAIN = "补发，如已收到请忽略"
OWN = re.compile(rf"(?:{AGAIN}：\s*)?编号([0-9]{{6}})")
"""The message itself, not somebody's being told of it."""
_SAID = re.compile(rf'"(?:{AGAIN}：(?:\\n)?)?编号([0-9]{{6}})')
TOGETHER, STEP_S = 20, 30
"""So many sends are handed in together, so often."""
KINDS = ("words", "twin", "card", "card", "picture", "kf", "menu", "notice", "task", "kf")
LIFE = timedelta(hours=48)


def kind_of(number: int) -> str:
    """What is sent under this number."""
    return KINDS[number % len(KINDS)]


def key_of(number: int) -> int:
    """Which words it carries: a twin has those of the one before it."""
    return number - 1 if kind_of(number) == "twin" else number


class Letters:
    """Makes the rows.

    Args:
        app: The bot.
        emulator: Its platform.
    """

    def __init__(self, app: App, emulator: WeComEmulator) -> None:
        self._app = app
        self._emulator = emulator
        world = emulator.world
        self._internal = world.profile == "internal"
        members = [one for one in world.people.values() if not is_guardian(one)]
        self._members = [one for one in members if one.roles and one.roles[0].kind != "admin"]
        self._families = [one for one in world.people.values() if is_guardian(one) and world.subscribed(one)]
        self._school = ""
        self._ids: dict[str, str] = {}
        self._rooms: list[str] = []
        self._marks: dict[str, int] = {}
        self._looked: set[str] = set()
        self._tasks: set[str] = set()
        self._numbers: dict[str, int] = {}
        self.stopped: dict[str, str] = {}
        """Rows that take a task back, with the task."""
        self.words = self.others = 0

    async def begin(self) -> None:
        """Read who is who; where the AI bot speaks by itself, somebody writes to it first."""
        self._app.store.read(self._read).result()
        if self._internal:
            for klass in self._emulator.world.classes:
                await self._emulator.say(f"t-{klass.id[1:]}", f"@{self._emulator.bot.name} 在吗", klass.group)
            await self._app.settle()

    def _read(self, db: Db) -> None:
        school = schools.all_schools(db)[0]
        self._school = school.id
        self._rooms = [one.id for one in classes.of_school(db, school.id)]
        for row in db.conn.execute(sa.select(identities)):
            self._ids[row.ext_id] = row.person_id

    # -- words

    async def queue(self, numbers: range) -> None:
        """Hand in these numbers at once; guardians who are answered have just written."""
        now = self._emulator.clock.now()

        def unit(db: Db) -> None:
            for number in numbers:
                if kind_of(number) in ("kf", "menu") and not self._internal:
                    self._wrote(db, self._family(number))
                book.put(db, self._item(db, new_id(), number), now)

        self._app.store.run(unit).result()
        self.words += len(numbers)
        self._app.sender.wake()

    def _family(self, number: int) -> Person:
        return self._families[number % len(self._families)]

    def _wrote(self, db: Db, person: Person) -> None:
        """A guardian has written, as far as both sides know."""
        state, world = self._emulator.platform.kf, self._emulator.world
        customer = state.customer(person)
        customer.wrote_ms, customer.sent = self._emulator.platform.now_ms(), 0
        ours = kf.Customer(world.app, state.account, world.external_id(person))
        kf.wrote(db, new_id, ours, self._emulator.clock.now())

    def _item(self, _db: Db, row_id: str, number: int) -> Item:
        command, lane, to_person, to_class = self._command(row_id, number)
        self._marks[hashlib.sha256(row_id.encode()).hexdigest()[:8]] = number
        self._numbers[row_id] = number
        return self._row(command, lane, FEATURE, ("say", f"{number:032}"), to_person, to_class)

    def _row(
        self, command: AnyCommand, lane: str, feature: str, thing: tuple[str, str],
        to_person: str | None = None, to_class: str | None = None,
    ) -> Item:  # fmt: skip
        client = self._app.sender._platforms[command.app]
        return Item(
            id=command.outbox_id, school_id=self._school, lane=lane, feature=feature,
            payload=payload_of(command), limits=tuple(client.bucket_names(command)),
            safe=client.idempotent(command), sealed_for=f"school:{self._school}",
            thing_kind=thing[0], thing_id=thing[1], to_person=to_person, to_class=to_class,
            wants_outcome=True, deadline=self._emulator.clock.now() + LIFE,
        )  # fmt: skip

    def _command(self, row_id: str, number: int) -> tuple[Command, str, str | None, str | None]:
        kind, key = kind_of(number), key_of(number)
        app = f"wecom/{self._emulator.world.app}"
        words = f"编号{key:06} 明天带跳绳"
        if self._internal:
            return self._in_group(row_id, number, app, words)
        if kind == "task":
            room = number // 10 % len(self._rooms)
            klass = self._emulator.world.classes[room]
            to = Broadcast(klass.group, f"t-{klass.id[1:]}")
            lane = f"{app}/broadcast/{klass.group}"
            return Command(row_id, app, to, words), lane, None, self._rooms[room]
        must = key % 3 == 0
        buttons = (CardButton(new_token(), "收到"), CardButton(new_token(), "稍后"))
        if kind in ("kf", "menu", "notice"):
            family = self._family(number)
            who = self._ids.get(self._emulator.world.external_id(family), "")
            given = buttons if kind == "menu" else ()
            target = self._parent(family, who, chat=kind != "notice")
            command = Command(row_id, app, target, words, must=must, buttons=given)
            return command, f"{app}/parent/{who}", who, None
        member = self._members[key // 10 % len(self._members)]
        who, lane = self._ids[member.id.lower()], f"{app}/user/{member.id}"
        file = FileRef("picture", f"编号{number:06}.png", medium_id=f"{number:06}")
        command = Command(
            row_id, app, Private(member.id), words, must=must,
            buttons=buttons if kind == "card" else (), file=file if kind == "picture" else None,
        )  # fmt: skip
        if kind == "picture":
            command = Command(row_id, app, Private(member.id), "", must=must, file=file)
        return command, lane, who, None

    def _parent(self, family: Person, who: str, *, chat: bool) -> Parent:
        world = self._emulator.world
        external = world.external_id(family) if chat else ""
        kf_id = self._emulator.platform.kf.account if chat else ""
        return Parent(who, external, kf_id, world.parent_id(family))

    def _in_group(
        self, row_id: str, number: int, app: str, words: str
    ) -> tuple[Command, str, str | None, str | None]:
        world, room = self._emulator.world, number // 2 % len(self._rooms)
        klass = world.classes[room]
        robot = not room  # the first class has its robot only
        to = Webhook(robot_key(world.corp, klass)) if robot else Group(klass.group)
        return Command(row_id, app, to, words), f"{app}/group/{klass.group}", None, self._rooms[room]

    # -- what follows

    async def follow(self) -> None:
        """Change cards that hang, ask about tasks, confirm some, take some back."""
        if self._internal:
            return
        now = self._emulator.clock.now()
        app = f"wecom/{self._emulator.world.app}"
        items = self._app.store.read(lambda db: self._looks(db, app)).result()
        for task in list(self._emulator.platform.groups.tasks.values()):
            if task.id in self._tasks:
                continue
            self._tasks.add(task.id)
            turn = len(self._tasks) % 3
            if turn == 1:
                await self._emulator.confirm(task.id, task.owner)
            target = Broadcast(task.groups[0], task.owner)
            ask = AskTask(new_id(), app, task.id, target)
            items.append(self._row(ask, f"ask/{task.id}", FEATURE, ("ask", ask.outbox_id)))
            if turn:
                stop = StopTask(new_id(), app, task.id)
                self.stopped[stop.outbox_id] = task.id
                items.append(self._row(stop, f"ask/{task.id}", FEATURE, ("stop", stop.outbox_id)))
        self.others += len(items)
        self._app.store.run(lambda db: book.put_all(db, [(item, None) for item in items], now)).result()
        self._app.sender.wake()

    def _looks(self, db: Db, app: str) -> list[Item]:
        """One for each second card that was sent."""
        sent = sa.select(outbox.c.id, outbox.c.thing_id, outbox.c.lane).where(
            outbox.c.feature == FEATURE, outbox.c.thing_kind == "say", outbox.c.state == SENT
        )
        items = []
        for row in db.conn.execute(sent):
            if row.id in self._looked or int(row.thing_id) % 10 != 3:
                continue
            self._looked.add(row.id)
            look = UpdateCard(new_id(), app, row.id, "", "已经选好", ())
            items.append(self._row(look, row.lane, LOOKS, ("look", look.outbox_id)))
        return items

    def number_in(self, call: CallRecord) -> int | None:
        """Which of ours a call carries."""
        body: dict[str, Any] = call.body if isinstance(call.body, dict) else {}
        text = json.dumps(body, ensure_ascii=False)
        card = body.get("template_card")
        if isinstance(card, dict):
            return self._numbers.get(str(card.get("task_id")))
        if (found := _SAID.search(text)) is not None:
            return int(found[1])
        mark = re.search(r"[?]n=([0-9a-f]{8})", text)
        if mark is not None:
            return self._marks.get(mark[1])
        medium = body.get("image")
        stored = self._emulator.platform.media.get(str(medium.get("media_id"))) if medium else None
        return int(stored.name[2:8]) if stored is not None else None
