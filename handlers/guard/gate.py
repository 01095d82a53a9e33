"""The one gate before everything that goes to a class group, with the school's own rules."""

from __future__ import annotations

from handlers.context import Ctx
from handlers.guard.packs import chosen
from handlers.guard.rules import Verdict, check
from handlers.reply import Asker, Reply, ToClass

REFUSED = "guard."
"""How the code begins that a feature hears when its words were not let through; the rule's name follows."""


def look(ctx: Ctx, class_id: str | None, text: str, *, now: bool = False) -> Verdict:
    """What the guard says of words for a class group, by the rules that hold there.

    Args:
        ctx: Whose decision.
        class_id: Which class; None for the school's rules.
        text: The words. The school's own duty phone may always be told.
        now: Whether they would go out at this moment, so that quiet hours count.
    """
    phone = ctx.school.duty_phone
    said = text.replace(phone, "") if phone else text
    return check(
        said, "teacher", "group", ctx.local if now else None, chosen(ctx.db, ctx.school.id, class_id)
    )


def refused(ctx: Ctx, class_id: str | None, text: str) -> str:
    """The code of what stops a post, or an empty string."""
    verdict = look(ctx, class_id, text, now=True)
    return REFUSED + verdict.rule if verdict.verdict == "block" else ""


def stopped(ctx: Ctx, reply: Reply, asked_in: str) -> str:
    """The code of what keeps a reply from a group, or an empty string; private words are not looked at.

    An answer somebody waits for knows no quiet hours, and a matter of danger is not held back.

    Args:
        ctx: Whose decision.
        reply: What would go out.
        asked_in: The kind of chat an asker wrote in; empty for a job.
    """
    match reply.to:
        case ToClass(class_id):
            return refused(ctx, class_id, reply.text)
        case Asker() if asked_in == "group" and not reply.urgent:
            verdict = look(ctx, None, reply.text)
            return REFUSED + verdict.rule if verdict.verdict == "block" else ""
        case _:
            return ""
