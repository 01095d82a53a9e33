"""The people of a crash run: they talk, they read, and they keep books."""

from __future__ import annotations

import asyncio
import random
import re
from collections import deque
from dataclasses import dataclass, field

from bot.dialogue.control import Cast, Control, ControlError, Item, Person
from tests.chaos.ledger import MARK, Books, Entry, Seen

RATE = 40.0
"""Callbacks a second."""
ANSWERS = 0.2
"""Which share of them are teachers' answers, as long as there is something to answer."""
_NUMBER = re.compile(r"回复「(\d{1,4}) ")
RELAYED = "条子{mark}，老师您好，想和您说一件事，您有空看一下"
ANSWERED = "{number} 条子{mark}，好的知道了"
NOTED = "要闻：第{mark}组今天完成了手抄报"


@dataclass(slots=True)
class People:
    """Everybody in the run.

    Args:
        control: The emulator.
        cast: Who there is.
        chance: Decides who talks; the same seed talks the same way, though not at the same moments.
    """

    control: Control
    cast: Cast
    chance: random.Random
    books: Books = field(default_factory=Books)
    seen: list[Seen] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    talking: asyncio.Event = field(default_factory=asyncio.Event)
    _open: deque[tuple[Person, str, str]] = field(default_factory=deque)
    _used: set[tuple[str, str]] = field(default_factory=set)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)
    _cursor: int = 0
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def guardians(self) -> list[Person]:
        return [one for one in self.cast.people if one.bound and one.roles == ("guardian",)]

    @property
    def teachers(self) -> list[Person]:
        return [one for one in self.cast.people if "teacher" in one.roles]

    def teachers_of(self, guardian: Person) -> frozenset[str]:
        school, rooms = {"teacher", "co_teacher", "deputy"}, guardian.classes
        return frozenset(
            one.id for one in self.cast.people if one.classes & rooms and school & set(one.roles)
        )

    # -- talking

    async def talk(self) -> None:
        """Say things at :data:`RATE` for as long as :attr:`talking` is set; ends when cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        guardians = self.guardians
        while True:
            await self.talking.wait()
            due = max(due + 1 / RATE, loop.time() - 1.0)
            await asyncio.sleep(max(0.0, due - loop.time()))
            if self._open and self.chance.random() < ANSWERS:
                self._start(self._answer(*self._open.popleft()))
            else:
                self._start(self._relay(self.chance.choice(guardians)))

    async def note(self, teacher: Person) -> None:
        """A teacher drops a note for the digest."""
        groups = [room.group for room in self.cast.classes if room.id in teacher.classes]
        entry = self.books.say("note", teacher.id, groups)
        await self._say(entry, teacher, NOTED.format(mark=entry.mark))

    async def quiet(self) -> None:
        """Stop talking; returns when everything said was delivered or given up, and old numbers forgotten."""
        self.talking.clear()
        while self._under_way:
            await asyncio.wait(list(self._under_way))
        self._open.clear()
        self._used.clear()

    def _start(self, saying: object) -> None:
        assert asyncio.iscoroutine(saying)
        task = asyncio.create_task(saying)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _relay(self, guardian: Person) -> None:
        entry = self.books.say("relay", guardian.id, self.teachers_of(guardian))
        await self._say(entry, guardian, RELAYED.format(mark=entry.mark))

    async def _answer(self, teacher: Person, number: str, parent: str) -> None:
        entry = self.books.say("answer", teacher.id, (parent,))
        await self._say(entry, teacher, ANSWERED.format(number=number, mark=entry.mark))

    async def _say(self, entry: Entry, person: Person, text: str) -> None:
        entry.acknowledged, _ = await self.control.say(chat=person.chat, sender=person.id, text=text)

    # -- reading

    async def read(self) -> None:
        """Read whatever anybody sees; ends when cancelled."""
        while True:
            await self.look(wait_ms=500)

    async def look(self, wait_ms: int = 0) -> int:
        """Read what is new; returns how much. One look at a time, or something would be read twice."""
        async with self._looking:
            try:
                self._cursor, items = await self.control.seen(self._cursor, wait_ms)
            except ControlError:
                return 0
            for item in items:
                self._read(item)
            return len(items)

    def _read(self, item: Item) -> None:
        self.items.append(item)
        if item.change != "new":
            return
        self.seen.append(Seen(item.to or item.chat, item.text))
        number, marks = _NUMBER.search(item.text), MARK.findall(item.text)
        teacher = next((one for one in self.teachers if one.id == item.to), None)
        if teacher is None or number is None or len(marks) != 1 or not self.talking.is_set():
            return
        entry = self.books.entries.get(marks[0])
        if entry is not None and entry.kind == "relay":
            # A number stays the family's until it is answered, so it may come with several messages.
            key = (teacher.id, number[1])
            if key not in self._used:
                self._used.add(key)
                self._open.append((teacher, number[1], entry.sender))
