"""What happens by itself, every day, for every school: one table of name, when and function.

A run is an occurrence row like any other, so it happens once, also with several replicas, and late
if the service was down. Things due at a class's own times (a digest's preview) are planned by
``plan_day`` and acted on by their feature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from handlers.context import Ctx
from jobs import forget, plan_day, sync_book


@dataclass(frozen=True, slots=True)
class Job:
    """One line of the table.

    Args:
        name: Part of the occurrence's kind, ``job.NAME``.
        at: Local time of the school, ``HH:MM``.
        run: What is done, inside one unit of work; safe to run twice.
    """

    name: str
    at: str
    run: Callable[[Ctx], None]


TIMETABLE: tuple[Job, ...] = (
    Job("plan_day", "00:05", plan_day.run),
    Job("forget", "03:30", forget.run),
    Job("sync_book", "02:10", sync_book.run),
)

FEATURE = "jobs"


def job_of(kind: str) -> Job | None:
    """The job an occurrence's kind names."""
    return next((job for job in TIMETABLE if f"job.{job.name}" == kind), None)
