"""Sends while every kind of fault happens: what came of each is counted against what people saw.

``python -m tests.chaos.faulty_sends --sends 10000 --share 0.02 --seed 1``: each kind of fault strikes its
share of the platform's calls. Nothing may be lost without somebody being told, nothing shown twice where the
platform removes duplicates, every answer must lead to what the table of answers says (:mod:`.obeyed`), and
the token is renewed at most once a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from bot.app import App, build
from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.platform import Limits
from bot.emulation.faults import Fault
from bot.emulation.records import CallRecord
from config.settings import load_settings
from handlers.reply import Reply, Thing, ToClass, ToPerson
from storage import classes, people, schools
from storage.engine import Db
from storage.inbox import inbox
from storage.outbox import ENDS, SENT, outbox
from tests.chaos.obeyed import Try, against, sort_of

CARD = "/v1.0/card/instances/createAndDeliver"
PRIVATE = "/v1.0/robot/oToMessages/batchSend"
GROUP = "/v1.0/robot/groupMessages/send"
TOKEN = "/v1.0/oauth2/accessToken"
LANES = (CARD, PRIVATE, GROUP)
FEATURE = "probe"
AGAIN = "补发，如已收到请忽略"
TOGETHER, STEP_S = 20, 30
"""So many sends are handed in together, so often: the token may die at any and comes back once a minute."""
CLOCKS_MS = 1000
"""The platform's clock and the product's may be so far apart when a minute is measured."""
_OWN = re.compile(rf"(?:{AGAIN}：\s*)?(?:提醒\s*)?编号(\d{{6}})")
"""The message itself, not a teacher's being told of it."""

Plan = tuple[tuple[str, Any], ...]
FAULTS: Plan = (
    ("refuse", None),
    ("timeout_before", 2500),
    ("timeout_after", 2500),
    ("reset", None),
    ("reset", 20),
    ("truncate", 7),
    ("slow", 20),
    ("slow", "drip:1700"),
    ("http", 429),
    ("http", 500),
    ("http", 502),
    ("http", 504),
    ("code", "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"),
    ("code", "send.too.fast"),
    ("code", "system.busy"),
    ("code", "contain.notAllowed.text"),
    ("code", "1111"),
    ("code", "punish"),
    ("expire_token", None),
    ("silent_drop", None),
)
"""On every lane; what hangs, hangs longer than the client waits here."""
LISTED: Plan = (
    ("code", "invalidStaffIdList"),
    ("code", "invalidStaffIdList:partly"),
    ("code", "flowControlledStaffIdList"),
    ("code", "filteredStaffIdList"),
    ("code", "Forbidden.AccessDenied.AccessTokenPermissionDenied"),
)
GONE: Plan = (
    ("code", "group.disbanded"),
    ("code", "Forbidden.AccessDenied.AccessTokenPermissionDenied"),
)
TOKENS: Plan = (("refuse", None), ("timeout_after", 2500), ("reset", None), ("http", 500), ("truncate", 7))
PLANS: dict[str, Plan] = {CARD: FAULTS, PRIVATE: FAULTS + LISTED, GROUP: FAULTS + GONE, TOKEN: TOKENS}


@dataclass
class Report:
    """What came of the sends.

    Args:
        sends: How many were asked for.
        calls: How many calls it took.
        ends: Rows by their end.
        lost: Said to be sent and never seen, without the platform having dropped it silently.
        doubled: Shown more than once without saying so, or on a lane where the platform removes duplicates.
        untold: Not sent, or perhaps not, and nothing came of it in the inbox.
        against_the_table: What was not done as the answer asked for, by what it was.
        open: Not at its end.
        dropped_silently: Taken by the platform with success and thrown away: nobody can know.
        labelled: Second copies that say so.
        late: Answered by the platform, but after the client had given up waiting: in doubt like the rest.
        renewals_a_minute: Of the token, the most in any minute; the very first fetch is none.
        faults: How often each struck the calls it is planned for, and how many in a thousand that is.
    """

    sends: int
    calls: int = 0
    ends: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    doubled: int = 0
    untold: int = 0
    against_the_table: dict[str, int] = field(default_factory=dict)
    open: int = 0
    dropped_silently: int = 0
    labelled: int = 0
    late: int = 0
    token_calls: int = 0
    renewals_a_minute: int = 0
    faults: dict[str, tuple[int, float]] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether every promise was kept."""
        broken = self.lost + self.doubled + self.untold + len(self.against_the_table) + self.open
        return not broken and self.renewals_a_minute <= 1


class Witness:
    """Remembers which fault struck which call; the platform's own log does not say it of all kinds."""

    def __init__(self, emulator: Emulator) -> None:
        self.struck: list[Fault | None] = []
        self._under_way: dict[object, Fault] = {}
        self._pick, self._add = emulator.faults.pick, emulator.platform.calls.add
        emulator.faults.pick = self._picked  # type: ignore[method-assign]
        emulator.platform.calls.add = self._added  # type: ignore[method-assign, assignment]

    def _picked(self, api: str) -> Fault | None:
        fault = self._pick(api)
        if fault is not None:
            self._under_way[asyncio.current_task()] = fault
        return fault

    def _added(self, *call: Any) -> None:
        self._add(*call)
        self.struck.append(self._under_way.pop(asyncio.current_task(), None))


def _settings(path: Path) -> None:
    """No limits of ours in the way, and a short patience, so that time-outs take little real time."""
    text = path.read_text("utf-8").replace(
        "[dingtalk.school]\n", "[dingtalk.school]\nmonthly_calls = 9999999\n"
    )
    limits = "app_api_per_second = 1000000\ngroup_per_minute = 1000000\n"
    patience = "connect_timeout_s = 1.2\ntotal_timeout_s = 1.2\n"
    path.write_text(f"{text}\n[limits]\n{limits}{patience}", "utf-8")


def _rules(share: float, plans: dict[str, Plan]) -> list[dict[str, Any]]:
    """The first rule that strikes wins: later ones are thrown for oftener, so that each has its share."""
    rules = []
    for api, plan in plans.items():
        for number, (kind, value) in enumerate(plan):
            rule = {"api": api, "kind": kind, "share": share / (1 - number * share)}
            rules.append(rule if value is None else rule | {"value": value})
    return rules


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


def _must(number: int) -> bool:
    return number % 10 in (1, 2, 3)


def _reply(number: int, rooms: list[str], told: list[str]) -> Reply:
    text, thing = f"编号{number:06} 明天带跳绳", Thing(FEATURE, f"{number:032}")
    if number % 10 == 0:
        to = ToClass(rooms[number // 10 % len(rooms)])
        return Reply(to, text, title="提醒", thing=thing, arrival="must", wants_outcome=True)
    person = ToPerson(told[number % len(told)])
    if _must(number):
        return Reply(person, text, title="提醒", thing=thing, arrival="must", wants_outcome=True)
    return Reply(person, text, thing=thing, wants_outcome=True)


async def run(
    directory: Path, sends: int, share: float, seed: int, *, cards: bool = True,
    plans: dict[str, Plan] = PLANS,
) -> Report:  # fmt: skip
    """Send them all and look what came of them.

    Args:
        plans: The faults of each interface.
        cards: Whether card templates are configured; without, nothing removes a message sent twice.
    """
    emulator = Emulator(limits=Limits(None, None))
    await emulator.start()
    config = directory / "classbridge.toml"
    emulator.write_config(config, 0)
    _settings(config)
    if not cards:
        lines = config.read_text("utf-8").splitlines()
        config.write_text("\n".join(line for line in lines if "card_template" not in line), "utf-8")
    app = build(load_settings(config, {}))
    await app.start()
    emulator.target = f"http://127.0.0.1:{app.public_port}"
    try:
        witness = Witness(emulator)
        emulator.faults.set({"seed": seed, "rules": _rules(share, plans)})
        for start in range(0, sends, TOGETHER):
            _queue(app, range(start, min(start + TOGETHER, sends)))
            app.sender.wake()
            await app.settle()
            await emulator.jump(emulator.clock.now() + timedelta(seconds=STEP_S))
        await _drained(app, emulator)
        return _report(app, emulator, witness, sends)
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


# -- the books


def _report(app: App, emulator: Emulator, witness: Witness, sends: int) -> Report:
    rows = app.store.read(_rows).result()
    by_id = {row.id: int(row.thing_id) for row in rows}
    seen: dict[int, list[tuple[bool, str]]] = defaultdict(list)
    for item in emulator.seen():
        if item.change == "new" and (found := _OWN.match(item.content.text)):
            seen[int(found[1])].append((item.content.kind == "card", item.content.text))
    calls = emulator.calls()
    tries: dict[int, list[Try]] = defaultdict(list)
    dropped: set[int] = set()
    for number, one, silently in _tries(calls, witness.struck, by_id):
        tries[number].append(one)
        dropped |= {number} if silently else set()
    report = Report(sends, len(calls), dict(Counter(row.state for row in rows)))
    report.open = sends - len(rows) + sum(row.state not in ENDS for row in rows)
    report.dropped_silently = len(dropped)
    for row in rows:
        number = int(row.thing_id)
        _judge(report, row.state, seen[number], number in dropped)
        story = tries[number]
        if row.code == "no_answer" and story and story[-1].sort != "unsure":
            report.late += 1  # this machine was busy
            story[-1] = replace(story[-1], sort="unsure")
        wrong = against(story, row.state, must=_must(number))
        if wrong:
            report.against_the_table[wrong] = report.against_the_table.get(wrong, 0) + 1
    report.untold = app.store.read(_untold).result()
    _count_tokens(report, calls)
    _count_faults(report, emulator)
    return report


def _rows(db: Db) -> list[Any]:
    return list(db.conn.execute(sa.select(outbox).where(outbox.c.feature == FEATURE)))


def _tries(
    calls: list[CallRecord], struck: list[Fault | None], by_id: dict[str, int]
) -> Iterator[tuple[int, Try, bool]]:
    """Number, try, and whether the platform dropped it silently; of our own messages only."""
    for call, fault in zip(calls, struck, strict=True):
        if call.api not in LANES:
            continue
        number, labelled = _about(call, by_id)
        if number is not None:
            sort, wait_s = sort_of(fault, call.code)
            card = call.api == CARD
            yield number, Try(call.at_ms, card, labelled, sort, wait_s), call.code == "fault.silent_drop"


def _about(call: CallRecord, by_id: dict[str, int]) -> tuple[int | None, bool]:
    """Which of our messages a call carries, and whether it says that it may have come before."""
    if call.api == CARD:
        return by_id.get(call.body["outTrackId"]), False
    given = json.loads(call.body["msgParam"])
    words = str(given.get("content") or given.get("text"))
    found = _OWN.match(words)
    return (int(found[1]), AGAIN in words) if found else (None, False)


def _judge(report: Report, state: str, texts: list[tuple[bool, str]], dropped: bool) -> None:
    copies = [card for card, text in texts if AGAIN not in text]
    report.labelled += len(texts) - len(copies)
    report.lost += state == SENT and not texts and not dropped
    report.doubled += len(copies) > 1 or (len(texts) > 1 and any(copies))


def _untold(db: Db) -> int:
    """Ends that should have come back to somebody and did not."""
    ended = sa.select(outbox.c.id).where(outbox.c.feature == FEATURE, outbox.c.state != SENT)
    ids = set(db.conn.execute(ended).scalars())
    told = db.conn.execute(sa.select(inbox.c.key).where(inbox.c.key.like("outcome:%"))).scalars()
    return len(ids - {key.split(":")[1] for key in told})


def _count_tokens(report: Report, calls: list[CallRecord]) -> None:
    asked = [call for call in calls if call.api == TOKEN]
    renewed = [call.at_ms for call in asked if call.outcome == "done"][1:]
    minute = 60_000 - CLOCKS_MS
    report.token_calls = len(asked)
    report.renewals_a_minute = max(
        (sum(at <= other < at + minute for other in renewed) for at in renewed), default=0
    )


def _count_faults(report: Report, emulator: Emulator) -> None:
    """The first rule of an interface is asked about every call there, so it knows how many there were."""
    rules = emulator.faults.rules
    asked = {api: next((rule.met for rule in rules if rule.api == api), 0) for api in PLANS}
    for api, group in ((api, "token." if api == TOKEN else "") for api in PLANS):
        for rule in (rule for rule in rules if rule.api == api):
            value = "" if rule.fault.value is None else f".{rule.fault.value}"
            name = f"{group}{rule.fault.kind}{value}"
            used = report.faults.get(name, (0, 0.0))[0] + rule.used
            planned = [one for one in PLANS if (rule.fault.kind, rule.fault.value) in PLANS[one]]
            calls = sum(asked[one] for one in planned if (one == TOKEN) == bool(group))
            report.faults[name] = (used, round(1000 * used / max(1, calls), 1))


def main(argv: list[str]) -> int:
    """Run it and print the report as JSON; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.faulty_sends")
    parser.add_argument("--sends", type=int, default=10_000)
    parser.add_argument("--share", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-cards", action="store_true", help="as where the platform refuses cards")
    given = parser.parse_args(argv)
    logging.disable(logging.WARNING)  # each fault is one line
    with TemporaryDirectory(prefix="classbridge-faults-") as directory:
        wanted = run(Path(directory), given.sends, given.share, given.seed, cards=not given.no_cards)
        report = asyncio.run(wanted)
    print(json.dumps(asdict(report), ensure_ascii=False))
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
