"""A replica that takes its time over opening a window, so that two of them surely meet there.

With ``CHAOS_UNGUARDED`` it is the control: it acts on what is due without asking whether another has.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime

from bot.serve import main
from handlers.context import Ctx
from handlers.relay import opening
from handlers.reply import Act
from storage import schedule
from storage.engine import Db
from storage.schedule import Occurrence

SLOW_S = 0.5

_due = opening.due


def _slowly(ctx: Ctx, occurrence: Occurrence) -> list[Act]:
    acts = _due(ctx, occurrence)
    time.sleep(SLOW_S)  # both replicas shall be inside the unit at once
    return acts


_take = schedule.take
_acted: set[str] = set()


def _unasked(db: Db, occurrence: Occurrence, now: datetime) -> bool:
    """Acts once by itself, and closes the occurrence only at the second look."""
    if occurrence.id in _acted:
        return _take(db, occurrence, now) and False
    _acted.add(occurrence.id)
    return True


if __name__ == "__main__":
    opening.due = _slowly
    if os.environ.get("CHAOS_UNGUARDED"):
        schedule.take = _unasked
    sys.exit(main(sys.argv[2:]))
