"""A call for help that was lost: an open case whose next call is late gets it after all.

The exact occurrences do the calling; this only looks after those that were given up after failing.
"""

from __future__ import annotations

from datetime import timedelta

from handlers.context import Ctx
from handlers.urgent import opening
from storage import cases

LATE = timedelta(seconds=30)


def run(ctx: Ctx) -> None:
    """Plan the call now, for every case that has been waiting for it too long."""
    for case in cases.overdue(ctx.db, ctx.school.id, ctx.now - LATE):
        opening.plan_next(ctx, case, ctx.now)
