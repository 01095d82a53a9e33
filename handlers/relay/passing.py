"""Passing words on, both ways, with a record in the contact log."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.context import Ctx
from handlers.message import Message
from handlers.relay import attachments, rules, texts
from handlers.relay.families import Family, Listener, listener, reachable
from handlers.relay.forms import THING, for_teacher, sender
from handlers.reply import Act, Asker, Outcome, Reply, Thing, ToPerson
from storage import contact_log, numbers, people
from storage.media import Medium

ANSWER = "relay_answer"
"""An answer on its way; the id is the teacher's, who is told when it does not arrive."""
PLAIN = ("text", "richtext")


def pass_on(
    ctx: Ctx, family: Family, message: Message, words: str, *, kind: str = "", came: Sequence[Medium] = ()
) -> list[Act]:
    """A parent's words to the teacher of the child's class, and the receipt.

    Args:
        ctx: The parent's.
        family: Which child it is about.
        message: What came.
        words: What was said, or empty for media alone.
        kind: The message's kind if the words came earlier.
        came: What came with it and was kept: it follows when it has been fetched.
    """
    to = listener(ctx, family.of.id)
    if to is None:
        return [Reply(Asker(), _warned(ctx, words, texts.nobody(ctx.school.duty_phone)))]
    kind = kind or message.kind
    kinds = [one.kind for one in came]
    unreadable = not words and not came and kind not in PLAIN
    said = texts.VOICE + words if words and kind == "voice" else words
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
        texts.logged(said, [kind] if unreadable else kinds),
    )
    receipt = Reply(Asker(), _warned(ctx, words, _receipt(to, kind, kinds, words, unreadable=unreadable)))
    if not words and not unreadable and came:
        return [receipt]
    following = [one for one in kinds if one != "voice"]
    shown = texts.unreadable_to_teacher(kind) if unreadable else texts.with_following(said, following)
    told = texts.to_teacher(sender(family, to), shown)
    return [receipt, for_teacher(family, to, told, urgent=rules.sounds_dangerous(words))]


def _receipt(to: Listener, kind: str, kinds: Sequence[str], words: str, *, unreadable: bool) -> str:
    if unreadable:
        return texts.unreadable(kind, to.person.name)
    following = [one for one in kinds if one != "voice"] if words else kinds
    return texts.passed_on(to.person.name, following, words=bool(words), instead_of=to.instead_of)


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


def outcome(ctx: Ctx, result: Outcome) -> list[Act]:
    """Tell the one whose words did not arrive; hand on what has been fetched."""
    if result.act == "fetch":
        return attachments.fetched(ctx, result)
    unseen = result.kind == "sent" and "notice" in result.facts
    if result.thing is None or (result.kind in ("sent", "withdrawn") and not unseen):
        return []
    if result.thing.kind == ANSWER and result.to_person:
        return [Reply(ToPerson(result.thing.id), _not_surely_read(ctx, result, result.to_person))]
    if result.thing.kind == THING and result.code.startswith(attachments.REFUSED):
        return attachments.not_shown(result)
    if result.thing.kind == THING and result.kind in ("refused", "expired"):
        return [Reply(ToPerson(result.thing.id), texts.not_passed_on(ctx.school.duty_phone))]
    return []


def _not_surely_read(ctx: Ctx, result: Outcome, person_id: str) -> str:
    """What the teacher is told of an answer that did not arrive, or of which nobody knows."""
    person = people.get(ctx.db, person_id)
    name = person.name if person else texts.PARENT
    words = result.text.partition("：")[2] or result.text
    if result.kind == "unknown":
        return texts.maybe_delivered(name, words)
    if result.kind == "sent":
        return texts.only_on_page(name, words, str(result.facts["notice"]))
    return texts.not_delivered(name, words, result.code)
