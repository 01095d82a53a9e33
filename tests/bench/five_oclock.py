"""The minute in which every class's digest goes out: ``python -m tests.bench.five_oclock CONFIG``.

A school with many classes, each with three notes and automatic sending; the sender is held. Timed is what the
ticker does at 16:50: each digest composed, looked through by the guard, decided and queued, durably.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from bot.app import App, build
from config.clock import MovableClock
from config.ids import new_id
from config.settings import load_settings
from storage import classes, digests, outbox, people, pupils, schools
from storage.engine import Db
from storage.outbox import outbox as rows
from tests.bench.serving import hold

DAY = "2026-10-12"
NOTES: tuple[tuple[digests.Kind, str], ...] = (
    ("news", "科学课种下了豌豆，每人一盆，放在窗台上"),
    ("praise", "{}主动把图书角整理好了"),
    ("reminder", "明天带跳绳，穿运动鞋"),
)


def _at(clock: str) -> datetime:
    return datetime.fromisoformat(f"{DAY}T{clock}:00+08:00")


def _note(db: Db, now: datetime) -> int:
    """Three notes for every class, as its teacher would have dropped them; returns how many classes."""
    school = schools.all_schools(db)[0]
    found = classes.of_school(db, school.id)
    for of in found:
        teacher, child = people.class_teacher(db, of.id), pupils.of_class(db, of.id)[0]
        made = digests.get_or_create(
            db, new_id, now, school_id=school.id, class_id=of.id, day=_at("12:00").date()
        )
        for kind, text in NOTES:
            digests.add_note(
                db,
                new_id,
                now,
                digest=made,
                kind=kind,
                text=text.format(child.name),
                pupil_ids=[child.id] if kind == "praise" else [],
                author_id=teacher.id if teacher else "",
            )
    return len(found)


def _queued(db: Db) -> int:
    here = rows.c.to_class.is_not(None) & (rows.c.state == outbox.NEW)
    return int(db.conn.execute(sa.select(sa.func.count()).select_from(rows).where(here)).scalar_one())


async def measure(config: Path) -> dict[str, float]:
    """Play the minute once; the figures."""
    clock = MovableClock(_at("16:00"))
    app: App = build(load_settings(config, {}), clock=clock)
    hold(app, ["worker", "sender"], {})
    await app.start()
    try:
        many = await asyncio.wrap_future(app.store.run(lambda db: _note(db, clock.now())))
        clock.move_to(_at("16:31"))  # previews are over
        await app.ticker.tick()
        clock.move_to(_at("16:50"))
        began = time.perf_counter()
        await app.ticker.tick()
        took = time.perf_counter() - began
        queued = await asyncio.wrap_future(app.store.read(_queued))
    finally:
        await app.stop()
    return {"classes": many, "queued": queued, "seconds": round(took, 3)}


def main(argv: list[str]) -> int:
    """Play it and print the figures as JSON."""
    print(json.dumps(asyncio.run(measure(Path(argv[0])))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
