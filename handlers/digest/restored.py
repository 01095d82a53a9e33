"""After a restored backup: what the class has read today is not known, so nothing goes out by itself."""

from __future__ import annotations

from handlers.context import Ctx
from handlers.digest import texts
from handlers.digest.desks import sheet
from handlers.digest.posting import tell_teacher
from handlers.reply import Reply
from storage import classes, digests, preferences


def hold_today(ctx: Ctx) -> list[Reply]:
    """Today's digests wait for their class teachers, who are told where there is something to send."""
    today = ctx.local.date()
    told: list[Reply] = []
    for of in classes.of_school(ctx.db, ctx.school.id):
        preferences.put(
            ctx.db, ctx.new_id, ctx.now, "class", of.id, "digest.hold", today.isoformat(), by=None
        )
        its = sheet(ctx, of, today)
        if its.digest is not None and its.state == "queued":
            digests.set_state(ctx.db, its.digest.id, ("queued",), "draft", ctx.now)
        if its.notes and its.state in ("draft", "approved", "queued"):
            told += tell_teacher(ctx, of.id, texts.restored(of.name))
    return told
