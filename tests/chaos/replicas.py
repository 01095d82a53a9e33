"""Two replicas on one database, one of them killed where a window opens: who was told what, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.dialogue.control import Control, Item, Person
from bot.dingtalk.emulator.emulator import Emulator
from tests.chaos.service import Service

EVENING = datetime.fromisoformat("2026-10-12T21:30+08:00")
PARENTS = 8
MODULE = "tests.chaos.slow_opening"
DAYS = (
    ("2026-10-13T08:00+08:00", "ticker.before_commit"),
    ("2026-10-14T08:00+08:00", "ticker.after_commit"),
)
"""Each opening of a window, and where in it one replica dies."""


@dataclass
class Told:
    """What people read.

    Args:
        promises: For each evening, how often each parent was told when the answer comes.
        listed: For each evening, how often each parent's words stood in a list for the teacher.
        deaths: Replicas killed.
    """

    promises: list[Counter[str]] = field(default_factory=list)
    listed: list[Counter[str]] = field(default_factory=list)
    deaths: int = 0

    @property
    def wrong(self) -> list[str]:
        """What did not happen exactly once."""
        parents = {f"p{number}" for number in range(PARENTS)}
        return [
            f"evening {at} {what} {one}: {count[one]} times"
            for what, counts in (("promise", self.promises), ("list", self.listed))
            for at, count in enumerate(counts)
            for one in sorted(parents)
            if count[one] != 1
        ]


@asynccontextmanager
async def _both(
    emulator: Emulator, url: str, directory: Path, env: dict[str, str]
) -> AsyncIterator[list[Service]]:
    """Two services with settings of their own, the database and the key in common."""
    services = []
    for name in "ab":
        own = directory / name
        (own / "crash").mkdir(parents=True)
        config = own / "classbridge.toml"
        emulator.write_config(config, 0, url)
        key = f'[keys]\nfile = "{directory}/installation.key"\n\n[server]\n'
        config.write_text(config.read_text("utf-8").replace("[server]\n", key), "utf-8")
        services.append(Service(config, own / "crash", {"CHAOS_MODULE": MODULE, **env}))
    try:
        for service in services:
            await service.start()
        yield services
    finally:
        for service in services:
            await service.stop()


async def run(url: str, directory: Path, days: int = len(DAYS), *, guarded: bool = True) -> Told:
    """Parents write in the evening to both replicas in turn, everybody sleeps, a window opens; twice.

    Args:
        url: An empty PostgreSQL database.
        days: So many of the mornings.
        guarded: Off, a replica does not ask whether another has taken what is due.
    """
    emulator = Emulator(start=EVENING)
    await emulator.start()
    env = {} if guarded else {"CHAOS_UNGUARDED": "1"}
    try:
        async with Control(emulator.url) as hand, _both(emulator, url, directory, env) as services:
            trial = _Trial(hand, emulator, services, *await _cast(hand))
            for day, (opens, point) in enumerate(DAYS[:days]):
                await trial.evening(day)
                await trial.morning(day, datetime.fromisoformat(opens), point if guarded else "")
            return trial.told
    finally:
        await emulator.stop()


@dataclass
class _Trial:
    """What is said to whom, day by day."""

    hand: Control
    emulator: Emulator
    services: list[Service]
    parents: list[Person]
    teacher: Person
    told: Told = field(default_factory=Told)
    _cursor: int = 0

    async def evening(self, day: int) -> None:
        """Everybody writes twice; each is told once when the answer comes."""
        for number, parent in enumerate(self.parents):
            self._to(number % 2)
            for words in ("想问一下秋游的事", "还有一句"):
                await self.hand.say(sender=parent.id, text=f"老师，条子{day}p{number}号，{words}")
        self.told.promises.append(_promises(await self._quiet(), self.parents))

    async def morning(self, day: int, opens: datetime, point: str) -> None:
        """The window opens after ten hours asleep, and one replica dies there; then all is answered."""
        if point:
            self.services[day % 2].plant(point)
        await self.hand.move(opens, "jump")
        self.told.listed.append(_listed(await self._quiet(), self.teacher, day))
        self.told.deaths = sum(service.deaths for service in self.services)
        for service in self.services:
            await service.back()
        self._to(0)
        for parent in self.parents:
            await self.hand.say(sender=self.teacher.id, text=f"回复{parent.name}：好的")
        await self._quiet()
        await self.hand.move(opens.replace(hour=21, minute=30), "walk")
        await self._quiet()

    def _to(self, number: int) -> None:
        """Which replica the platform pushes to from now on."""
        self.emulator.target = f"http://127.0.0.1:{self.services[number].public_port}"

    async def _quiet(self) -> list[Item]:
        """Everything seen until the replicas have come to rest."""
        seen: list[Item] = []
        while True:
            await self.hand.move(await self.hand.now() + timedelta(milliseconds=200), "jump")
            after, more = await self.hand.seen(self._cursor)
            if after == self._cursor:
                return seen
            self._cursor, seen = after, seen + more


async def _cast(hand: Control) -> tuple[list[Person], Person]:
    cast = await hand.people()
    room = cast.classes[1]
    parents: list[Person] = []
    pupils: set[str] = set()
    for one in cast.people:
        mine = one.bound and one.roles == ("guardian",) and one.classes == {room.id}
        if mine and not pupils & set(one.pupils):
            parents.append(one)
            pupils |= set(one.pupils)
    teacher = next(one for one in cast.people if "teacher" in one.roles and room.id in one.classes)
    return parents[:PARENTS], teacher


def _promises(items: list[Item], parents: list[Person]) -> Counter[str]:
    names = {parent.id: f"p{number}" for number, parent in enumerate(parents)}
    return Counter(names[one.to] for one in items if one.to in names and "开始看留言" in one.text)


def _listed(items: list[Item], teacher: Person, day: int) -> Counter[str]:
    texts = [one.text for one in items if one.to == teacher.id]
    marks = (f"p{number}" for number in range(PARENTS))
    return Counter({mark: sum(text.count(f"条子{day}{mark}号，想问") for text in texts) for mark in marks})
