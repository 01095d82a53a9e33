"""Passing words on, both ways, with a record in the contact log."""

from __future__ import annotations

from handlers.context import Ctx
from handlers.message import Message
from handlers.relay import rules, texts
from handlers.relay.families import Family, listener, reachable
from handlers.reply import Asker, Button, Outcome, Reply, Thing, ToPerson
from storage import contact_log, media, numbers, people

THING = "relay"
ANSWER = "relay_answer"
"""An answer on its way; the id is the teacher's, who is told when it does not arrive."""
PLAIN = ("text", "richtext")


def remember_media(ctx: Ctx, message: Message) -> None:
    """Keep what came with the message until media can be fetched."""
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
        )


def pass_on(ctx: Ctx, family: Family, message: Message, words: str, *, kind: str = "") -> list[Reply]:
    """A parent's words to the teacher of the child's class, and the receipt.

    Args:
        ctx: The parent's.
        family: Which child it is about.
        message: What came.
        words: What was said, or empty for media alone.
        kind: The message's kind if the words came earlier.
    """
    to = listener(ctx, family.of.id)
    if to is None:
        return [Reply(Asker(), _warned(ctx, words, texts.nobody(ctx.school.duty_phone)))]
    kind = kind or message.kind
    said = _said(message, words, kind)
    contact_log.record(
        ctx.db,
        ctx.new_id,
        ctx.now,
        ctx.school.id,
        family.of.id,
        family.pupil_id,
        family.guardian.id,
        to.person.id,
        "message",
        "to_school",
        said,
    )
    name = family.name
    shown = texts.to_teacher(name, family.child, family.of.name if to.several else "", said)
    button = Button(texts.reply_label(name), f"reply:{family.role.id}")
    forward = Reply(ToPerson(to.person.id), shown, buttons=(button,), thing=Thing(THING, family.guardian.id))
    only_media = not words and kind not in PLAIN
    receipt = (
        texts.media_kept(kind, to.person.name)
        if only_media
        else texts.passed_on(to.person.name, instead_of=to.instead_of)
    )
    return [Reply(Asker(), _warned(ctx, words, receipt)), forward]


def _said(message: Message, words: str, kind: str) -> str:
    if not words:
        return texts.media_to_teacher(kind, len(message.attachments))
    if kind == "voice":
        return texts.VOICE + words
    if message.attachments:
        return words + texts.media_to_teacher(message.attachments[0].kind, len(message.attachments))
    return words


def _warned(ctx: Ctx, words: str, receipt: str) -> str:
    if rules.sounds_dangerous(words):
        return f"{texts.urgent(ctx.school.duty_phone)}\n{receipt}"
    return receipt


def not_without_name(teacher: str, duty_phone: str, words: str) -> str:
    """A parent would rather not be known; words of danger still get the numbers first."""
    asked = texts.not_without_name(teacher)
    return f"{texts.urgent(duty_phone)}\n{asked}" if rules.sounds_dangerous(words) else asked


def answer(ctx: Ctx, family: Family, words: str) -> list[Reply]:
    """A teacher's words to one guardian, and the echo that names the family."""
    if ctx.person is None:
        return []
    if not reachable(ctx, family.guardian.id):
        return [Reply(Asker(), texts.not_bound(family.name))]
    contact_log.record(
        ctx.db,
        ctx.new_id,
        ctx.now,
        ctx.school.id,
        family.of.id,
        family.pupil_id,
        ctx.person.id,
        family.guardian.id,
        "message",
        "to_family",
        words,
    )
    # Answered: the number is done and will not be given to another family today.
    numbers.close(ctx.db, THING, family.guardian.id, ctx.person.id)
    out = Reply(
        ToPerson(family.guardian.id),
        texts.to_family(ctx.person.name, words),
        thing=Thing(ANSWER, ctx.person.id),
        wants_outcome=True,
    )
    return [Reply(Asker(), texts.sent_to(family.name)), out]


def outcome(ctx: Ctx, result: Outcome) -> list[Reply]:
    """Tell the one whose words did not arrive."""
    if result.thing is None or result.kind in ("sent", "withdrawn"):
        return []
    if result.thing.kind == ANSWER and result.to_person:
        person = people.get(ctx.db, result.to_person)
        name = person.name if person else texts.PARENT
        words = result.text.partition("：")[2] or result.text
        make = texts.maybe_delivered if result.kind == "unknown" else texts.not_delivered
        return [Reply(ToPerson(result.thing.id), make(name, words))]
    if result.thing.kind == THING and result.kind in ("refused", "expired"):
        return [Reply(ToPerson(result.thing.id), texts.not_passed_on(ctx.school.duty_phone))]
    return []
