"""Drops what is over: the keys of handled messages after seven days, and what led nowhere."""

from __future__ import annotations

from datetime import date, timedelta

from handlers.context import Ctx
from handlers.trouble.feature import THING as DOUBT
from storage import (
    book,
    buckets,
    card_codes,
    codes,
    contact_cards,
    digest_photos,
    inbox,
    kf,
    leave,
    media,
    notices,
    numbers,
    outbox,
    page_links,
    page_messages,
    page_sessions,
    reports,
    schedule,
    stars,
    talks,
    tasks,
    uploads,
    waiting,
)

KEPT = timedelta(days=7)
"""A platform's retries and any replay come well within it."""
PICTURES = timedelta(days=30)
"""So long a family's pictures and files are kept; the contact log remembers that there was one."""
WINDOW = timedelta(hours=1)
UNANSWERED = timedelta(days=60)
"""So long a message waits for its answer; the contact log remembers it."""
UNDECIDED = timedelta(days=2)
"""So long a teacher can still choose 重发 or 不发; then the kept words go, like all others."""

BROADCASTS = timedelta(days=30)
"""So long the words of a broadcast are kept that nobody said to be over; the digest itself stays."""
SYMPTOMS = timedelta(days=30)
"""So long after the day it is kept what a family said of an illness, or who fetched a child."""
LEAVES = timedelta(days=180)
"""So long a day's leave is kept where no term says when it is over; else to the end of its term."""
NOTICES = timedelta(days=400)
"""So long a notice, a card, what was signed of them, a week's stars and report can be shown: a school year
and more."""
LINKS = timedelta(days=30)
"""So long an expired link can say that it has expired."""


def run(ctx: Ctx) -> None:
    """Forget rows that ended more than seven days ago; their texts were blanked at once."""
    before = ctx.now - KEPT
    inbox.forget(ctx.db, before)
    outbox.forget(ctx.db, before)
    schedule.forget(ctx.db, before)
    media.forget(ctx.db, ctx.now - PICTURES)
    digest_photos.forget(ctx.db, ctx.now - PICTURES)
    outbox.close_doubts(ctx.db, ctx.now - UNDECIDED)
    numbers.close_before(ctx.db, (ctx.local - UNDECIDED).date(), DOUBT)
    numbers.close_before(ctx.db, (ctx.local - KEPT).date())
    buckets.forget(ctx.db, ctx.now - WINDOW)
    talks.forget_expired(ctx.db, ctx.now)
    codes.forget_attempts(ctx.db, ctx.now)
    card_codes.forget(ctx.db, ctx.now)
    page_links.forget(ctx.db, ctx.now - LINKS)
    page_sessions.forget(ctx.db, ctx.now)
    page_messages.forget(ctx.db, ctx.now - page_messages.KEPT)
    kf.forget(ctx.db, ctx.now)
    uploads.forget(ctx.db, ctx.now)
    waiting.forget(ctx.db, before, ctx.now - UNANSWERED)
    tasks.forget(ctx.db, (ctx.local - BROADCASTS).date())
    book.forget(ctx.db, before)
    notices.forget(ctx.db, ctx.school.id, ctx.now - NOTICES)
    stars.forget(ctx.db, ctx.school.id, ctx.now - NOTICES)
    reports.forget(ctx.db, ctx.school.id, ctx.now - NOTICES)
    contact_cards.forget(ctx.db, ctx.school.id, ctx.now - NOTICES)
    _forget_leaves(ctx)


def _forget_leaves(ctx: Ctx) -> None:
    """Leaves go with their term: from the day after it only those of a later one are kept."""
    today = ctx.local.date()
    terms = ctx.calendar.terms
    over = max((term.last + timedelta(days=1) for term in terms if term.last < today), default=date.min)
    rows = over if terms else today - LEAVES
    leave.forget(ctx.db, ctx.school.id, rows_before=rows, notes_before=today - SYMPTOMS)
