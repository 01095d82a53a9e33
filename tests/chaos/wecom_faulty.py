"""Sends to WeCom while every kind of fault happens: what came of each is counted against what people saw.

``python -m tests.chaos.wecom_faulty --sends 5000 --share 0.02 --seed 1 [--profile internal]``: each kind of
fault strikes its share of the calls on every lane: members' words, cards and pictures, customer service,
notices with the page, tasks laid before the groups' owners, webhook robots, the AI bot. The platform's limits
stay on. Nothing may be lost without somebody being told, nothing be shown twice without saying so.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import re
import sys
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from bot.app import App, build
from bot.command import FileRef
from bot.emulation.faults import Fault
from bot.wecom import groupmsg
from bot.wecom.client import WeCom
from bot.wecom.emulator.emulator import WeComEmulator
from bot.wecom.emulator.limits import Limits
from config.settings import load_settings
from storage.engine import Db
from storage.outbox import ENDS, SENT, outbox
from storage.page_messages import page_messages
from tests.chaos.faulty_sends import _untold
from tests.chaos.wecom_letters import AGAIN, FEATURE, OWN, STEP_S, TOGETHER, Letters, key_of
from tests.chaos.wecom_obeyed import LANES, PATIENCE_MS, PLANS, TOKEN, About, Plan, against_the_table

LONG = 5
"""Each so many steps an hour passes."""
_WINDOWS = ("to_member_minute", "to_member_hour", "by_webhook", "api_calls")


@dataclass
class Report:
    """What came of the sends.

    Args:
        sends: How many were asked for.
        calls: How many calls it took.
        ends: Rows by their end.
        lost: Said to be sent and never seen, without the platform having dropped it silently.
        doubled: Shown more than once without saying so.
        untold: Not sent, or perhaps not, and nothing came of it in the inbox.
        not_stopped: Tasks said to be taken back that still lie before their owner.
        against_the_table: What was not done as the answer asked for, by what it was.
        open: Not at its end.
        dropped_silently: Taken by the platform with success and thrown away: nobody can know.
        labelled: Second copies that say so.
        over_limits: Calls and messages beyond the platform's figures.
        renewals_a_minute: Of the token, the most in any minute; the very first fetch is none.
        faults: How often each struck.
    """

    sends: int
    calls: int = 0
    ends: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    doubled: int = 0
    untold: int = 0
    not_stopped: int = 0
    against_the_table: dict[str, int] = field(default_factory=dict)
    open: int = 0
    dropped_silently: int = 0
    labelled: int = 0
    over_limits: int = 0
    renewals_a_minute: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether every promise was kept."""
        broken = self.lost + self.doubled + self.untold + self.not_stopped + self.open + self.over_limits
        return not broken and not self.against_the_table and self.renewals_a_minute <= 1


def _settings(path: Path) -> None:
    """A short patience, so that time-outs take little real time; our limits stay as they are."""
    text = path.read_text("utf-8").replace("[server]\n", '[server]\npublic_url = "https://school.example"\n')
    seconds = PATIENCE_MS / 1000
    patience = f"connect_timeout_s = {seconds}\ntotal_timeout_s = {seconds}\n"
    path.write_text(f"{text}\n[limits]\n{patience}", "utf-8")


def _rules(share: float, plans: dict[str, Plan]) -> list[dict[str, Any]]:
    """The first rule that strikes wins: later ones are thrown for oftener, so that each has its share."""
    rules = []
    for api, plan in plans.items():
        for number, (kind, value) in enumerate(plan):
            rule = {"api": api, "kind": kind, "share": share / (1 - number * share)}
            rules.append(rule if value is None else rule | {"value": value})
    return rules


class _Witness:
    """Remembers of each call which fault struck it, and when it began."""

    def __init__(self, emulator: WeComEmulator) -> None:
        self.struck: list[tuple[Fault | None, int]] = []
        self._platform = emulator.platform
        self._under_way: dict[object, tuple[Fault | None, int]] = {}
        self._pick, self._add = emulator.faults.pick, emulator.platform.calls.add
        emulator.faults.pick = self._picked  # type: ignore[method-assign]
        emulator.platform.calls.add = self._added  # type: ignore[method-assign, assignment]

    def _picked(self, api: str) -> Fault | None:
        fault = self._pick(api)
        self._under_way[asyncio.current_task()] = (fault, self._platform.now_ms())
        return fault

    def _added(self, *call: Any) -> None:
        self._add(*call)
        self.struck.append(self._under_way.pop(asyncio.current_task(), (None, self._platform.now_ms())))


class _Limits:
    """Counts what the platform's own windows had no room for."""

    def __init__(self, emulator: WeComEmulator) -> None:
        self.over = 0
        for name in _WINDOWS:
            window = getattr(emulator.platform, name)
            self._watch(window)

    def _watch(self, window: Any) -> None:
        take = window.take

        def taken(key: str, now_ms: int, most: int | None) -> bool:
            room = bool(take(key, now_ms, most))
            self.over += not room
            return room

        window.take = taken


async def run(
    directory: Path, sends: int, share: float, seed: int, *, profile: str = "full", receive: str = "http",
    plans: dict[str, Plan] = PLANS, limits: dict[str, int] | None = None,
) -> Report:  # fmt: skip
    """Send them all and look what came of them.

    Args:
        plans: The faults of each interface.
        profile: ``full`` or ``internal``, see the emulator.
        receive: How the AI bot is reached: ``http`` or ``stream``.
        limits: In place of the platform's own figures.
    """
    emulator = WeComEmulator(profile=profile, receive=receive, limits=Limits().changed(limits or {}))
    await emulator.start()
    config = directory / "classbridge.toml"
    emulator.write_config(config, 0)
    _settings(config)
    app = build(load_settings(config, {}))
    await app.start()
    emulator.target = f"http://127.0.0.1:{app.public_port}"
    try:
        await emulator.ready()
        _invent_files(app)
        letters = Letters(app, emulator)
        await letters.begin()
        watch, witness = _Limits(emulator), _Witness(emulator)
        emulator.faults.set({"seed": seed, "rules": _rules(share, plans)})
        first = len(emulator.calls())
        for start in range(0, sends, TOGETHER):
            await letters.queue(range(start, min(start + TOGETHER, sends)))
            await app.settle()
            await letters.follow()
            await app.settle()
            # Now and then an hour: then cards go again that the platform had refused.
            pause_s = STEP_S if start // TOGETHER % LONG else 3660
            await emulator.jump(emulator.clock.now() + timedelta(seconds=pause_s))
        await _drained(app, emulator)
        return _Account(app, emulator, witness, letters, first).report(watch.over)
    finally:
        await app.stop()
        await emulator.stop()


def _invent_files(app: App) -> None:
    """The bytes of a picture say which it is."""

    async def files(file: FileRef) -> bytes:
        return b"\x89PNG\r\n\x1a\n" + file.medium_id.encode()

    for client in app.sender._platforms.values():
        if isinstance(client, WeCom):
            client.uploads._files = files


async def _drained(app: App, emulator: WeComEmulator) -> None:
    """Until no row is open; what waits for its next try gets its time."""
    while True:
        coming = await app.settle()
        left = await asyncio.wrap_future(app.store.read(_open))
        if not left:
            return
        if coming is not None and coming > emulator.clock.now():
            await emulator.jump(coming)


def _open(db: Db) -> int:
    mine = (outbox.c.feature.like(f"{FEATURE}%"), outbox.c.state.not_in(ENDS))
    return int(db.conn.execute(sa.select(sa.func.count()).where(*mine)).scalar_one())


# -- the books


class _Account:
    """Compares the rows with the calls and with what people saw."""

    def __init__(
        self, app: App, emulator: WeComEmulator, witness: _Witness, letters: Letters, first: int
    ) -> None:
        self._app = app
        self._emulator = emulator
        self._letters = letters
        self._calls = emulator.calls()[first:]
        self._struck = witness.struck[len(witness.struck) - len(self._calls) :]
        self._rows: list[Any] = app.store.read(_rows).result()
        self._by_id = {row.id: row for row in self._rows}

    def report(self, over: int) -> Report:
        """The whole of it."""
        letters = self._letters
        report = Report(letters.words + letters.others, len(self._calls))
        report.ends = dict(Counter(row.state for row in self._rows))
        report.open = report.sends - len(self._rows) + sum(row.state not in ENDS for row in self._rows)
        report.untold = self._app.store.read(_untold).result()
        report.over_limits = over
        self._judge_words(report)
        self._judge_tasks(report)
        self._judge_looks(report)
        against_the_table(report.against_the_table, report.wrong, self._rows, self._about())
        self._count_tokens(report)
        for rule in self._emulator.faults.rules:
            name = f"{rule.fault.kind}.{rule.fault.value}".removesuffix(".None")
            report.faults[name] = report.faults.get(name, 0) + rule.used
        return report

    def _judge_words(self, report: Report) -> None:
        shown, labelled = self._shown()
        dropped = self._dropped()
        report.labelled = sum(labelled.values())
        report.dropped_silently = sum(dropped.values())
        rows: dict[int, list[Any]] = defaultdict(list)
        for row in self._rows:
            if row.feature == FEATURE and row.thing_kind == "say":
                rows[key_of(int(row.thing_id))].append(row)
        for key, group in rows.items():
            sent = sum(row.state == SENT for row in group)
            seen = shown[key] + labelled[key] + dropped[key]
            report.lost += max(0, sent - seen)
            report.doubled += max(0, shown[key] - len(group)) + max(0, labelled[key] - len(group))
            if seen < sent or shown[key] > len(group):
                ends = [(row.state, row.code, row.attempts, row.lane) for row in group]
                report.wrong.append(f"{key}: {ends}, seen {shown[key]}, labelled {labelled[key]}")

    def _shown(self) -> tuple[Counter[int], Counter[int]]:
        """How often each was shown, in a chat or on a page; and how often with words that say so."""
        shown: Counter[int] = Counter()
        labelled: Counter[int] = Counter()
        names = {one.sha256: one.name for one in self._emulator.platform.media.values()}
        notices: Counter[str] = Counter()
        for item in self._emulator.seen():
            text = item.content.text
            if item.change != "new":
                continue
            if item.lane == "school_notice":
                notices[str(item.content.url)] += 1
            elif item.content.kind == "picture":
                shown[int(names[str(item.content.sha256)][2:8])] += 1
            elif item.lane == "broadcast" and item.content.kind != "task":
                continue  # what the owner has confirmed
            elif (found := OWN.match(text)) is not None:
                (labelled if AGAIN in text else shown)[int(found[1])] += 1
        for times in notices.values():  # the same notice twice is one too many
            shown[-1] += times - 1
        for row_id in self._app.store.read(_on_pages).result():
            if row_id in self._by_id:
                shown[key_of(int(self._by_id[row_id].thing_id))] += 1
        return shown, labelled

    def _dropped(self) -> Counter[int]:
        dropped: Counter[int] = Counter()
        for call, number, _fault in self._about():
            if call.code == "fault.silent_drop" and number is not None:
                dropped[key_of(number)] += 1
        return dropped

    def _about(self) -> list[About]:
        """Each call of a lane with the message it carries, the fault that struck it and when it began."""
        return [
            (call, self._letters.number_in(call), struck)
            for call, struck in zip(self._calls, self._struck, strict=True)
            if call.api in LANES
        ]

    def _judge_tasks(self, report: Report) -> None:
        tasks = self._emulator.platform.groups.tasks
        dropped = {
            str(call.body.get("msgid"))
            for call in self._calls
            if call.api == groupmsg.STOP and call.code == "fault.silent_drop"
        }
        for row in self._rows:
            task_id = self._letters.stopped.get(row.id)
            if task_id is not None and row.state == SENT and task_id not in dropped:
                task = tasks[task_id]
                report.not_stopped += not task.cancelled and task.sent_ms is None

    def _judge_looks(self, report: Report) -> None:
        """A card that was changed once shows that once."""
        times = Counter(item.message for item in self._emulator.seen() if item.change == "updated")
        report.doubled += sum(count - 1 for count in times.values())

    def _count_tokens(self, report: Report) -> None:
        asked = [call for call in self._emulator.calls() if call.api == TOKEN]
        renewed = [call.at_ms for call in asked if call.outcome == "done"][1:]
        per = (sum(at <= other < at + 59_000 for other in renewed) for at in renewed)
        report.renewals_a_minute = max(per, default=0)


def _rows(db: Db) -> list[Any]:
    return list(db.conn.execute(sa.select(outbox).where(outbox.c.feature.like(f"{FEATURE}%"))))


def _on_pages(db: Db) -> list[str]:
    laid = sa.select(page_messages.c.outbox_id).where(page_messages.c.content.is_not(None))
    return list(db.conn.execute(laid).scalars())


def main(argv: list[str]) -> int:
    """Run it and print the report as JSON; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.wecom_faulty")
    parser.add_argument("--sends", type=int, default=5_000)
    parser.add_argument("--share", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", choices=("full", "internal"), default="full")
    parser.add_argument("--receive", choices=("http", "stream"), default="http")
    given = parser.parse_args(argv)
    logging.disable(logging.WARNING)  # each fault is one line
    with TemporaryDirectory(prefix="classbridge-wecom-faults-") as directory:
        wanted = run(
            Path(directory), given.sends, given.share, given.seed,
            profile=given.profile, receive=given.receive,
        )  # fmt: skip
        report = asyncio.run(wanted)
    for line in report.wrong[:40]:
        print(re.sub(r"\s+", " ", line), file=sys.stderr)
    report.wrong.clear()
    print(json.dumps(asdict(report), ensure_ascii=False))
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
