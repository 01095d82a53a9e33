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
from storage import media, people, waiting
from storage.media import Medium
from storage.sealing import KeyGone

KINDS = ("picture", "voice", "video", "file")
ANSWER = "relay_answer"
"""An answer on its way; the id is the teacher's, who is told when it does not arrive."""
FILE = "relay_file"
"""An attachment being fetched; the id is its own."""
FOR_FAMILY = "relay_for_family"
"""A teacher's attachment for a family; the id is its own."""
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


def fetches_for_family(came: Sequence[Medium]) -> list[Act]:
    """Ask for the bytes of what a teacher sent, while it is asked whether it is for the family."""
    return [Fetch(one.id, Thing(FOR_FAMILY, one.id)) for one in came]


def came_with(ctx: Ctx, message_id: str) -> tuple[Medium, ...]:
    """What came with a message and is not given up."""
    return tuple(one for one in media.of_message(ctx.db, message_id) if one.code is None)


def to_family(ctx: Ctx, message_id: str, role_id: str) -> list[Act]:
    """The teacher has said that it is for this family: what is here goes, the rest as soon as it is."""
    return [
        act for one in of_child(ctx, message_id, role_id) if one.fetched_at for act in _to_guardian(ctx, one)
    ]


def _to_guardian(ctx: Ctx, medium: Medium) -> list[Act]:
    role = people.role(ctx.db, medium.role_id) if medium.role_id else None
    teacher = people.get(ctx.db, medium.person_id) if medium.person_id else None
    if role is None or teacher is None:
        return []  # not said yet whom it is for, or the tie holds no more
    caption = texts.file_to_family(teacher.name, medium.kind)
    thing = Thing(ANSWER, teacher.id)
    return [Reply(ToPerson(role.person_id), caption, thing=thing, file=Kept(medium.id), wants_outcome=True)]


def of_child(ctx: Ctx, message_id: str, role_id: str) -> tuple[Medium, ...]:
    """Now it is known which child it is about: what came with the message, as far as it is not given up."""
    media.about(ctx.db, message_id, role_id)
    return came_with(ctx, message_id)


def ready(ctx: Ctx, came: Sequence[Medium]) -> list[Act]:
    """Hand on what has been fetched already; the rest follows by its outcome."""
    return [act for one in came if one.fetched_at is not None for act in _hand_on(ctx, one)]


def fetched(ctx: Ctx, result: Outcome) -> list[Act]:
    """The bytes are here, or will not come."""
    medium = _medium(ctx, result)
    if medium is None or result.thing is None:
        return []
    for_family = result.thing.kind == FOR_FAMILY
    if result.kind == "sent" and medium.fetched_at is not None:
        return _to_guardian(ctx, medium) if for_family else _hand_on(ctx, medium)
    told = any(one.code for one in media.of_message(ctx.db, medium.message_id))
    if not media.given_up(ctx.db, medium.id, result.code or result.kind):
        return []
    if told or result.kind == "withdrawn" or result.thing.kind == RECORDING:
        return []
    if for_family and medium.person_id:
        return [Reply(ToPerson(medium.person_id), texts.own_file_missing(medium.kind))]
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
    if waiting.is_held(ctx.db, medium.message_id):
        return []  # it follows its words when the window opens
    caption = texts.file_to_teacher(sender(family, to), medium.kind)
    return [for_teacher(family, to, caption, Kept(medium.id))]


def waited(ctx: Ctx, message_id: str) -> list[Act]:
    """What came with a message that has waited, as far as it is here; the rest follows by its outcome."""
    return ready(ctx, media.of_message(ctx.db, message_id))


def _missing(ctx: Ctx, medium: Medium, code: str) -> list[Act]:
    if medium.person_id is None:
        return []
    told: list[Act] = [
        Reply(ToPerson(medium.person_id), texts.not_fetched(medium.kind, too_large="large" in code.lower()))
    ]
    family = tie(ctx, medium.person_id, medium.role_id) if medium.role_id else None
    to = listener(ctx, family.of.id) if family else None
    if family is not None and to is not None and not waiting.is_held(ctx.db, medium.message_id):
        told.append(for_teacher(family, to, texts.file_missing(sender(family, to), medium.kind)))
    return told
