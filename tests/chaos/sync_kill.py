"""Kill the service again and again while it reads what parents wrote to customer service.

    python -m tests.chaos.sync_kill --kills 100 --seed N [--control]

Customers write, among them anonymous words; the doorbell rings or does not; one call in ten fails, half of
those after the deed; meanwhile the serving process dies by SIGKILL where pages are read, where they are kept,
where answers are sent, or anywhere. At the end each message must stand in the inbox once, no anonymous word
must, and each customer must have been shown one answer for each message. An anonymous word is answered from
memory, three tries and no more, so its answers are only counted. With ``--control`` the place is
noted before the page is kept: then messages must be lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import orjson
import sqlalchemy as sa

from bot.crashpoints import READING
from handlers.anonymous.texts import NOT_OPEN
from tests.chaos.kf_platform import AES_KEY, APP, CORP, KF_ID, MOST, TOKEN, KfPlatform
from tests.chaos.service import Service
from tests.contract.invented import document

POINTS = (*READING, "worker.after_commit", "sender.before_send", "sender.after_send")
CUSTOMERS = tuple(f"wm-{n:02d}" for n in range(20))
DRAIN_S = 120.0
ENV = {
    "CHAOS_MODULE": "tests.chaos.reading",
    "CLASSBRIDGE_LIMITS__APP_API_PER_SECOND": "5000",
    "CLASSBRIDGE_LIMITS__MEMBER_PER_MINUTE": "5000",
    "CLASSBRIDGE_LIMITS__CONNECT_TIMEOUT_S": "1",
    "CLASSBRIDGE_LIMITS__TOTAL_TIMEOUT_S": "1",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What is printed."""

    seed: int
    control: bool
    kills: int
    written: int
    anonymous: int
    anonymous_answered: int
    kept: int
    lost: int
    doubled: int
    unanswered: int
    answered_twice: int
    removed_by_platform: int
    traces: int


@dataclass
class Run:
    """One crash run: who writes, when it dies."""

    kills: int
    seed: int
    platform: KfPlatform
    service: Service
    http: aiohttp.ClientSession
    control: bool
    written: Counter[str] = field(default_factory=Counter)
    anonymous: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"sync:{self.seed}")

    async def go(self) -> None:
        """Kills under load, then quiet until all is answered."""
        turn = 0
        while self.service.deaths < self.kills:
            await self.service.back()
            await self._one_kill(POINTS[turn % len(POINTS)])
            turn += 1
        self.platform.failing = 0.0
        for name in POINTS:
            (self.service.crash_dir / name).unlink(missing_ok=True)
        await self._drain()

    async def _one_kill(self, point: str) -> None:
        if self.control:  # where it breaks its promise for sure, and with the patience of a busy machine
            dying = asyncio.create_task(self.service.die_at("kf.kept", 60.0))
            await asyncio.sleep(0)
            await self._talk()
            await self.platform.ring(self.http, self.service.public_port)
            await dying
            return
        if self.chance.random() < 0.7:
            dying = asyncio.create_task(self.service.die_at(point, 4.0))
            await asyncio.sleep(0)
            await self._talk()
            if await dying:
                return
        else:
            await self._talk()
            await asyncio.sleep(self.chance.uniform(0.0, 0.4))
        await self.service.kill()

    async def _talk(self) -> None:
        for _ in range(self.chance.randint(1, 14)):
            who = self.chance.choice(CUSTOMERS)
            if self._waits_for(who) >= MOST - 1:  # the platform takes no more answers than that at once
                continue
            if self.chance.random() < 0.08:
                self.anonymous[who] += 1
                self.platform.say(who, "匿名：为什么拖堂")
            else:
                self.written[who] += 1
                self.platform.say(who, f"第{len(self.platform.items)}句")
        if self.chance.random() < 0.9:
            await self.platform.ring(self.http, self.service.public_port)

    def _waits_for(self, who: str) -> int:
        """How many answers somebody has not been shown yet."""
        return self.written[who] + self.anonymous[who] - self.platform.answers(who)

    async def _drain(self) -> None:
        """Until nothing is open and nothing new is shown; what is open even then is counted as unanswered."""
        before = -1
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                while True:
                    await self.service.back()
                    await self.platform.ring(self.http, self.service.public_port)
                    await asyncio.sleep(0.5)
                    if before == len(self.platform.shown) and not await self._open():
                        return
                    before = len(self.platform.shown)

    async def _open(self) -> int:
        health = await self.service.health()
        waiting = _count(
            self.service.crash_dir.parent, "SELECT count(*) FROM outbox WHERE state IN ('new', 'sending')"
        )
        return int(health["inbox_open"]) + waiting


def _count(folder: Path, question: str) -> int:
    engine = sa.create_engine(f"sqlite:///{folder / 'classbridge.db'}")
    try:
        with engine.connect() as conn:
            return int(conn.execute(sa.text(question)).scalar_one())
    finally:
        engine.dispose()


def _configure(folder: Path, platform: KfPlatform) -> Path:
    school = document(1, 2)
    school["school"]["corp"] = CORP
    (folder / "school.json").write_bytes(orjson.dumps(school))
    config = folder / "classbridge.toml"
    config.write_text(
        f"""
data_dir = "classbridge.data"
seed = "school.json"
[database]
url = "sqlite:///{folder / "classbridge.db"}"
[keys]
file = "installation.key"
[wecom.{APP}]
corp_id = "{CORP}"
agent_id = 7
secret = "secret"
token = "{TOKEN}"
aes_key = "{AES_KEY}"
kf_id = "{KF_ID}"
api_base = "{platform.url}"
""",
        encoding="utf-8",
    )
    return config


async def run(kills: int, seed: int, *, control: bool, folder: Path) -> tuple[Result, list[str]]:
    """One whole run on an empty database; the result and, for a person, what was wrong.

    Args:
        control: Let the service note the place first: then messages must be lost.
        folder: Empty, for settings, keys and data.
    """
    platform = KfPlatform(str(seed))
    await platform.start()
    crash_dir = folder / "crash"
    crash_dir.mkdir()
    env = ENV | ({"CHAOS_CONTROL": "1"} if control else {})
    service = Service(_configure(folder, platform), crash_dir, env)
    try:
        async with aiohttp.ClientSession() as http:
            trial = Run(kills, seed, platform, service, http, control)
            await service.start()
            await trial.go()
        return _account(trial, control, folder), list(service.errors)
    finally:
        await service.stop()
        await platform.stop()


def _account(trial: Run, control: bool, folder: Path) -> Result:
    platform = trial.platform
    written = sum(trial.written.values())
    like = f"FROM inbox WHERE key LIKE 'wecom:{APP}:kf:%'"
    kept = _count(folder, f"SELECT count(DISTINCT key) {like}")
    rows = _count(folder, f"SELECT count(*) {like}")
    short, over = 0, 0
    for who in CUSTOMERS:
        shown = platform.answers(who, besides=NOT_OPEN) - trial.written[who]
        short, over = short + max(0, -shown), over + max(0, shown)
    anonymous = sum(trial.anonymous.values())
    unnamed = sum(text == NOT_OPEN for _who, text in platform.shown.values())
    return Result(
        seed=trial.seed,
        control=control,
        kills=trial.service.deaths,
        written=written,
        anonymous=anonymous,
        anonymous_answered=unnamed,
        kept=kept,
        lost=max(0, written - kept),
        doubled=rows - kept,
        unanswered=short,
        answered_twice=over + max(0, unnamed - anonymous),
        removed_by_platform=platform.removed,
        traces=max(0, kept - written),
    )


def main() -> int:
    """Run and print the result; exit code 0 if the books balance (or, with ``--control``, do not)."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.sync_kill")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--control", action="store_true", help="note the place first: must lose")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="classbridge-sync-") as name:
        result, remarks = asyncio.run(
            run(options.kills, options.seed, control=options.control, folder=Path(name))
        )
    for remark, count in Counter(remarks).most_common(20):
        print(count, remark, file=sys.stderr)
    print(json.dumps(asdict(result)))
    wrong = result.doubled or result.answered_twice or result.traces
    lost = result.lost > 0 or result.unanswered > 0
    return 0 if lost == result.control and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
