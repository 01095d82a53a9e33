"""A question back: what was asked is kept, sealed and with an end, until the answer comes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

from handlers.context import Ctx
from handlers.message import Message
from storage import talks
from storage.talks import Talk

LIFE = timedelta(minutes=30)
"""After so long an answer is no longer meant for the question."""


def begin(
    ctx: Ctx,
    message: Message,
    feature: str,
    state: Mapping[str, object],
    who: str = "",
    life: timedelta = LIFE,
) -> Talk:
    """Open a talk in the chat a message came from; it takes the place of the one before.

    Args:
        ctx: The writer's.
        message: What is being answered with a question.
        feature: Who will hear the answer.
        state: What it has to know then.
        who: Under what name the talk is kept where the writer is no person we know.
        life: How long the question stands.
    """
    return talks.open_talk(
        ctx.db,
        ctx.new_id,
        ctx.now,
        school_id=ctx.school.id,
        chat_key=message.talk,
        person_id=who or (ctx.person.id if ctx.person else ""),
        feature=feature,
        state=json.dumps(state, ensure_ascii=False),
        expires_at=ctx.now + life,
    )
