"""The timer that knocks. What is due, what ran and what came of it are rows (``storage/schedule.py``).

The only user of APScheduler: it ticks once a second and lends its arithmetic of local times; it
keeps no job, so nothing it could lose or run twice depends on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from config.clock import Clock
from jobs.timetable import FEATURE, TIMETABLE
from storage import schedule
from storage.engine import Db, Refused, Store
from storage.schedule import Occurrence
from storage.schools import School

TICK_S = 1
AT_ONCE = 256
TRIES = 3

Act = Callable[[Db, Occurrence, datetime], None]
"""Acts on one occurrence inside the unit that has taken it."""


def next_time(at: str, tz: str, after: datetime) -> datetime:
    """The next moment (UTC in, aware local out) at which it is ``at`` (``HH:MM``) in ``tz``."""
    hour, minute = at.split(":")
    trigger = CronTrigger(hour=int(hour), minute=int(minute), timezone=ZoneInfo(tz))
    found: datetime | None = trigger.get_next_fire_time(None, after)
    if found is None:
        raise ValueError(f"{at} never comes in {tz}")
    return found


def plan_jobs(db: Db, school: School, now: datetime, new_id: Callable[[], str]) -> None:
    """Make sure the next run of every job stands in the schedule."""
    for job in TIMETABLE:
        due = next_time(job.at, school.tz, now)
        local = due.strftime("%Y-%m-%dT%H:%M")
        schedule.plan(db, new_id(), school.id, FEATURE, f"job.{job.name}", school.id, local, due)


class Ticker:
    """Looks for due occurrences and has them acted on, each in a unit of its own.

    Args:
        act: See :data:`Act`.
        between: Called before and after each unit with its name, for crash tests.
        committed: Called when something was done, to wake the sender.
        failed: Told the kind of an occurrence whose unit raised.
        every_tick: Small chores that want the same rhythm.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        act: Act,
        *,
        between: Callable[[str], None],
        committed: Callable[[], None],
        failed: Callable[[Occurrence, Exception], None],
        every_tick: Callable[[], Awaitable[None]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._act = act
        self._between = between
        self._committed = committed
        self._failed = failed
        self._every_tick = every_tick
        self._one_at_a_time = asyncio.Lock()
        self._scheduler = AsyncIOScheduler(timezone=ZoneInfo("UTC"))

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.add_job(
            self._knock,
            IntervalTrigger(seconds=TICK_S, timezone=ZoneInfo("UTC")),
            coalesce=True,
            misfire_grace_time=None,
            max_instances=1,
        )
        self._scheduler.start()

    async def stop(self) -> None:
        """Tick no more; waits for what is running (the scheduler's own shutdown would cut it off)."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        async with self._one_at_a_time:
            pass

    async def _knock(self) -> None:
        try:
            await self._every_tick()
        finally:  # a chore that fails must not keep what is due from happening
            await self.tick()

    async def tick(self) -> int:
        """Act on everything that is due; returns how many occurrences were taken up."""
        async with self._one_at_a_time:
            done = 0
            while found := await self._due():
                done += len(found)
                by_subject = sorted(found, key=lambda one: one.subject_id)
                groups = [list(group) for _id, group in groupby(by_subject, key=lambda one: one.subject_id)]
                went = await asyncio.gather(*(self._in_order(group) for group in groups))
                if not all(went):  # the database refuses: the next tick tries again
                    break
            return done

    async def _due(self) -> list[Occurrence]:
        now = self._clock.now()
        try:
            return await asyncio.wrap_future(self._store.read(lambda db: schedule.due(db, now, AT_ONCE)))
        except Refused:
            return []

    async def _in_order(self, occurrences: list[Occurrence]) -> bool:
        """What concerns one subject, oldest first: a late preview comes before the late sending."""
        for occurrence in sorted(occurrences, key=lambda one: (one.due_at, one.id)):
            if not await self._one(occurrence):
                return False
        return True

    async def _one(self, occurrence: Occurrence) -> bool:
        """Act on one; False if the database refused, which is no failure of the occurrence."""
        now = self._clock.now()

        def unit(db: Db) -> None:
            if schedule.take(db, occurrence, now):
                self._act(db, occurrence, now)

        try:
            self._between("ticker.before_commit")
            await asyncio.wrap_future(self._store.run(unit))
            self._between("ticker.after_commit")
            self._committed()
        except Refused:
            return False
        except Exception as error:
            self._failed(occurrence, error)
            return await self._count(occurrence)
        return True

    async def _count(self, occurrence: Occurrence) -> bool:
        """A failed unit was rolled back whole; count the try, and give up in the end."""
        try:
            await asyncio.wrap_future(self._store.run(lambda db: schedule.failed(db, occurrence, TRIES)))
        except Refused:
            return False
        return True
