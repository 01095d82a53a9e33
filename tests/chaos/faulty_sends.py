"""Sends while every kind of fault happens: what came of each is counted against what people saw.

``python -m tests.chaos.faulty_sends --sends 10000 --share 0.02 --seed 3``: each kind of fault strikes its
share of the platform's calls. Nothing may be lost without somebody being told, nothing shown twice where the
platform removes duplicates, and the token may be asked for at most once a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from bot.app import App, build
from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.platform import Limits
from bot.dingtalk.errors import classify
from config.settings import load_settings
from handlers.reply import Reply, Thing, ToClass, ToPerson
from storage import classes, people, schools
from storage.engine import Db
from storage.outbox import ENDS, outbox

CARD = "/v1.0/card/instances/createAndDeliver"
PRIVATE = "/v1.0/robot/oToMessages/batchSend"
GROUP = "/v1.0/robot/groupMessages/send"
TOKEN = "/v1.0/oauth2/accessToken"
FEATURE = "probe"
AGAIN = "补发，如已收到请忽略"
_MARK = re.compile(r"编号(\d{6})")
_OWN = re.compile(rf"(?:{AGAIN}：\n)?(?:提醒\n)?编号(\d{{6}})")
"""The message itself, not a teacher's being told of it."""

FAULTS: tuple[tuple[str, Any], ...] = (
    ("refuse", None),
    ("timeout_before", 400),
    ("timeout_after", 400),
    ("reset", None),
    ("http", 500),
    ("http", 502),
    ("http", 504),
    ("http", 429),
    ("code", "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"),
    ("code", "system.busy"),
    ("code", "send.too.fast"),
    ("code", "contain.notAllowed.text"),
    ("slow", 20),
    ("truncate", 7),
    ("expire_token", None),
    ("silent_drop", None),
)
"""Every kind the emulator knows for calls; the time-outs are longer than the client waits here."""


@dataclass
class Report:
    """What came of the sends.

    Args:
        sends: How many were asked for.
        ends: Rows by their end.
        lost: Said to be sent and never seen, without the platform having dropped it silently.
        doubled: Seen more than once although the platform removes duplicates.
        doubled_unlabelled: Seen more than once elsewhere, and the second copy did not say so.
        untold: Refused or unknown, and nothing came of it in the inbox.
        against_the_table: Given up although the code says to try again, or the other way round.
        dropped_silently: Taken by the platform with success and thrown away: nobody can know.
        token_calls_a_minute: The most in any minute of the platform's clock.
        faults: How often each struck.
    """

    sends: int
    ends: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    doubled: int = 0
    doubled_unlabelled: int = 0
    untold: int = 0
    against_the_table: int = 0
    open: int = 0
    dropped_silently: int = 0
    labelled: int = 0
    token_calls_a_minute: int = 0
    faults: dict[str, int] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether every promise was kept."""
        broken = self.lost + self.doubled + self.doubled_unlabelled + self.untold + self.against_the_table
        return not broken and not self.open and self.token_calls_a_minute <= 1


def _settings(path: Path) -> None:
    """No limits of ours in the way, and a short patience, so that time-outs take little real time."""
    text = path.read_text("utf-8")
    limits = "app_api_per_second = 1000000\ngroup_per_minute = 1000000\n"
    patience = "connect_timeout_s = 0.2\ntotal_timeout_s = 0.2\n"
    path.write_text(f"{text}\n[limits]\n{limits}{patience}", "utf-8")


def _queue(app: App, numbers: range) -> None:
    """One in ten to a class, three to a person who must get it, the rest chat."""

    def unit(db: Db) -> None:
        school = schools.all_schools(db)[0]
        ctx = app.decider._ctx(db, school)
        rooms = [one.id for one in classes.of_school(db, school.id)]
        told = [row.id for row in db.conn.execute(sa.select(people.people.c.id))]
        replies = [(FEATURE, _reply(number, rooms, told)) for number in numbers]
        app.decider._post.put(ctx, replies, None)

    app.store.run(unit).result()


def _reply(number: int, rooms: list[str], told: list[str]) -> Reply:
    text, thing = f"编号{number:06} 明天带跳绳", Thing(FEATURE, f"{number:032}")
    if number % 10 == 0:
        to = ToClass(rooms[number // 10 % len(rooms)])
        return Reply(to, text, title="提醒", thing=thing, arrival="must", wants_outcome=True)
    person = ToPerson(told[number % len(told)])
    if number % 10 in (1, 2, 3):
        return Reply(person, text, title="提醒", thing=thing, arrival="must", wants_outcome=True)
    return Reply(person, text, thing=thing, wants_outcome=True)


async def run(directory: Path, sends: int, share: float, seed: int) -> Report:
    """Send them all and look what came of them."""
    emulator = Emulator(limits=Limits(None, None))
    await emulator.start()
    config = directory / "classbridge.toml"
    emulator.write_config(config, 0)
    _settings(config)
    app = build(load_settings(config, {}))
    await app.start()
    emulator.target = f"http://127.0.0.1:{app.public_port}"
    rules = [
        {"api": api, "kind": kind, "share": share, **({} if value is None else {"value": value})}
        for api in (CARD, PRIVATE, GROUP)
        for kind, value in FAULTS
    ]
    try:
        emulator.faults.set({"seed": seed, "rules": rules})
        for start in range(0, sends, 500):
            _queue(app, range(start, min(start + 500, sends)))
            app.sender.wake()
        await _drained(app, emulator)
        return _report(app, emulator, sends)
    finally:
        await app.stop()
        await emulator.stop()


async def _drained(app: App, emulator: Emulator) -> None:
    """Until no row is open; what waits for its next try gets its time."""
    while True:
        coming = await app.settle()
        left = await asyncio.wrap_future(app.store.read(_open))
        if not left:
            return
        if coming is not None and coming > emulator.clock.now():
            await emulator.jump(coming)


def _open(db: Db) -> int:
    mine = (outbox.c.feature == FEATURE, outbox.c.state.not_in(ENDS))
    return int(db.conn.execute(sa.select(sa.func.count()).where(*mine)).scalar_one())


def _report(app: App, emulator: Emulator, sends: int) -> Report:
    rows = app.store.read(
        lambda db: db.conn.execute(sa.select(outbox).where(outbox.c.feature == FEATURE)).all()
    ).result()
    seen: dict[int, list[str]] = defaultdict(list)
    for item in emulator.seen():
        if item.change == "new" and (found := _OWN.match(item.content.text)):
            seen[int(found[1])].append(item.content.text)
    dropped = _dropped(emulator)
    report = Report(sends, ends=dict(Counter(row.state for row in rows)))
    report.faults = dict(
        Counter(call.code for call in emulator.calls() if call.code.startswith(("fault.", "http.")))
    )
    report.open = sends - len(rows) + sum(row.state not in ENDS for row in rows)
    for row in rows:
        _judge(report, row, seen[int(row.thing_id)], dropped[int(row.thing_id)])
    report.untold = app.store.read(_untold).result()
    minutes = Counter(call.at_ms // 60_000 for call in emulator.calls() if call.api == TOKEN)
    report.token_calls_a_minute = max(minutes.values(), default=0)
    return report


def _dropped(emulator: Emulator) -> Counter[int]:
    """How many copies of each the platform took and threw away."""
    dropped: Counter[int] = Counter()
    for call in emulator.calls():
        if call.code == "fault.silent_drop" and (
            found := _MARK.search(json.dumps(call.body, ensure_ascii=False))
        ):
            dropped[int(found[1])] += 1
    return dropped


def _judge(report: Report, row: Any, texts: list[str], dropped: int) -> None:
    copies = [text for text in texts if AGAIN not in text]
    report.labelled += len(texts) - len(copies)
    report.dropped_silently += bool(dropped)
    if row.state == "sent" and not texts and not dropped:
        report.lost += 1
    if row.safe:
        report.doubled += len(texts) > 1
    else:
        report.doubled_unlabelled += len(copies) > 1
    if row.state == "refused":
        code = row.code.removeprefix("card.")
        verdict = classify(400, json.dumps({"code": code}).encode(), "application/json")
        report.against_the_table += verdict.meaning in ("retry", "slow", "maybe", "token")
        report.against_the_table += bool(texts)
    if row.state == "expired":
        report.against_the_table += 1


def _untold(db: Db) -> int:
    """Ends that should have come back to somebody and did not."""
    from storage.inbox import inbox

    ended = sa.select(outbox.c.id).where(
        outbox.c.feature == FEATURE, outbox.c.state.in_(("refused", "unknown"))
    )
    ids = set(db.conn.execute(ended).scalars())
    told = db.conn.execute(sa.select(inbox.c.key).where(inbox.c.key.like("outcome:%"))).scalars()
    return len(ids - {key.split(":")[1] for key in told})


def main(argv: list[str]) -> int:
    """Run it and print the report as JSON; 1 if a promise was broken."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sends", type=int, default=10_000)
    parser.add_argument("--share", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(argv)
    with TemporaryDirectory(prefix="classbridge-faults-") as directory:
        report = asyncio.run(run(Path(directory), given.sends, given.share, given.seed))
    print(json.dumps(asdict(report), ensure_ascii=False))
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
