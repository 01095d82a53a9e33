"""Kill the service again and again under load, and count what people see.

    python -m tests.chaos.kill --kills 100 --seed N --database URL [--platform wecom] [--control]

Parents write, the teacher answers, notes go into the digest, the digest goes out at 16:50 of the moved clock,
the platform fails one call in ten; meanwhile the serving process is killed with SIGKILL at random moments
and at the named points around its commits and sends. At the end the books must balance. With ``--control``
the service acknowledges first and keeps what it was told in memory: then something must be lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.crashpoints import NAMES
from bot.dialogue.control import Control, ControlError
from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.platform import Limits
from bot.wecom.emulator.emulator import WeComEmulator
from tests.chaos import kill_wecom
from tests.chaos.accounts import Database, look_into
from tests.chaos.ledger import MARK, NOT_SENT, Seen, told
from tests.chaos.people import People
from tests.chaos.service import Service

START = datetime.fromisoformat("2026-10-12T08:30:00+08:00")
DIGEST = (16, 50)
KILLS_A_DAY = 8
NOTES_A_DAY = 2
FAULTS = (("http", 500, 0.02), ("http", 503, 0.02), ("reset", None, 0.02), ("timeout_after", 1500, 0.02),
          ("refuse", None, 0.02))  # fmt: skip
APIS = (
    "/robot/sendBySession",
    "/v1.0/robot/oToMessages/batchSend",
    "/v1.0/robot/groupMessages/send",
    "/v1.0/card/instances/createAndDeliver",
)
# No platform limit in the way: what is tested here is the crash, and it needs many messages.
ENV = {
    "CLASSBRIDGE_LIMITS__APP_API_PER_SECOND": "5000",
    "CLASSBRIDGE_LIMITS__GROUP_PER_MINUTE": "5000",
    "CLASSBRIDGE_LIMITS__CONNECT_TIMEOUT_S": "1",
    "CLASSBRIDGE_LIMITS__TOTAL_TIMEOUT_S": "1",
}
DIGEST_POINTS = (
    "sender.claimed",
    "sender.before_send",
    "sender.after_send",
    "sender.before_done",
    "ticker.after_commit",
)
IN_TURN = tuple(name for name in NAMES if not name.startswith("ticker."))
DRAIN_S = 120.0


@dataclass(frozen=True, slots=True)
class Result:
    """What is printed."""

    seed: int
    database: str
    control: bool
    kills: int
    sent: int
    acknowledged: int
    lost: int
    doubled_effects: int
    doubled_messages: int
    unknown: int
    unknown_told: int
    receive: str = "http"
    platform: str = "dingtalk"
    refused_told: int = 0
    """Answers that certainly did not go out, and their writer was told with the words."""
    on_the_wire: int = 0
    """Pushes that were never acknowledged, so never promised."""


class Run:
    """One crash run.

    Args:
        kills: How often to kill, about.
        seed: Decides who says what, which faults, and which kills.
        blind: The service is the control: kill it where what it keeps in memory is lost for sure.
        wecom: The platform, if it is WeCom.
    """

    def __init__(
        self, kills: int, seed: int, control: Control, people: People, service: Service, *, blind: bool,
        wecom: WeComEmulator | None = None,
    ) -> None:  # fmt: skip
        self.wecom = wecom
        self.points = IN_TURN if wecom is None else IN_TURN + kill_wecom.POINTS
        self.kills = kills
        self.chance = random.Random(f"kill:{seed}")
        self.seed = seed
        self.control = control
        self.people = people
        self.service = service
        self.blind = blind

    async def go(self) -> None:
        """All days, then quiet, then everything drained."""
        await self._faults(True)
        helpers = [asyncio.create_task(self.people.talk()), asyncio.create_task(self.people.read())]
        try:
            day = 0
            while self.service.deaths < self.kills:
                await self._day(START + timedelta(days=day))
                day += 1
            await self._faults(False)
            await self._drain(START + timedelta(days=day))
        finally:
            for task in helpers:
                task.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    async def _faults(self, on: bool) -> None:
        rules = [
            {"api": api, "kind": kind, "share": share} | ({"value": value} if value is not None else {})
            for api in (APIS if self.wecom is None else kill_wecom.APIS)
            for kind, value, share in FAULTS
        ]
        pushes = (("push:robot", "duplicate", 0.05),) if self.wecom is None else kill_wecom.PUSHES
        rules += [{"api": push, "kind": kind, "share": share} for push, kind, share in pushes]
        await self.control.faults(self.seed, rules if on else [])

    async def _day(self, morning: datetime) -> None:
        """One day: notes, talk under kills, the digest under kills, talk under kills."""
        await self._move(morning, "jump")
        self.people.talking.set()
        for teacher in self.people.teachers:
            for _ in range(NOTES_A_DAY):
                await self.people.note(teacher)
        goal = min(self.kills, self.service.deaths + KILLS_A_DAY)
        while self.service.deaths < goal - 3:
            await self._one_kill()
        moving = await self._digest(morning.replace(hour=DIGEST[0], minute=DIGEST[1], second=0))
        while self.service.deaths < goal:
            await self._one_kill()
        await self.people.quiet()
        await self.service.back()
        await moving
        # A night is long: what has not gone out by the morning would be given up, as it should be.
        await self._until_done()

    async def _one_kill(self) -> None:
        """At a named point, in turn, or at any moment."""
        if self.blind or self.chance.random() < 0.5:
            point = self.points[0 if self.blind else self.service.deaths % len(self.points)]
            if not await self.service.die_at(point, 3.0):
                await self.service.kill()
        else:
            await asyncio.sleep(self.chance.uniform(0.0, 1.5))
            await self.service.kill()
        if self.chance.random() < 0.85:  # else the next one may come while it is still starting
            await self.service.back()
            await asyncio.sleep(self.chance.uniform(0.1, 1.0))

    async def _digest(self, when: datetime) -> asyncio.Task[None]:
        """The digest's minute, the service dying in it; on some days the load goes on, on some it pauses.

        Returns the clock's move: under load it comes to an end only when the service dies once more.
        """
        await self.service.back()
        await self.people.quiet()
        await self._move(when - timedelta(minutes=1), "walk")
        if self.chance.random() < 0.5:
            self.people.talking.set()
        self.service.plant(self.chance.choice(DIGEST_POINTS))
        moving = asyncio.create_task(self._move(when, self.chance.choice(("walk", "jump"))))
        await asyncio.sleep(self.chance.uniform(0.0, 0.5))
        await self.service.kill()
        await self.service.back()
        self.people.talking.set()
        return moving

    async def _move(self, when: datetime, mode: str) -> None:
        """Move the clock; under load nobody is ever idle, so a walk may stay where it is: then jump."""
        now = await self.control.now()
        target = max(when, now + timedelta(milliseconds=100))
        for way in (mode, "jump"):
            with suppress(ControlError):
                await self.control.move(target, way)
            if await self.control.now() >= target:
                return

    async def _drain(self, morning: datetime) -> None:
        """Until nothing is open: what waits for its next try is due in time that walks on."""
        await self.people.quiet()
        for name in (*NAMES, *kill_wecom.POINTS):
            (self.service.crash_dir / name).unlink(missing_ok=True)
        await self.service.back()
        await self._move(morning.replace(hour=17, minute=30), "walk")
        await self._move(morning.replace(hour=17, minute=30) + timedelta(days=3), "walk")
        await self._until_done()

    async def _until_done(self) -> None:
        """Walk on in small steps until nothing is open: what waits for its next try becomes due."""
        async with asyncio.timeout(DRAIN_S):
            while True:
                before = len(self.people.items)
                if self.wecom is not None:  # what nobody rang for is read by the clock; here at once
                    await self.wecom.event("kf_msg_or_event", kill_wecom.ring(self.wecom))
                await self._move(await self.control.now() + timedelta(minutes=1), "walk")
                health = await self.service.health()
                await self.people.look()
                quiet = len(self.people.items) == before
                if quiet and not health["inbox_open"] and not health["outbox_due"] and not health["spool"]:
                    return


async def run(
    kills: int, seed: int, url: str, *, control: bool, directory: Path, cards: bool = True,
    receive: str = "http", platform: str = "dingtalk",
) -> tuple[Result, list[str]]:  # fmt: skip
    """One whole run on an empty database; the result and, for a person, what was wrong.

    SIGTERM ends it early, its processes with it.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql://…``.
        control: Let the service acknowledge before it records: then messages must be lost.
        directory: Empty, for settings, keys and data.
        cards: Whether card templates are configured; without, nothing removes a message sent twice.
        receive: ``http`` or ``stream``; what is pushed over a socket is pushed once.
        platform: ``dingtalk`` or ``wecom``.
    """
    wecom = kill_wecom.made(START, str(seed)) if platform == "wecom" else None
    emulator = wecom or Emulator(start=START, seed=str(seed), limits=Limits(None, None), receive=receive)
    await emulator.start()
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        async with Control(emulator.url) as hand:
            crowd = People if wecom is None else kill_wecom.WeComPeople
            people = crowd(hand, await hand.people(), random.Random(f"people:{seed}"))
            async with _serving(emulator, url, directory, control=control, cards=cards) as service:
                trial = Run(kills, seed, hand, people, service, blind=control, wecom=wecom)
                await trial.go()
            await people.look()
        data_dir = directory / "classbridge.data"
        database = await asyncio.to_thread(look_into, url, data_dir)
        pages: list[Seen] = []
        if wecom is not None:
            pages = await asyncio.to_thread(kill_wecom.on_pages, url, data_dir, people.books.entries)
        result, remarks = _account(seed, url, control, people, service, database, pages)
        return replace(result, receive=receive, platform=platform), remarks
    finally:
        await emulator.stop()


@asynccontextmanager
async def _serving(
    emulator: Emulator | WeComEmulator, url: str, directory: Path, *, control: bool, cards: bool
) -> AsyncIterator[Service]:
    config = directory / "classbridge.toml"
    crash_dir = directory / "crash"
    crash_dir.mkdir()
    emulator.write_config(config, 0, url)
    if not cards:
        lines = config.read_text(encoding="utf-8").splitlines()
        config.write_text("\n".join(line for line in lines if "card_template" not in line), encoding="utf-8")
    more = kill_wecom.ENV if isinstance(emulator, WeComEmulator) else {}
    service = Service(config, crash_dir, ENV | more | ({"CHAOS_CONTROL": "1"} if control else {}))
    await service.start()
    emulator.target = f"http://127.0.0.1:{service.public_port}"
    try:
        yield service
    finally:
        await service.stop()


def _account(
    seed: int, url: str, control: bool, people: People, service: Service, database: Database,
    pages: list[Seen],
) -> tuple[Result, list[str]]:  # fmt: skip
    books, seen = people.books, people.seen
    staff = {one.id for one in people.cast.people if set(one.roles) - {"guardian"}}
    told_texts = [item.text for item in seen if item.reader in staff]
    verdicts = told([row.text for row in database.unknown], told_texts)
    known = [row for row, was_told in zip(database.unknown, verdicts, strict=True) if was_told]
    refused = [text for text in told_texts if NOT_SENT in text]
    lost = books.lost(seen + pages, [row.text for row in known] + refused)
    twice = books.doubled_messages(seen)
    surplus = books.too_many_receipts(seen)
    effects = books.doubled_effects(database.effects)
    result = Result(
        seed=seed,
        database=url.partition(":")[0],
        control=control,
        kills=service.deaths,
        sent=len(books.entries),
        acknowledged=len(books.acknowledged),
        lost=len(lost),
        doubled_effects=len(effects),
        doubled_messages=len(twice) + surplus,
        unknown=len(database.unknown),
        unknown_told=len(known),
        refused_told=len({mark for text in refused for mark in MARK.findall(text)}),
        on_the_wire=len(books.entries) - len(books.acknowledged),
    )
    remarks = [f"lost: {entry}" for entry in lost] + [f"seen twice: {item}" for item in twice]
    remarks += [f"receipts too many: {surplus}"] if surplus else []
    remarks += [f"effect twice: {mark}" for mark in effects]
    remarks += [f"not told: {row}" for row in database.unknown if row not in known]
    remarks += [f"child ended by itself: {code}" for code in service.exits]
    remarks += [f"said: {line}" for line, _count in Counter(service.errors).most_common(20)]
    remarks += [f"undecided: {count} rows {state}" for state, count in database.open.items()]
    return result, remarks


@contextmanager
def _empty_database(name: str, directory: Path) -> Iterator[str]:
    """An empty database by URL, or of our own making for ``sqlite`` and ``postgresql``."""
    if name == "sqlite":
        yield f"sqlite:///{directory / 'classbridge.db'}"
    elif name == "postgresql":
        from tests.real_postgres import running

        with running(fast=False) as server:
            url = server.create()
            yield url
            server.drop(url)
    else:
        yield name


def main() -> int:
    """Run and print the result; exit code 0 if the books balance (or, with ``--control``, do not)."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.kill")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", default="sqlite", help="sqlite, postgresql, or the URL of an empty one")
    parser.add_argument("--control", action="store_true", help="acknowledge first, keep in memory: must lose")
    parser.add_argument("--receive", choices=("http", "stream"), default="http")
    parser.add_argument("--platform", choices=("dingtalk", "wecom"), default="dingtalk")
    parser.add_argument("--no-cards", action="store_true", help="as where the platform refuses cards")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="classbridge-kill-") as name:
        directory = Path(name)
        with _empty_database(options.database, directory) as url:
            result, remarks = asyncio.run(
                run(
                    options.kills,
                    options.seed,
                    url,
                    control=options.control,
                    directory=directory,
                    cards=not options.no_cards,
                    receive=options.receive,
                    platform=options.platform,
                )
            )
    for remark in remarks:
        print(remark, file=sys.stderr)
    print(json.dumps(asdict(result)))
    return (
        0
        if (result.lost > 0) == result.control and not (result.doubled_effects or result.doubled_messages)
        else 1
    )


if __name__ == "__main__":
    sys.exit(main())
