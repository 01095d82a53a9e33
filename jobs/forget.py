"""Drops what is over: the keys of handled messages after seven days, and what led nowhere."""

from __future__ import annotations

from datetime import timedelta

from handlers.context import Ctx
from storage import buckets, codes, inbox, outbox, schedule, talks

KEPT = timedelta(days=7)
"""A platform's retries and any replay come well within it."""
WINDOW = timedelta(hours=1)


def run(ctx: Ctx) -> None:
    """Forget rows that ended more than seven days ago; their texts were blanked at once."""
    before = ctx.now - KEPT
    inbox.forget(ctx.db, before)
    outbox.forget(ctx.db, before)
    schedule.forget(ctx.db, before)
    buckets.forget(ctx.db, ctx.now - WINDOW)
    talks.forget_expired(ctx.db, ctx.now)
    codes.forget_attempts(ctx.db, ctx.now)
