"""The crash run's WeCom: who is there, what fails, and how a class group's owner confirms."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from typing_extensions import override

from bot.crashpoints import READING
from bot.dialogue.control import ControlError, Item, Person
from bot.wecom.emulator.emulator import WeComEmulator
from bot.wecom.emulator.kf_state import KfState
from bot.wecom.emulator.limits import Limits
from storage import page_messages
from storage.engine import Db, open_store
from tests.chaos.ledger import MARK, Entry, Seen
from tests.chaos.people import People

APIS = (
    "/cgi-bin/message/send",
    "/cgi-bin/kf/send_msg",
    "/cgi-bin/kf/sync_msg",
    "/cgi-bin/externalcontact/add_msg_template",
    "/cgi-bin/externalcontact/message/send",
)
PUSHES = tuple(
    (push, kind, share)
    for push in ("push:robot", "push:event")
    for kind, share in (("duplicate", 0.05), ("timeout_after", 0.02), ("reorder", 0.02), ("drop", 0.02))
)
"""Heard twice, tried again although heard, overtaken, never come."""
POINTS = READING
ENV = {
    "CLASSBRIDGE_LIMITS__MEMBER_PER_MINUTE": "5000",
    "CLASSBRIDGE_LIMITS__MEMBER_PER_HOUR": "50000",
    "CLASSBRIDGE_SERVER__PUBLIC_URL": "https://school.example",
}
MINUTE = timedelta(minutes=1)
PAGE = 7
"""So few entries a reading brings: there are always several."""


class _ShortPages(KfState):
    """There is always more behind a page."""

    @override
    def page(self, at: int, most: int) -> tuple[list[dict[str, Any]], int, bool]:
        return KfState.page(self, at, min(most, PAGE))


def made(start: datetime, seed: str) -> WeComEmulator:
    """The platform: five answers after each of a guardian's messages, no other limit in the way."""
    limits = Limits(None, None, None, None, None, 5, None)
    emulator = WeComEmulator(start=start, seed=seed, limits=limits)
    emulator.platform.kf = _ShortPages(emulator.platform)
    emulator.platform.kf.knobs.tokenless_minute = 100_000
    return emulator


def ring(emulator: WeComEmulator) -> dict[str, str]:
    """What the doorbell of customer service says."""
    state = emulator.platform.kf
    return {"Token": state.ring(), "OpenKfId": state.account}


@dataclass(slots=True)
class WeComPeople(People):
    """As everywhere, but a post waits for its teacher's tap, and what guardians write lies in a log."""

    _taps: set[asyncio.Task[None]] = field(default_factory=set)

    @override
    async def _say(self, entry: Entry, person: Person, text: str) -> None:
        delivered, _ = await self.control.say(chat=person.chat, sender=person.id, text=text)
        # The platform keeps it for three days, whether the doorbell was heard or not.
        entry.acknowledged = delivered or person.roles == ("guardian",)

    @override
    def _read(self, item: Item) -> None:
        if item.lane == "school_notice":
            self.items.append(item)
            return
        People._read(self, item)
        if item.lane == "broadcast" and item.kind == "task" and item.change == "new":
            tap = asyncio.create_task(self._tap(item))
            self._taps.add(tap)
            tap.add_done_callback(self._taps.discard)

    async def _tap(self, item: Item) -> None:
        with suppress(ControlError):
            await self.control.press(item.message, "confirm", str(item.to))


def on_pages(url: str, data_dir: Path, entries: dict[str, Entry]) -> list[Seen]:
    """What waits on guardians' own pages, as if each had looked."""
    store = open_store(url, data_dir / "keys" / "installation.key", create=False)
    try:
        texts = store.read(_laid).result()
    finally:
        store.close()
    marks = {mark for text in texts for mark in MARK.findall(text)}
    return [Seen(reader, mark) for mark in marks if mark in entries for reader in entries[mark].readers]


def _laid(db: Db) -> list[str]:
    table = page_messages.page_messages
    found = sa.select(table.c.person_id, table.c.id, table.c.content).where(table.c.content.is_not(None))
    return [
        db.open(f"person:{row.person_id}", "page_messages.content", row.id, row.content)
        for row in db.conn.execute(found)
    ]
