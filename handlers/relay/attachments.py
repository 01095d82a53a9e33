"""Pictures, voices, videos and files on their way from a parent to the teacher.

A ticket is remembered and fetched at once: the platform forgets it within minutes. What has been fetched is
handed on with the same number as words; what cannot be fetched is said, once for a message.
"""

from __future__ import annotations

from collections.abc import Sequence

from handlers.context import Ctx
from handlers.message import Message
from handlers.relay import texts
from handlers.relay.families import listener, tie
from handlers.relay.forms import for_teacher, sender
from handlers.reply import Act, Fetch, Kept, Outcome, Reply, Thing, ToPerson
from storage import media
from storage.media import Medium
from storage.sealing import KeyGone

KINDS = ("picture", "voice", "video", "file")
FILE = "relay_file"
"""An attachment being fetched; the id is its own."""
RECORDING = "relay_recording"
"""The same for a voice whose words were passed on: nobody misses it much."""

REFUSED = "file."
"""What a code begins with when it was the file the chat would not take."""


def remember(ctx: Ctx, message: Message, role_id: str | None) -> tuple[Medium, ...]:
    """Keep the tickets of what came with a message.

    Args:
        ctx: The parent's.
        message: What came.
        role_id: The tie it is about; None while that is being asked.
    """
    for one in message.attachments:
        media.remember(
            ctx.db,
            ctx.new_id,
            ctx.now,
            school_id=ctx.school.id,
            message_id=message.id,
            person_id=ctx.person.id if ctx.person else None,
            kind=one.kind,
            ticket=one.ticket,
            name=one.name,
            duration_ms=one.duration_ms,
            role_id=role_id,
        )
    return media.of_message(ctx.db, message.id) if message.attachments else ()


def fetches(came: Sequence[Medium], words: str) -> list[Act]:
    """Ask for the bytes of what was remembered."""
    return [
        Fetch(one.id, Thing(RECORDING if one.kind == "voice" and words else FILE, one.id)) for one in came
    ]


def of_child(ctx: Ctx, message_id: str, role_id: str) -> tuple[Medium, ...]:
    """Now it is known which child it is about: what came with the message, as far as it is not given up."""
    media.about(ctx.db, message_id, role_id)
    return tuple(one for one in media.of_message(ctx.db, message_id) if one.code is None)


def ready(ctx: Ctx, came: Sequence[Medium]) -> list[Act]:
    """Hand on what has been fetched already; the rest follows by its outcome."""
    return [act for one in came if one.fetched_at is not None for act in _hand_on(ctx, one)]


def fetched(ctx: Ctx, result: Outcome) -> list[Act]:
    """The bytes are here, or will not come."""
    medium = _medium(ctx, result)
    if medium is None or result.thing is None:
        return []
    if result.kind == "sent" and medium.fetched_at is not None:
        return _hand_on(ctx, medium)
    told = any(one.code for one in media.of_message(ctx.db, medium.message_id))
    if not media.given_up(ctx.db, medium.id, result.code or result.kind):
        return []
    if told or result.kind == "withdrawn" or result.thing.kind == RECORDING:
        return []
    return _missing(ctx, medium, result.code)


def not_shown(result: Outcome) -> list[Act]:
    """It was here, and could not be sent on: its sender is asked for another form, the teacher told."""
    if result.thing is None or result.to_person is None:
        return []
    caption = result.text.partition("\n")[0]
    return [
        Reply(ToPerson(result.thing.id), texts.file_not_passed(result.code)),
        Reply(ToPerson(result.to_person), texts.file_not_shown(caption)),
    ]


def _medium(ctx: Ctx, result: Outcome) -> Medium | None:
    try:
        return media.get(ctx.db, result.thing.id) if result.thing else None
    except KeyGone:  # the family was erased while it was on its way
        return None


def _hand_on(ctx: Ctx, medium: Medium) -> list[Act]:
    family = tie(ctx, medium.person_id, medium.role_id) if medium.person_id and medium.role_id else None
    to = listener(ctx, family.of.id) if family else None
    if family is None:
        return []  # the child is still being asked about, or is in the class no more
    if to is None:
        return [Reply(ToPerson(family.guardian.id), texts.nobody(ctx.school.duty_phone))]
    caption = texts.file_to_teacher(sender(family, to), medium.kind)
    return [for_teacher(family, to, caption, Kept(medium.id))]


def _missing(ctx: Ctx, medium: Medium, code: str) -> list[Act]:
    if medium.person_id is None:
        return []
    told: list[Act] = [
        Reply(ToPerson(medium.person_id), texts.not_fetched(medium.kind, too_large="large" in code.lower()))
    ]
    family = tie(ctx, medium.person_id, medium.role_id) if medium.role_id else None
    to = listener(ctx, family.of.id) if family else None
    if family is not None and to is not None:
        told.append(for_teacher(family, to, texts.file_missing(sender(family, to), medium.kind)))
    return told
